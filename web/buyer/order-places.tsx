/** What an order has, and what it costs. */
import type { Order } from "../api/client";
import { format, words } from "../text/language";
import { seatPlaceText } from "./place";

export function OrderPlaces({ order }: { order: Order }) {
  const w = words.value;
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
