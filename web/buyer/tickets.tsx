/** A paid order: its tickets to show or print, and the way back. */
import { useSignal } from "@preact/signals";
import type { Show, Ticket } from "../api/client";
import { format, words } from "../text/language";
import { saveCalendar } from "./calendar";
import { Note, ProblemNote } from "./note";
import type { OrderVisit } from "./order-visit";
import { seatPlaceText } from "./place";
import { showPath } from "./route";
import { Title } from "./title";

export function Tickets({ visit }: { visit: OrderVisit }) {
  const w = words.value;
  const order = visit.order.value;
  const show = visit.show.value;
  if (!order || !show) return null;
  return (
    <>
      <Title name={w.ticketsTitle} />
      <p class="when">
        <a href={showPath(show.id)}>{show.title}</a>
        <br />
        <time dateTime={show.starts_at}>{format.value.dateTime(show.starts_at, show.time_zone)}</time>
      </p>
      {order.test && <Note tone="info">{w.testTickets}</Note>}
      {show.state === "canceled" && <Note tone="problem">{w.problems.show_canceled as string}</Note>}
      {order.refunded && <Note tone="info">{w.refunded(format.value.money(order.refunded))}</Note>}
      <p class="actions no-print">
        <button type="button" class="primary" onClick={() => print()}>
          {w.print}
        </button>
        <button type="button" onClick={() => saveCalendar(show, order, w.calendarNote(order.id))}>
          {w.toCalendar}
        </button>
      </p>
      <ul class="tickets">
        {visit.tickets.value?.map((ticket) => (
          <li key={ticket.code}>
            <TicketCard ticket={ticket} show={show} />
          </li>
        ))}
      </ul>
      <p class="hint">
        {w.reference} <b>{order.id}</b>. {w.keepHint}
      </p>
      <GiveBack visit={visit} />
    </>
  );
}

function placeOf(ticket: Ticket): string {
  return ticket.place ? seatPlaceText(ticket.place) : (ticket.zone ?? ticket.seat ?? "");
}

function TicketCard({ ticket, show }: { ticket: Ticket; show: Show }) {
  const w = words.value;
  return (
    <article class="ticket">
      <img
        src={`data:image/svg+xml,${encodeURIComponent(ticket.qr)}`}
        alt={w.qrOf(ticket.code)}
        width="176"
        height="176"
      />
      <div>
        <h2>{placeOf(ticket)}</h2>
        <p class="print-only">
          {show.title}
          <br />
          {format.value.dateTime(show.starts_at, show.time_zone)}
        </p>
        <p class="code">{ticket.code}</p>
        {ticket.checked_in && <p class="badge">{w.used}</p>}
      </div>
    </article>
  );
}

/** Where the show lets buyers do so: which tickets, then once more whether they mean it. */
function GiveBack({ visit }: { visit: OrderVisit }) {
  const w = words.value;
  const picked = useSignal<ReadonlySet<string>>(new Set());
  const sure = useSignal(false);
  const show = visit.show.value;
  const unused = visit.tickets.value?.filter(({ checked_in }) => !checked_in) ?? [];
  const refusal = visit.refusal.value && <ProblemNote problem={visit.refusal.value} />;
  if (show?.returns !== "buyer" || unused.length === 0) return <>{refusal}</>;
  const codes = unused.map(({ code }) => code).filter((code) => picked.value.has(code));
  const pick = (code: string, on: boolean) => {
    picked.value = new Set(on ? [...codes, code] : codes.filter((other) => other !== code));
    sure.value = false;
  };
  return (
    <details class="card give-back no-print">
      <summary>{w.giveBack}</summary>
      <p class="hint">
        {show.returns_until ? w.returnsUntil(format.value.dateTime(show.returns_until, show.time_zone)) : w.giveBackHint}
      </p>
      <fieldset>
        <legend>{w.whichTickets}</legend>
        {unused.map((ticket) => (
          <label key={ticket.code} class="choice">
            <input
              type="checkbox"
              checked={picked.value.has(ticket.code)}
              onChange={(event) => pick(ticket.code, event.currentTarget.checked)}
            />
            {placeOf(ticket)}
          </label>
        ))}
      </fieldset>
      {refusal}
      {!sure.value ? (
        <button type="button" disabled={codes.length === 0} onClick={() => (sure.value = true)}>
          {codes.length === 0 ? w.giveBack : w.giveBackCount(codes.length)}
        </button>
      ) : (
        <div role="group" aria-label={w.giveBackSure}>
          <p>{w.giveBackSure}</p>
          <p class="actions">
            <button
              type="button"
              class="danger"
              disabled={visit.busy.value}
              onClick={() => {
                sure.value = false;
                void visit.giveBack(codes);
              }}
            >
              {w.giveBackCount(codes.length)}
            </button>
            <button type="button" onClick={() => (sure.value = false)}>
              {w.keepTickets}
            </button>
          </p>
        </div>
      )}
    </details>
  );
}
