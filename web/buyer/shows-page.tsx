/** The shows that are still to come, page by page. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { type Show, clock, office } from "../api/client";
import { lookUp } from "../api/intention";
import { type Problem, problemOf, read } from "../api/problem";
import { format, words } from "../text/language";
import { Loading, ProblemNote } from "./note";
import { showPath } from "./route";
import { Title } from "./title";

const PAGE_SHOWS = 24;
/** The office looks at a thousand shows for a page: one without any is no reason to stop yet. */
const EMPTY_PAGES_MAX = 5;
const DAY_MS = 24 * 3600 * 1000;

export function ShowsPage() {
  const w = words.value;
  const shows = useSignal<readonly Show[]>([]);
  /** Where the next page begins; null after the last. */
  const next = useSignal<string | null | undefined>(undefined);
  const busy = useSignal(false);
  const problem = useSignal<Problem | undefined>(undefined);

  const readOn = async () => {
    busy.value = true;
    problem.value = undefined;
    try {
      for (let pages = 0; pages < EMPTY_PAGES_MAX; pages += 1) {
        const page = await readPage(next.peek());
        next.value = page.next_after;
        shows.value = [...shows.peek(), ...page.shows].sort((one, other) => startOf(one) - startOf(other));
        if (page.shows.length > 0 || page.next_after === null) break;
      }
    } catch (error) {
      problem.value = problemOf(error);
    } finally {
      busy.value = false;
    }
  };
  useEffect(() => void readOn(), []);

  return (
    <>
      <Title name={w.shows} />
      {next.value === null && shows.value.length === 0 && <p class="hint">{w.noShows}</p>}
      <ul class="shows">
        {shows.value.map((show) => (
          <li key={show.id}>
            <ShowCard show={show} />
          </li>
        ))}
      </ul>
      {problem.value && <ProblemNote problem={problem.value} onRetry={() => void readOn()} />}
      {busy.value && <Loading />}
      {next.value && !busy.value && (
        <button type="button" onClick={() => void readOn()}>
          {w.moreShows}
        </button>
      )}
    </>
  );
}

function startOf(show: Show): number {
  return Date.parse(show.starts_at);
}

/** A show that has begun may still sell, so that a day's shows stay in the list. */
function readPage(after: string | null | undefined) {
  const query = {
    limit: PAGE_SHOWS,
    starts_after: new Date(clock.now() - DAY_MS).toISOString(),
    ...(after ? { after } : {}),
  };
  return lookUp(() => read(office.GET("/v1/shows", { params: { query } })));
}

function ShowCard({ show }: { show: Show }) {
  const w = words.value;
  const prices = Object.values(show.prices).sort((one, other) => one.amount - other.amount);
  return (
    <article class="card show-card">
      <h2>
        <a href={showPath(show.id)}>{show.title}</a>
      </h2>
      <p>
        <time dateTime={show.starts_at}>{format.value.dateTime(show.starts_at, show.time_zone)}</time>
      </p>
      <p class="facts">
        {prices[0] && <span>{w.from(format.value.money(prices[0]))}</span>}
        <span class={`badge ${show.state}`}>{w.showStates[show.state] ?? show.state}</span>
      </p>
    </article>
  );
}
