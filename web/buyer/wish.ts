/** The places of an order that has lapsed, on their way back to the show's page to be picked again. */
import type { Order } from "../api/client";

let wish: Order | undefined;

export function wishAgain(order: Order): void {
  wish = order;
}

/** Once: a wish that was looked at is done with. */
export function takeWish(show: string): Order | undefined {
  if (wish?.show !== show) return undefined;
  const taken = wish;
  wish = undefined;
  return taken;
}
