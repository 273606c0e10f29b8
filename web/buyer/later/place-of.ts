/** Where a ticket is for. */
import type { Ticket } from "../../api/client";
import { seatPlaceText } from "../first";

export function placeOf(ticket: Ticket): string {
  return ticket.place ? seatPlaceText(ticket.place) : (ticket.zone ?? ticket.seat ?? "");
}
