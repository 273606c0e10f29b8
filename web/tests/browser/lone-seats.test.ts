/** A show that leaves no single seats over: the buyer is told while they pick, and not first by a refusal. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { hold, isLive, isToPay, openHouse, pay, pick } from "./buyer";
import { makeShow, seatsIn } from "./organiser";
import { TWO_FLOORS, TWO_FLOORS_PRICES } from "./two-floors";

const house = openHouse();

test("the seat that would be left alone is told and shown, and others are offered", async () => {
  const show = await makeShow({ ...TWO_FLOORS_PRICES, lone_seats: "lenient" }, TWO_FLOORS);
  const page = await house.arrive(`/shows/${show}`);
  await isLive(page);
  await pick(page, "Parquet", 2, 2);
  await page.getByText("Section Parquet, row 2, seat 1 would be left alone").first().waitFor();
  await page.getByRole("gridcell", { name: "row 2, seat 1, €60.00, would be left alone" }).waitFor();
  // One more beside it, and nobody sits alone.
  await page.getByRole("gridcell", { name: "row 2, seat 1," }).press("Enter");
  await page.getByRole("button", { name: /^Take Section/ }).first().waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Remove Section Parquet, row 2, seat 1", exact: true }).click();
  await page.getByRole("button", { name: "Take Section Parquet, row 2, seat 3", exact: true }).click();
  await page.getByRole("button", { name: "Remove Section Parquet, row 2, seat 3", exact: true }).waitFor();
  assert.equal(await page.getByRole("button", { name: /^Take Section/ }).count(), 0);
  await page.getByRole("gridcell", { name: "row 2, seat 1, €60.00, free" }).waitFor();
  await hold(page);
  await isToPay(page);
  assert.deepEqual(await seatsIn(show, "held"), ["Parquet-2-3"]);
});

test("the office refuses what the page has only warned of, and what it says is told once", async () => {
  const show = await makeShow({ ...TWO_FLOORS_PRICES, lone_seats: "strict" }, TWO_FLOORS);
  const page = await house.arrive(`/shows/${show}`);
  await isLive(page);
  await pick(page, "Circle", 2, 2);
  await page.getByRole("button", { name: /^Take Section Circle/ }).first().waitFor();
  const refused = page.waitForResponse((answer) => answer.url().endsWith("/orders") && answer.status() === 409);
  await hold(page);
  assert.equal(((await (await refused).json()) as { code: string }).code, "lone_seat");
  assert.equal(await page.locator(".picked .note").count(), 1);
  await page.getByRole("button", { name: /^Take Section Circle/ }).first().click();
  await hold(page);
  await isToPay(page);
});

test("seats of tickets that are given in exchange are looked at as free", async () => {
  const show = await makeShow({ ...TWO_FLOORS_PRICES, lone_seats: "lenient" }, TWO_FLOORS);
  const page = await house.arrive(`/shows/${show}`);
  await isLive(page);
  await pick(page, "Parquet", 2, 1);
  await pick(page, "Parquet", 2, 2);
  await hold(page);
  await isToPay(page);
  await pay(page);
  const exchange = page.locator("details", { hasText: "Exchange tickets" });
  await exchange.locator("summary").click();
  await exchange.getByLabel("Section Parquet, row 2, seat 2", { exact: true }).check();
  await exchange.getByRole("button", { name: "Pick other places" }).click();
  await page.getByText("You give 1 ticket for other places").waitFor();
  await isLive(page);
  await pick(page, "Parquet", 2, 3);
  await page.getByText("Section Parquet, row 2, seat 2 would be left alone").first().waitFor();
});
