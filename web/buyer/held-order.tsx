/** The buyer's order that waits to be paid, as seen from the show's page. */
import { words } from "../text/language";
import { Countdown } from "./countdown";
import { Note } from "./note";
import { OrderPlaces } from "./order-places";
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
      <OrderPlaces order={order} show={visit.seen.value?.show} />
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
