/** A buyer on a show's waitlist: the entry, how it moves with the feed, and the order that it gets. */
import type { Entry, NewWant, Order } from "../../api/client";
import type { Problem } from "../../api/problem";
import type { Event } from "../../feed/fold";
import { announce, batch, keep, lookAtOrder, more, pause, problemOf, readKept, rememberOrder, signal } from "../first";
import { type ShowVisit, WAITS } from "../show-visit";
import { changeEntry, joinWaitlist, leaveWaitlist, lookAtEntry } from "./calls";
import { isSpoken } from "./spoken";
import { follow } from "./standing";

/** Entries that this device remembers. */
const WAITS_MAX = 20;
/** Events that came while the entry was read. */
const EVENTS_MAX = 2_000;
const LOOKS_MAX = 5;

export class Waiting {
  readonly entry = signal<Entry | undefined>();
  /** What it got, as it stands. */
  readonly order = signal<Order | undefined>();
  readonly problem = signal<Problem | undefined>();
  readonly busy = signal(false);
  private recent: Event[] = [];

  constructor(private readonly visit: ShowVisit) {
    const followed = visit.seen.peek()?.followed;
    const end = followed?.onFrame((frame) => {
      if (frame.type === "events") this.take(frame.events);
      else if (frame.type !== "resync" && this.entry.peek()) void this.look();
    });
    if (end) visit.atEnd(end);
    if (visit.entry.peek()) void this.look();
  }

  join(wish: NewWant): Promise<void> {
    return this.during(async () => {
      const buyer = this.visit.buyer.peek();
      try {
        this.took(await joinWaitlist(this.visit.id, { wish, ...(buyer && { buyer }) }));
      } catch (error) {
        const { code, entry } = problemOf(error);
        if (code !== "already_waiting" || !entry) throw error;
        this.took(await lookAtEntry(entry));
      }
    });
  }

  change(wish: NewWant): Promise<void> {
    return this.during(async () => this.took(await changeEntry(this.visit.entry.peek() ?? "", wish)));
  }

  leave(): Promise<void> {
    return this.during(async () => {
      await leaveWaitlist(this.visit.entry.peek() ?? "");
      announce(more.value.waitLeft);
      this.forget();
    });
  }

  /** Waits no more, as far as this device is concerned. */
  forget(): void {
    batch(() => {
      this.entry.value = undefined;
      this.order.value = undefined;
      this.visit.entry.value = undefined;
    });
    this.remember(undefined);
  }

  private async look(): Promise<void> {
    const id = this.visit.entry.peek();
    if (!id) return;
    try {
      // A node that is behind may not know yet what the feed has told.
      const heard = this.visit.seen.peek()?.followed.offset.peek() ?? 0;
      let found = await lookAtEntry(id);
      for (let looks = 1; looks < LOOKS_MAX && found.journal_offset < heard; looks += 1) {
        await pause(0);
        found = await lookAtEntry(id);
      }
      // Who has left meanwhile has seen the end of it.
      if (this.visit.entry.peek() === id) this.took(found);
    } catch (error) {
      const problem = problemOf(error);
      // Of a session that has ended.
      if (problem.code === "not_found") this.forget();
      else this.problem.value = problem;
    }
  }

  private took(entry: Entry): void {
    const standing = entry.state === "waiting" ? follow(entry, this.recent) : entry;
    batch(() => {
      this.entry.value = { ...entry, ...standing };
      this.visit.entry.value = entry.id;
    });
    this.remember(entry.id);
    if (!standing) void this.look();
    if (entry.state === "offered" && entry.order) void this.takeOffer(entry.order);
  }

  private take(events: readonly Event[]): void {
    const ours = events.filter(({ entry }) => entry !== undefined);
    this.recent = [...this.recent, ...ours].slice(-EVENTS_MAX);
    const entry = this.entry.peek();
    if (entry?.state !== "waiting" || ours.length === 0) return;
    const standing = follow(entry, ours);
    if (!standing) {
      void this.look();
      return;
    }
    const { position = 1 } = standing;
    this.entry.value = { ...entry, ...standing };
    if (isSpoken(entry.position ?? 1, position)) announce(more.value.waitPosition(position, standing.entries ?? position));
  }

  /** What was waited for is held: it is paid or given up like every other order. */
  private async takeOffer(id: string): Promise<void> {
    const order = await lookAtOrder(id).catch(() => undefined);
    const { visit } = this;
    const show = visit.seen.peek()?.show;
    if (!order || !show) return;
    const isNew = order.state === "held" && !visit.orders.peek().some((known) => known.id === id);
    batch(() => {
      this.order.value = order;
      if (isNew) visit.orders.value = [order, ...visit.orders.peek()];
    });
    if (!isNew) return;
    rememberOrder(order, show);
    announce(more.value.waitOffered);
  }

  private remember(entry: string | undefined): void {
    const { [this.visit.id]: _, ...others } = readKept<Record<string, string>>(WAITS) ?? {};
    const kept = Object.entries(others).slice(1 - WAITS_MAX);
    keep(WAITS, Object.fromEntries(entry ? [...kept, [this.visit.id, entry]] : kept));
  }

  private async during(run: () => Promise<void>): Promise<void> {
    if (this.busy.peek()) return;
    this.busy.value = true;
    this.problem.value = undefined;
    try {
      await run();
    } catch (error) {
      this.problem.value = problemOf(error);
      if (this.problem.value.code === "entry_ended") void this.look();
    } finally {
      this.busy.value = false;
    }
  }
}

const known = new WeakMap<ShowVisit, Waiting>();

/** The same wherever it stands on a visit's page. */
export function waitingOf(visit: ShowVisit): Waiting {
  const waiting = known.get(visit) ?? new Waiting(visit);
  known.set(visit, waiting);
  return waiting;
}
