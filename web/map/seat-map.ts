/** The live seat map: canvas, gestures and the grid for the keyboard, in an element of the page's. */
import type { ReadonlySignal } from "@preact/signals";
import type { Followed } from "../feed/follow";
import type { PlanModel } from "./plan";
import type { MapText } from "./text";

export interface SeatMapOptions {
  readonly plan: PlanModel;
  readonly followed: Followed;
  /** From a category's name to its price as people read it. */
  readonly prices: ReadonlyMap<string, string>;
  readonly text: MapText;
  /** Seats picked, not yet asked for. */
  readonly selected: ReadonlySignal<ReadonlySet<string>>;
  /** Seats of the buyer's own live order. */
  readonly own: ReadonlySignal<ReadonlySet<string>>;
  /** Seats that others have just taken, shown at the seat. */
  readonly conflicts: ReadonlySignal<ReadonlySet<string>>;
  /** Tap, click, Enter or Space on a seat that is free, or is picked. */
  onSeat(name: string): void;
  onZone(name: string): void;
}

export class SeatMap {
  constructor(_host: HTMLElement, _options: SeatMapOptions) {}
  /** Brings seats into view. */
  show(_seats: readonly string[]): void {}
  zoomIn(): void {}
  zoomOut(): void {}
  whole(): void {}
  close(): void {}
}
