/** Where a show sells so many places to an e-mail address, it is asked for before any are held. */
import { language, more, problemText, useEffect } from "../first";
import type { ShowVisit } from "../show-visit";
import { Field } from "./field";

const ADDRESS_CHARS_MAX = 254;
const FIELD = "email";

export function EmailField({ visit, placesMax }: { visit: ShowVisit; placesMax: number }) {
  const m = more.value;
  const refusal = visit.refusal.value;
  const isFault = refusal?.field === "/buyer/email";
  useEffect(() => {
    if (isFault) document.getElementById(FIELD)?.focus();
  }, [refusal]);
  return (
    <div class="card">
      <Field
        id={FIELD}
        label={m.buyer.email}
        fault={isFault ? (refusal.code === "invalid" ? m.faults.email : problemText(refusal)) : undefined}
        value={visit.buyer.value?.email ?? ""}
        onValue={(email) => (visit.buyer.value = email ? { email, locale: language.peek() } : undefined)}
        attributes={{ type: "email", autocomplete: "email", maxLength: ADDRESS_CHARS_MAX }}
      />
      <p class="hint">{m.emailHint(placesMax)}</p>
    </div>
  );
}
