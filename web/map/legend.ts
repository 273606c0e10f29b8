/** What the map's colours and shapes mean: each category with its price, each state with its shape, drawn as on the map. */
import { readPalette } from "./palette";
import type { PlanModel } from "./plan";
import { drawSeat } from "./shapes";
import type { MapText, SeatWord } from "./text";

const RADIUS = 8;
const STATES: readonly SeatWord[] = ["held", "sold", "selected", "own"];

/** A list, drawn anew when the colours of the page change; `close` ends that. */
export function legend(
  host: Element,
  plan: PlanModel,
  prices: ReadonlyMap<string, string>,
  text: MapText,
): { element: HTMLUListElement; close(): void } {
  const element = document.createElement("ul");
  element.className = "map-legend";
  const draw = (): void => {
    const palette = readPalette(host, plan);
    const item = (word: SeatWord, category: number, words: string): HTMLLIElement => {
      const entry = document.createElement("li");
      const canvas = document.createElement("canvas");
      const ratio = devicePixelRatio || 1;
      canvas.width = canvas.height = Math.ceil(RADIUS * 2.5 * ratio);
      canvas.style.width = canvas.style.height = `${RADIUS * 2.5}px`;
      canvas.setAttribute("aria-hidden", "true");
      const context = canvas.getContext("2d");
      if (context !== null) {
        context.translate(canvas.width / 2, canvas.height / 2);
        context.lineCap = "round";
        drawSeat(context, word, category, RADIUS * ratio, palette);
      }
      entry.append(canvas, words);
      return entry;
    };
    element.replaceChildren(
      ...plan.categories.map(({ name }, at) => item("free", at, [name, prices.get(name)].filter(Boolean).join(" "))),
      ...STATES.map((word) => item(word, 0, text.states[word])),
    );
  };
  draw();
  const scheme = matchMedia("(prefers-color-scheme: dark)");
  scheme.addEventListener("change", draw);
  return { element, close: () => scheme.removeEventListener("change", draw) };
}
