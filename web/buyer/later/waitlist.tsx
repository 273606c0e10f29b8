/** The waitlist of a show: to join it, to see one's place move, to want something else, to leave, and what one gets. */
import type { NewWant, Show, Want } from "../../api/client";
import type { Problem } from "../../api/problem";
import { Note, format, more, orderPath, problemText, useEffect, useMemo, useSignal, words } from "../first";
import type { ShowVisit } from "../show-visit";
import { Choice, numbers } from "./choice";
import { type Waiting, waitingOf } from "./waiting";
import { factsOf } from "./wishes";

/** `isAsked`: it stands where a button was that opened it. */
export function Waitlist({ visit, isAsked }: { visit: ShowVisit; isAsked?: boolean }) {
  const m = more.value;
  const waiting = useMemo(() => waitingOf(visit), [visit]);
  const changing = useSignal(false);
  const entry = waiting.entry.value;
  const seen = visit.seen.value;
  useEffect(() => {
    changing.value = false;
  }, [entry?.wish]);
  useEffect(() => {
    if (isAsked) document.getElementById("waitlist")?.focus();
  }, []);
  if (!seen || (visit.entry.value && !entry)) return null;
  const heading = <h2 id="waitlist" tabIndex={-1}>{m.waitlist}</h2>;
  if (!entry || changing.value) {
    if (!seen.show.waitlist) return null;
    return (
      <div class="card">
        {heading}
        <p class="hint">{entry ? m.waitChangeHint : m.waitHint}</p>
        <WishForm visit={visit} waiting={waiting} before={entry?.wish ?? wishOf(visit)} isChange={!!entry} onBack={entry && (() => (changing.value = false))} />
      </div>
    );
  }
  if (entry.state === "offered") return <Offered visit={visit} waiting={waiting} />;
  const { position = 1, entries = position } = entry;
  return (
    <div class="card">
      {heading}
      {entry.state === "left" ? (
        <>
          <p>{m.waitEnded}</p>
          <p class="actions">
            <button type="button" onClick={() => waiting.forget()}>
              {seen.show.waitlist ? m.waitAgain : m.close}
            </button>
          </p>
        </>
      ) : (
        <>
          <p class="position">{m.waitPosition(position, entries)}</p>
          <p class="hint">{wishText(entry.wish)}</p>
          <p class="hint">{m.waitStay}</p>
          <Refusal problem={waiting.problem.value} />
          <p class="actions">
            <button type="button" disabled={waiting.busy.value} onClick={() => (changing.value = true)}>
              {m.waitChange}
            </button>
            <button type="button" disabled={waiting.busy.value} onClick={() => void waiting.leave()}>
              {m.waitLeave}
            </button>
          </p>
        </>
      )}
    </div>
  );
}

/** What was waited for: held, and told beside the order; or what became of it. */
function Offered({ visit, waiting }: { visit: ShowVisit; waiting: Waiting }) {
  const m = more.value;
  const order = waiting.order.value;
  if (!order) return null;
  if (visit.held.value?.id === order.id) {
    return (
      <Note tone="good" urgent>
        {m.waitOffered}
      </Note>
    );
  }
  return (
    <Note tone="info">
      <p>{order.state === "paid" ? m.waitGot : m.waitOver}</p>
      <p class="actions">
        <a href={orderPath(order.show, order.id)}>{words.value.toOrder}</a>
        <button type="button" onClick={() => waiting.forget()}>
          {order.state === "paid" ? m.close : m.waitAgain}
        </button>
      </p>
    </Note>
  );
}

interface FormOptions {
  visit: ShowVisit;
  waiting: Waiting;
  before: NewWant;
  isChange: boolean;
  onBack?: (() => void) | undefined;
}

function WishForm({ visit, waiting, before, isChange, onBack }: FormOptions) {
  const m = more.value;
  const w = words.value;
  const wish = useSignal<NewWant>(before);
  const seen = visit.seen.value;
  const facts = useMemo(() => seen && factsOf(seen), [seen?.plan, seen?.show]);
  if (!seen?.show.waitlist || !facts) return null;
  const { plan, show } = seen;
  const { count, categories = [], zone, together, price_max: price } = wish.value;
  const change = (part: { [K in keyof NewWant]?: NewWant[K] | undefined }) => {
    const changed = Object.entries({ ...wish.peek(), ...part }).filter(([, value]) => (Array.isArray(value) ? value.length > 0 : value));
    wish.value = Object.fromEntries(changed) as NewWant;
  };
  const where = zone !== undefined ? `zone ${zone}` : together ? "together" : "";
  const wheres = [
    ["", m.waitAny] as const,
    ...(plan.seats.length > 0 ? [["together", m.waitTogether] as const] : []),
    ...plan.zones.map(({ name }) => [`zone ${name}`, name] as const),
  ];
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const run = isChange ? waiting.change(wish.peek()) : waiting.join(wish.peek());
        void run.then(() => document.getElementById("waitlist")?.focus());
      }}
    >
      <div class="fields">
        <Choice label={m.waitCount} value={String(count)} options={numbers(1, mostOf(show))} onChoice={(value) => change({ count: Number(value) })} />
        <Choice
          label={m.waitWhere}
          value={where}
          options={wheres}
          onChoice={(value) => change({ together: value === "together" || undefined, zone: value.startsWith("zone ") ? value.slice(5) : undefined })}
        />
        {facts.prices.length > 1 && (
          <Choice
            label={m.priceMax}
            value={price ? String(price.amount) : ""}
            options={[["", m.anyMax], ...facts.prices.map((amount) => [String(amount), format.value.money({ amount, currency: facts.currency })] as const)]}
            onChoice={(value) => change({ price_max: value ? { amount: Number(value), currency: facts.currency } : undefined })}
          />
        )}
      </div>
      {plan.categories.length > 1 && zone === undefined && (
        <fieldset class="fall-backs">
          <legend>{m.waitCategories}</legend>
          {plan.categories.map(({ name }) => (
            <label key={name}>
              <input
                type="checkbox"
                checked={categories.includes(name)}
                onChange={(event) => {
                  const isWanted = event.currentTarget.checked;
                  change({ categories: plan.categories.map((other) => other.name).filter((other) => (other === name ? isWanted : categories.includes(other))) });
                }}
              />{" "}
              {name} {visit.prices.value.get(name)}
            </label>
          ))}
        </fieldset>
      )}
      <Refusal problem={waiting.problem.value} />
      <p class="actions">
        <button type="submit" class="primary" disabled={waiting.busy.value}>
          {waiting.busy.value ? w.oneMoment : isChange ? m.waitSave : m.waitJoin}
        </button>
        {onBack && (
          <button type="button" onClick={onBack}>
            {m.waitKeep}
          </button>
        )}
      </p>
    </form>
  );
}

function Refusal({ problem }: { problem: Problem | undefined }) {
  if (!problem) return null;
  const texts: Record<string, string> = more.value.waitRefusals;
  return (
    <Note tone="problem" urgent>
      {texts[problem.code] ?? problemText(problem)}
    </Note>
  );
}

function mostOf({ waitlist, order_places_max: most }: Show): number {
  return Math.min(waitlist?.entry_places_max ?? 1, most);
}

/** What this buyer has wanted just now and not got. */
function wishOf(visit: ShowVisit): NewWant {
  const show = visit.seen.peek()?.show;
  const { count, category } = visit.together;
  const wanted = count ?? (visit.picks.count.peek() || 2);
  return {
    count: show ? Math.min(wanted, mostOf(show)) : wanted,
    ...(count && count > 1 && { together: true }),
    ...(category && { categories: [category] }),
  };
}

function wishText({ count, categories, zone, together, price_max: price }: Want): string {
  const m = more.value;
  const parts = [words.value.places(count), zone, together && m.waitTogether, categories?.join(", "), price && m.waitUpTo(format.value.money(price))];
  return parts.filter(Boolean).join(" · ");
}
