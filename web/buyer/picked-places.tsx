/** The places that are picked, what they cost, and the button that holds them. */
import { useComputed } from "@preact/signals";
import type { Show } from "../api/client";
import { FREE } from "../feed/fold";
import { format, words } from "../text/language";
import { Opener, later } from "./later";
import { Note } from "./note";
import { seatNameText } from "./place";
import type { ShowVisit } from "./show-visit";

const Share = later(() => import("./later/share").then((part) => part.Share));
const Exchange = later(() => import("./later/exchange").then((part) => part.Exchange));
const LoneSeats = later(() => import("./later/lone-seats").then((part) => part.LoneSeats));
const NotTogether = later(() => import("./later/not-together").then((part) => part.NotTogether));
const Cart = later(() => import("./later/cart").then((part) => part.Cart));

export function PickedPlaces({ visit }: { visit: ShowVisit }) {
  const w = words.value;
  const { picks } = visit;
  const show = visit.seen.value?.show;
  const count = picks.count.value;
  const open = count > 0 || visit.conflict.value !== undefined || visit.refusal.value !== undefined;
  return (
    <div class={open ? "card picked open" : "card picked"}>
      <h2 id="your-seats" tabIndex={-1}>{w.yourSeats}</h2>
      {visit.exchanging && <Exchange visit={visit} order={visit.exchanging} />}
      <Taken visit={visit} />
      {show && show.lone_seats !== "off" && count > 0 && <LoneSeats visit={visit} rule={show.lone_seats} />}
      {count === 0 && <p class="hint">{isSoldOut(visit) ? w.soldOut : w.pickHint}</p>}
      {show && hasTariff(show) ? (
        <Cart visit={visit} />
      ) : (
        <>
          <PickedList visit={visit} />
          {count > 0 && <HoldBar visit={visit} />}
        </>
      )}
      {count > 0 && <Opener name={w.share} part={Share} visit={visit} />}
    </div>
  );
}

/** Whether what places cost is more than one price a category. */
export function hasTariff({ ticket_types, seat_prices, fees, tax }: Show): boolean {
  return !!(ticket_types ?? seat_prices ?? fees ?? tax);
}

export function isSoldOut(visit: ShowVisit): boolean {
  const state = visit.seen.value?.followed.state.value;
  return state !== undefined && !state.seats.includes(FREE) && state.zones.every(({ free }) => free === 0);
}

function PickedList({ visit }: { visit: ShowVisit }) {
  const w = words.value;
  const seen = visit.seen.value;
  const { picks, prices } = visit;
  if (!seen || picks.count.value === 0) return null;
  const priceOf = (category: number | undefined) => prices.value.get(seen.plan.categories[category ?? -1]?.name ?? "");
  return (
    <ul class="places">
      {[...picks.seats.value].map((name) => {
        const text = seatNameText(seen.plan, name);
        return (
          <li key={name}>
            <span>{text}</span>
            <b>{priceOf(seen.plan.seats[seen.plan.index.get(name) ?? -1]?.category)}</b>
            <button type="button" class="remove" aria-label={w.remove(text)} onClick={() => remove(() => visit.pickSeat(name))}>
              ×
            </button>
          </li>
        );
      })}
      {[...picks.zones.value].map(([zone, places]) => (
        <li key={zone}>
          <span>{w.zonePlaces(zone, places)}</span>
          <b>{priceOf(seen.plan.zones.find(({ name }) => name === zone)?.category)}</b>
          <button type="button" class="remove" aria-label={w.remove(zone)} onClick={() => remove(() => picks.setZone(zone, 0))}>
            ×
          </button>
        </li>
      ))}
    </ul>
  );
}

/** The button goes with its place: the focus must not get lost with it. */
function remove(change: () => void): void {
  change();
  document.getElementById("your-seats")?.focus();
}

function HoldBar({ visit }: { visit: ShowVisit }) {
  const w = words.value;
  const total = useTotal(visit);
  return (
    <div class="bar">
      <p class="total">
        <span>{w.places(visit.picks.count.value)}</span> <b>{total.value}</b>
      </p>
      <HoldButton visit={visit} />
    </div>
  );
}

export function HoldButton({ visit }: { visit: ShowVisit }) {
  const w = words.value;
  const show = visit.seen.value?.show;
  return (
    <button type="button" class="primary" disabled={visit.busy.value} onClick={() => void visit.hold()}>
      {visit.busy.value ? w.oneMoment : visit.sendName.value ?? w.holdFor(Math.round((show?.hold_seconds ?? 0) / 60))}
    </button>
  );
}

function useTotal(visit: ShowVisit) {
  return useComputed(() => {
    const seen = visit.seen.value;
    if (!seen) return "";
    const { plan, show } = seen;
    const price = (category: number | undefined) => show.prices[plan.categories[category ?? -1]?.name ?? ""];
    const parts = [...visit.picks.seats.value].map((name) => ({
      price: price(plan.seats[plan.index.get(name) ?? -1]?.category),
      count: 1,
    }));
    for (const [zone, count] of visit.picks.zones.value) {
      parts.push({ price: price(plan.zones.find(({ name }) => name === zone)?.category), count });
    }
    const currency = Object.values(show.prices)[0]?.currency ?? "EUR";
    const amount = parts.reduce((sum, part) => sum + (part.price?.amount ?? 0) * part.count, 0);
    return format.value.money({ amount, currency });
  });
}

/** What others took, and what there is instead. */
function Taken({ visit }: { visit: ShowVisit }) {
  const w = words.value;
  const conflict = visit.conflict.value;
  const refusal = visit.refusal.value;
  const plan = visit.seen.value?.plan;
  if (!conflict || !plan) {
    return (
      refusal &&
      // That one is told below, with what would do instead.
      !refusal.choices && (
        <>
          <Note tone="problem" urgent>
            {visit.tell(refusal)}
          </Note>
          {refusal.code === "not_together" && <NotTogether visit={visit} />}
          {refusal.zones?.map(({ zone, free }) => (
            <p key={zone}>{w.zoneLeft(zone, free ?? 0)}</p>
          ))}
        </>
      )
    );
  }
  return (
    <Note tone="warning" urgent>
      <p>{w.seatsLost(conflict.lost.map((name) => seatNameText(plan, name)))}</p>
      {conflict.instead.length > 0 ? (
        <>
          <p>{w.insteadFree}</p>
          <ul>
            {conflict.instead.map((name) => (
              <li key={name}>{seatNameText(plan, name)}</li>
            ))}
          </ul>
          <p class="actions">
            <button type="button" class="primary" onClick={() => void visit.takeInstead()}>
              {w.takeInstead(conflict.instead.length)}
            </button>
            <button type="button" onClick={() => visit.dismissConflict()}>
              {w.pickMyself}
            </button>
          </p>
        </>
      ) : (
        <p>{w.noneInstead}</p>
      )}
    </Note>
  );
}
