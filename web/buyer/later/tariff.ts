/** What places cost by a show's terms: ticket types, prices of single seats, fees and the tax in all of it (docs/prices.md). In minor units. */
import type { Order, Show, Ticket, TicketType } from "../../api/client";

export interface Place {
  readonly category: string;
  /** The seat's name, for a numbered place. */
  readonly seat?: string;
  /** The ticket type's id; the category's first, if left out. */
  readonly type?: string | undefined;
}

export interface Bill {
  readonly prices: readonly number[];
  readonly fees: number;
  readonly total: number;
  readonly tax: number;
}

const BASIS_POINTS = 10_000;

/** What places of a category can be sold as; the first is what they are sold as unless somebody chooses. */
export function typesOf(show: Show, category: string): TicketType[] {
  return (show.ticket_types ?? []).filter(({ prices }) => category in prices);
}

export function priceOf(show: Show, { category, seat, type }: Place): number {
  const first = show.prices[category]?.amount ?? 0;
  const own = show.seat_prices?.[seat ?? ""]?.amount ?? first;
  const [usual, ...others] = typesOf(show, category);
  if (!type || type === usual?.id) return own;
  const other = others.find(({ id }) => id === type)?.prices[category]?.amount ?? first;
  return Math.max(0, own + other - first);
}

export function billOf(show: Show, places: readonly Place[]): Bill {
  const prices = places.map((place) => priceOf(show, place));
  const charged = prices.filter((price) => price > 0).length;
  const { per_ticket: ticket, per_order: order } = show.fees ?? {};
  const fees = charged * (ticket?.amount ?? 0) + (charged > 0 ? (order?.amount ?? 0) : 0);
  const total = prices.reduce((sum, price) => sum + price, fees);
  return { prices, fees, total, tax: taxIn(total, show.tax?.rate_basis_points ?? 0) };
}

/** Half a unit up. */
function taxIn(total: number, rate: number): number {
  const whole = BASIS_POINTS + rate;
  return Math.floor((2 * total * rate + whole) / (2 * whole));
}

/** What some of an order's tickets count for in an exchange: their prices and fees, and with the last of them what else is left. */
export function creditOf(order: Pick<Order, "lines" | "fees">, tickets: readonly Pick<Ticket, "seat" | "zone" | "ticket_type">[]): number {
  const live = order.lines.filter(({ returned }) => !returned);
  const left = new Set(live);
  const amounts = tickets.map(({ seat, zone, ticket_type: type }) => {
    const line = [...left].find((line) => (seat ? line.seat === seat : line.zone === zone && line.ticket_type === type));
    if (line) left.delete(line);
    return (line?.price.amount ?? 0) + (line?.fee?.amount ?? 0);
  });
  const ofTickets = order.lines.reduce((sum, { fee }) => sum + (fee?.amount ?? 0), 0);
  const ofOrder = tickets.length === live.length ? (order.fees?.amount ?? 0) - ofTickets : 0;
  return amounts.reduce((sum, amount) => sum + amount, ofOrder);
}
