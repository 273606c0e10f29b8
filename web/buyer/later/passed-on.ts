/** Tickets that were passed on: the office shows each new one once, so that this device keeps it until it has reached whom it is for. */
import type { Ticket } from "../../api/client";
import { keep, readKept, signal } from "../first";

const KEPT = "passed on";

type Kept = Readonly<Record<string, readonly Ticket[]>>;

const kept = signal<Kept>(readKept<Kept>(KEPT) ?? {});

function change(order: string, tickets: readonly Ticket[]): void {
  const { [order]: _, ...others } = readKept<Kept>(KEPT) ?? {};
  kept.value = tickets.length > 0 ? { ...others, [order]: tickets } : others;
  keep(KEPT, kept.value);
}

export function passedOn(order: string): readonly Ticket[] {
  return kept.value[order] ?? [];
}

export function keepPassedOn(order: string, ticket: Ticket): void {
  change(order, [...passedOn(order), ticket]);
}

export function forgetPassedOn(order: string, code: string): void {
  change(
    order,
    passedOn(order).filter((ticket) => ticket.code !== code),
  );
}
