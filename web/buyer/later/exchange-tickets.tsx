/** From a paid order to the map, to take other places for some of its tickets. */
import { go, more, useSignal } from "../first";
import { beginExchange, exchangePath } from "./exchanging";
import type { OrderVisit } from "./order-visit";
import { TicketChoice } from "./ticket-choice";

export function ExchangeTickets({ visit }: { visit: OrderVisit }) {
  const m = more.value;
  const picked = useSignal<readonly string[]>([]);
  const show = visit.show.value;
  const unused = visit.tickets.value?.filter(({ checked_in }) => !checked_in) ?? [];
  if (show?.returns !== "buyer" || show.state !== "open" || unused.length === 0) return null;
  const chosen = picked.value.filter((code) => unused.some((ticket) => ticket.code === code));
  return (
    <details class="card folded no-print">
      <summary>{m.exchange}</summary>
      <p class="hint">{m.exchangeHint}</p>
      <TicketChoice tickets={unused} chosen={chosen} onChoice={(codes) => (picked.value = codes)} />
      <button
        type="button"
        disabled={chosen.length === 0}
        onClick={() => {
          beginExchange({ order: visit.id, tickets: chosen });
          go(exchangePath(show.id, visit.id));
        }}
      >
        {m.pickOthers}
      </button>
    </details>
  );
}
