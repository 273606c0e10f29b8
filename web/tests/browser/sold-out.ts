/** A small show of which nothing is free, and others who wait for it. */
import { call, makeShow } from "./organiser";

export const FLOOR = {
  name: "Floor",
  categories: [{ name: "Standing" }, { name: "Seats" }],
  sections: [{ name: "Side", rows: [{ name: "1", category: "Seats", seats: [1, 2, 3, 4].map((at) => ({ number: String(at), x: at * 10, y: 10 })) }] }],
  zones: [{ name: "Floor", category: "Standing", capacity: 4 }],
};
export const FLOOR_TERMS = { prices: { Standing: { amount: 1500, currency: "EUR" }, Seats: { amount: 3000, currency: "EUR" } }, waitlist: { offer_seconds: 600 } };

/** A buyer without a browser: the token of a session. */
export async function another(): Promise<string> {
  return (await call<{ token: string }>("POST", "/v1/sessions")).token;
}

/** A show of which another buyer holds everything, in two orders. */
export async function makeSoldOut(terms: object = {}): Promise<{ show: string; giveUp(which: "floor" | "seats"): Promise<void> }> {
  const show = await makeShow({ ...FLOOR_TERMS, ...terms }, FLOOR);
  const token = await another();
  const hold = (wish: object) => call<{ id: string }>("POST", `/v1/shows/${show}/orders`, wish, token);
  const orders = {
    floor: await hold({ zones: [{ zone: "Floor", count: 4 }] }),
    seats: await hold({ seats: ["Side-1-1", "Side-1-2", "Side-1-3", "Side-1-4"] }),
  };
  return { show, giveUp: async (which) => void (await call("DELETE", `/v1/orders/${orders[which].id}`, undefined, token)) };
}

/** Somebody else waits; returns how to leave. */
export async function wait(show: string, wish: object): Promise<() => Promise<void>> {
  const token = await another();
  const { id } = await call<{ id: string }>("POST", `/v1/shows/${show}/waitlist`, { wish }, token);
  return async () => void (await call("DELETE", `/v1/waitlist/${id}`, undefined, token));
}
