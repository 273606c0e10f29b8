import "./window";
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Order, Show } from "../../api/client";
import { nearestFree } from "../../buyer/alternatives";
import { calendarOf } from "../../buyer/later/calendar";
import { milestone } from "../../buyer/milestone";
import { readRoute } from "../../buyer/route";
import { readPlan } from "../../map/plan";

const row = (name: string, category: string, y: number) => ({
  name,
  category,
  seats: [1, 2, 3, 4, 5].map((at) => ({ number: String(at), x: at * 10, y })),
});
const plan = readPlan({
  name: "Hall",
  categories: [{ name: "Front" }, { name: "Back" }],
  sections: [{ name: "A", rows: [row("1", "Front", 0), row("2", "Front", 10), row("3", "Back", 20)] }],
  zones: [],
});
const none: ReadonlySet<string> = new Set();
const states = (taken: readonly string[]) => Uint8Array.from(plan.seats, ({ name }) => (taken.includes(name) ? 2 : 0));

test("the nearest free seats of the same price are offered, none twice", () => {
  const lost = ["A-1-2", "A-1-3"];
  assert.deepEqual(nearestFree(plan, states([...lost, "A-2-2", "A-2-3"]), lost, none), ["A-1-1", "A-1-4"]);
});

test("what is picked already is not offered, and seats that look free still are not offered to those who lost them", () => {
  assert.deepEqual(nearestFree(plan, states([]), ["A-1-1"], new Set(["A-1-2"])), ["A-2-1"]);
});

test("fewer than were lost are not offered at all", () => {
  const taken = plan.seats.map(({ name }) => name).filter((name) => name !== "A-1-5" && !name.startsWith("A-3"));
  assert.deepEqual(nearestFree(plan, states(taken), ["A-1-1", "A-1-2"], none), []);
});

test("minutes are said once, as they are passed", () => {
  assert.equal(milestone(600_000, 599_750), undefined);
  assert.equal(milestone(300_100, 299_850), 5);
  assert.equal(milestone(299_850, 299_600), undefined);
  assert.equal(milestone(60_010, 59_990), 1);
  assert.equal(milestone(200, -50), 0);
  assert.equal(milestone(-50, -300), undefined);
});

test("addresses", () => {
  assert.deepEqual(readRoute("/shows/1024"), { page: "show", show: "1024" });
  assert.deepEqual(readRoute("/shows/1024/orders/ABCDE-FGHIJ"), { page: "order", show: "1024", order: "ABCDE-FGHIJ" });
  for (const path of ["/shows/", "/shows/a", "/shows/1/orders/x", "/orders/", "/shows/1/"]) {
    assert.deepEqual(readRoute(path), { page: "nowhere" });
  }
});

test("a calendar's lines are escaped, and folded by bytes without cutting a letter", () => {
  const show = { title: "Ö".repeat(60) + ", part; two", starts_at: "2026-12-26T19:30:00.5Z", ends_at: null } as Show;
  const order = { id: "ABCDE-FGHIJ", created_at: "2026-11-26T10:00:00Z" } as Order;
  const text = calendarOf(show, order, "Order");
  for (const line of text.split("\r\n")) assert.ok(Buffer.byteLength(line) <= 75);
  assert.ok(text.replaceAll("\r\n ", "").includes(`SUMMARY:${"Ö".repeat(60)}\\, part\\; two\r\n`));
  assert.ok(text.includes("DTSTART:20261226T193000Z\r\n"));
  assert.ok(!text.includes("DTEND"));
});
