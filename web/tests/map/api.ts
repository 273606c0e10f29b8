/** What tests ask of an office, by the generated client. */
import createClient, { type Client } from "openapi-fetch";
import type { components, paths } from "../../api/schema";
import { ORGANISER } from "./office";

export type Api = Client<paths>;
export type SeatMap = components["schemas"]["SeatMap"];

export function clientOf(origin: string, token?: string): Api {
  return createClient<paths>({
    baseUrl: origin,
    ...(token === undefined ? {} : { headers: { Authorization: `Bearer ${token}` } }),
  });
}

/** The data of an answer that must be a good one. */
async function given<T>(answer: Promise<{ data?: T | undefined; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await answer;
  if (data === undefined) {
    throw new Error(`${response.status}: ${JSON.stringify(error)}`);
  }
  return data;
}

/** A plan of so many seats in so many sections, bent around a stage, with a zone. */
export function hall(sections: number, rows: number, seats: number): components["schemas"]["NewPlanDocument"] {
  const across = Math.ceil(Math.sqrt(sections * 1.6));
  return {
    name: `Hall of ${sections * rows * seats}`,
    focal_point: { x: (across * (seats + 3) * 10) / 2, y: -60 },
    categories: [{ name: "Near" }, { name: "Middle" }, { name: "Far" }],
    sections: Array.from({ length: sections }, (_, section) => ({
      name: String(section + 1),
      rows: Array.from({ length: rows }, (_, row) => ({
        name: String(row + 1),
        category: ["Near", "Middle", "Far"][Math.min(2, Math.floor(section / across))] ?? "Far",
        seats: Array.from({ length: seats }, (_, seat) => ({
          number: String(seat + 1),
          x: ((section % across) * (seats + 3) + seat) * 10,
          y: (Math.floor(section / across) * (rows + 3) + row) * 10 + 0.02 * (seat - seats / 2) ** 2,
        })),
      })),
    })),
    zones: [{ name: "Floor", category: "Near", capacity: 1000 }],
  };
}

/** Makes a show of a plan that sells at once. */
export async function makeShow(
  origin: string,
  plan: components["schemas"]["NewPlanDocument"],
  more: Partial<components["schemas"]["NewShow"]> = {},
): Promise<string> {
  const organiser = clientOf(origin, ORGANISER);
  const { id } = await given(organiser.POST("/v1/plans", { body: plan }));
  const prices = Object.fromEntries(plan.categories.map(({ name }, at) => [name, { amount: 4500 - 1000 * at, currency: "EUR" }]));
  const show = await given(
    organiser.POST("/v1/shows", {
      body: { plan: id, prices, title: "A test", starts_at: new Date(Date.now() + 30 * 86_400_000).toISOString(), ...more },
    }),
  );
  return show.id;
}

export async function makeBuyer(origin: string): Promise<Api> {
  const { token } = await given(clientOf(origin).POST("/v1/sessions"));
  return clientOf(origin, token);
}

/** The order's id; undefined if seats were taken. */
export async function book(
  buyer: Api,
  show: string,
  seats: readonly string[],
  zones: readonly { zone: string; count: number }[] = [],
): Promise<string | undefined> {
  const { data, error, response } = await buyer.POST("/v1/shows/{show}/orders", {
    params: { path: { show } },
    body: { seats: [...seats], zones: [...zones] },
  });
  if (data === undefined && response.status !== 409) {
    throw new Error(`${response.status}: ${JSON.stringify(error)}`);
  }
  return data?.id;
}

export async function pay(buyer: Api, order: string): Promise<void> {
  await given(
    buyer.POST("/v1/orders/{order}/payments", {
      params: { path: { order } },
      body: { provider: "sandbox", payment_method: "card_ok" },
    }),
  );
}

export async function cancel(buyer: Api, order: string): Promise<void> {
  const { response } = await buyer.DELETE("/v1/orders/{order}", { params: { path: { order } } });
  if (!response.ok) {
    throw new Error(`${response.status}`);
  }
}

export function seatMapAt(origin: string, show: string, at?: number): Promise<SeatMap> {
  return given(
    clientOf(origin).GET("/v1/shows/{show}/seat-map", { params: { path: { show }, query: at === undefined ? {} : { at } } }),
  );
}
