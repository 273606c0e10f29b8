/** Where things are on the map: pure arithmetic, on the plans of `plans/` and on made-up ones. */
import assert from "node:assert/strict";
import { test } from "node:test";
import arena from "../../plans/arena.json";
import { Cells, type Box } from "../map/cells";
import { layOut } from "../map/layout";
import { readPlan, type PlanDocument, type PlanModel } from "../map/plan";
import { gridRows } from "../map/rows";
import { seatText } from "../map/text";
import { clamp, isWhole, leastScale, mostScale, pan, seen, viewOf, wholeView, zoomAt, type Frame } from "../map/view";
import { english } from "../text/map/en";
import { hall } from "./map/api";

const arenaPlan = readPlan(arena as PlanDocument);
const hallPlan = readPlan(hall(6, 10, 20) as PlanDocument);

/** One section, with rows of seats at these places. */
function section(rows: readonly (readonly (readonly [number, number])[])[]): PlanModel {
  return readPlan({
    name: "Small",
    categories: [{ name: "All" }],
    sections: [
      {
        name: "A",
        rows: rows.map((seats, row) => ({
          name: String(row + 1),
          category: "All",
          seats: seats.map(([x, y], seat) => ({ number: String(seat + 1), x, y })),
        })),
      },
    ],
  });
}

function walk(plan: PlanModel): string[] {
  const [only] = plan.sections;
  assert.ok(only);
  return gridRows(plan, only).map(({ name, seats }) => `${name}: ${seats.map((seat) => plan.seats[seat]?.number).join(" ")}`);
}

const contains = (box: Box, x: number, y: number): boolean => x >= box.left && x <= box.right && y >= box.top && y <= box.bottom;

test("a plan's seats have the names that the API gives them", () => {
  const plan = readPlan({
    name: "Named",
    categories: [{ name: "A" }, { name: "B" }],
    sections: [
      {
        name: "S",
        rows: [
          {
            name: "1",
            label: "First",
            category: "A",
            seats: [
              { number: "1", x: 0, y: 0 },
              { number: "2", name: "chair", label: "Chair 2", category: "B", x: 1, y: 0 },
            ],
          },
        ],
      },
    ],
    zones: [{ name: "Z", category: "B", capacity: 5 }],
  });
  assert.deepEqual([...plan.index], [["S-1-1", 0], ["chair", 1]]);
  assert.deepEqual(plan.seats.map(({ category }) => category), [0, 1]);
  assert.equal(plan.zones[0]?.category, 1);
  const [, chair] = plan.seats;
  assert.ok(chair);
  assert.equal(seatText(plan, chair, new Map([["B", "€5"]]), "free", english), "First, Chair 2, €5, free");
});

test("the nearest seat is the one that all would be compared for", () => {
  const { bounds, xs, ys } = layOut(arenaPlan);
  const cells = new Cells(xs, ys, bounds, 25);
  for (let at = 0; at < 500; at++) {
    const x = bounds.left + ((at * 7919) % 1000) * ((bounds.right - bounds.left) / 1000);
    const y = bounds.top + ((at * 104_729) % 1000) * ((bounds.bottom - bounds.top) / 1000);
    const distance = (seat: number): number => {
      const place = arenaPlan.seats[seat];
      return place ? Math.hypot(place.x - x, place.y - y) : Infinity;
    };
    const best = arenaPlan.seats.reduce((least, _, seat) => (distance(seat) < distance(least) ? seat : least), 0);
    const found = cells.nearest(x, y, 40);
    assert.equal(found === undefined ? undefined : distance(found), distance(best) <= 40 ? distance(best) : undefined);
  }
});

test("seats of the usual distance don't touch", () => {
  for (const plan of [arenaPlan, hallPlan]) {
    const { radius } = layOut(plan);
    const [one, other] = plan.sections[0]?.rows[0]?.seats.map((seat) => plan.seats[seat]) ?? [];
    assert.ok(one && other);
    const distance = Math.hypot(one.x - other.x, one.y - other.y);
    assert.ok(2 * radius <= distance && radius > distance / 5, `${radius} of ${distance}`);
  }
});

test("an arena's zones lie on its floor, a hall's beside its seats: never on a seat", () => {
  for (const plan of [arenaPlan, hallPlan]) {
    const { zones, radius, bounds } = layOut(plan);
    assert.equal(zones.length, plan.zones.length);
    for (const zone of zones) {
      const touched = plan.seats.filter(({ x, y }) =>
        contains({ left: zone.left - radius, top: zone.top - radius, right: zone.right + radius, bottom: zone.bottom + radius }, x, y),
      );
      assert.deepEqual(touched, []);
      assert.ok(contains(bounds, zone.left, zone.top) && contains(bounds, zone.right, zone.bottom));
    }
  }
  const floor = layOut(arenaPlan).zones[0];
  assert.ok(floor && floor.left > 300 && floor.right < 1100, "in the middle of the ring");
});

test("the stage is on no seat", () => {
  const { stage } = layOut(hallPlan);
  assert.ok(stage);
  assert.ok(!hallPlan.seats.some(({ x, y }) => contains(stage, x, y)));
});

test("plans of one seat, of none, and of seats on one another are drawn", () => {
  const standing = readPlan({
    name: "Standing",
    categories: [{ name: "A" }],
    zones: [{ name: "Z", category: "A", capacity: 1 }],
  });
  for (const plan of [section([[[5, 5]]]), section([[[5, 5], [5, 5]]]), standing]) {
    const { bounds, radius } = layOut(plan);
    assert.ok(radius > 0 && Number.isFinite(radius));
    assert.ok(bounds.right > bounds.left && bounds.bottom > bounds.top, JSON.stringify(bounds));
  }
});

test("the keyboard goes as the seats stand", () => {
  assert.deepEqual(walk(section([[[0, 10], [10, 10], [20, 10]], [[0, 0], [10, 0], [20, 0]]])), ["2: 1 2 3", "1: 1 2 3"], "from the top");
  assert.deepEqual(walk(section([[[20, 0], [10, 0], [0, 0]]])), ["1: 3 2 1"], "from the left");
  const oddAndEven = section([[[20, 0], [30, 0], [10, 0], [40, 0], [0, 0]]]);
  assert.deepEqual(walk(oddAndEven), ["1: 5 3 1 2 4"], "odd and even sides");
  const beside = section([[[0, 0], [0, 10], [0, 20]], [[10, 0], [10, 10], [10, 20]]]);
  assert.deepEqual(walk(beside), ["1: 1 2 3", "2: 1 2 3"], "rows beside one another");
});

const frame: Frame = { width: 800, height: 600, bounds: { left: -100, top: 50, right: 900, bottom: 1050 }, radius: 4 };

test("the whole plan is in the whole view, in the middle", () => {
  const view = wholeView(frame);
  const { left, top, right, bottom } = seen(view, frame);
  assert.ok(left <= -100 && top <= 50 + 1e-9 && right >= 900 && bottom >= 1050 - 1e-9);
  assert.ok(Math.abs(left + right - 800) < 1e-6);
  assert.ok(isWhole(view, frame));
});

test("a zoom keeps what is under the finger where it is", () => {
  const view = zoomAt(wholeView(frame), frame, 3, 420, 310);
  const place = { x: (420 - view.x) / view.scale, y: (310 - view.y) / view.scale };
  const nearer = zoomAt(view, frame, 1.5, 420, 310);
  assert.ok(Math.hypot(place.x * nearer.scale + nearer.x - 420, place.y * nearer.scale + nearer.y - 310) < 1e-6);
});

test("the plan can't be lost", () => {
  let view = wholeView(frame);
  for (let turn = 0; turn < 200; turn++) {
    view =
      turn % 3 === 0
        ? zoomAt(view, frame, turn % 2 === 0 ? 1.9 : 0.6, (turn * 97) % 800, (turn * 61) % 600)
        : pan(view, frame, (turn % 7) * 300 - 900, (turn % 5) * 400 - 800);
    assert.ok(view.scale >= leastScale(frame) && view.scale <= mostScale(frame));
    const { left, top, right, bottom } = seen(view, frame);
    const isInside = (from: number, to: number, least: number, most: number): boolean =>
      to - from >= most - least ? from <= least + 1e-6 && to >= most - 1e-6 : from >= least - 1e-6 && to <= most + 1e-6;
    assert.ok(isInside(left, right, -100, 900) && isInside(top, bottom, 50, 1050), JSON.stringify(view));
    assert.deepEqual(clamp(view, frame), view);
  }
});

test("a box is brought into view, no larger than asked for", () => {
  const box = { left: 300, top: 300, right: 320, bottom: 310 };
  const view = viewOf(box, frame, 3);
  assert.equal(view.scale, 3);
  const { left, top, right, bottom } = seen(view, frame);
  assert.ok(left < 300 && right > 320 && top < 300 && bottom > 310);
});
