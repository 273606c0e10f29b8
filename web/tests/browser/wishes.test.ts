/** What buyers may wish of seats side by side, and what they are told where that can't be. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { isLive, isToPay, openHouse, pay } from "./buyer";
import { holdAsAnother, makeShow, seatsIn } from "./organiser";
import { TWO_FLOORS, TWO_FLOORS_PRICES } from "./two-floors";

const house = openHouse();

async function open(page: Page): Promise<void> {
  await isLive(page);
  await page.getByRole("button", { name: "More wishes" }).click();
  await page.getByRole("button", { name: "One more group" }).waitFor();
}

async function find(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Find seats" }).click();
}

test("seats are found on the floor, in the section and for the price that are wished", async () => {
  const show = await makeShow(TWO_FLOORS_PRICES, TWO_FLOORS);
  const page = await house.arrive(`/shows/${show}`);
  await open(page);
  await page.getByLabel("Floor").selectOption({ label: "First circle" });
  await find(page);
  await isToPay(page);
  assert.match((await seatsIn(show, "held")).join(), /^Circle-1-\d,Circle-1-\d$/);

  const other = await house.arrive(`/shows/${show}`);
  await open(other);
  await other.getByLabel("Each seat at most").selectOption({ label: "€20.00" });
  await other.getByLabel("How many").selectOption("3");
  await find(other);
  await isToPay(other);
  const held = await seatsIn(show, "held");
  assert.equal(held.filter((seat) => seat.startsWith("Circle")).length, 5);

  const third = await house.arrive(`/shows/${show}`);
  await open(third);
  await third.locator(".together").getByLabel("Section").selectOption("Circle");
  await find(third);
  await isToPay(third);
  assert.equal((await seatsIn(show, "held")).filter((seat) => seat.startsWith("Circle")).length, 7);
});

test("a place for a wheelchair is found with the seat beside it, and the map says what they are", async () => {
  const show = await makeShow(TWO_FLOORS_PRICES, TWO_FLOORS);
  const page = await house.arrive(`/shows/${show}`);
  await open(page);
  await page.getByRole("gridcell", { name: "row 1, seat 1, wheelchair place, €60.00, free" }).waitFor();
  await page.getByRole("gridcell", { name: "row 1, seat 2, beside a wheelchair place, €60.00, free" }).waitFor();
  await page.getByRole("gridcell", { name: "row 3, seat 4, restricted view, €60.00, free" }).waitFor();
  await page.getByLabel("Wheelchair places among them").selectOption("1");
  await find(page);
  await isToPay(page);
  assert.deepEqual(await seatsIn(show, "held"), ["Parquet-1-1", "Parquet-1-2"]);
});

test("several groups get seats at once, near an order of before", async () => {
  const show = await makeShow({ ...TWO_FLOORS_PRICES }, TWO_FLOORS);
  const page = await house.arrive(`/shows/${show}`);
  await open(page);
  await page.locator(".together").getByLabel("Section").selectOption("Circle");
  await find(page);
  await isToPay(page);
  await pay(page, "Pay €40.00");

  await page.goto(`/shows/${show}`);
  await open(page);
  await page.getByLabel("Near to").selectOption({ index: 1 });
  await page.getByRole("button", { name: "One more group" }).click();
  await page.getByLabel("Group 2: how many").selectOption("3");
  await find(page);
  await isToPay(page);
  const held = await seatsIn(show, "held");
  assert.equal(held.length, 5);
  assert.ok(held.every((seat) => seat.startsWith("Circle")), held.join());
});

test("what is not side by side is offered where the wish can't be met, and said where it was taken", async () => {
  const show = await makeShow({ ...TWO_FLOORS_PRICES, order_places_max: 12 }, TWO_FLOORS);
  const page = await house.arrive(`/shows/${show}`);
  await open(page);
  await page.getByLabel("Floor").selectOption({ label: "First circle" });
  await page.getByLabel("How many").selectOption("8");
  await find(page);
  await page.getByRole("alert").getByText("as you wish: 6 at most").waitFor();
  assert.deepEqual(await seatsIn(show, "held"), []);
  await page.getByRole("button", { name: "Split over two rows behind each other" }).click();
  await isToPay(page);
  assert.equal((await seatsIn(show, "held")).length, 8);
  await page.getByText("These are in two rows near each other, as you allowed.").waitFor();
  // It is still said after a reload, which the office itself tells nothing of.
  await page.reload();
  await page.getByText("These are in two rows near each other, as you allowed.").waitFor();
});

test("what will do instead can be said before", async () => {
  const show = await makeShow(TWO_FLOORS_PRICES, TWO_FLOORS);
  await holdAsAnother(show, ["Circle-1-2", "Circle-1-4", "Circle-1-6", "Circle-2-2", "Circle-2-4", "Circle-2-6"]);
  const page = await house.arrive(`/shows/${show}`);
  await open(page);
  await page.getByLabel("Floor").selectOption({ label: "First circle" });
  await page.getByLabel("Pairs near each other").check();
  await page.getByLabel("Single seats near each other").check();
  await page.getByLabel("How many").selectOption("4");
  await find(page);
  await isToPay(page);
  await page.getByText("These are single seats near each other, as you allowed.").waitFor();
});
