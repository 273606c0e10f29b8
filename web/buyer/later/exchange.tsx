/** The show's page while tickets are exchanged: what they count for, and what is left to pay for the places that are picked. */
import type { Show } from "../../api/client";
import type { Problem } from "../../api/problem";
import { Note, ProblemNote, format, lookAtOrder, more, orderPath, problemOf, useEffect, useSignal } from "../first";
import type { ShowVisit } from "../show-visit";
import { exchangeTickets } from "./calls";
import { choicesOf } from "./choices";
import { chosenTickets } from "./exchanging";
import { lookAtTickets } from "./paying";
import { billOf, creditOf } from "./tariff";

export function Exchange({ visit, order: id }: { visit: ShowVisit; order: string }) {
  const m = more.value;
  const worth = useSignal<{ count: number; credit: number } | undefined>(undefined);
  const problem = useSignal<Problem | undefined>(undefined);
  useEffect(() => {
    Promise.all([lookAtOrder(id), lookAtTickets(id)]).then(
      ([order, { tickets }]) => {
        const chosen = chosenTickets(id, tickets);
        visit.given = chosen.flatMap(({ seat }) => seat ?? []);
        const codes = chosen.map(({ code }) => code);
        worth.value = { count: chosen.length, credit: creditOf(order, chosen) };
        visit.sendName.value = m.exchangeNow;
        visit.send = (request) => exchangeTickets(visit.id, id, { tickets: codes, ...request });
      },
      (error: unknown) => (problem.value = problemOf(error)),
    );
  }, [visit, id]);
  const show = visit.seen.value?.show;
  if (problem.value) return <ProblemNote problem={problem.value} />;
  if (!worth.value || !show) return null;
  const { count, credit } = worth.value;
  const { total } = billOf(show, choicesOf(visit).places());
  return (
    <Note tone="info">
      <p>{m.exchanging(count, moneyOf(show, credit))}</p>
      {visit.picks.count.value > 0 && (
        <p aria-live="polite">
          {total > credit ? m.leftOver(moneyOf(show, total - credit)) : total < credit ? m.comesBack(moneyOf(show, credit - total)) : m.isEven}
        </p>
      )}
      <p>
        <a href={orderPath(visit.id, id)}>{m.keepThem}</a>
      </p>
    </Note>
  );
}

function moneyOf(show: Show, amount: number): string {
  return format.value.money({ amount, currency: Object.values(show.prices)[0]?.currency ?? "EUR" });
}
