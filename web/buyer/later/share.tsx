/** A link that shows others what this buyer has picked. Nothing is held by it. */
import type { NewSelection } from "../../api/client";
import type { Problem } from "../../api/problem";
import { ProblemNote, announce, more, problemOf, useEffect, useRef, useSignal } from "../first";
import type { ShowVisit } from "../show-visit";
import { shareSelection } from "./calls";
import { copy } from "./copy";
import { selectionPath } from "./selection-path";

export function Share({ visit }: { visit: ShowVisit }) {
  const m = more.value;
  const field = useRef<HTMLInputElement>(null);
  const shared = useSignal<{ link: string; request: string } | undefined>(undefined);
  const problem = useSignal<Problem | undefined>(undefined);
  const busy = useSignal(false);
  // It follows what is picked: a link for other places than those must not be passed on.
  const request = JSON.stringify([[...visit.picks.seats.value], [...visit.picks.zones.value]]);

  const share = async () => {
    if (busy.peek()) return;
    busy.value = true;
    problem.value = undefined;
    const picked = visit.picks.request() as Pick<NewSelection, "seats" | "zones">;
    try {
      const made = await shareSelection({ show: visit.id, ...picked });
      shared.value = { link: location.origin + selectionPath(made), request };
      announce(m.linkMade);
    } catch (error) {
      problem.value = problemOf(error);
    } finally {
      busy.value = false;
    }
  };
  useEffect(() => void share(), []);
  useEffect(() => field.current?.focus(), [shared.value]);

  const link = shared.value?.request === request ? shared.value.link : undefined;
  if (problem.value) return <ProblemNote problem={problem.value} onRetry={() => void share()} />;
  if (!link) {
    return (
      <button type="button" disabled={busy.value} onClick={() => void share()}>
        {m.shareNow}
      </button>
    );
  }
  return (
    <div class="share">
      <label class="field">
        {m.link}
        <input ref={field} type="text" readOnly value={link} onFocus={(event) => event.currentTarget.select()} />
      </label>
      <p class="hint">{m.linkHint}</p>
      <p class="actions">
        <button type="button" onClick={() => void copy(link).then((done) => announce(done ? m.copied : m.copyYourself))}>
          {m.copy}
        </button>
        {"share" in navigator && (
          <button type="button" onClick={() => void navigator.share({ url: link }).catch(() => undefined)}>
            {m.passOn}
          </button>
        )}
      </p>
    </div>
  );
}
