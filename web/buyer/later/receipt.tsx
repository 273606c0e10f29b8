/** An order whose places cost more than a price a category: what each was sold as, what a code took off, fees, and the tax in the total. */
import type { Order, OrderLine, Show, Tax } from "../../api/client";
import { format, language, more, seatPlaceText, words } from "../first";

interface ReceiptOptions {
  order: Order;
  show: Show | undefined;
  /** Gives one of the places up, where that is possible. */
  onDrop?: (line: OrderLine, name: string) => void;
}

export function Receipt({ order, show, onDrop }: ReceiptOptions) {
  const w = words.value;
  const m = more.value;
  const money = format.value.money;
  const { code, discount, fees, tax } = order;
  return (
    <>
      <ul class="places typed">
        {order.lines.map((line, at) => {
          const { seat, zone, ticket_type: type, price } = line;
          const place = order.places.find((place) => place.seat === seat);
          const name = place ? seatPlaceText(place) : (zone ?? seat ?? "");
          return (
            <li key={seat ?? at}>
              <span>{name}</span>
              {type && <small>{typeName(show, type)}</small>}
              <b>{money(price)}</b>
              {onDrop && order.lines.length > 1 && (
                <button type="button" class="remove" aria-label={m.dropPlace(name)} onClick={() => onDrop(line, name)}>
                  ×
                </button>
              )}
            </li>
          );
        })}
      </ul>
      {code && <p class="hint">{discount?.amount ? m.takenOff(code, money(discount)) : m.byCode(code)}</p>}
      {fees && (
        <p class="facts">
          <span>{m.fees}</span> <span>{money(fees)}</span>
        </p>
      )}
      <p class="total">
        <span>{w.total}</span> <b>{money(order.total)}</b>
      </p>
      {tax && <p class="hint">{taxText(tax, money(tax.amount))}</p>}
    </>
  );
}

/** By its rate, which is in hundredths of a percent. */
export function taxText({ name, rate_basis_points: rate }: Tax, amount: string): string {
  return more.value.taxIn(name, (rate / 100).toLocaleString(language.value), amount);
}

export function typeName(show: Show | undefined, id: string): string {
  return show?.ticket_types?.find((type) => type.id === id)?.name ?? id;
}
