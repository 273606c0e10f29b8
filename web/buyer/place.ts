/** Where a place is, as people say it. */
import type { SeatPlace } from "../api/client";
import type { PlanModel } from "../map/plan";
import { placeText } from "../map/text";
import { words } from "../text/language";

export function seatPlaceText(place: SeatPlace): string {
  const { map } = words.value;
  const row = place.row_label ?? map.row(place.row);
  return `${map.section(place.section)}, ${row}, ${place.seat_label ?? map.seat(place.number)}`;
}

/** By a seat's name in the API, which may say nothing to people. */
export function seatNameText(plan: PlanModel, name: string): string {
  const seat = plan.seats[plan.index.get(name) ?? -1];
  return seat ? `${words.value.map.section(seat.section)}, ${placeText(seat, words.value.map)}` : name;
}
