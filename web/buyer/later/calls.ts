/** What buyers ask the office for in the parts that are loaded later. What changes something is an intention, and done once. */
import type { DroppedPlaces, Entry, Inbox as InboxPage, Line, LinePlace, NewEntry, NewExchange, NewSelection, NewWant, Order, OrderChange, Selection, Ticket } from "../../api/client";
import { asBuyer, carryOut, inLine, lookUp, office, read, write } from "../first";

export function giveTicketsBack(order: string, codes: readonly string[]): Promise<Order> {
  return carryOut(`give back ${order}`, { tickets: [...codes] }, (key, body) =>
    asBuyer((headers) =>
      office.POST("/v1/orders/{order}/refund", { params: { path: { order }, header: write(key) }, headers, body }),
    ),
  );
}

export type OwnOrders = { orders: Order[]; next_after: string | null };

/** The session's own orders, the newest first, from `after` on. */
export function listOrders(limit: number, after?: string): Promise<OwnOrders> {
  const query = { limit, ...(after ? { after } : {}) };
  return lookUp(() => asBuyer((headers) => office.GET("/v1/orders", { params: { query }, headers })));
}

export function shareSelection(selection: NewSelection): Promise<Selection> {
  return carryOut(`share ${selection.show}`, selection, (key, body) =>
    asBuyer((headers) => office.POST("/v1/selections", { params: { header: write(key) }, headers, body })),
  );
}

/** Anybody's: its key is all that it takes. */
export function lookAtSelection(selection: string): Promise<Selection> {
  return lookUp(() => read(office.GET("/v1/selections/{selection}", { params: { path: { selection } } })));
}

export type OwnSelections = { selections: Selection[]; next_after: string | null };

export function listSelections(limit: number, after?: string): Promise<OwnSelections> {
  const query = { limit, ...(after ? { after } : {}) };
  return lookUp(() => asBuyer((headers) => office.GET("/v1/selections", { params: { query }, headers })));
}

export async function dropSelection(selection: string): Promise<void> {
  await carryOut(`drop ${selection}`, {}, (key) =>
    asBuyer(async (headers) => {
      const answer = await office.DELETE("/v1/selections/{selection}", { params: { path: { selection }, header: write(key) }, headers });
      // It has no body, which is no fault here.
      return { ...answer, data: answer.response.ok ? true : undefined };
    }),
  );
}

export function tellDetails(order: string, change: OrderChange): Promise<Order> {
  return carryOut(`tell ${order}`, change, (key, body) =>
    asBuyer((headers) => office.PATCH("/v1/orders/{order}", { params: { path: { order }, header: write(key) }, headers, body })),
  );
}

/** Places of a held order that are given up; the others stay held. */
export function dropPlaces(order: string, places: DroppedPlaces): Promise<Order> {
  return carryOut(`give up ${JSON.stringify(places)} of ${order}`, places, (key, body) =>
    asBuyer((headers) => office.POST("/v1/orders/{order}/drop", { params: { path: { order }, header: write(key) }, headers, body })),
  );
}

/** The ticket under its new code, which is told this once. */
export function transferTicket(code: string, attendee: string | null): Promise<Ticket> {
  return carryOut(`pass on ${code}`, attendee ? { attendee } : {}, (key, body) =>
    asBuyer((headers) => office.POST("/v1/tickets/{code}/transfer", { params: { path: { code }, query: { signed: true }, header: write(key) }, headers, body })),
  );
}

/** An order of other places for some tickets of this one. */
export function exchangeTickets(show: string, order: string, exchange: NewExchange): Promise<Order> {
  return carryOut(`exchange ${order}`, exchange, (key, body) =>
    asBuyer((headers) =>
      office.POST("/v1/orders/{order}/exchange", { params: { path: { order }, header: { ...write(key), ...inLine(show) } }, headers, body }),
    ),
  );
}

export function joinWaitlist(show: string, entry: NewEntry): Promise<Entry> {
  return carryOut(`wait ${show}`, entry, (key, body) =>
    asBuyer((headers) => office.POST("/v1/shows/{show}/waitlist", { params: { path: { show }, header: write(key) }, headers, body })),
  );
}

export function lookAtEntry(entry: string): Promise<Entry> {
  return lookUp(() => asBuyer((headers) => office.GET("/v1/waitlist/{entry}", { params: { path: { entry } }, headers })));
}

export function changeEntry(entry: string, wish: NewWant): Promise<Entry> {
  return carryOut(`wish ${entry}`, { wish }, (key, body) =>
    asBuyer((headers) => office.PATCH("/v1/waitlist/{entry}", { params: { path: { entry }, header: write(key) }, headers, body })),
  );
}

export function leaveWaitlist(entry: string): Promise<Entry> {
  return carryOut(`leave ${entry}`, {}, (key) =>
    asBuyer((headers) => office.DELETE("/v1/waitlist/{entry}", { params: { path: { entry }, header: write(key) }, headers })),
  );
}

/** Anybody's. */
export function lookAtLine(show: string): Promise<Line> {
  return lookUp(() => read(office.GET("/v1/shows/{show}/line", { params: { path: { show } } })));
}

/** The session's place in a show's line: the one that it has, or a new one. Asked twice, it is the same. */
export function joinLine(show: string, proof: string | undefined): Promise<LinePlace> {
  const body = proof ? { proof } : {};
  return lookUp(() => asBuyer((headers) => office.POST("/v1/shows/{show}/line", { params: { path: { show }, header: inLine(show) }, headers, body })));
}

export function lookAtLinePlace(place: string): Promise<LinePlace> {
  return lookUp(() => asBuyer((headers) => office.GET("/v1/line/{place}", { params: { path: { place } }, headers })));
}

/** Notices after this number: a page. */
export function readInbox(after: number): Promise<InboxPage> {
  return lookUp(() =>
    asBuyer(async (headers) => {
      const answer = await office.GET("/v1/inbox", { params: { query: { after } }, headers });
      // The same address is a feed to whoever asks for one.
      return { ...answer, data: answer.data as InboxPage };
    }),
  );
}

export async function acknowledge(through: number): Promise<number> {
  const { acknowledged } = await carryOut("acknowledge", { through }, (key, body) =>
    asBuyer((headers) => office.POST("/v1/inbox/acknowledgement", { params: { header: write(key) }, headers, body })),
  );
  return acknowledged;
}
