/** Who buys and who comes: told before paying by those who like. What is typed is told with the payment at the latest. */
import type { Order, OrderChange } from "../../api/client";
import type { Problem } from "../../api/problem";
import { announce, language, more, problemOf, problemText, seatPlaceText, useEffect, useRef, useSignal } from "../first";
import type { OrderVisit } from "./order-visit";
import { tellDetails } from "./calls";
import { Field } from "./field";

interface Draft {
  readonly name: string;
  readonly email: string;
  readonly phone: string;
  readonly attendees: readonly string[];
}

const FIELDS = [
  { name: "name", type: "text", autocomplete: "name", charsMax: 200 },
  { name: "email", type: "email", autocomplete: "email", charsMax: 254 },
  { name: "phone", type: "tel", autocomplete: "tel", charsMax: 32 },
] as const;
const ATTENDEE_CHARS_MAX = 200;

/** The office's pointers to parts of the request, which name the fields here. */
const pointerOf = (field: string): string => `/buyer/${field}`;
const attendeePointer = (at: number): string => `/attendees/${at}`;

export function Details({ visit }: { visit: OrderVisit }) {
  const m = more.value;
  const order = visit.order.value;
  const saved = useSignal<Draft>(draftOf(order));
  const draft = useSignal<Draft>(saved.value);
  const faults = useSignal<ReadonlyMap<string, string>>(new Map());
  const form = useRef<HTMLFormElement>(null);
  const isNew = JSON.stringify(draft.value) !== JSON.stringify(saved.value);

  const save = async (): Promise<boolean> => {
    if (JSON.stringify(draft.peek()) === JSON.stringify(saved.peek())) return true;
    faults.value = new Map();
    try {
      const told = await tellDetails(visit.id, changeOf(draft.peek(), saved.peek()));
      saved.value = draft.value = draftOf(told);
      announce(m.detailsKept);
      return true;
    } catch (error) {
      const problem = problemOf(error);
      faults.value = faultsOf(problem);
      if (faults.value.size === 0) visit.refusal.value = problem;
      // Drawn as faulty first, so that the field is heard as such.
      else setTimeout(() => form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus());
      return false;
    }
  };
  useEffect(() => {
    visit.prepare = save;
    return () => {
      visit.prepare = async () => true;
    };
  }, [visit]);
  if (!order) return null;

  const change = (part: Partial<Draft>) => (draft.value = { ...draft.peek(), ...part });
  const places = placesOf(order);
  return (
    <details class="card folded details" open={!!order.buyer || !!order.attendees}>
      <summary>{m.details}</summary>
      <form
        ref={form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <p class="hint">{m.detailsHint}</p>
        {FIELDS.map(({ name, type, autocomplete, charsMax }) => (
          <Field
            key={name}
            id={`buyer-${name}`}
            label={m.buyer[name]}
            fault={faults.value.get(pointerOf(name))}
            attributes={{ type, autocomplete, maxLength: charsMax }}
            value={draft.value[name]}
            onValue={(value) => change({ [name]: value })}
          />
        ))}
        <fieldset>
          <legend>{m.attendees}</legend>
          {places.map((place, at) => (
            <Field
              key={at}
              id={`attendee-${at}`}
              label={place}
              fault={faults.value.get(attendeePointer(at))}
              attributes={{ type: "text", autocomplete: "off", maxLength: ATTENDEE_CHARS_MAX }}
              value={draft.value.attendees[at] ?? ""}
              onValue={(value) => change({ attendees: places.map((_, other) => (other === at ? value : (draft.peek().attendees[other] ?? ""))) })}
            />
          ))}
        </fieldset>
        <button type="submit" disabled={!isNew}>
          {isNew ? m.keepDetails : m.detailsKept}
        </button>
      </form>
    </details>
  );
}

function placesOf(order: Order): string[] {
  const { places, zones } = order;
  return [
    ...places.map(seatPlaceText),
    ...zones.flatMap(({ zone, count }) => Array.from({ length: count }, (_, at) => more.value.zonePlace(zone, at + 1))),
  ];
}

function draftOf(order: Order | undefined): Draft {
  const { name = "", email = "", phone = "" } = order?.buyer ?? {};
  const attendees = order ? placesOf(order).map((_, at) => order.attendees?.[at] ?? "") : [];
  return { name, email, phone, attendees };
}

/** Only what has changed; what is empty now is taken away. */
function changeOf(draft: Draft, saved: Draft): OrderChange {
  const changed = FIELDS.filter(({ name }) => draft[name] !== saved[name]);
  const buyer = Object.fromEntries(changed.map(({ name }) => [name, draft[name].trim() || null]));
  return {
    ...(changed.length > 0 && { buyer: { ...buyer, locale: language.peek() } }),
    ...(draft.attendees.join("\n") !== saved.attendees.join("\n") && { attendees: draft.attendees.map((name) => name.trim() || null) }),
  };
}

/** What is wrong with which field, by the office's pointers. */
function faultsOf(problem: Problem): Map<string, string> {
  const { errors, field = "", code } = problem;
  const pointers = [field, ...(errors ?? []).map(({ pointer }) => pointer)].filter((pointer) => /^\/(buyer|attendees)\//.test(pointer));
  const { faults } = more.value;
  const textOf = (pointer: string): string => {
    const named = FIELDS.find(({ name }) => pointer === pointerOf(name))?.name ?? "name";
    return code === "invalid" ? faults[named] : problemText(problem);
  };
  return new Map(pointers.map((pointer) => [pointer, textOf(pointer)]));
}
