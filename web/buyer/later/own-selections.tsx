/** The selections that the buyer has shared, each with the way to take it back. */
import type { Selection } from "../../api/client";
import type { Problem } from "../../api/problem";
import { ProblemNote, announce, format, more, problemOf, seatPlaceText, useEffect, useSignal, words } from "../first";
import { dropSelection, listSelections } from "./calls";
import { useShow } from "./shows";
import { selectionPath } from "./selection-path";

const PAGE_SELECTIONS = 20;

export function OwnSelections() {
  const m = more.value;
  const selections = useSignal<readonly Selection[]>([]);
  const next = useSignal<string | null | undefined>(undefined);
  const problem = useSignal<Problem | undefined>(undefined);

  const during = async (run: () => Promise<void>) => {
    problem.value = undefined;
    try {
      await run();
    } catch (error) {
      problem.value = problemOf(error);
    }
  };
  const readOn = () =>
    during(async () => {
      const page = await listSelections(PAGE_SELECTIONS, next.peek() ?? undefined);
      selections.value = [...selections.peek(), ...page.selections];
      next.value = page.next_after;
    });
  const drop = (id: string) =>
    during(async () => {
      await dropSelection(id);
      selections.value = selections.peek().filter((selection) => selection.id !== id);
      announce(m.selectionDropped);
      document.getElementById("selections")?.focus();
    });
  useEffect(() => void readOn(), []);

  const isEmpty = selections.value.length === 0;
  if (isEmpty && !problem.value && next.value === undefined) return null;
  return (
    <section class="shared" aria-labelledby="selections">
      <h2 id="selections" tabIndex={-1}>
        {m.selections}
      </h2>
      <p class="hint">{isEmpty ? m.noSelections : m.selectionsHint}</p>
      <ul class="shows">
        {selections.value.map((selection) => (
          <li key={selection.id}>
            <SelectionCard selection={selection} onDrop={() => void drop(selection.id)} />
          </li>
        ))}
      </ul>
      {problem.value && <ProblemNote problem={problem.value} />}
      {next.value && (
        <button type="button" onClick={() => void readOn()}>
          {m.moreSelections}
        </button>
      )}
    </section>
  );
}

function SelectionCard({ selection, onDrop }: { selection: Selection; onDrop(): void }) {
  const m = more.value;
  const show = useShow(selection.show);
  return (
    <article class="card">
      <h3>
        <a href={selectionPath(selection)}>{show?.title ?? selection.show}</a>
      </h3>
      {show && (
        <p class="hint">
          <time dateTime={show.starts_at}>{format.value.dateTime(show.starts_at, show.time_zone)}</time>
        </p>
      )}
      <ul>
        {selection.places.map((place) => (
          <li key={place.seat}>{seatPlaceText(place)}</li>
        ))}
        {selection.zones.map(({ zone, count }) => (
          <li key={zone}>{words.value.zonePlaces(zone, count)}</li>
        ))}
      </ul>
      <button type="button" onClick={onDrop}>
        {m.dropSelection}
      </button>
    </article>
  );
}
