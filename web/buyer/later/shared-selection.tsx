/** What somebody has shared with this buyer: those of the places that are free are picked, the others told. */
import type { Problem } from "../../api/problem";
import { Note, announce, effect, more, problemOf, problemText, seatNameText, useEffect, useSignal, words } from "../first";
import type { ShowVisit } from "../show-visit";
import { lookAtSelection } from "./calls";

interface Opened {
  readonly picked: number;
  /** Places that are not free any more, as people say them. */
  readonly gone: readonly string[];
}

export function SharedSelection({ visit, id }: { visit: ShowVisit; id: string }) {
  const m = more.value;
  const opened = useSignal<Opened | undefined>(undefined);
  const problem = useSignal<Problem | undefined>(undefined);
  useEffect(() => {
    let isGone = false;
    open(visit, id).then(
      (found) => {
        if (isGone) return;
        opened.value = found;
        announce(m.shared(found.picked));
      },
      (error: unknown) => (problem.value = problemOf(error)),
    );
    return () => {
      isGone = true;
    };
  }, [visit, id]);
  if (problem.value) {
    const isNone = problem.value.code === "forgotten" || problem.value.code === "not_found";
    return (
      <Note tone="warning" urgent>
        {isNone ? m.sharedNoMore : problemText(problem.value)}
      </Note>
    );
  }
  if (!opened.value) return null;
  const { picked, gone } = opened.value;
  return (
    <Note tone={gone.length > 0 ? "warning" : "info"}>
      <p>{m.shared(picked)}</p>
      {gone.length > 0 && (
        <>
          <p>{m.sharedGone}</p>
          <ul>
            {gone.map((place) => (
              <li key={place}>{place}</li>
            ))}
          </ul>
        </>
      )}
    </Note>
  );
}

async function open(visit: ShowVisit, id: string): Promise<Opened> {
  const { seats, zones, show } = await lookAtSelection(id);
  const { plan, state } = await live(visit);
  if (show !== visit.id) return { picked: 0, gone: [] };
  const wanted = zones.map(({ zone, count }) => {
    const free = state.zones.find(({ name }) => name === zone)?.free ?? 0;
    return { zone, count: Math.min(count, free), missing: count - Math.min(count, free) };
  });
  const gone = visit.pickAgain({ seats, zones: wanted }, plan, state.seats);
  const known = seats.filter((name) => plan.index.has(name));
  if (known.length > 0) visit.map?.show(known);
  return {
    picked: known.length - gone.length + wanted.reduce((sum, { count }) => sum + count, 0),
    gone: [
      ...seats.filter((name) => gone.includes(name) || !known.includes(name)).map((name) => seatNameText(plan, name)),
      ...wanted.filter(({ missing }) => missing > 0).map(({ zone, missing }) => words.value.zonePlaces(zone, missing)),
    ],
  };
}

/** The map may have been given up waiting for: which places are free is known with its first state. */
function live(visit: ShowVisit) {
  type Seen = NonNullable<typeof visit.seen.value>;
  type State = NonNullable<Seen["followed"]["state"]["value"]>;
  return new Promise<{ plan: Seen["plan"]; state: State }>((found) => {
    let end: (() => void) | undefined;
    let isFound = false;
    end = effect(() => {
      const seen = visit.seen.value;
      const state = seen?.followed.state.value;
      if (!seen || !state || isFound) return;
      isFound = true;
      found({ plan: seen.plan, state });
      end?.();
    });
    if (isFound) end();
  });
}
