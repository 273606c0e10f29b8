/** The rule about lone seats meets the vectors that `domain`'s meets. */
import assert from "node:assert/strict";
import { test } from "node:test";
import vectors from "../../../crates/domain/tests/lone_seats.json";
import { type LoneSeatRule, findLoneSeat } from "../../buyer/later/lone-seat";
import { rowsOf } from "../../buyer/later/side-by-side";
import { type PlanDocument, readPlan } from "../../map/plan";

interface Case {
  readonly name: string;
  readonly plan: keyof typeof vectors.plans;
  readonly rule: LoneSeatRule;
  readonly taken: readonly string[];
  readonly picked: readonly string[];
  readonly given?: readonly string[];
  readonly found?: { readonly seat: string; readonly picked: readonly string[]; readonly choices: readonly (readonly string[])[] };
}

assert.ok(vectors.cases.length > 100);
for (const vector of vectors.cases as unknown as Case[]) {
  test(vector.name, () => {
    const plan = readPlan(vectors.plans[vector.plan] as unknown as PlanDocument);
    const indices = (names: readonly string[] = []): Set<number> => new Set(names.map((name) => plan.index.get(name) ?? -1));
    const taken = indices(vector.taken);
    const pick = { seats: indices(vector.picked), given: indices(vector.given) };
    const lone = findLoneSeat(rowsOf(plan.document), vector.rule, pick, (seat) => !taken.has(seat));
    const nameOf = (seat: number): string => plan.seats[seat]?.name ?? "";
    const told = lone && { seat: nameOf(lone.seat), picked: lone.picked.map(nameOf), choices: lone.choices.map((seats) => seats.map(nameOf)) };
    assert.deepEqual(told, vector.found);
  });
}

test("a show that asks nothing is told nothing", () => {
  const plan = readPlan(vectors.plans.straight as unknown as PlanDocument);
  const pick = { seats: new Set([1]), given: new Set<number>() };
  assert.equal(findLoneSeat(rowsOf(plan.document), "off", pick, () => true), undefined);
});
