/** The words of the map: what it writes on the canvas and says to those who listen. Each language gives all of them. */
import type { Connection } from "../feed/follow";
import type { PlanModel, SeatMark, SeatModel } from "./plan";

/**
 * How a seat is to this buyer. `selected`: picked and not asked for yet; `taken`: it was picked, and others got it; `alone`: it would be left
 * over, a single one, by what is picked.
 */
export type SeatWord = "free" | "held" | "sold" | "blocked" | "own" | "selected" | "taken" | "alone";

export interface MapText {
  /** What the map is, for those who don't see it. */
  readonly map: string;
  /** How to move in it by keyboard. */
  readonly keys: string;
  readonly chooseSection: string;
  readonly stage: string;
  readonly zoomIn: string;
  readonly zoomOut: string;
  readonly whole: string;
  readonly states: Readonly<Record<SeatWord, string>>;
  readonly marks: Readonly<Record<SeatMark, string>>;
  section(name: string): string;
  row(name: string): string;
  seat(number: string): string;
  /** In a zone's box, below its name. */
  placesFree(count: number): string;
  /** What is told while the map may not be as things are; nothing while it is live. */
  readonly connections: Readonly<Record<Connection, string>>;
  /** What is told where the map can't be had. */
  readonly unavailable: string;
}

/** "row 4, seat 12", or the plan's own words for them. */
export function placeText(seat: SeatModel, text: MapText): string {
  return `${seat.rowLabel ?? text.row(seat.row)}, ${seat.seatLabel ?? text.seat(seat.number)}`;
}

/** "row 4, seat 12, wheelchair place, €45.00, free": a cell of the grid, and what a live region says of a seat. */
export function seatText(
  plan: PlanModel,
  seat: SeatModel,
  prices: ReadonlyMap<string, string>,
  state: SeatWord,
  text: MapText,
): string {
  const price = prices.get(plan.categories[seat.category]?.name ?? "");
  return [placeText(seat, text), ...seat.marks.map((mark) => text.marks[mark]), price, text.states[state]].filter((part) => part !== undefined).join(", ");
}
