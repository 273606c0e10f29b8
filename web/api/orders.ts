/** What a buyer does with orders. Each thing that changes something is an intention, and done once. */
import { type NewOrder, type NewPayment, type Order, type Payment, type Provider, type Show, type Ticket, office } from "./client";
import { carryOut, lookUp } from "./intention";
import { read } from "./problem";
import { asBuyer } from "./session";

const write = (key: string) => ({ "Idempotency-Key": key });

export const holding = (show: string): string => `hold ${show}`;
export const paying = (order: string): string => `pay ${order}`;

export function lookAtShow(show: string): Promise<Show> {
  return lookUp(() => read(office.GET("/v1/shows/{show}", { params: { path: { show } } })));
}

/** Those that answer; all, if none does: they may again by the time that the buyer has chosen. */
export async function lookAtProviders(show: string): Promise<readonly Provider[]> {
  const { providers } = await lookUp(() =>
    read(office.GET("/v1/shows/{show}/providers", { params: { path: { show } } })),
  );
  const answering = providers.filter(({ available }) => available);
  return answering.length > 0 ? answering : providers;
}

export function lookAtOrder(order: string): Promise<Order> {
  return lookUp(() => asBuyer((headers) => office.GET("/v1/orders/{order}", { params: { path: { order } }, headers })));
}

export async function lookAtTickets(order: string): Promise<Ticket[]> {
  const found = await lookUp(() =>
    asBuyer((headers) =>
      office.GET("/v1/orders/{order}/tickets", { params: { path: { order }, query: { signed: true } }, headers }),
    ),
  );
  return found.tickets;
}

export function createOrder(show: string, request: NewOrder): Promise<Order> {
  return carryOut(holding(show), request, (key, body) =>
    asBuyer((headers) =>
      office.POST("/v1/shows/{show}/orders", { params: { path: { show }, header: write(key) }, headers, body }),
    ),
  );
}

export function isUnderWay(payment: Payment | undefined): boolean {
  return payment?.state === "processing" || payment?.state === "action_required";
}

/** Asked again while the payment is under way, it has the office look at the provider. */
export function payOrder(order: string, payment: NewPayment): Promise<Payment> {
  return carryOut(
    paying(order),
    payment,
    (key, body) =>
      asBuyer((headers) =>
        office.POST("/v1/orders/{order}/payments", { params: { path: { order }, header: write(key) }, headers, body }),
      ),
    (begun) => !isUnderWay(begun),
  );
}

export function giveUpOrder(order: string): Promise<Order> {
  return carryOut(`give up ${order}`, {}, (key) =>
    asBuyer((headers) =>
      office.DELETE("/v1/orders/{order}", { params: { path: { order }, header: write(key) }, headers }),
    ),
  );
}

export function giveTicketsBack(order: string, codes: readonly string[]): Promise<Order> {
  return carryOut(`give back ${order}`, { tickets: [...codes] }, (key, body) =>
    asBuyer((headers) =>
      office.POST("/v1/orders/{order}/refund", { params: { path: { order }, header: write(key) }, headers, body }),
    ),
  );
}
