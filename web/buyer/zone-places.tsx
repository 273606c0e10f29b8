/** Places without numbers: so many of each zone. */
import { words } from "../text/language";
import type { ShowVisit } from "./show-visit";

export function ZonePlaces({ visit }: { visit: ShowVisit }) {
  const w = words.value;
  const seen = visit.seen.value;
  const zones = seen?.plan.zones ?? [];
  if (!seen || zones.length === 0) return null;
  const counts = seen.followed.state.value?.zones;
  return (
    <div class="card">
      <h2>{w.withoutNumbers}</h2>
      <ul class="zones">
        {zones.map((zone, at) => {
          const free = counts?.find(({ name }) => name === zone.name)?.free ?? 0;
          return (
            <li key={zone.name}>
              <label for={`zone-${at}`}>
                {zone.name} <b>{visit.prices.value.get(seen.plan.categories[zone.category]?.name ?? "")}</b>
                <small>{counts ? w.map.placesFree(free) : ""}</small>
              </label>
              <Stepper
                id={`zone-${at}`}
                name={zone.name}
                value={visit.picks.zones.value.get(zone.name) ?? 0}
                most={Math.min(free, seen.show.order_places_max)}
                onChange={(count) => visit.picks.setZone(zone.name, count)}
              />
            </li>
          );
        })}
      </ul>
    </div>
  );
}

interface StepperOptions {
  id: string;
  name: string;
  value: number;
  most: number;
  onChange(count: number): void;
}

function Stepper({ id, name, value, most, onChange }: StepperOptions) {
  const w = words.value;
  const change = (count: number): number => {
    const possible = Math.max(0, Math.min(most, Math.floor(count) || 0));
    onChange(possible);
    return possible;
  };
  return (
    <span class="stepper">
      <button type="button" aria-label={w.fewer(name)} disabled={value === 0} onClick={() => change(value - 1)}>
        −
      </button>
      <input
        id={id}
        type="number"
        inputMode="numeric"
        min="0"
        max={most}
        value={value}
        onChange={(event) => {
          event.currentTarget.value = String(change(event.currentTarget.valueAsNumber));
        }}
      />
      <button type="button" aria-label={w.more(name)} disabled={value >= most} onClick={() => change(value + 1)}>
        +
      </button>
    </span>
  );
}
