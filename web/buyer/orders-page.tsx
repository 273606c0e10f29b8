/** The orders that were made on this device. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Order } from "../api/client";
import { lookAtOrder } from "../api/orders";
import { type Problem, problemOf } from "../api/problem";
import { format, problemText, words } from "../text/language";
import { type OwnOrder, forgetOrder, ownOrders } from "./own-orders";
import { orderPath } from "./route";
import { Title } from "./title";

export function OrdersPage() {
  const w = words.value;
  return (
    <>
      <Title name={w.orders} />
      <p class="hint">{ownOrders.value.length === 0 ? w.noOrders : w.ordersHint}</p>
      <ul class="shows">
        {ownOrders.value.map((own) => (
          <li key={own.order}>
            <OwnOrderCard own={own} />
          </li>
        ))}
      </ul>
    </>
  );
}

function OwnOrderCard({ own }: { own: OwnOrder }) {
  const w = words.value;
  const order = useSignal<Order | undefined>(undefined);
  const problem = useSignal<Problem | undefined>(undefined);
  useEffect(() => {
    lookAtOrder(own.order).then(
      (found) => (order.value = found),
      (error: unknown) => (problem.value = problemOf(error)),
    );
  }, [own.order]);
  const places = order.value && order.value.seats.length + order.value.zones.reduce((sum, zone) => sum + zone.count, 0);
  return (
    <article class="card show-card">
      <h2>
        <a href={orderPath(own.show, own.order)}>{own.title}</a>
      </h2>
      <p>
        <time dateTime={own.startsAt}>{format.value.dateTime(own.startsAt, own.zone)}</time>
      </p>
      <p class="facts">
        <span>{own.order}</span>
        {order.value && (
          <>
            <span>{w.places(places ?? 0)}</span>
            <span class={`badge ${order.value.state}`}>{w.orderStates[order.value.state] ?? order.value.state}</span>
          </>
        )}
      </p>
      {problem.value && (
        <p>
          {problemText(problem.value)}{" "}
          <button type="button" onClick={() => forgetOrder(own.order)}>
            {w.forgetOrder}
          </button>
        </p>
      )}
    </article>
  );
}
