/** Passing a ticket on: it gets another code, which this page shows once, and the old one lets nobody in any more. */
import type { Show, Ticket } from "../../api/client";
import { Note, announce, more, useEffect, useRef, useSignal, words } from "../first";
import { transferTicket } from "./calls";
import { copy } from "./copy";
import { Field } from "./field";
import type { OrderVisit } from "./order-visit";
import { forgetPassedOn, keepPassedOn, passedOn } from "./passed-on";
import { placeOf } from "./place-of";
import { TicketCard } from "./ticket-card";

const ATTENDEE_CHARS_MAX = 200;

export function PassOn({ visit, ticket }: { visit: OrderVisit; ticket: Ticket }) {
  const m = more.value;
  const attendee = useSignal("");
  const passOn = () =>
    visit.during(async () => {
      const made = await transferTicket(ticket.code, attendee.peek().trim() || null);
      keepPassedOn(visit.id, made);
      await visit.look();
      announce(m.isPassedOn);
    });
  return (
    <details class="no-print">
      <summary aria-label={m.passTicketOnOf(placeOf(ticket))}>{m.passTicketOn}</summary>
      <form
        class="share"
        onSubmit={(event) => {
          event.preventDefault();
          void passOn();
        }}
      >
        <p class="hint">{m.passTicketOnHint}</p>
        <Field
          id={`to-${ticket.code}`}
          label={m.toWhom}
          value={attendee.value}
          onValue={(value) => (attendee.value = value)}
          attributes={{ type: "text", autocomplete: "off", maxLength: ATTENDEE_CHARS_MAX }}
        />
        <button type="submit" class="danger" disabled={visit.busy.value}>
          {visit.busy.value ? words.value.oneMoment : m.passOnNow}
        </button>
      </form>
    </details>
  );
}

/** Without the buyer's own tickets. */
function printPassedOn(): void {
  const { classList } = document.documentElement;
  classList.add("passing-on");
  addEventListener("afterprint", () => classList.remove("passing-on"), { once: true });
  print();
}

/** The new tickets, until the buyer says that they have reached whom they are for. */
export function PassedOn({ visit, show }: { visit: OrderVisit; show: Show }) {
  const m = more.value;
  const heading = useRef<HTMLHeadingElement>(null);
  const tickets = passedOn(visit.id);
  const before = useRef(tickets.length);
  useEffect(() => {
    if (tickets.length > before.current) heading.current?.focus();
    before.current = tickets.length;
  }, [tickets.length]);
  if (tickets.length === 0) return null;
  return (
    <section class="shared" aria-labelledby="passed-on">
      <h2 id="passed-on" ref={heading} tabIndex={-1}>
        {m.passedOn}
      </h2>
      <Note tone="warning">{m.passedOnHint}</Note>
      <ul class="tickets">
        {tickets.map((ticket) => (
          <li key={ticket.code}>
            <TicketCard ticket={ticket} show={show}>
              <p class="actions no-print">
                <button type="button" onClick={() => void copy(ticket.code).then((done) => announce(done ? m.copied : m.copyCode))}>
                  {m.copyTicket}
                </button>
                <button type="button" onClick={printPassedOn}>
                  {m.print}
                </button>
                <button
                  type="button"
                  onClick={() => {
                    forgetPassedOn(visit.id, ticket.code);
                    // It goes with its ticket: the focus must not get lost with it.
                    document.querySelector("h1")?.focus();
                  }}
                >
                  {m.hasIt}
                </button>
              </p>
            </TicketCard>
          </li>
        ))}
      </ul>
    </section>
  );
}
