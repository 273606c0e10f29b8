/** What a buyer does with orders. Each thing that changes something is an intention, and done once. */
import { type NewOrder, type Order, type Show, office } from "./client";
import { carryOut, lookUp } from "./intention";
import { readKept } from "./kept";
import { read } from "./problem";
import { asBuyer } from "./session";

export const write = (key: string) => ({ "Idempotency-Key": key });

/** Under which the places in lines are kept, by show. */
export const LINE_PLACES = "line-places";

/** Where a show has a line, whoever takes places of it names theirs in that. */
export function inLine(show: string): { "Line-Place"?: string } {
  const place = readKept<Record<string, string>>(LINE_PLACES)?.[show];
  return place ? { "Line-Place": place } : {};
}

export const holding = (show: string): string => `hold ${show}`;

export function lookAtShow(show: string): Promise<Show> {
  return lookUp(() => read(office.GET("/v1/shows/{show}", { params: { path: { show } } })));
}

export function lookAtOrder(order: string): Promise<Order> {
  return lookUp(() => asBuyer((headers) => office.GET("/v1/orders/{order}", { params: { path: { order } }, headers })));
}

export function createOrder(show: string, request: NewOrder): Promise<Order> {
  return carryOut(holding(show), request, (key, body) =>
    asBuyer((headers) =>
      office.POST("/v1/shows/{show}/orders", { params: { path: { show }, header: { ...write(key), ...inLine(show) } }, headers, body }),
    ),
  );
}

export function giveUpOrder(order: string): Promise<Order> {
  return carryOut(`give up ${order}`, {}, (key) =>
    asBuyer((headers) =>
      office.DELETE("/v1/orders/{order}", { params: { path: { order }, header: write(key) }, headers }),
    ),
  );
}
