/** What to offer somebody whose seats were just taken: the nearest free ones at the same price. */
import { FREE } from "../feed/fold";
import type { PlanModel } from "../map/plan";

/**
 * For each lost seat the nearest free one of its category, none twice and none of `except`. Nearest by the plan's own
 * coordinates. Empty unless there is one for each: half a party is no help.
 */
export function nearestFree(
  plan: PlanModel,
  states: Uint8Array,
  lost: readonly string[],
  except: ReadonlySet<string>,
): string[] {
  const used = new Set([...except, ...lost].map((name) => plan.index.get(name) ?? -1));
  const found: string[] = [];
  for (const name of lost) {
    const nearest = nearestOne(plan, states, plan.index.get(name) ?? -1, used);
    if (nearest === undefined) return [];
    used.add(nearest);
    found.push(plan.seats[nearest]?.name ?? "");
  }
  return found;
}

function nearestOne(plan: PlanModel, states: Uint8Array, lost: number, used: ReadonlySet<number>): number | undefined {
  const from = plan.seats[lost];
  if (!from) return undefined;
  let nearest: number | undefined;
  let least = Infinity;
  plan.seats.forEach((seat, at) => {
    if (states[at] !== FREE || seat.category !== from.category || used.has(at)) return;
    const distance = (seat.x - from.x) ** 2 + (seat.y - from.y) ** 2;
    if (distance < least) {
      least = distance;
      nearest = at;
    }
  });
  return nearest;
}
