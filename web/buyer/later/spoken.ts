/** Positions that are said aloud as they come nearer: each one would talk over everything else. */
const SPOKEN = [1, 2, 3, 5, 10, 50, 100, 500, 1_000, 5_000, 10_000];

/** Whether one of them was reached or passed between two positions. */
export function isSpoken(before: number, now: number): boolean {
  return SPOKEN.some((position) => before > position && now <= position);
}
