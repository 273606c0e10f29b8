/** The buyer's orders: those of their session, and what this device remembers of earlier ones. */
import type { Order } from "../../api/client";
import type { Problem } from "../../api/problem";
import { Loading, ProblemNote, Title, announce, forgetOrder, format, more, orderPath, ownOrders, problemOf, useEffect, useSignal, words } from "../first";
import type { OwnOrder } from "../own-orders";
import { listOrders } from "./calls";
import { Notices } from "./notices";
import { OwnSelections } from "./own-selections";
import { useShow } from "./shows";

const PAGE_ORDERS = 20;

export function OrdersPage() {
  const w = words.value;
  const m = more.value;
  const orders = useSignal<readonly Order[]>([]);
  /** Where the next page begins; null after the last. */
  const next = useSignal<string | null | undefined>(undefined);
  const busy = useSignal(false);
  const problem = useSignal<Problem | undefined>(undefined);

  const readOn = async () => {
    busy.value = true;
    problem.value = undefined;
    try {
      const page = await listOrders(PAGE_ORDERS, next.peek() ?? undefined);
      const isMore = orders.peek().length > 0;
      orders.value = [...orders.peek(), ...page.orders];
      next.value = page.next_after;
      if (isMore) announce(m.ordersShown(orders.peek().length));
    } catch (error) {
      problem.value = problemOf(error);
    } finally {
      busy.value = false;
    }
  };
  useEffect(() => void readOn(), []);

  const isAll = next.value === null;
  const listed = new Set(orders.value.map(({ id }) => id));
  const earlier = isAll ? ownOrders.value.filter(({ order }) => !listed.has(order)) : [];
  return (
    <>
      <Title name={w.orders} />
      <Notices />
      {isAll && <p class="hint">{orders.value.length + earlier.length === 0 ? m.noOrders : m.ordersHint}</p>}
      <ul class="shows">
        {orders.value.map((order) => (
          <li key={order.id}>
            <OrderCard order={order} />
          </li>
        ))}
        {earlier.map((own) => (
          <li key={own.order}>
            <EarlierCard own={own} />
          </li>
        ))}
      </ul>
      {problem.value && <ProblemNote problem={problem.value} onRetry={() => void readOn()} />}
      {busy.value && <Loading />}
      {next.value && !busy.value && (
        <button type="button" onClick={() => void readOn()}>
          {m.moreOrders}
        </button>
      )}
      <OwnSelections />
    </>
  );
}

function OrderCard({ order }: { order: Order }) {
  const w = words.value;
  const m = more.value;
  const show = useShow(order.show);
  const count = order.seats.length + order.zones.reduce((sum, zone) => sum + zone.count, 0);
  return (
    <article class="card show-card">
      <h2>
        <a href={orderPath(order.show, order.id)}>{show?.title ?? order.id}</a>
      </h2>
      {show && (
        <p>
          <time dateTime={show.starts_at}>{format.value.dateTime(show.starts_at, show.time_zone)}</time>
        </p>
      )}
      <p class="facts">
        <span>{order.id}</span>
        <span>{w.places(count)}</span>
        <span>{format.value.money(order.total)}</span>
        <span class={`badge ${order.state}`}>{m.orderStates[order.state] ?? order.state}</span>
      </p>
    </article>
  );
}

/** Of a session that has ended: the office shows it to nobody any more. */
function EarlierCard({ own }: { own: OwnOrder }) {
  const m = more.value;
  return (
    <article class="card show-card">
      <h2>{own.title}</h2>
      <p>
        <time dateTime={own.startsAt}>{format.value.dateTime(own.startsAt, own.zone)}</time>
      </p>
      <p class="facts">
        <span>{own.order}</span>
      </p>
      <p>
        {m.ofEarlierVisit}{" "}
        <button type="button" onClick={() => forgetOrder(own.order)}>
          {m.forgetOrder}
        </button>
      </p>
    </article>
  );
}
