/** What is seen of the map: the picture of the seats, and over it what has a name. Takes fingers and the mouse. */
import type { ShowState } from "../feed/follow";
import { Bitmap } from "./bitmap";
import { Labels } from "./labels";
import type { Layout } from "./layout";
import { readPalette, type Palette } from "./palette";
import type { PlanModel } from "./plan";
import type { MapText } from "./text";
import type { View } from "./view";
import type { Words } from "./words";

/** Denser screens are drawn as this dense: more can't be seen, and costs memory. */
const RATIO_MAX = 3;
/** While a zoom goes on, what comes into view is painted so often at most. */
const PAINT_MS_MIN = 300;

export interface SurfaceOptions {
  readonly host: HTMLElement;
  readonly plan: PlanModel;
  readonly layout: Layout;
  readonly words: Words;
  readonly text: MapText;
}

/** The seat that has the keyboard's focus, and the one under the mouse. */
export interface Pointed {
  readonly focused: number | undefined;
  readonly hovered: number | undefined;
}

export class Surface {
  readonly element = document.createElement("div");
  readonly bitmap: Bitmap;
  palette: Palette;
  /** In CSS pixels. */
  width = 0;
  height = 0;
  private ratio = 1;
  private paintedAt = -Infinity;
  private readonly labels: Labels;
  private told: ShowState | undefined;

  constructor(private readonly options: SurfaceOptions) {
    const { host, plan, layout, words, text } = options;
    this.palette = readPalette(host, plan);
    this.bitmap = new Bitmap(plan, layout, words, this.palette);
    this.labels = new Labels(plan, layout, text);
    this.element.className = "map-surface";
    Object.assign(this.element.style, { position: "absolute", inset: "0", overflow: "hidden", userSelect: "none" });
    this.element.append(this.bitmap.canvas, this.labels.element);
    this.recolor();
  }

  recolor(): void {
    this.palette = readPalette(this.options.host, this.options.plan);
    this.element.style.background = this.palette.ground;
    this.bitmap.recolor(this.palette);
    this.labels.recolor(this.palette, this.told);
  }

  resize(width: number, height: number): void {
    this.width = width;
    this.height = height;
    this.ratio = Math.min(RATIO_MAX, devicePixelRatio || 1);
  }

  /** Draws the map. Says whether the picture is as sharp as it can be, or must be drawn again once the zoom rests. */
  draw(view: View, isZooming: boolean, state: ShowState | undefined, { focused, hovered }: Pointed, now: number): boolean {
    const { bitmap, ratio, width, height } = this;
    const isSharp = bitmap.isSharp(view, ratio);
    const isDue = now - this.paintedAt >= PAINT_MS_MIN && !bitmap.covers(view, ratio, width, height);
    // Seats are not painted before it is known how they are: what is painted then would be painted twice.
    const mayPaint = state !== undefined && (isSharp || !isZooming || isDue);
    if (mayPaint) {
      bitmap.cover(view, ratio, width, height);
      this.paintedAt = now;
    }
    bitmap.place(view, ratio);
    if (state !== this.told) {
      this.told = state;
      this.labels.tell(this.palette, state);
    }
    this.labels.place(view, width, height, focused, hovered);
    return isSharp || mayPaint || state === undefined;
  }
}
