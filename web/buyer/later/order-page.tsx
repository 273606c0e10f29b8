/** An order: to be paid, paid with its tickets, or what became of it. */
import type { OrderLine } from "../../api/client";
import { announce, Countdown, Loading, Note, OrderPlaces, ProblemNote, Title, format, go, more, orderPath, ownOrders, problemText, showPath, useEffect, useMemo, wishAgain, words } from "../first";
import { dropPlaces } from "./calls";
import { Details } from "./details";
import { type OrderVisit as Visit, OrderVisit } from "./order-visit";
import { PayForm } from "./pay-form";
import { isUnderWay } from "./paying";
import { Receipt } from "./receipt";
import { refusalText } from "./refusal";
import { Tickets } from "./tickets";

export function OrderPage({ id }: { id: string }) {
  const visit = useMemo(() => new OrderVisit(id), [id]);
  useEffect(() => () => visit.close(), [visit]);
  const m = more.value;
  if (visit.problem.value) {
    return (
      <>
        <Title name={m.order} />
        <ProblemNote problem={visit.problem.value} onRetry={() => void visit.open()} />
      </>
    );
  }
  const order = visit.order.value;
  if (!order || !visit.show.value) return <Loading />;
  return (
    <div class="narrow">
      {order.state === "held" && <Held visit={visit} />}
      {order.state === "paid" && <Tickets visit={visit} />}
      {order.state !== "held" && order.state !== "paid" && <Ended visit={visit} />}
    </div>
  );
}

function ShowLine({ visit }: { visit: Visit }) {
  const show = visit.show.value;
  if (!show) return null;
  return (
    <p class="when">
      <a href={showPath(show.id)}>{show.title}</a>
      <br />
      <time dateTime={show.starts_at}>{format.value.dateTime(show.starts_at, show.time_zone)}</time>
    </p>
  );
}

function Held({ visit }: { visit: Visit }) {
  const w = words.value;
  const m = more.value;
  const order = visit.order.value;
  const payment = visit.payment.value;
  if (!order) return null;
  return (
    <>
      <Title name={m.payTitle} />
      <ShowLine visit={visit} />
      <p class="clock card">
        <Countdown until={order.expires_at} onEnd={() => void visit.lapse()} /> {w.leftToPay}
      </p>
      {visit.timeUp.value && <Note tone="warning">{m.timeUpNote}</Note>}
      <div class="card">
        <h2 id="held-places" tabIndex={-1}>
          {w.yourSeats}
        </h2>
        <FellBack order={order.id} />
        <Receipt order={order} show={visit.show.value} onDrop={(line, name) => void drop(visit, line, name)} />
        {order.exchange && order.due && (
          <Note tone="info">{m.exchangeOf(format.value.money(order.exchange.credit), format.value.money(order.due))}</Note>
        )}
        <button type="button" disabled={visit.busy.value} onClick={() => void visit.giveUp()}>
          {w.giveUp}
        </button>
      </div>
      {visit.refusal.value && (
        <Note tone="problem" urgent>
          {refusalText(visit.refusal.value, visit.show.value)}
        </Note>
      )}
      {!visit.refusal.value && payment?.state === "declined" && (
        <Note tone="problem" urgent>
          {problemText({ code: "payment_declined", ...(payment.decline_code && { decline_code: payment.decline_code }) })}
        </Note>
      )}
      <UnderWay visit={visit} />
      <Details visit={visit} />
      <PayForm visit={visit} />
    </>
  );
}

/** Seats that are not side by side are never sold silently as if they were. */
function FellBack({ order }: { order: string }) {
  const fallBack = ownOrders.value.find((own) => own.order === order)?.fallBack;
  return fallBack ? <Note tone="warning">{more.value.fellBack[fallBack]}</Note> : null;
}

/** One of several places: the focus stays where they are listed. */
async function drop(visit: Visit, { seat, zone, ticket_type: type }: OrderLine, name: string): Promise<void> {
  await visit.during(async () => {
    await dropPlaces(visit.id, seat ? { seats: [seat] } : { zones: [{ zone: zone ?? "", count: 1, ...(type && { ticket_type: type }) }] });
    await visit.look();
    announce(more.value.dropped(name));
  });
  document.getElementById("held-places")?.focus();
}

/** A payment that waits for the buyer, or for the bank. */
function UnderWay({ visit }: { visit: Visit }) {
  const m = more.value;
  const payment = visit.payment.value;
  if (!isUnderWay(payment)) return null;
  return (
    <Note tone="info">
      <p>{payment?.state === "action_required" ? m.actionRequired : m.paymentProcessing}</p>
      <p class="actions">
        {payment?.action_url && (
          <a class="button primary" href={payment.action_url}>
            {m.toPaymentPage}
          </a>
        )}
        {!visit.watching.value && (
          <button type="button" onClick={() => void visit.watchPayment()}>
            {m.lookAgain}
          </button>
        )}
      </p>
    </Note>
  );
}

/** Canceled, lapsed or given back: what that means for seats and money, and how to begin anew. */
function Ended({ visit }: { visit: Visit }) {
  const m = more.value;
  const order = visit.order.value;
  const show = visit.show.value;
  const payment = visit.payment.value;
  if (!order || !show) return null;
  const state = order.state as "canceled" | "timed_out" | "refunded";
  // Money that came too late is on its way back; that is said, and no more than is known.
  const late = state !== "refunded" && payment && payment.state !== "declined";
  return (
    <>
      <Title name={m.ended[state] ?? order.state} />
      <ShowLine visit={visit} />
      {visit.refusal.value && <ProblemNote problem={visit.refusal.value} />}
      <Note tone="info">
        <p>{m.endedNotes[state] ?? ""}</p>
        {late && <p>{isUnderWay(payment) ? m.lateUnderWay : m.lateReturned}</p>}
        {order.refunded && <p>{m.refunded(format.value.money(order.refunded))}</p>}
        {order.exchanged_for && (
          <p>
            <a href={orderPath(order.show, order.exchanged_for)}>{m.exchangedFor(order.exchanged_for)}</a>
          </p>
        )}
      </Note>
      <div class="card">
        <OrderPlaces order={order} show={visit.show.value} />
      </div>
      {show.state === "open" && (
        <button
          type="button"
          class="primary"
          onClick={() => {
            wishAgain(order);
            go(showPath(show.id));
          }}
        >
          {m.startAgain}
        </button>
      )}
    </>
  );
}
