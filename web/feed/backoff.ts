/** How long to wait before the next attempt: longer each time, and of each client's own length, so that they don't come at once. */
const FIRST_MS = 1_000;
const LONGEST_MS = 30_000;

/** In milliseconds, after so many failures in a row. `random` is from 0 to 1. */
export function backoff(failures: number, random: number = Math.random()): number {
  const longest = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures, 10));
  return longest * (0.5 + random / 2);
}
