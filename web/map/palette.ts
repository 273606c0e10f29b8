/**
 * The map's colours: the page's custom properties where it sets them, else colours that people with any colour vision tell apart
 * (after Okabe and Ito), on light and on dark. A state is told by its shape besides.
 */
import type { PlanModel } from "./plan";

export interface Palette {
  readonly ground: string;
  readonly ink: string;
  readonly faint: string;
  readonly sold: string;
  readonly own: string;
  readonly selected: string;
  readonly taken: string;
  readonly focus: string;
  /** By index of the category. */
  readonly categories: readonly string[];
}

const LIGHT = ["#0072b2", "#c24e00", "#00805e", "#b0518a", "#8a6d00", "#3d7f9f", "#6a4c93", "#4f6000"];
const DARK = ["#56b4e9", "#ff9a4d", "#2ec99c", "#e59bc6", "#f0c808", "#9bd0ea", "#b79ce0", "#b5cc3a"];

export function isDark(): boolean {
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

export function readPalette(host: Element, plan: PlanModel): Palette {
  const style = getComputedStyle(host);
  const dark = isDark();
  const read = (name: string, light: string, otherwise: string): string =>
    style.getPropertyValue(`--${name}`).trim() || (dark ? otherwise : light);
  const ours = dark ? DARK : LIGHT;
  const category = (at: number): string => {
    const fallback = ours[at] ?? plan.categories[at]?.color ?? ours[at % ours.length] ?? "";
    return read(`category-${at + 1}`, fallback, fallback);
  };
  return {
    ground: read("ground", "#ffffff", "#14161a"),
    ink: read("ink", "#1b1e23", "#eceef2"),
    faint: read("faint", "#d5d9e0", "#3a3f48"),
    sold: read("sold", "#8b93a1", "#6d7583"),
    own: read("own", "#1b1e23", "#ffffff"),
    selected: read("selected", "#1b1e23", "#ffffff"),
    taken: read("taken", "#c40d2e", "#ff6b81"),
    focus: read("focus", "#1b1e23", "#ffffff"),
    categories: plan.categories.map((_, at) => category(at)),
  };
}

let measure: CanvasRenderingContext2D | null | undefined;

/** Black or white, whichever is read better on a colour; a canvas makes any CSS colour into `#rrggbb`. */
export function inkOn(color: string): string {
  measure ??= document.createElement("canvas").getContext("2d");
  if (!measure) {
    return "#000000";
  }
  measure.fillStyle = "#000000";
  measure.fillStyle = color;
  const known = measure.fillStyle;
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = parseInt(known.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.18 ? "#000000" : "#ffffff";
}
