/** What the map's colours and shapes mean: colours are prices, shapes are states, so that neither needs the other. */
import { words } from "../text/language";
import type { ShowVisit } from "./show-visit";

const STATES = ["free", "selected", "own", "held", "sold"] as const;

export function Legend({ visit }: { visit: ShowVisit }) {
  const { plan } = visit.seen.value ?? {};
  const w = words.value;
  if (!plan) return null;
  return (
    <div class="legend">
      <h2 class="unseen">{w.legend}</h2>
      <ul>
        {plan.categories.map(({ name }, at) => (
          <li key={name}>
            <span class={`swatch category-${(at % 8) + 1}`} aria-hidden="true" />
            {name} <b>{visit.prices.value.get(name)}</b>
          </li>
        ))}
      </ul>
      <ul>
        {STATES.map((state) => (
          <li key={state}>
            <span class={`shape ${state}`} aria-hidden="true" />
            {w.map.states[state]}
          </li>
        ))}
      </ul>
    </div>
  );
}
