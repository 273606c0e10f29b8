/** The way to good seats without the map: so many side by side, wherever they are best. */
import { useSignal } from "@preact/signals";
import type { Together } from "../api/client";
import { words } from "../text/language";
import { Opener, later } from "./later";
import { hasTariff } from "./picked-places";
import type { ShowVisit } from "./show-visit";

const Wishes = later(() => import("./later/wishes").then((part) => part.Wishes));
const TogetherTypes = later(() => import("./later/cart").then((part) => part.TogetherTypes));

export function TogetherForm({ visit }: { visit: ShowVisit }) {
  const w = words.value;
  const count = useSignal(2);
  const category = useSignal("");
  const wish = useSignal<Together>({});
  const seen = visit.seen.value;
  if (!seen) return null;
  const seated = new Set(seen.plan.seats.map((seat) => seat.category));
  const most = Math.min(seen.show.order_places_max, 20);
  return (
    <form
      class="card together"
      onSubmit={(event) => {
        event.preventDefault();
        const { groups, ...others } = wish.value;
        const size = groups ? { groups: [count.value, ...groups] } : { count: count.value };
        void visit.holdTogether({ ...size, ...(category.value && { category: category.value }), ...others });
      }}
    >
      <h2>{w.together}</h2>
      <p class="hint">{w.togetherHint}</p>
      <div class="fields">
        <label>
          {w.howMany}
          <select value={count.value} onChange={(event) => (count.value = Number(event.currentTarget.value))}>
            {Array.from({ length: most }, (_, at) => at + 1).map((number) => (
              <option key={number} value={number}>
                {number}
              </option>
            ))}
          </select>
        </label>
        <label>
          {w.price}
          <select value={category.value} onChange={(event) => (category.value = event.currentTarget.value)}>
            <option value="">{w.anyPrice}</option>
            {seen.plan.categories.map(
              ({ name }, at) =>
                seated.has(at) && (
                  <option key={name} value={name}>
                    {name} {visit.prices.value.get(name)}
                  </option>
                ),
            )}
          </select>
        </label>
      </div>
      <Opener name={w.moreWishes} part={Wishes} visit={visit} wish={wish} most={most} />
      {hasTariff(seen.show) && <TogetherTypes visit={visit} count={(wish.value.groups ?? []).reduce((sum, group) => sum + group, count.value)} category={category.value} />}
      <button type="submit" disabled={visit.busy.value}>
        {visit.busy.value ? w.oneMoment : w.findTogether}
      </button>
    </form>
  );
}
