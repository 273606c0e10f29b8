/** What an order has, and what it costs. */
import type { Order, Show } from "../api/client";
import { format, words } from "../text/language";
import { later } from "./later";
import { seatPlaceText } from "./place";

const Receipt = later(() => import("./later/receipt").then((part) => part.Receipt));

export function OrderPlaces({ order, show }: { order: Order; show: Show | undefined }) {
  const w = words.value;
  if (order.code || order.fees || order.tax || order.lines.some((line) => line.ticket_type)) {
    return <Receipt order={order} show={show} />;
  }
  return (
    <>
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
    </>
  );
}
