/** Follows a show: its state as signals, always the fold of a snapshot and of all events after it. */
import { batch, signal, type ReadonlySignal } from "@preact/signals";
import type { PlanModel } from "../map/plan";
import { OfficeClock } from "./clock";
import { Feed } from "./connection";
import { fold, readSnapshot, type ShowState } from "./fold";
import { probeShow } from "./probe";
import type { Frame } from "./transport";

export type { ShowState, ZoneState } from "./fold";

/**
 * `connecting`: the first time, or again after a connection has ended; `live`: what is shown is what is;
 * `stale`: the office says that its database is away, or says nothing; `offline`: it can't be reached.
 */
export type Connection = "connecting" | "live" | "stale" | "offline";

/** Seats by index, and the offset that the state has with them. */
export interface Change {
  readonly seats: readonly number[];
  readonly offset: number;
}

export interface Followed {
  /** A new object for each change; its array of seats is shared and changed in place: `onChange` tells which. */
  readonly state: ReadonlySignal<ShowState | undefined>;
  readonly connection: ReadonlySignal<Connection>;
  readonly offset: ReadonlySignal<number>;
  /** Tells the seats that changed since it told last; once a frame of the screen at most. */
  onChange(listener: (change: Change) => void): () => void;
  /** Tells each frame that comes from now on, once it has been taken. */
  onFrame(listener: (frame: Frame) => void): () => void;
  /** The office's clock, in milliseconds. */
  now(): number;
  close(): void;
}

export interface FollowOptions {
  /** The office's origin; "" for this page's own. */
  readonly office: string;
  readonly show: string;
  readonly plan: PlanModel;
  readonly planId: string;
  /** The show has another plan than this one: what follows is of that. */
  otherPlan(): void;
}

export function followShow({ office, show, plan, planId, otherPlan }: FollowOptions): Followed {
  const state = signal<ShowState | undefined>(undefined);
  const connection = signal<Connection>("connecting");
  const offset = signal(0);
  const clock = new OfficeClock();
  const listeners = new Set<(change: Change) => void>();
  const frameListeners = new Set<(frame: Frame) => void>();
  const changed = new Set<number>();
  /** The state as of the last frame; the signals have it as of the last frame of the screen. */
  let latest: ShowState | undefined;
  /** A snapshot must come first: there is no state, or none to rely on. */
  let anew = true;
  let drawing = 0;

  const tell = (): void => {
    drawing = 0;
    const told = latest;
    if (told === undefined) {
      return;
    }
    batch(() => {
      state.value = told;
      offset.value = told.offset;
    });
    const change = { seats: [...changed], offset: told.offset };
    changed.clear();
    listeners.forEach((listener) => listener(change));
  };
  const advance = (next: ShowState): void => {
    latest = next;
    // A page in the background draws no frames: what has changed is told when it is seen again.
    drawing ||= requestAnimationFrame(tell);
  };

  const begin = (next: ShowState): void => {
    const before = latest?.seats;
    next.seats.forEach((seat, at) => {
      if (seat !== before?.[at]) {
        changed.add(at);
      }
    });
    anew = false;
    advance(next);
  };
  const take = (frame: Frame): void => {
    switch (frame.type) {
      case "snapshot":
      case "packed_snapshot": {
        if (frame.plan !== planId) {
          otherPlan();
          break;
        }
        const next = readSnapshot(plan, frame);
        if (next === undefined) {
          feed.distrust();
        } else {
          begin(next);
        }
        break;
      }
      case "events": {
        const cameAt = Date.now();
        const last = frame.events.at(-1);
        if (last !== undefined) {
          clock.heardEvent(last.at, cameAt);
        }
        const next = latest === undefined || anew ? "gap" : fold(plan, latest, frame.events, changed);
        if (typeof next === "string") {
          anew = true;
          feed.distrust();
        } else if (frame.events.length > 0) {
          advance(next);
        }
        break;
      }
      case "resync":
        anew = true;
        break;
      default:
      // A frame that this page doesn't know says nothing of seats.
    }
    frameListeners.forEach((listener) => listener(frame));
  };

  const from = (): number | undefined => (anew ? undefined : latest?.offset);
  const probe = probeShow(office, show, clock);
  const feed = new Feed({
    office,
    show,
    from,
    frame: take,
    connection: (now) => (connection.value = now),
    probe: () => probe(from()),
  });

  return {
    state,
    connection,
    offset,
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onFrame: (listener) => {
      frameListeners.add(listener);
      return () => frameListeners.delete(listener);
    },
    now: () => clock.now(),
    close: () => {
      cancelAnimationFrame(drawing);
      listeners.clear();
      frameListeners.clear();
      feed.close();
    },
  };
}
