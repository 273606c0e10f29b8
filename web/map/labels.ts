/**
 * What stands over the seats, as elements: zones with their counts, the stage, sections' names, the rings of focus and mouse. While
 * the map moves they move with it as one, and nothing is painted.
 */
import type { ShowState } from "../feed/follow";
import type { Box } from "./cells";
import type { Layout } from "./layout";
import { inkOn, type Palette } from "./palette";
import type { PlanModel } from "./plan";
import type { MapText } from "./text";
import type { View } from "./view";

/** Sections are named while their seats are smaller than this, in pixels. */
const NAMED_RADIUS = 6;
/** Pixels a letter takes, as a share of its size. */
const LETTER = 0.62;

interface ZoneLabel {
  readonly box: Box;
  readonly area: HTMLElement;
  readonly words: HTMLElement;
  readonly count: HTMLElement;
}

export class Labels {
  readonly element = part("map-labels");
  private readonly zones: readonly ZoneLabel[];
  private readonly sections: readonly HTMLElement[];
  private readonly stage: HTMLElement | undefined;
  private readonly focusRing = part("map-focus");
  private readonly hoverRing = part("map-hover");
  private scale = 0;

  constructor(
    private readonly plan: PlanModel,
    private readonly layout: Layout,
    private readonly text: MapText,
  ) {
    this.zones = layout.zones.map((box, at) => {
      const [area, words, count] = [part("map-zone"), part("map-zone-words"), document.createElement("div")];
      words.append(plan.zones[at]?.name ?? "", count);
      Object.assign(words.style, { textAlign: "center", fontWeight: "600", whiteSpace: "nowrap", lineHeight: "1.3" });
      return { box, area, words, count };
    });
    this.sections = layout.sections.map(({ name }) => {
      const label = part("map-section-name");
      label.textContent = name;
      Object.assign(label.style, { fontWeight: "700", padding: "0 0.3em", borderRadius: "0.4em", opacity: "0.9", whiteSpace: "nowrap" });
      return label;
    });
    this.stage = layout.stage && part("map-stage");
    if (this.stage !== undefined) {
      this.stage.textContent = text.stage;
      Object.assign(this.stage.style, { display: "grid", placeItems: "center", overflow: "hidden", borderRadius: "6px" });
    }
    for (const [ring, width] of [[this.hoverRing, 1.5], [this.focusRing, 3]] as const) {
      Object.assign(ring.style, { borderRadius: "50%", borderStyle: "solid", borderWidth: `${width}px`, boxSizing: "border-box" });
    }
    this.element.setAttribute("aria-hidden", "true");
    Object.assign(this.element.style, { willChange: "transform", font: "14px system-ui, sans-serif" });
    this.element.append(
      ...(this.stage === undefined ? [] : [this.stage]),
      ...this.zones.flatMap(({ area, words }) => [area, words]),
      ...this.sections,
      this.hoverRing,
      this.focusRing,
    );
  }

  recolor(palette: Palette, state: ShowState | undefined): void {
    for (const section of this.sections) {
      section.style.background = palette.ground;
      section.style.color = palette.ink;
    }
    if (this.stage !== undefined) {
      this.stage.style.background = palette.faint;
      this.stage.style.color = palette.ink;
    }
    this.focusRing.style.borderColor = this.hoverRing.style.borderColor = palette.focus;
    this.tell(palette, state);
  }

  /** Says anew how many places of zones are free. */
  tell(palette: Palette, state: ShowState | undefined): void {
    this.zones.forEach(({ area, words, count }, at) => {
      const zone = this.plan.zones[at];
      const free = state?.zones.find(({ name }) => name === zone?.name)?.free;
      const color = free === 0 ? palette.faint : (palette.categories[zone?.category ?? 0] ?? palette.faint);
      area.style.background = color;
      words.style.color = inkOn(color);
      const told = free === undefined ? "" : this.text.placesFree(free);
      if (count.textContent !== told) {
        count.textContent = told;
      }
    });
  }

  /** Follows the map. */
  place(view: View, width: number, height: number, focused: number | undefined, hovered: number | undefined): void {
    this.element.style.transform = `translate(${view.x}px, ${view.y}px)`;
    if (view.scale !== this.scale) {
      this.scale = view.scale;
      this.arrange();
    }
    for (const zone of this.zones) {
      this.placeWords(zone, view, width, height);
    }
    this.placeRing(this.focusRing, focused, 3);
    this.placeRing(this.hoverRing, hovered, 1.5);
  }

  /** All places at another scale. */
  private arrange(): void {
    const { scale, layout } = this;
    const boxes = [...this.zones.map(({ area, box }) => [area, box] as const)];
    if (this.stage !== undefined && layout.stage !== undefined) {
      boxes.push([this.stage, layout.stage]);
      const height = (layout.stage.bottom - layout.stage.top) * scale;
      this.stage.style.fontSize = `${Math.min(16, height * 0.6)}px`;
    }
    for (const [element, { left, top, right, bottom }] of boxes) {
      Object.assign(element.style, { width: `${(right - left) * scale}px`, height: `${(bottom - top) * scale}px` });
      element.style.borderRadius = `${Math.min(8, ((bottom - top) * scale) / 4)}px`;
      move(element, left * scale, top * scale);
    }
    const areNamed = layout.radius * scale < NAMED_RADIUS;
    this.sections.forEach((label, at) => {
      const section = layout.sections[at];
      if (section === undefined) {
        return;
      }
      const { left, top, right, bottom } = section.box;
      const room = Math.max(right - left, bottom - top) * scale;
      const size = Math.min(15, room / 2);
      label.hidden = !areNamed || size < 9 || section.name.length * size * LETTER > room * 1.5;
      if (!label.hidden) {
        label.style.fontSize = `${size}px`;
        move(label, section.x * scale, section.y * scale, "translate(-50%, -50%)");
      }
    });
  }

  /** In the middle of what is seen of the zone. */
  private placeWords({ box, words }: ZoneLabel, view: View, width: number, height: number): void {
    const { scale } = view;
    const left = Math.max(box.left * scale, -view.x);
    const top = Math.max(box.top * scale, -view.y);
    const across = Math.min(box.right * scale, width - view.x) - left;
    const down = Math.min(box.bottom * scale, height - view.y) - top;
    const longest = Math.max(...[...words.childNodes].map((line) => line.textContent?.length ?? 0), 1);
    const size = Math.min(16, (down / 2) * 0.7, across / longest / LETTER);
    words.hidden = size < 6;
    if (!words.hidden) {
      words.style.fontSize = `${Math.round(size)}px`;
      move(words, left + across / 2, top + down / 2, "translate(-50%, -50%)");
    }
  }

  private placeRing(ring: HTMLElement, seat: number | undefined, line: number): void {
    const place = this.plan.seats[seat ?? -1];
    ring.hidden = place === undefined;
    if (place !== undefined) {
      const reach = Math.max(this.layout.radius * this.scale * 1.2, 5) + line * 1.5;
      ring.style.width = ring.style.height = `${reach * 2}px`;
      move(ring, place.x * this.scale - reach, place.y * this.scale - reach);
    }
  }
}

function part(name: string): HTMLElement {
  const element = document.createElement("div");
  element.className = name;
  Object.assign(element.style, { position: "absolute", left: "0", top: "0", pointerEvents: "none" });
  return element;
}

function move(element: HTMLElement, x: number, y: number, more = ""): void {
  element.style.transform = `translate(${x}px, ${y}px) ${more}`;
}
