/** The way back of paid tickets. */
import { ProblemNote, announce, format, more, useSignal } from "../first";
import type { OrderVisit } from "./order-visit";
import { giveTicketsBack } from "./calls";
import { TicketChoice } from "./ticket-choice";

/** Where the show lets buyers do so: which tickets, then once more whether they mean it. */
export function GiveBack({ visit }: { visit: OrderVisit }) {
  const m = more.value;
  const picked = useSignal<ReadonlySet<string>>(new Set());
  const sure = useSignal(false);
  const show = visit.show.value;
  const unused = visit.tickets.value?.filter(({ checked_in }) => !checked_in) ?? [];
  const refusal = visit.refusal.value && <ProblemNote problem={visit.refusal.value} />;
  if (show?.returns !== "buyer" || unused.length === 0) return <>{refusal}</>;
  const codes = unused.map(({ code }) => code).filter((code) => picked.value.has(code));
  const choose = (chosen: readonly string[]) => {
    picked.value = new Set(chosen);
    sure.value = false;
  };
  return (
    <details class="card folded no-print">
      <summary>{m.giveBack}</summary>
      <p class="hint">
        {show.returns_until ? m.returnsUntil(format.value.dateTime(show.returns_until, show.time_zone)) : m.giveBackHint}
      </p>
      <TicketChoice tickets={unused} chosen={codes} onChoice={choose} />
      {refusal}
      {!sure.value ? (
        <button type="button" disabled={codes.length === 0} onClick={() => (sure.value = true)}>
          {codes.length === 0 ? m.giveBack : m.giveBackCount(codes.length)}
        </button>
      ) : (
        <div role="group" aria-label={m.giveBackSure}>
          <p>{m.giveBackSure}</p>
          <p class="actions">
            <button
              type="button"
              class="danger"
              disabled={visit.busy.value}
              onClick={() => {
                sure.value = false;
                void giveBack(visit, codes);
              }}
            >
              {m.giveBackCount(codes.length)}
            </button>
            <button type="button" onClick={() => (sure.value = false)}>
              {m.keepTickets}
            </button>
          </p>
        </div>
      )}
    </details>
  );
}

function giveBack(visit: OrderVisit, codes: readonly string[]): Promise<void> {
  return visit.during(async () => {
    await giveTicketsBack(visit.id, codes);
    await visit.look();
    announce(more.value.givenBack);
  });
}
