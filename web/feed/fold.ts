/**
 * The state of a show at an offset of its journal, and the fold that moves it one event on: the same as `SeatMap` in
 * `crates/domain`, held to the same vectors. Pure: no clock, no network, no signals.
 */
import type { components } from "../api/schema";

export type Event = components["schemas"]["Event"];
export type Snapshot = components["schemas"]["SeatMap"];
export type Sale = "open" | "closed";

export const FREE = 0;
export const HELD = 1;
export const SOLD = 2;
export const BLOCKED = 3;
/** A seat's state on the wire, by its number. */
export const SEAT_STATES = ["free", "held", "sold", "blocked"] as const;

export interface ZoneState {
  readonly name: string;
  readonly free: number;
  readonly held: number;
  readonly sold: number;
  readonly blocked: number;
  readonly capacity: number;
}

export interface ShowState {
  /** The last event that is in it. */
  readonly offset: number;
  /** What the journal says: whether it sells is a question of time, too. */
  readonly sale: Sale;
  /** By index in the plan: 0 free, 1 held, 2 sold, 3 blocked. Shared by the states that follow one another. */
  readonly seats: Uint8Array;
  readonly zones: readonly ZoneState[];
}
