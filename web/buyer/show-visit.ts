/** A buyer before a show: what they see, what they have picked, and what becomes of that. */
import { batch, computed, effect, signal } from "@preact/signals";
import { type NewOrder, type Order, type Show, type Together, clock, office } from "../api/client";
import { lookUp, pending } from "../api/intention";
import { readKept } from "../api/kept";
import { createOrder, giveUpOrder, holding, lookAtOrder, lookAtShow } from "../api/orders";
import { type Problem, problemOf, read } from "../api/problem";
import { BLOCKED, FREE } from "../feed/fold";
import { type Followed, followShow } from "../feed/follow";
import { type PlanModel, readPlan } from "../map/plan";
import type { SeatMap } from "../map/seat-map";
import { format, problemText, words } from "../text/language";
import { nearestFree } from "./alternatives";
import { announce } from "./announce";
import { ownOrders, rememberOrder } from "./own-orders";
import { seatNameText } from "./place";
import { Picks } from "./picks";
import { go, orderPath } from "./route";
import { takeWish } from "./wish";

/** Seats that others got first, and free ones to have instead. */
export interface Conflict {
  readonly lost: readonly string[];
  readonly instead: readonly string[];
}

export interface Seen {
  readonly show: Show;
  readonly plan: PlanModel;
  readonly followed: Followed;
}

/** How many of the device's orders for a show are looked at: those that may still be held, or whose seats are shown. */
const OWN_ORDERS_MAX = 5;
/** Prices and forms wait so long for the map: the first price or date that a browser writes takes as long as half a map. */
const MAP_MS_MAX = 2_000;
/** A timer of a browser's can't be set further ahead than some weeks. */
const WAIT_MS_MAX = 3600 * 1000;

/** Under which entries of waitlists are kept, by show. */
export const WAITS = "waits";

export class ShowVisit {
  readonly seen = signal<Seen | undefined>();
  readonly problem = signal<Problem | undefined>();
  readonly picks = new Picks();
  readonly conflict = signal<Conflict | undefined>();
  readonly conflicts = computed<ReadonlySet<string>>(() => new Set(this.conflict.value?.lost));
  /** Free seats that what is picked would leave alone, where the show minds. */
  readonly alone = signal<ReadonlySet<string>>(new Set());
  /** Seats of tickets that are given for what is picked. */
  given: readonly string[] = [];
  /** This buyer's entry on the show's waitlist, if there is one. */
  readonly entry = signal<string | undefined>();
  /** This buyer has to wait in the show's line before anything can be held. */
  readonly waits = signal(false);
  /** What was wanted side by side last. */
  together: Together = {};
  /** Orders of this buyer for the show that are held or paid. */
  readonly orders = signal<readonly Order[]>([]);
  readonly held = computed(() => this.orders.value.find(({ state }) => state === "held"));
  /** The order whose time was up while the buyer looked on. */
  readonly lapsed = signal<Order | undefined>();
  readonly own = computed<ReadonlySet<string>>(() => new Set(this.orders.value.flatMap(({ seats }) => seats)));
  readonly busy = signal(false);
  /** A code of the buyer's. It may be the way to places that are blocked for everybody else: only the office knows. */
  readonly code = signal<string | undefined>();
  /** The key of a selection that somebody has shared with this buyer. */
  readonly shared = new URLSearchParams(location.search).get("selection");
  /** Who buys, where that has to be told before anything is held. */
  readonly buyer = signal<NewOrder["buyer"]>();
  /** The order whose tickets are given for what is picked here, if any are. */
  readonly exchanging = new URLSearchParams(location.search).get("exchange");
  /** How what is picked is asked for; an exchange is one as soon as its part is there. */
  send = this.exchanging ? undefined : (request: NewOrder): Promise<Order> => createOrder(this.id, request);
  /** What that is called, if it is not to hold. */
  readonly sendName = signal<string | undefined>();
  /** What a part that is loaded later makes of a request: which ticket types its places are. */
  amend = (request: NewOrder): NewOrder => request;
  /** How a refusal is told; that part knows the ticket types' names. */
  tell = problemText;
  readonly refusal = signal<Problem | undefined>();
  /** From a category's name to its price as people read it. */
  readonly prices = computed<ReadonlyMap<string, string>>(
    () =>
      new Map(
        Object.entries(this.seen.value?.show.prices ?? {}).map(([name, price]) => [name, format.value.money(price)]),
      ),
  );
  /** The map is on the screen, or has been waited for: what stands around it may take its time now. */
  readonly isMapDrawn = signal(false);
  map: SeatMap | undefined;
  private closed = false;
  private readonly endings: (() => void)[] = [];

  constructor(readonly id: string) {
    this.entry.value = readKept<Record<string, string>>(WAITS)?.[id];
    void this.open();
  }

  async open(): Promise<void> {
    this.problem.value = undefined;
    try {
      const show = await lookAtShow(this.id);
      const document = await lookUp(() =>
        read(office.GET("/v1/plans/{plan}", { params: { path: { plan: show.plan } } })),
      );
      if (this.closed) return;
      const plan = readPlan(document);
      const otherPlan = (): void => location.reload();
      const followed = followShow({ office: "", show: this.id, plan, planId: show.plan, otherPlan });
      batch(() => {
        this.waits.value = !!show.line && show.state === "open";
        this.seen.value = { show, plan, followed };
      });
      this.watch(plan, followed);
      await this.resume(show);
    } catch (error) {
      this.problem.value = problemOf(error);
    }
  }

  close(): void {
    this.closed = true;
    for (const end of this.endings) end();
  }

  /** Has something ended with the visit. */
  atEnd(end: () => void): void {
    this.endings.push(end);
  }

  private watch(plan: PlanModel, followed: Followed): void {
    this.endings.push(() => followed.close());
    this.endings.push(followed.onChange(({ seats }) => this.noticeLost(plan, seats)));
    let told: string | undefined;
    this.endings.push(
      effect(() => {
        const state = followed.state.value;
        if (!state) return;
        // It is drawn in the next frame of the screen.
        if (!this.isMapDrawn.peek()) requestAnimationFrame(() => setTimeout(() => (this.isMapDrawn.value = true)));
        this.fulfil(plan);
        // The sale was opened or closed, or there are other terms than those that were read.
        const now = state.sale + state.revision;
        const isNews = told ? told !== now : state.revision !== this.seen.peek()?.show.revision;
        if (isNews) void this.lookAgain();
        told = now;
      }),
    );
    const waited = setTimeout(() => (this.isMapDrawn.value = true), MAP_MS_MAX);
    this.endings.push(() => clearTimeout(waited));
    this.waitForTurn();
  }

  /** The sale begins and ends by the clock, without an event. */
  private waitForTurn(): void {
    const show = this.seen.value?.show;
    const now = clock.now();
    const turns = [show?.on_sale_at, show?.closes_at, show?.starts_at, show?.ends_at]
      .map((at) => (at ? Date.parse(at) : 0))
      .filter((at) => at > now);
    if (turns.length === 0 || this.closed) return;
    const timer = setTimeout(() => void this.lookAgain().then(() => this.waitForTurn()), Math.min(WAIT_MS_MAX, Math.min(...turns) - now + 500));
    this.endings.push(() => clearTimeout(timer));
  }

  private async lookAgain(): Promise<void> {
    try {
      const show = await lookAtShow(this.id);
      if (this.seen.value) this.seen.value = { ...this.seen.value, show };
    } catch {
      // What is shown is as it was: the office itself refuses what is not possible any more.
    }
  }

  /** Goes on where a reload cut in: an order that was asked for, and those that there are. */
  private async resume(show: Show): Promise<void> {
    const asked = pending<NewOrder>(holding(this.id));
    const references = ownOrders.value.filter((own) => own.show === this.id).slice(0, OWN_ORDERS_MAX);
    const found = await Promise.all(
      references.map(({ order }) => lookAtOrder(order).catch(() => undefined)),
    );
    this.orders.value = found.filter((order) => order?.state === "held" || order?.state === "paid") as Order[];
    if (asked && show.state === "open") await this.ask(asked);
  }

  /** Picks again what a lapsed order had, as far as it is free. */
  private fulfil(plan: PlanModel): void {
    const wish = takeWish(this.id);
    const states = this.seen.value?.followed.state.peek()?.seats;
    if (!wish || !states) return;
    const gone = this.pickAgain(wish, plan, states);
    if (gone.length > 0) this.lose(gone);
  }

  /** Picks those of the places that are free, and says which seats are not. */
  pickAgain({ seats, zones }: Pick<Order, "seats" | "zones">, plan: PlanModel, states: Uint8Array): string[] {
    const known = seats.filter((name) => plan.index.has(name));
    const isFree = (name: string): boolean => states[plan.index.get(name) ?? -1] === FREE;
    batch(() => {
      for (const name of known.filter(isFree)) this.picks.addSeat(name);
      for (const { zone, count } of zones) this.picks.setZone(zone, count);
    });
    return known.filter((name) => !isFree(name));
  }

  /** A tap on a seat, or Enter. */
  pickSeat(name: string): void {
    if (this.held.peek()) {
      announce(words.value.heldAlready);
      return;
    }
    this.refusal.value = undefined;
    this.conflict.value = undefined;
    const picked = this.picks.toggleSeat(name);
    const plan = this.seen.peek()?.plan;
    if (plan) announce(words.value.pickedSeat(seatNameText(plan, name), picked));
  }

  /** Holds what is picked. */
  hold(): Promise<void> {
    return this.ask(this.complete(this.picks.request()));
  }

  /** Holds seats side by side that the office finds. */
  holdTogether(together: Together): Promise<void> {
    this.together = together;
    return this.ask(this.complete({ together }));
  }

  private complete(request: NewOrder): NewOrder {
    const code = this.code.peek();
    const buyer = this.buyer.peek();
    return { ...this.amend(request), ...(code && { code }), ...(buyer && { buyer }) };
  }

  /** Whether a seat in this state may be picked. */
  isWithinReach(state: number | undefined): boolean {
    return state === FREE || (state === BLOCKED && this.code.peek() !== undefined);
  }

  /** Takes the seats that were offered, with what is still picked. */
  takeInstead(): Promise<void> {
    for (const name of this.conflict.peek()?.instead ?? []) this.picks.addSeat(name);
    return this.hold();
  }

  private async ask(request: NewOrder): Promise<void> {
    const seen = this.seen.peek();
    const { send } = this;
    if (!seen || !send || this.busy.peek()) return;
    batch(() => {
      this.busy.value = true;
      this.refusal.value = undefined;
      this.conflict.value = undefined;
    });
    // Where the buyer goes next is on its way meanwhile.
    void import("./later/order-page").catch(() => undefined);
    try {
      const order = await send(request);
      rememberOrder(order, seen.show);
      this.picks.clear();
      if (!this.closed) go(orderPath(this.id, order.id));
    } catch (error) {
      this.refuse(problemOf(error));
    } finally {
      this.busy.value = false;
    }
  }

  private refuse(problem: Problem): void {
    this.refusal.value = problem;
    if (problem.code === "wait_in_line") this.waits.value = true;
    for (const { zone, free } of problem.zones ?? []) this.picks.setZone(zone, free ?? 0);
    if (problem.code === "seats_taken" && problem.seats?.length) this.lose(problem.seats);
    if (problem.code === "show_closed" || problem.code === "sale_ended" || problem.code === "show_canceled") {
      void this.lookAgain();
    }
  }

  /** Picked seats that the feed says others have taken. While the office is asked, its answer decides. */
  private noticeLost(plan: PlanModel, changed: readonly number[]): void {
    const states = this.seen.peek()?.followed.state.peek()?.seats;
    if (!states || this.busy.peek()) return;
    const picked = this.picks.seats.peek();
    const lost = changed
      .filter((at) => !this.isWithinReach(states[at]))
      .map((at) => plan.seats[at]?.name ?? "")
      .filter((name) => picked.has(name));
    if (lost.length > 0) this.lose(lost);
  }

  private lose(lost: readonly string[]): void {
    const seen = this.seen.peek();
    const states = seen?.followed.state.peek()?.seats;
    if (!seen) return;
    for (const name of lost) this.picks.removeSeat(name);
    const instead = states ? nearestFree(seen.plan, states, lost, this.picks.seats.peek()) : [];
    this.conflict.value = { lost, instead };
    announce(words.value.seatsLost(lost.map((name) => seatNameText(seen.plan, name))));
    this.map?.show([...lost, ...instead]);
  }

  dismissConflict(): void {
    this.conflict.value = undefined;
    this.refusal.value = undefined;
  }

  async giveUpHeld(): Promise<void> {
    const held = this.held.peek();
    if (!held) return;
    this.busy.value = true;
    try {
      await giveUpOrder(held.id);
      this.dropHeld();
    } catch (error) {
      this.refusal.value = problemOf(error);
    } finally {
      this.busy.value = false;
    }
  }

  private dropHeld(): void {
    this.orders.value = this.orders.peek().filter(({ state }) => state !== "held");
  }

  /** The order's own page finds out whether the office still keeps it. */
  lapse(): void {
    this.lapsed.value = this.held.peek();
    this.dropHeld();
  }
}
