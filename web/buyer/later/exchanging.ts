/** Tickets on their way to be exchanged: chosen at their order, and given for other places on the show's map. */
import type { Ticket } from "../../api/client";
import { keep, readKept, showPath } from "../first";

export interface Exchanging {
  readonly order: string;
  readonly tickets: readonly string[];
}

const KEPT = "exchange";

/** Codes stay out of the address: who has one may enter. */
export function exchangePath(show: string, order: string): string {
  return `${showPath(show)}?exchange=${order}`;
}

export function beginExchange(exchanging: Exchanging): void {
  keep(KEPT, exchanging);
}

/** Those of the order's tickets that were chosen; all that can be given, if this device doesn't know. */
export function chosenTickets(order: string, tickets: readonly Ticket[]): Ticket[] {
  const begun = readKept<Exchanging>(KEPT);
  const unused = tickets.filter(({ checked_in }) => !checked_in);
  const chosen = unused.filter(({ code }) => begun?.order === order && begun.tickets.includes(code));
  return chosen.length > 0 ? chosen : unused;
}
