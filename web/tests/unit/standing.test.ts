/** An entry of a waitlist, followed by the show's events. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Event } from "../../feed/fold";
import { type Standing, follow } from "../../buyer/later/standing";

const before: Standing = { entry: 12, place: 12, position: 4, entries: 9, journal_offset: 30 };

function event(offset: number, type: Event["type"], entry: number, place: number, entries: number): Event {
  return { offset, at: "", type, seats: [], zones: [], entry, place, entries };
}

test("who goes before it moves it up, and nobody else does", () => {
  const events = [event(31, "left", 3, 3, 8), event(32, "offered", 20, 20, 7), event(33, "joined", 33, 33, 8), event(34, "offered", 5, 11, 7)];
  assert.deepEqual(follow(before, events), { ...before, position: 2, entries: 7, journal_offset: 34 });
});

test("what it knows already is passed over", () => {
  assert.deepEqual(follow(before, [event(29, "left", 1, 1, 9), event(30, "left", 2, 2, 9)]), before);
});

test("its own end, and its own new beginning, have to be looked at", () => {
  assert.equal(follow(before, [event(31, "left", 12, 12, 8)]), undefined);
  assert.equal(follow(before, [event(31, "joined", 12, 31, 9)]), undefined);
});

test("events of places are none of waiting", () => {
  const booked: Event = { offset: 31, at: "", type: "booked", seats: ["a"], zones: [] };
  assert.deepEqual(follow(before, [booked]), before);
});
