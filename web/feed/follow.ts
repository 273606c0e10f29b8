/** Follows a show: the state as signals, always the fold of a snapshot and all events after it. */
import type { ReadonlySignal } from "@preact/signals";
import type { PlanModel } from "../map/plan";
import type { ShowState } from "./fold";

export type { ShowState, ZoneState } from "./fold";

/**
 * `connecting`: the first time, or again after a connection has ended; `live`: what is shown is what is;
 * `stale`: the office says that its database is away, or says nothing; `offline`: it can't be reached.
 */
export type Connection = "connecting" | "live" | "stale" | "offline";

export interface Followed {
  /** A new object for each change; its array of seats is shared and changed in place: `onChange` tells which. */
  readonly state: ReadonlySignal<ShowState | undefined>;
  readonly connection: ReadonlySignal<Connection>;
  readonly offset: ReadonlySignal<number>;
  /** Tells the seats that changed since it told last, by index; once a frame of the screen at most. */
  onChange(listener: (change: { seats: readonly number[]; offset: number }) => void): () => void;
  /** The office's clock, in milliseconds. */
  now(): number;
  close(): void;
}

export interface FollowOptions {
  /** The office's origin; "" for this page's own. */
  readonly office: string;
  readonly show: string;
  readonly plan: PlanModel;
}

export function followShow(options: FollowOptions): Followed {
  throw new Error(`show ${options.show} can't be followed yet`);
}
