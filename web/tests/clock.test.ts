import assert from "node:assert/strict";
import { test } from "node:test";
import { backoff } from "../feed/backoff";
import { OfficeClock } from "../feed/clock";

const AHEAD = 3_600_000;
const start = Date.parse("2026-11-26T12:00:00.000Z");
const date = (time: number): string => new Date(Math.floor(time / 1000) * 1000).toUTCString();

test("a clock that has heard nothing tells the device's time", () => {
  assert.equal(new OfficeClock().now(5), 5);
});

test("a device that is an hour late finds the office's time, better with each answer", () => {
  const clock = new OfficeClock();
  let worst = Infinity;
  for (const at of [0, 1_300, 2_900, 5_650, 7_950]) {
    const device = start + at;
    clock.heardDate(date(device + AHEAD + 20), device, device + 40);
    const off = Math.abs(clock.now(device) - (device + AHEAD));
    assert.ok(off <= 520, `${off}`);
    worst = Math.min(worst, off);
  }
  clock.heardEvent(new Date(start + 9_000 + AHEAD).toISOString(), start + 9_010);
  assert.ok(Math.abs(clock.now(start + 9_010) - (start + 9_010 + AHEAD)) <= 200);
});

test("an old event says next to nothing", () => {
  const clock = new OfficeClock();
  clock.heardDate(date(start), start, start);
  const before = clock.now(start);
  clock.heardEvent(new Date(start - 60_000).toISOString(), start);
  assert.equal(clock.now(start), before);
});

test("a clock that is set is followed", () => {
  const clock = new OfficeClock();
  clock.heardDate(date(start), start, start + 10);
  clock.heardDate(date(start + AHEAD), start, start + 10);
  assert.ok(Math.abs(clock.now(start) - (start + AHEAD)) <= 1000);
});

test("waits grow to half a minute and differ", () => {
  assert.deepEqual([0, 1, 2, 10, 1000].map((failures) => backoff(failures, 1)), [1000, 2000, 4000, 30000, 30000]);
  assert.equal(backoff(3, 0), backoff(3, 1) / 2);
});
