/** How an order is paid, and the tickets that come of it. */
import type { NewPayment, OrderTickets, Payment, Provider } from "../../api/client";
import { asBuyer, carryOut, lookUp, office, read, write } from "../first";

export const paying = (order: string): string => `pay ${order}`;

/** Those that answer; all, if none does: they may again by the time that the buyer has chosen. */
export async function lookAtProviders(show: string): Promise<readonly Provider[]> {
  const { providers } = await lookUp(() =>
    read(office.GET("/v1/shows/{show}/providers", { params: { path: { show } } })),
  );
  const answering = providers.filter(({ available }) => available);
  return answering.length > 0 ? answering : providers;
}

/** The tickets, and the places whose tickets were passed on. */
export function lookAtTickets(order: string): Promise<OrderTickets> {
  return lookUp(() =>
    asBuyer((headers) =>
      office.GET("/v1/orders/{order}/tickets", { params: { path: { order }, query: { signed: true } }, headers }),
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
