/** A paid order: its tickets to show or print, and the way back. */
import { Note, Title, format, more, showPath, words } from "../first";
import type { OrderVisit } from "./order-visit";
import { saveCalendar } from "./calendar";
import { GiveBack } from "./give-back";
import { ExchangeTickets } from "./exchange-tickets";
import { PassOn, PassedOn } from "./pass-on";
import { TicketCard } from "./ticket-card";

export function Tickets({ visit }: { visit: OrderVisit }) {
  const w = words.value;
  const m = more.value;
  const order = visit.order.value;
  const show = visit.show.value;
  if (!order || !show) return null;
  return (
    <>
      <Title name={m.ticketsTitle} />
      <p class="when">
        <a href={showPath(show.id)}>{show.title}</a>
        <br />
        <time dateTime={show.starts_at}>{format.value.dateTime(show.starts_at, show.time_zone)}</time>
      </p>
      {order.test && <Note tone="info">{m.testTickets}</Note>}
      {show.state === "canceled" && <Note tone="problem">{w.problems.show_canceled as string}</Note>}
      {order.refunded && <Note tone="info">{m.refunded(format.value.money(order.refunded))}</Note>}
      <p class="actions no-print">
        <button type="button" class="primary" onClick={() => print()}>
          {m.print}
        </button>
        <button type="button" onClick={() => saveCalendar(show, order, m.calendarNote(order.id))}>
          {m.toCalendar}
        </button>
      </p>
      <PassedOn visit={visit} show={show} />
      <ul class="tickets own">
        {visit.tickets.value?.map((ticket) => (
          <li key={ticket.code}>
            <TicketCard ticket={ticket} show={show}>
              {!ticket.checked_in && <PassOn visit={visit} ticket={ticket} />}
            </TicketCard>
          </li>
        ))}
      </ul>
      {visit.passedOn.value.length > 0 && <p class="hint">{m.werePassedOn(visit.passedOn.value)}</p>}
      <p class="hint">
        {m.reference} <b>{order.id}</b>. {m.keepHint}
      </p>
      <ExchangeTickets visit={visit} />
      <GiveBack visit={visit} />
    </>
  );
}
