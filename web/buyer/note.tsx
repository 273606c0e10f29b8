/** Short messages on the page: what went wrong, and what is worth knowing. */
import type { ComponentChildren } from "preact";
import type { Problem } from "../api/problem";
import { problemText, words } from "../text/language";

export type Tone = "info" | "warning" | "problem" | "good";

/** `urgent` ones are read out at once: the answers to what the buyer has just done. */
export function Note({ tone, urgent, children }: { tone: Tone; urgent?: boolean; children: ComponentChildren }) {
  return (
    <div class={`note ${tone}`} {...(urgent ? { role: "alert" } : {})}>
      {children}
    </div>
  );
}

export function ProblemNote({ problem, onRetry }: { problem: Problem; onRetry?: () => void }) {
  return (
    <Note tone="problem" urgent>
      <p>{problemText(problem)}</p>
      {onRetry && (
        <button type="button" onClick={onRetry}>
          {words.value.tryAgain}
        </button>
      )}
    </Note>
  );
}

export function Loading() {
  return (
    <p class="loading" role="status">
      {words.value.loading}
    </p>
  );
}
