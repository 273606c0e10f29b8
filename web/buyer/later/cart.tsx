/** What is picked where prices are more than one a category: what each place is sold as, fees, and the tax in the total. */
import type { Show } from "../../api/client";
import { HoldButton, format, more, seatNameText, useMemo, words } from "../first";
import type { ShowVisit } from "../show-visit";
import { type Picked, choicesOf } from "./choices";
import { taxText } from "./receipt";
import { refusalText } from "./refusal";
import { type Place, billOf, priceOf, typesOf } from "./tariff";

export function Cart({ visit }: { visit: ShowVisit }) {
  const w = words.value;
  const m = more.value;
  const choices = useMemo(() => choicesOf(visit), [visit]);
  const seen = visit.seen.value;
  const places = choices.places();
  if (!seen) return null;
  const { show, plan } = seen;
  visit.tell = (problem) => refusalText(problem, show);
  if (places.length === 0) return null;
  const { prices, fees, total, tax } = billOf(show, places);
  const money = (amount: number): string => moneyOf(show, amount);
  const nameOf = ({ seat, zone, at }: Picked): string =>
    seat ? seatNameText(plan, seat) : m.zonePlace(zone ?? "", (at ?? 0) + 1);
  return (
    <>
      <ul class="places typed">
        {places.map((place, at) => (
          <li key={place.seat ?? `${place.zone} ${place.at}`}>
            <span>{nameOf(place)}</span>
            <TypeChoice show={show} place={place} name={nameOf(place)} onChoice={(type) => choices.choose(place, type)} />
            <b>{money(prices[at] ?? 0)}</b>
            <button
              type="button"
              class="remove"
              aria-label={w.remove(nameOf(place))}
              onClick={() => {
                choices.remove(place);
                document.getElementById("your-seats")?.focus();
              }}
            >
              ×
            </button>
          </li>
        ))}
      </ul>
      <div class="bar" aria-live="polite">
        {fees > 0 && (
          <p class="facts">
            <span>{m.fees}</span> <span>{money(fees)}</span>
          </p>
        )}
        <p class="total">
          <span>{w.places(places.length)}</span> <b>{money(total)}</b>
        </p>
        {show.tax && tax > 0 && <p class="hint">{taxText(show.tax, money(tax))}</p>}
        <HoldButton visit={visit} />
      </div>
    </>
  );
}

function TypeChoice({ show, place, name, onChoice }: { show: Show; place: Picked; name: string; onChoice(type: string): void }) {
  const types = typesOf(show, place.category);
  if (types.length === 0) return null;
  if (types.length === 1) return <small>{types[0]?.name}</small>;
  return (
    <select aria-label={more.value.typeOf(name)} value={place.type ?? types[0]?.id} onChange={(event) => onChoice(event.currentTarget.value)}>
      {types.map(({ id, name: type }) => (
        <option key={id} value={id}>
          {type} · {moneyOf(show, priceOf(show, { ...place, type: id } as Place))}
        </option>
      ))}
    </select>
  );
}

/** For seats that are found side by side: how many of them are of each type but the usual one. */
export function TogetherTypes({ visit, count, category }: { visit: ShowVisit; count: number; category: string }) {
  const choices = useMemo(() => choicesOf(visit), [visit]);
  const show = visit.seen.value?.show;
  if (!show?.ticket_types) return null;
  const usual = show.ticket_types.length > 0 ? typesOf(show, category || (Object.keys(show.prices)[0] ?? ""))[0]?.id : undefined;
  const types = show.ticket_types.filter(({ id, prices }) => id !== usual && (!category || category in prices));
  if (types.length === 0) return null;
  return (
    <fieldset class="fields">
      <legend>{more.value.ofThese}</legend>
      {types.map(({ id, name }) => (
        <label key={id}>
          {name}
          <select
            value={choices.ofTogether.value.get(id) ?? 0}
            onChange={(event) => (choices.ofTogether.value = new Map(choices.ofTogether.peek()).set(id, Number(event.currentTarget.value)))}
          >
            {Array.from({ length: count + 1 }, (_, at) => (
              <option key={at} value={at}>
                {at}
              </option>
            ))}
          </select>
        </label>
      ))}
    </fieldset>
  );
}

function moneyOf(show: Show, amount: number): string {
  return format.value.money({ amount, currency: Object.values(show.prices)[0]?.currency ?? "EUR" });
}
