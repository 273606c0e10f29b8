/** Minutes before the end that are said aloud: more often would talk over everything else. */
const MINUTES = [1, 2, 5];

/** The minutes left that were passed between two looks at the clock, if any; 0 at the end. */
export function milestone(beforeMs: number, nowMs: number): number | undefined {
  if (beforeMs > 0 && nowMs <= 0) return 0;
  return MINUTES.find((minutes) => beforeMs > minutes * 60_000 && nowMs <= minutes * 60_000);
}
