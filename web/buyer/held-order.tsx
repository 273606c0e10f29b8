/** The buyer's order that waits to be paid, as seen from the show's page. */
import { format, words } from "../text/language";
import { Countdown } from "./countdown";
import { Note } from "./note";
import { seatPlaceText } from "./place";
import { orderPath } from "./route";
import type { ShowVisit } from "./show-visit";

export function HeldOrder({ visit }: { visit: ShowVisit }) {
  const order = visit.held.value;
  const w = words.value;
  const lapsed = visit.lapsed.value;
  if (!order) {
    return lapsed ? (
      <Note tone="warning" urgent>
        <p>{w.lapsed}</p>
        <a href={orderPath(lapsed.show, lapsed.id)}>{w.toOrder}</a>
      </Note>
    ) : null;
  }
  return (
    <div class="card held-order">
      <h2>{w.heldForYou}</h2>
      <p class="clock">
        <Countdown until={order.expires_at} onEnd={() => visit.lapse()} /> {w.leftToPay}
      </p>
      <ul class="places">
        {order.places.map((place) => (
          <li key={place.seat}>{seatPlaceText(place)}</li>
        ))}
        {order.zones.map(({ zone, count }) => (
          <li key={zone}>{w.zonePlaces(zone, count)}</li>
        ))}
      </ul>
      <p class="total">
        <span>{w.total}</span> <b>{format.value.money(order.total)}</b>
      </p>
      <p class="actions">
        <a class="button primary" href={orderPath(order.show, order.id)}>
          {w.goOnToPay}
        </a>
        <button type="button" disabled={visit.busy.value} onClick={() => void visit.giveUpHeld()}>
          {w.giveUp}
        </button>
      </p>
    </div>
  );
}
