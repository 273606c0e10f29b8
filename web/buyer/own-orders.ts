/** The orders that were made on this device: their references are all that leads back to them. */
import { signal } from "@preact/signals";
import type { FallBack, Order, Show } from "../api/client";
import { keep, readKept } from "../api/kept";

export interface OwnOrder {
  readonly order: string;
  readonly show: string;
  readonly title: string;
  readonly startsAt: string;
  readonly zone?: string;
  /** How its seats differ from those that were wanted together: the office tells it once. */
  readonly fallBack?: FallBack;
}

const KEPT = "orders";
const ORDERS_MAX = 50;

/** The newest first. */
export const ownOrders = signal<readonly OwnOrder[]>(readKept<OwnOrder[]>(KEPT) ?? []);

function change(orders: readonly OwnOrder[]): void {
  ownOrders.value = orders;
  keep(KEPT, orders);
}

/** Read anew each time: another tab may have added some. */
function others(reference: string): OwnOrder[] {
  return (readKept<OwnOrder[]>(KEPT) ?? []).filter(({ order }) => order !== reference);
}

export function rememberOrder(order: Order, show: Show): void {
  const fallBack = order.together?.fall_back ?? ownOrders.peek().find((own) => own.order === order.id)?.fallBack;
  const own = { order: order.id, show: show.id, title: show.title, startsAt: show.starts_at, zone: show.time_zone, ...(fallBack && { fallBack }) };
  change([own, ...others(order.id)].slice(0, ORDERS_MAX));
}

export function forgetOrder(reference: string): void {
  change(others(reference));
}
