/** What the map's colours and shapes mean: colours are prices, shapes are states, so that neither needs the other. */
import { useEffect, useRef } from "preact/hooks";
import { type Palette, readPalette } from "../map/palette";
import { REACH, drawSeat } from "../map/shapes";
import type { SeatWord } from "../map/text";
import { words } from "../text/language";
import type { ShowVisit } from "./show-visit";

const STATES: readonly SeatWord[] = ["free", "selected", "own", "held", "sold"];
const RADIUS = 7;
const SIZE = Math.ceil(RADIUS * REACH * 2) + 2;

export function Legend({ visit }: { visit: ShowVisit }) {
  const legend = useRef<HTMLDivElement>(null);
  const plan = visit.seen.value?.plan;
  const w = words.value;
  useEffect(() => {
    const host = legend.current;
    if (!plan || !host) return;
    const paint = () => {
      const palette = readPalette(host, plan);
      for (const sample of host.querySelectorAll("canvas")) paintSample(sample, palette);
    };
    paint();
    const dark = matchMedia("(prefers-color-scheme: dark)");
    dark.addEventListener("change", paint);
    return () => dark.removeEventListener("change", paint);
  }, [plan]);
  if (!plan) return null;
  return (
    <div class="legend" ref={legend}>
      <h2 class="unseen">{w.legend}</h2>
      <ul>
        {plan.categories.map(({ name }, at) => (
          <li key={name}>
            <canvas aria-hidden="true" data-category={at} data-state="free" />
            {name} <b>{visit.prices.value.get(name)}</b>
          </li>
        ))}
      </ul>
      <ul>
        {STATES.map((state) => (
          <li key={state}>
            <canvas aria-hidden="true" data-category={0} data-state={state} />
            {w.map.states[state]}
          </li>
        ))}
      </ul>
    </div>
  );
}

function paintSample(sample: HTMLCanvasElement, palette: Palette): void {
  const context = sample.getContext("2d");
  if (!context) return;
  sample.width = sample.height = SIZE * devicePixelRatio;
  sample.style.width = sample.style.height = `${SIZE}px`;
  context.scale(devicePixelRatio, devicePixelRatio);
  context.translate(SIZE / 2, SIZE / 2);
  drawSeat(context, sample.dataset.state as SeatWord, Number(sample.dataset.category), RADIUS, palette);
}
