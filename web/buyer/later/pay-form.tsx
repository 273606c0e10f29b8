/** The ways to pay an order: whichever the office offers for its show. */
import type { Provider } from "../../api/client";
import { Note, format, more, useEffect, useRef, useSignal, words } from "../first";
import type { OrderVisit } from "./order-visit";
import { type CardFields, showCardFields } from "./stripe";

interface Way {
  readonly provider: Provider;
  /** What the office is told; each test card is a way of its own, and a real card's comes from Stripe. */
  readonly method: string;
}

/** Only what this page knows how to do: a card needs a key for Stripe's form. */
function waysOf(providers: readonly Provider[]): Way[] {
  return providers.flatMap((provider) =>
    provider.kind === "card"
      ? provider.publishable_key
        ? [{ provider, method: "" }]
        : []
      : (provider.payment_methods ?? []).map((method) => ({ provider, method })),
  );
}

function nameOf({ provider, method }: Way): string {
  const m = more.value;
  if (provider.kind === "test_card") return m.testCards[method as keyof typeof m.testCards] ?? method;
  return provider.kind === "card" ? m.payByCard : m.payOnPage;
}

export function PayForm({ visit }: { visit: OrderVisit }) {
  const w = words.value;
  const m = more.value;
  const chosen = useSignal(0);
  const cardFields = useSignal<CardFields | undefined>(undefined);
  const fault = useSignal<string | undefined>(undefined);
  const order = visit.order.value;
  const ways = waysOf(visit.providers.value);
  const way = ways[chosen.value];
  if (!order || !way) return <Note tone="warning">{m.noWayToPay}</Note>;

  const due = order.due ?? order.total;
  const isFree = due.amount === 0;
  const pay = async () => {
    fault.value = undefined;
    const payment = { provider: way.provider.name, return_url: location.origin + location.pathname };
    if (way.provider.kind !== "card" || isFree) {
      // Of nothing any provider takes a payment by any means.
      await visit.pay({ ...payment, payment_method: way.method || "none" });
      return;
    }
    const made = await cardFields.value?.makePaymentMethod();
    if (made?.id) await visit.pay({ ...payment, payment_method: made.id });
    else fault.value = made?.fault ?? m.cardUnavailable;
  };

  return (
    <form
      class="card pay"
      onSubmit={(event) => {
        event.preventDefault();
        void pay();
      }}
    >
      {!isFree && (
        <fieldset>
          <legend>
            <h2>{m.howToPay}</h2>
          </legend>
          {ways.map((each, at) => (
            <label key={`${each.provider.name} ${each.method}`} class="choice">
              <input type="radio" name="way" checked={at === chosen.value} onChange={() => (chosen.value = at)} />
              {nameOf(each)}
            </label>
          ))}
        </fieldset>
      )}
      {way.provider.kind === "test_card" && <p class="hint">{m.testHint}</p>}
      {way.provider.kind === "page" && <p class="hint">{m.pageHint}</p>}
      {way.provider.kind === "card" && !isFree && (
        <Card
          publishableKey={way.provider.publishable_key ?? ""}
          amount={due.amount}
          currency={due.currency}
          onReady={(fields) => (cardFields.value = fields)}
          onFault={() => (fault.value = m.cardUnavailable)}
        />
      )}
      {fault.value && (
        <Note tone="problem" urgent>
          {fault.value}
        </Note>
      )}
      <button type="submit" class="primary wide" disabled={visit.busy.value}>
        {visit.busy.value ? w.oneMoment : isFree ? m.payNothing : m.pay(format.value.money(due))}
      </button>
    </form>
  );
}

interface CardOptions {
  publishableKey: string;
  amount: number;
  currency: string;
  onReady(fields: CardFields): void;
  onFault(): void;
}

function Card({ publishableKey, amount, currency, onReady, onFault }: CardOptions) {
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => {
    let fields: CardFields | undefined;
    let gone = false;
    showCardFields(host.current!, publishableKey, amount, currency).then((shown) => {
      fields = shown;
      if (gone) shown.remove();
      else onReady(shown);
    }, onFault);
    return () => {
      gone = true;
      fields?.remove();
    };
  }, [publishableKey, amount, currency]);
  return <div class="card-fields" ref={host} />;
}
