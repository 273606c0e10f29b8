import "./window";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { test } from "node:test";
import type { OrganisersCode } from "../../api/problem";
import { words as de } from "../../text/de";
import { words as en } from "../../text/en";
import { makeFormat } from "../../text/format";

/** Those that have no words for buyers. */
const organisersCodes: Record<OrganisersCode, true> = {
  plan_invalid: true,
  notice_invalid: true,
  seats_not_free: true,
  seats_not_blocked: true,
  wrong_show: true,
  last_key: true,
  too_many_keys: true,
  key_ended: true,
  key_from_settings: true,
  too_many_organisers: true,
  too_many_endpoints: true,
  too_many_lists: true,
  revision_conflict: true,
  precondition_required: true,
  places_in_use: true,
  currency_fixed: true,
  code_taken: true,
  too_many_codes: true,
  exchange_not_payable: true,
  no_waitlist: true,
  already_waiting: true,
  waitlist_full: true,
  places_free: true,
  no_such_places: true,
  entry_ended: true,
  nothing_fits: true,
};

test("money is counted in the minor units of its currency", () => {
  const english = makeFormat("en-GB");
  assert.equal(english.money({ amount: 4500, currency: "EUR" }), "€45.00");
  assert.equal(english.money({ amount: 4500, currency: "JPY" }), "JP¥4,500");
  assert.match(english.money({ amount: 4500, currency: "KWD" }), /^KWD\s4\.500$/);
  assert.match(makeFormat("de-DE").money({ amount: 123456, currency: "EUR" }), /^1\.234,56\s€$/);
});

test("a countdown never shows more than there is, nor less than nothing", () => {
  const { countdown } = makeFormat("en-GB");
  assert.equal(countdown(600_000), "10:00");
  assert.equal(countdown(59_999), "0:59");
  assert.equal(countdown(9_000), "0:09");
  assert.equal(countdown(-1), "0:00");
});

test("every code that a buyer can be told has words in both languages", () => {
  const path = resolve(import.meta.dirname, "../../../openapi/openapi.json");
  const document = JSON.parse(readFileSync(path, "utf8")) as {
    components: { schemas: Record<"ProblemCode" | "DeclineCode", { enum: string[] }> };
  };
  for (const { problems, declines } of [en, de]) {
    const { ProblemCode, DeclineCode } = document.components.schemas;
    const told = [...Object.keys(problems), ...Object.keys(organisersCodes)];
    assert.deepEqual(told.sort(), [...ProblemCode.enum, "no_answer"].sort());
    assert.deepEqual(Object.keys(declines).sort(), [...DeclineCode.enum].sort());
  }
});

test("texts with figures tell them", () => {
  const format = makeFormat("en-GB");
  const text = en.problems.order_limit;
  assert.ok(typeof text === "function");
  assert.match(text({ code: "order_limit", order_places_max: 6 }, format), /6 places/);
});
