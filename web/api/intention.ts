/**
 * Something that a buyer wants done once: to hold these seats, to pay this order. It has one Idempotency-Key for as long as
 * it is not known what became of it, through lost answers and reloads of the page, so that nothing is ever done twice.
 */
import { backoff } from "../feed/backoff";
import { keep, readKept } from "./kept";
import { type ProblemCode, Refused } from "./problem";

interface Intention {
  readonly key: string;
  readonly body: unknown;
  readonly at: number;
}

const KEPT = "intentions";
const INTENTIONS_MAX = 20;
/** The office keeps its answers for a day. */
const INTENTION_MS_MAX = 20 * 3600 * 1000;
/** Later than this the page doesn't go on by itself: by then the buyer may want something else, or nothing. */
const RESUME_MS_MAX = 2 * 60 * 1000;
const ATTEMPTS_MAX = 6;
/** A buyer waits before the screen meanwhile. */
const PAUSE_MS_MAX = 5_000;

/** After these nothing is known, or nothing was done: the same request under the same key is sent again. */
const AGAIN: ReadonlySet<ProblemCode> = new Set([
  "no_answer",
  "outcome_unknown",
  "busy",
  "unavailable",
  "too_many_requests",
  "request_timeout",
  "internal",
]);

function readAll(): Record<string, Intention> {
  const all = Object.entries(readKept<Record<string, Intention>>(KEPT) ?? {});
  const young = all.filter(([, { at }]) => Date.now() - at < INTENTION_MS_MAX);
  return Object.fromEntries(young.slice(-INTENTIONS_MAX));
}

function forget(name: string): void {
  const all = readAll();
  delete all[name];
  keep(KEPT, all);
}

/** What was begun under this name just now and is not known to have ended. */
export function pending<B>(name: string): B | undefined {
  const begun = readAll()[name];
  return begun && Date.now() - begun.at < RESUME_MS_MAX ? (begun.body as B) : undefined;
}

/**
 * Does what `name` stands for; `call` gets the key. Asks again, with pauses, for as long as the outcome may be found so. If
 * it can't be, that is thrown, and the key stays: whoever tries the same again, finds out. So it does after an outcome that is
 * not the last word.
 */
export async function carryOut<B, T>(
  name: string,
  body: B,
  call: (key: string, body: B) => Promise<T>,
  hasEnded: (outcome: T) => boolean = () => true,
): Promise<T> {
  const before = readAll()[name];
  const same = before !== undefined && JSON.stringify(before.body) === JSON.stringify(body);
  const intention = same ? before : { key: makeKey(), body, at: Date.now() };
  keep(KEPT, { ...readAll(), [name]: intention });
  for (let attempt = 1; ; attempt += 1) {
    try {
      const outcome = await call(intention.key, body);
      if (hasEnded(outcome)) forget(name);
      return outcome;
    } catch (error) {
      if (!(error instanceof Refused) || !AGAIN.has(error.problem.code)) {
        forget(name);
        throw error;
      }
      if (attempt === ATTEMPTS_MAX) throw error;
      await pause(attempt, error.retryAfterMs);
    }
  }
}

/** Reads, with a few more attempts where the office can't answer now. */
export async function lookUp<T>(call: () => Promise<T>, attemptsMax = 4): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await call();
    } catch (error) {
      const again = error instanceof Refused && AGAIN.has(error.problem.code);
      if (!again || attempt === attemptsMax) throw error;
      await pause(attempt, error.retryAfterMs);
    }
  }
}

export function pause(attempt: number, leastMs = 0): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(leastMs, Math.min(PAUSE_MS_MAX, backoff(attempt - 1)))));
}

/** `randomUUID` is there for pages that came over TLS only. */
function makeKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
