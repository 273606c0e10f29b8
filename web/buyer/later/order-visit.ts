/** One of the buyer's orders: from its hold to its tickets, and back. */
import type { NewPayment, Order, Provider, Show, Ticket } from "../../api/client";
import type { Problem } from "../../api/problem";
import { announce, clock, computed, giveUpOrder, lookAtOrder, lookAtShow, more, pause, pending, problemOf, rememberOrder, seatPlaceText, signal, words } from "../first";
import { isUnderWay, lookAtProviders, lookAtTickets, payOrder, paying } from "./paying";

/** Looks at a payment that is on its way, with growing pauses: two minutes or so. */
const LOOKS_MAX = 40;
const LAPSE_PAUSE_MS = 1_000;
const LAPSE_MARGIN_MS = 5_000;

export class OrderVisit {
  readonly order = signal<Order | undefined>();
  readonly show = signal<Show | undefined>();
  readonly providers = signal<readonly Provider[]>([]);
  readonly tickets = signal<readonly Ticket[] | undefined>();
  /** The places whose tickets are somebody else's by now, as people say them. */
  readonly passedOn = signal<readonly string[]>([]);
  /** The order can't be shown at all. */
  readonly problem = signal<Problem | undefined>();
  /** The last thing that the buyer wanted was refused. */
  readonly refusal = signal<Problem | undefined>();
  readonly busy = signal(false);
  /** The time to pay is up, and the office hasn't said yet that the hold is gone. */
  readonly timeUp = signal(false);
  readonly watching = signal(false);
  /** What a part that is loaded later has to do before the payment; false, if it can't. */
  prepare = async (): Promise<boolean> => true;
  readonly payment = computed(() => this.order.value?.last_payment);
  private closed = false;
  /** Back from another tab or the provider's page: what was shown may be long past. */
  private readonly returned = (): void => {
    if (document.visibilityState === "visible" && this.order.peek()?.state === "held" && !this.busy.peek()) {
      void this.watchPayment();
    }
  };

  constructor(readonly id: string) {
    document.addEventListener("visibilitychange", this.returned);
    void this.open();
  }

  async open(): Promise<void> {
    this.problem.value = undefined;
    try {
      const order = await this.look();
      const show = await lookAtShow(order.show);
      this.show.value = show;
      rememberOrder(order, show);
      if (order.state === "held") this.providers.value = await lookAtProviders(order.show);
    } catch (error) {
      this.problem.value = problemOf(error);
      return;
    }
    // A payment that a reload or the provider's page came between goes on under its own key.
    if (isUnderWay(this.payment.value) || pending(paying(this.id))) void this.watchPayment();
  }

  close(): void {
    this.closed = true;
    document.removeEventListener("visibilitychange", this.returned);
  }

  async look(): Promise<Order> {
    const order = await lookAtOrder(this.id);
    if (order.state === "paid") {
      // A node of the version before knows of none.
      const { tickets, transferred = [] } = await lookAtTickets(this.id);
      this.tickets.value = tickets;
      this.passedOn.value = transferred.map(({ seat, zone }) => {
        const place = order.places.find((place) => place.seat === seat);
        return place ? seatPlaceText(place) : (seat ?? zone ?? "");
      });
    }
    this.order.value = order;
    return order;
  }

  /** Leaves for the page of the bank or the provider, where there is one. */
  async pay(payment: NewPayment): Promise<void> {
    await this.during(async () => {
      if (!(await this.prepare())) return;
      const begun = await payOrder(this.id, payment);
      if (begun.state === "action_required" && begun.action_url && leaveFor(begun.action_url)) return;
      await this.look();
      if (isUnderWay(begun)) void this.watchPayment();
      else announce(more.value.paidNow);
    });
  }

  /** Until it has ended one way or the other, or for as long as is reasonable. */
  async watchPayment(): Promise<void> {
    if (this.watching.peek()) return;
    this.watching.value = true;
    this.refusal.value = undefined;
    try {
      for (let looks = 1; looks <= LOOKS_MAX && !this.closed; looks += 1) {
        const begun = pending<NewPayment>(paying(this.id));
        if (begun) await payOrder(this.id, begun);
        await this.look();
        if (!isUnderWay(this.payment.peek())) break;
        await pause(Math.min(looks, 3));
      }
      if (this.order.peek()?.state === "paid") announce(more.value.paidNow);
    } catch (error) {
      this.refusal.value = problemOf(error);
      await this.look().catch(() => undefined);
    } finally {
      this.watching.value = false;
    }
  }

  /** The countdown has ended. The hold is kept a little longer, so that only the office knows when it has lapsed. */
  async lapse(): Promise<void> {
    this.timeUp.value = true;
    const until = Date.parse(this.order.peek()?.expires_at ?? "") + (this.show.peek()?.hold_grace_ms ?? 0);
    try {
      while (!this.closed && this.order.peek()?.state === "held" && clock.now() < until + LAPSE_MARGIN_MS) {
        const before = this.order.peek()?.expires_at;
        const order = await this.look();
        if (order.state === "timed_out") announce(words.value.lapsed);
        // It was extended: a payment has begun.
        if (order.state === "held" && order.expires_at !== before) {
          this.timeUp.value = false;
          return;
        }
        await new Promise((resolve) => setTimeout(resolve, LAPSE_PAUSE_MS));
      }
    } catch (error) {
      this.refusal.value = problemOf(error);
    }
  }

  giveUp(): Promise<void> {
    return this.during(async () => {
      await giveUpOrder(this.id);
      await this.look();
    });
  }

  /** One thing at a time: what is refused is told, and the order looked at again. */
  async during(run: () => Promise<void>): Promise<void> {
    if (this.busy.peek()) return;
    this.busy.value = true;
    this.refusal.value = undefined;
    try {
      await run();
    } catch (error) {
      this.refusal.value = problemOf(error);
      await this.look().catch(() => undefined);
    } finally {
      this.busy.value = false;
    }
  }
}

/** Only to pages of the web: the address comes from a provider. */
function leaveFor(url: string): boolean {
  if (!/^https?:$/.test(new URL(url, location.href).protocol)) return false;
  location.assign(url);
  return true;
}
