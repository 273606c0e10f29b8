/** How an entry of a waitlist stands, followed by the show's events (docs/waitlist.md): nobody need ask again who follows the feed. Pure. */
import type { Entry } from "../../api/client";
import type { Event } from "../../feed/fold";

/** Of an entry that waits. */
export type Standing = Pick<Entry, "entry" | "place" | "position" | "entries" | "journal_offset">;

/** After these events; undefined if the entry has to be read anew: it waits no longer, or elsewhere. */
export function follow(before: Standing, events: readonly Event[]): Standing | undefined {
  let standing = before;
  for (const { offset, type, entry, place = Infinity, entries } of events) {
    if (offset <= standing.journal_offset || entry === undefined) continue;
    if (entry === standing.entry) return undefined;
    const isBefore = type !== "joined" && place < (standing.place ?? 0);
    standing = {
      ...standing,
      journal_offset: offset,
      position: Math.max(1, (standing.position ?? 1) - (isBefore ? 1 : 0)),
      ...(entries !== undefined && { entries }),
    };
  }
  return standing;
}
