/** The fold meets the vectors that `domain`'s meets, and passes over what only a later office says. */
import assert from "node:assert/strict";
import { test } from "node:test";
import vectors from "../../crates/domain/tests/fold.json";
import {
  fold,
  readSnapshot,
  SEAT_STATES,
  type Event,
  type PackedSnapshot,
  type SeatNames,
  type ShowState,
  type Snapshot,
} from "../feed/fold";

interface Case {
  readonly name: string;
  readonly start: Snapshot;
  readonly events: readonly Event[];
  readonly becomes?: Snapshot;
  readonly fault?: string;
}

const names = (snapshot: Snapshot): SeatNames => planOf(Object.keys(snapshot.seats));

function planOf(seats: readonly string[]): SeatNames {
  return { seats, index: new Map(seats.map((name, at) => [name, at])) };
}

/** A state as the API would tell it. */
function told(plan: SeatNames, state: ShowState): unknown {
  const seats = [...plan.index].map(([name, at]) => [name, SEAT_STATES[state.seats[at] ?? -1]]);
  const zones = state.zones.map(({ name, ...counts }) => ({ zone: name, ...counts }));
  return { offset: state.offset, state: state.sale, revision: state.revision, seats: Object.fromEntries(seats), zones };
}

assert.ok(vectors.cases.length > 20);
for (const vector of vectors.cases as unknown as Case[]) {
  test(vector.name, () => {
    const plan = names(vector.start);
    const start = readSnapshot(plan, vector.start);
    assert.ok(start);
    const changed = new Set<number>();
    const folded = fold(plan, start, vector.events, changed);
    if (vector.fault !== undefined) {
      assert.equal(folded, vector.fault);
    } else {
      assert.ok(typeof folded !== "string");
      assert.deepEqual(told(plan, folded), vector.becomes);
      const moved = new Set(
        vector.events.filter(({ type }) => type !== "extended").flatMap(({ seats }) => seats.map((name) => plan.index.get(name))),
      );
      assert.deepEqual(changed, moved);
    }
  });
}

const small: Snapshot = { show: "1", offset: 1, state: "open", revision: 1, plan: "p", seats: { a: "free", b: "held" }, zones: [] };

test("an event of an unknown type moves nothing but the offset", () => {
  const plan = names(small);
  const start = readSnapshot(plan, small);
  assert.ok(start);
  const event = { offset: 2, at: "", type: "sung", seats: ["a"], zones: [{ zone: "x", count: 1 }] } as unknown as Event;
  const folded = fold(plan, start, [event], new Set());
  assert.deepEqual(folded, { ...start, offset: 2 });
});

test("a snapshot of another plan is refused", () => {
  assert.equal(readSnapshot(planOf(["a"]), small), undefined);
});

test("a seat in a state of a later office can't be bought", () => {
  const plan = names(small);
  const later = { ...small, seats: { a: "cleaned", b: "held" } } as unknown as Snapshot;
  assert.deepEqual([...(readSnapshot(plan, later)?.seats ?? [])], [3, 1]);
});

test("a packed snapshot is read in the order of the plan, and only if it has just its seats", () => {
  const packed = (seats: string): PackedSnapshot => ({ ...small, type: "packed_snapshot", seats });
  const plan = planOf(["a", "b", "c", "d", "e"]);
  assert.deepEqual([...(readSnapshot(plan, packed("fhsbx"))?.seats ?? [])], [0, 1, 2, 3, 3]);
  assert.equal(readSnapshot(plan, packed("fhsb")), undefined);
  assert.equal(readSnapshot(plan, packed("fhsbff")), undefined);
});

test("an event that names a seat or a zone that isn't there contradicts", () => {
  const plan = names(small);
  for (const [seats, zones] of [[["c"], []], [[], [{ zone: "z", count: 1 }]]] as const) {
    const start = readSnapshot(plan, small);
    assert.ok(start);
    const event = { offset: 2, at: "", type: "booked" as const, seats: [...seats], zones: [...zones] };
    assert.equal(fold(plan, start, [event], new Set()), "contradiction");
  }
});

test("other seats are none that the fold could know", () => {
  const plan = names(small);
  for (const moved of [{ seats_added: ["c"] }, { seats_removed: ["a"] }]) {
    const start = readSnapshot(plan, small);
    assert.ok(start);
    const event = { offset: 2, at: "", type: "changed" as const, seats: [], zones: [], revision: 2, capacities: [], ...moved };
    assert.equal(fold(plan, start, [event], new Set()), "contradiction");
  }
});
