/** What tests do at the office themselves: shows, and other buyers without a browser. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { KEY, root } from "./office";

export const office = process.env.OFFICE ?? "";

export async function call<T>(method: string, path: string, body?: object, token = KEY): Promise<T> {
  const answer = await fetch(office + path, {
    method,
    headers: { Authorization: `Bearer ${token}`, ...(body ? { "Content-Type": "application/json" } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const said = (await answer.json()) as T;
  if (!answer.ok) throw new Error(`${method} ${path}: ${JSON.stringify(said)}`);
  return said;
}

function smallHall(): object {
  return JSON.parse(readFileSync(join(root, "web/tests/browser/small-hall.json"), "utf8")) as object;
}

/** A show on the small plan or another; the rest of its terms are as the office has them. */
export async function makeShow(terms: object = {}, document: object = smallHall()): Promise<string> {
  const plan = await call<{ id: string }>("POST", "/v1/plans", document);
  const show = await call<{ id: string }>("POST", "/v1/shows", {
    plan: plan.id,
    title: "The Tempest",
    starts_at: new Date(Date.now() + 20 * 24 * 3600 * 1000).toISOString(),
    prices: {
      Stalls: { amount: 4500, currency: "EUR" },
      Balcony: { amount: 2800, currency: "EUR" },
      Standing: { amount: 1500, currency: "EUR" },
    },
    returns: "buyer",
    ...terms,
  });
  return show.id;
}

/** Changes a show's terms, whichever are in force. */
export async function changeShow(show: string, change: object): Promise<void> {
  const { revision } = await call<{ revision: number }>("GET", `/v1/shows/${show}`);
  const answer = await fetch(`${office}/v1/shows/${show}`, {
    method: "PATCH",
    headers: { Authorization: `Bearer ${KEY}`, "Content-Type": "application/json", "If-Match": `"${revision}"` },
    body: JSON.stringify(change),
  });
  if (!answer.ok) throw new Error(`the show is not changed: ${await answer.text()}`);
}

export async function holdAsAnother(show: string, seats: string[]): Promise<void> {
  const { token } = await call<{ token: string }>("POST", "/v1/sessions");
  await call("POST", `/v1/shows/${show}/orders`, { seats }, token);
}

/** The names of the seats that are in this state. */
export async function seatsIn(show: string, state: string): Promise<string[]> {
  const map = await call<{ seats: Record<string, string> }>("GET", `/v1/shows/${show}/seat-map`);
  return Object.entries(map.seats).flatMap(([seat, now]) => (now === state ? seat : [])).sort();
}

export async function stateOf(show: string, seat: string): Promise<string | undefined> {
  const map = await call<{ seats: Record<string, string> }>("GET", `/v1/shows/${show}/seat-map`);
  return map.seats[seat];
}
