/**
 * The state of a show at an offset of its journal, and the fold that moves it on by events: the same as `SeatMap` in
 * `crates/domain`, held to the same vectors. Pure: no clock, no network, no signals.
 */
import type { components } from "../api/schema";

export type Event = components["schemas"]["Event"];
export type Snapshot = components["schemas"]["SeatMap"];
/** The same with a letter a seat, which only the AsyncAPI document tells of. */
export type PackedSnapshot = Omit<Snapshot, "seats"> & { readonly type: "packed_snapshot"; readonly seats: string };
export type Sale = "open" | "closed";

export const FREE = 0;
export const HELD = 1;
export const SOLD = 2;
export const BLOCKED = 3;
/** A seat's state on the wire, by its number. */
export const SEAT_STATES = ["free", "held", "sold", "blocked"] as const;
/** The same by letter. */
const LETTERS = "fhsb";

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
  /** Which terms the show sells at. */
  readonly revision: number;
  /** By index in the plan: 0 free, 1 held, 2 sold, 3 blocked. Shared by the states that follow one another. */
  readonly seats: Uint8Array;
  readonly zones: readonly ZoneState[];
}

/** What the fold needs of a plan. */
export interface SeatNames {
  readonly seats: { readonly length: number };
  readonly index: ReadonlyMap<string, number>;
}

/**
 * Why events can't be folded in. `gap`: one doesn't have the next offset; `contradiction`: one moves a place from a state that it
 * isn't in. The state is half changed then, and a snapshot must stand for it.
 */
export type FoldFault = "gap" | "contradiction";

interface Move {
  readonly from: number;
  readonly to: number;
}

const MOVES: ReadonlyMap<string, Move> = new Map([
  ["booked", { from: FREE, to: HELD }],
  ["canceled", { from: HELD, to: FREE }],
  ["timed_out", { from: HELD, to: FREE }],
  ["paid", { from: HELD, to: SOLD }],
  ["returned", { from: SOLD, to: FREE }],
  ["blocked", { from: FREE, to: BLOCKED }],
  ["unblocked", { from: BLOCKED, to: FREE }],
]);

/** The state that a snapshot tells; undefined if it tells of seats that the plan doesn't have. */
export function readSnapshot(plan: SeatNames, snapshot: Snapshot | PackedSnapshot): ShowState | undefined {
  const seats = typeof snapshot.seats === "string" ? unpack(plan, snapshot.seats) : byName(plan, snapshot.seats);
  if (seats === undefined) {
    return undefined;
  }
  const zones = snapshot.zones.map(({ zone, ...counts }) => ({ name: zone, ...counts }));
  return { offset: snapshot.offset, sale: snapshot.state, revision: snapshot.revision, seats, zones };
}

function unpack(plan: SeatNames, letters: string): Uint8Array | undefined {
  if (letters.length !== plan.seats.length) {
    return undefined;
  }
  const seats = new Uint8Array(letters.length);
  for (let at = 0; at < seats.length; at++) {
    seats[at] = known(LETTERS.indexOf(letters.charAt(at)));
  }
  return seats;
}

function byName(plan: SeatNames, states: Snapshot["seats"]): Uint8Array | undefined {
  const seats = new Uint8Array(plan.seats.length);
  for (const name of Object.keys(states)) {
    const at = plan.index.get(name);
    if (at === undefined) {
      return undefined;
    }
    seats[at] = known(SEAT_STATES.indexOf(states[name] ?? "blocked"));
  }
  return seats;
}

/** A state that this page doesn't know is none that it could sell. */
function known(state: number): number {
  return state < 0 ? BLOCKED : state;
}

/** Folds events in, in order. Adds to `changed` the seats that they name. */
export function fold(
  plan: SeatNames,
  before: ShowState,
  events: readonly Event[],
  changed: Set<number>,
): ShowState | FoldFault {
  const { seats } = before;
  let { offset, sale, revision } = before;
  const zones = [...before.zones];
  for (const event of events) {
    if (event.offset !== offset + 1) {
      return "gap";
    }
    if (event.type === "opened") {
      sale = "open";
    } else if (event.type === "closed") {
      sale = "closed";
    } else if (event.type === "changed") {
      // Other seats come with another plan, whose map has to be read anew.
      if (event.revision !== revision + 1 || event.seats_added || event.seats_removed) {
        return "contradiction";
      }
      revision = event.revision;
      for (const { zone, capacity } of event.capacities ?? []) {
        const at = zones.findIndex(({ name }) => name === zone);
        const old = zones[at];
        const free = capacity - (old ? old.held + old.sold + old.blocked : Infinity);
        if (!old || free < 0) {
          return "contradiction";
        }
        zones[at] = { ...old, capacity, free };
      }
    }
    const move = MOVES.get(event.type);
    // `extended`, the sale's own, and words that this page doesn't know move no place.
    if (move !== undefined) {
      for (const name of event.seats) {
        const at = plan.index.get(name);
        if (at === undefined || seats[at] !== move.from) {
          return "contradiction";
        }
        seats[at] = move.to;
        changed.add(at);
      }
      for (const { zone, count } of event.zones) {
        const at = zones.findIndex(({ name }) => name === zone);
        const moved = moveZone(zones[at], move, count);
        if (moved === undefined) {
          return "contradiction";
        }
        zones[at] = moved;
      }
    }
    offset = event.offset;
  }
  return { offset, sale, revision, seats, zones };
}

function moveZone(zone: ZoneState | undefined, { from, to }: Move, count: number): ZoneState | undefined {
  if (zone === undefined) {
    return undefined;
  }
  const counts = [zone.free, zone.held, zone.sold, zone.blocked];
  counts[from] = (counts[from] ?? 0) - count;
  counts[to] = (counts[to] ?? 0) + count;
  const [, held = 0, sold = 0, blocked = 0] = counts;
  // Free places alone may be told as none while there are fewer still: where a show was made smaller.
  if (held < 0 || sold < 0 || blocked < 0) {
    return undefined;
  }
  return { ...zone, held, sold, blocked, free: Math.max(0, zone.capacity - held - sold - blocked) };
}
