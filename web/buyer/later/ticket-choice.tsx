/** Some of a paid order's tickets: those that are given back, or exchanged. */
import type { Ticket } from "../../api/client";
import { more } from "../first";
import { placeOf } from "./place-of";

interface TicketChoiceOptions {
  tickets: readonly Ticket[];
  /** The codes of those that are chosen. */
  chosen: readonly string[];
  onChoice(codes: readonly string[]): void;
}

export function TicketChoice({ tickets, chosen, onChoice }: TicketChoiceOptions) {
  return (
    <fieldset>
      <legend>{more.value.whichTickets}</legend>
      {tickets.map(({ code, ...ticket }) => (
        <label key={code} class="choice">
          <input
            type="checkbox"
            checked={chosen.includes(code)}
            onChange={(event) => onChoice(event.currentTarget.checked ? [...chosen, code] : chosen.filter((other) => other !== code))}
          />
          {placeOf({ code, ...ticket })}
        </label>
      ))}
    </fieldset>
  );
}
