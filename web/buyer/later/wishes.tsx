/** What else somebody may wish of seats side by side: where, for how much, for whom, and what will do instead. */
import type { FallBack, Together } from "../../api/client";
import { format, more, seatPlaceText, useEffect, useMemo } from "../first";
import type { ShowVisit } from "../show-visit";
import { Choice, numbers } from "./choice";

/** Not to be confused with a choice of hundreds: single seats may have prices of their own. */
const PRICES_MAX = 20;
const GROUPS_MAX = 20;
export const FALL_BACKS: readonly FallBack[] = ["adjacent_rows", "pairs", "single"];

interface Options {
  visit: ShowVisit;
  /** All of the wish but its first group and category; its groups are the further ones. */
  wish: { value: Together };
  most: number;
}

export function Wishes({ visit, wish, most }: Options) {
  const m = more.value;
  const seen = visit.seen.value;
  const facts = useMemo(() => seen && factsOf(seen), [seen?.plan, seen?.show]);
  // It stands where the button was that opened it.
  useEffect(() => document.getElementById("add-group")?.focus(), []);
  if (!seen || !facts) return null;
  const { groups = [], section, floor, price_max: price, accessible, near, fall_back: fallBacks = [] } = wish.value;
  const change = (part: Together) =>
    (wish.value = Object.fromEntries(Object.entries({ ...wish.value, ...part }).filter(([, value]) => isSaid(value))) as Together);
  const others = groups ?? [];
  const orders = visit.orders.value.filter(({ seats }) => seats.length > 0);
  return (
    <>
      {others.map((size, at) => (
        <div class="group" key={at}>
          <Choice
            label={m.furtherGroup(at + 2)}
            value={String(size)}
            options={numbers(1, most)}
            onChoice={(value) => change({ groups: others.map((other, which) => (which === at ? Number(value) : other)) })}
          />
          <button
            type="button"
            class="remove"
            aria-label={m.dropGroup(at + 2)}
            onClick={() => {
              change({ groups: others.filter((_, which) => which !== at) });
              document.getElementById("add-group")?.focus();
            }}
          >
            ×
          </button>
        </div>
      ))}
      <button type="button" id="add-group" disabled={others.length + 1 >= GROUPS_MAX} onClick={() => change({ groups: [...others, 2] })}>
        {m.addGroup}
      </button>
      <div class="fields">
        {facts.floors.length > 1 && (
          <Choice label={m.floor} value={floor ?? ""} options={[["", m.anyFloor], ...facts.floors]} onChoice={(value) => change({ floor: value })} />
        )}
        {facts.sections.length > 1 && (
          <Choice
            label={m.section}
            value={section ?? ""}
            options={[["", m.anySection], ...facts.sections.map((name) => [name, name] as const)]}
            onChoice={(value) => change({ section: value })}
          />
        )}
        {facts.prices.length > 1 && (
          <Choice
            label={m.priceMax}
            value={price ? String(price.amount) : ""}
            options={[["", m.anyMax], ...facts.prices.map((amount) => [String(amount), format.value.money({ amount, currency: facts.currency })] as const)]}
            onChoice={(value) => change({ price_max: value ? { amount: Number(value), currency: facts.currency } : null })}
          />
        )}
        {facts.hasWheelchairPlaces && (
          <Choice
            label={m.wheelchairs}
            value={String(accessible ?? 0)}
            options={numbers(0, most)}
            onChoice={(value) => change({ accessible: Number(value) })}
            hint={m.wheelchairsHint}
          />
        )}
        {orders.length > 0 && (
          <Choice
            label={m.near}
            value={near ?? ""}
            options={[["", m.nearNothing], ...orders.map(({ id, places }) => [id, m.nearOrder(id, places[0] ? seatPlaceText(places[0]) : "")] as const)]}
            onChoice={(value) => change({ near: value })}
          />
        )}
      </div>
      <fieldset class="fall-backs">
        <legend>{m.fallBackHint}</legend>
        {FALL_BACKS.map((fallBack) => (
          <label key={fallBack}>
            <input
              type="checkbox"
              checked={fallBacks?.includes(fallBack) ?? false}
              onChange={(event) => {
                const isWanted = event.currentTarget.checked;
                change({ fall_back: FALL_BACKS.filter((other) => (other === fallBack ? isWanted : fallBacks?.includes(other))) });
              }}
            />{" "}
            {m.fallBacks[fallBack]}
          </label>
        ))}
      </fieldset>
    </>
  );
}

/** Whether a part of a wish says anything: the office is told nothing else. */
function isSaid(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : !!value;
}

/** What there is to choose from. */
export function factsOf({ plan, show }: NonNullable<ShowVisit["seen"]["value"]>) {
  const sections = (plan.document.sections ?? []).filter(({ rows, tables }) => rows.length > 0 || tables?.length);
  const floors = new Set(sections.map(({ floor }) => floor));
  const prices = [...Object.values(show.prices), ...Object.values(show.seat_prices ?? {})];
  return {
    sections: [...new Set(sections.map(({ name }) => name))],
    floors: (plan.document.floors ?? []).filter(({ name }) => floors.has(name)).map(({ name, label }) => [name, label ?? name] as const),
    prices: [...new Set(prices.map(({ amount }) => amount))].sort((one, other) => one - other).slice(0, PRICES_MAX),
    currency: prices[0]?.currency ?? "EUR",
    hasWheelchairPlaces: plan.seats.some(({ marks }) => marks.includes("accessible")),
  };
}
