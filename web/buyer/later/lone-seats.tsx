/** Where a show leaves no single seats over: what is picked is looked at before the office is asked, and what would do is offered. */
import { FREE, Note, announce, more, seatNameText, useComputed, useEffect, useMemo } from "../first";
import type { ShowVisit } from "../show-visit";
import { type LoneSeatRule, findLoneSeat } from "./lone-seat";
import { rowsOf } from "./side-by-side";

interface Found {
  readonly seat: string;
  readonly picked: readonly string[];
  readonly choices: readonly (readonly string[])[];
}

export function LoneSeats({ visit, rule }: { visit: ShowVisit; rule: LoneSeatRule }) {
  const m = more.value;
  const plan = visit.seen.value?.plan;
  const rows = useMemo(() => (plan ? rowsOf(plan.document) : []), [plan]);
  const found = useComputed(() => find(visit, rule, rows) ?? refused(visit));
  const { value } = found;
  useEffect(() => {
    visit.alone.value = new Set(value ? [value.seat] : []);
    if (value && plan) announce(m.loneSeat(seatNameText(plan, value.seat)));
  }, [value?.seat]);
  useEffect(
    () => () => {
      visit.alone.value = new Set();
    },
    [visit],
  );
  if (!value || !plan) return null;
  const namesOf = (seats: readonly string[]): string[] => seats.map((seat) => seatNameText(plan, seat));
  return (
    <Note tone="warning">
      <p>{m.loneSeat(seatNameText(plan, value.seat))}</p>
      <p class="actions">
        {value.choices.map((choice) => (
          <button
            type="button"
            key={choice.join()}
            onClick={() => {
              visit.dismissConflict();
              visit.picks.exchange(value.picked, choice);
              announce(m.loneSeatTaken(namesOf(choice)));
              visit.map?.show([...visit.picks.seats.peek()]);
              document.getElementById("your-seats")?.focus();
            }}
          >
            {m.takeThese(namesOf(choice))}
          </button>
        ))}
      </p>
    </Note>
  );
}

function find(visit: ShowVisit, rule: LoneSeatRule, rows: ReturnType<typeof rowsOf>): Found | undefined {
  const seen = visit.seen.value;
  const states = seen?.followed.state.value?.seats;
  if (!seen || !states) return undefined;
  const { plan } = seen;
  const indices = (names: Iterable<string>): Set<number> => new Set([...names].flatMap((name) => plan.index.get(name) ?? []));
  const pick = { seats: indices(visit.picks.seats.value), given: indices(visit.given) };
  const lone = findLoneSeat(rows, rule, pick, (seat) => states[seat] === FREE);
  const nameOf = (seat: number): string => plan.seats[seat]?.name ?? "";
  return lone && { seat: nameOf(lone.seat), picked: lone.picked.map(nameOf), choices: lone.choices.map((seats) => seats.map(nameOf)) };
}

/** What the office has found that this page has not: for what is picked of the same row. */
function refused(visit: ShowVisit): Found | undefined {
  const { seat, choices } = visit.refusal.value ?? {};
  const plan = visit.seen.value?.plan;
  if (!plan || !seat || !choices) return undefined;
  const rowOf = (name: string): string => {
    const { section, row } = plan.seats[plan.index.get(name) ?? -1] ?? {};
    return JSON.stringify([section, row]);
  };
  const picked = [...visit.picks.seats.value].filter((name) => rowOf(name) === rowOf(seat));
  // Where that is not just what the choices stand for, it is the buyer who knows.
  return { seat, picked, choices: choices.filter((choice) => choice.length === picked.length) };
}
