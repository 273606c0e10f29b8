/** A ticket to show or print. */
import type { ComponentChildren } from "preact";
import type { Show, Ticket } from "../../api/client";
import { format, more } from "../first";
import { placeOf } from "./place-of";
import { typeName } from "./receipt";

export function TicketCard({ ticket, show, children }: { ticket: Ticket; show: Show; children?: ComponentChildren }) {
  const m = more.value;
  return (
    <article class="ticket">
      <img
        src={`data:image/svg+xml,${encodeURIComponent(ticket.qr)}`}
        alt={m.qrOf(ticket.code)}
        width="176"
        height="176"
      />
      <div>
        <h2>{placeOf(ticket)}</h2>
        {ticket.ticket_type && <p>{typeName(show, ticket.ticket_type)}</p>}
        {ticket.attendee && <p>{ticket.attendee}</p>}
        <p class="print-only">
          {show.title}
          <br />
          {format.value.dateTime(show.starts_at, show.time_zone)}
        </p>
        <p class="code">{ticket.code}</p>
        {ticket.checked_in && <p class="badge">{m.used}</p>}
        {children}
      </div>
    </article>
  );
}
