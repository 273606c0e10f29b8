/** The office, through the client that is made from its OpenAPI document. */
import createClient from "openapi-fetch";
import { OfficeClock } from "../feed/clock";
import type { components, paths } from "./schema";

type Schemas = components["schemas"];
export type Show = Schemas["Show"];
export type ShowWord = Schemas["ShowState"];
export type Order = Schemas["Order"];
export type OrderWord = Schemas["OrderState"];
export type NewOrder = Schemas["NewOrder"];
export type Together = Schemas["Together"];
export type FallBack = Schemas["FallBack"];
export type Payment = Schemas["Payment"];
export type NewPayment = Schemas["NewPayment"];
export type Provider = Schemas["Provider"];
export type DeclineCode = Schemas["DeclineCode"];
export type Ticket = Schemas["PrintableTicket"];
export type OrderTickets = Schemas["OrderTickets"];
export type Money = Schemas["Money"];
export type OrderLine = Schemas["OrderLine"];
export type TicketType = Schemas["TicketType"];
export type Tax = Schemas["Tax"];
export type Selection = Schemas["Selection"];
export type NewSelection = Schemas["NewSelection"];
export type OrderChange = Schemas["OrderChange"];
type BodyOf<P extends keyof paths> = paths[P] extends { post: { requestBody?: { content: { "application/json": infer B } } } } ? B : never;
export type DroppedPlaces = BodyOf<"/v1/orders/{order}/drop">;
export type NewExchange = BodyOf<"/v1/orders/{order}/exchange">;
export type Entry = Schemas["Entry"];
export type Want = Schemas["Want"];
export type NewWant = Schemas["NewWant"];
export type NewEntry = Schemas["NewEntry"];
export type Notice = Schemas["Notice"];
export type Inbox = Schemas["Inbox"];
export type Line = Schemas["Line"];
export type LinePlace = Schemas["LinePlace"];
export type SeatPlace = Schemas["SeatPlace"];

/** An answer that takes longer counts as lost: the page asks again, or says so. */
const ANSWER_MS_MAX = 20_000;

export const clock = new OfficeClock();

async function ask(request: Request): Promise<Response> {
  const asked = Date.now();
  const response = await fetch(request, { signal: AbortSignal.timeout(ANSWER_MS_MAX) });
  // A stored answer tells of the time when it was stored.
  if (request.method !== "GET" || response.headers.get("Cache-Control")?.includes("no-store")) {
    clock.heardDate(response.headers.get("Date"), asked, Date.now());
  }
  return response;
}

export const office = createClient<paths>({ baseUrl: "", fetch: ask });
