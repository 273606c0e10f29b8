/** Tickets are given for other places. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { hold, isLive, isToPay, openHouse, pay, pick } from "./buyer";
import { makeShow, stateOf } from "./organiser";

const house = openHouse();

/** Pays for seats of the first row, and begins to exchange the last of them. */
async function beginWith(show: string, seats: readonly number[]): Promise<Page> {
  const page = await house.arrive(`/shows/${show}`);
  await isLive(page);
  for (const seat of seats) await pick(page, "Stalls", 1, seat);
  await hold(page);
  await isToPay(page);
  await pay(page);
  const exchange = page.locator("details", { hasText: "Exchange tickets" });
  await exchange.locator("summary").click();
  await exchange.getByLabel(`Section Stalls, row 1, seat ${seats.at(-1)}`, { exact: true }).check();
  await exchange.getByRole("button", { name: "Pick other places" }).click();
  await page.getByText("You give 1 ticket for other places: €45.00.").waitFor();
  await isLive(page);
  return page;
}

test("a cheaper place is there at once, and what is left goes back", async () => {
  const show = await makeShow();
  const page = await beginWith(show, [1, 2]);
  await pick(page, "Balcony", 1, 1);
  await page.getByText("€17.00 goes back to you.").waitFor();
  await page.getByRole("button", { name: "Exchange" }).click();
  await page.getByRole("heading", { name: "Your tickets" }).waitFor();
  await page.getByRole("heading", { name: "Section Balcony, row 1, seat 1" }).waitFor();
  assert.equal(await page.locator(".ticket").count(), 1);
  assert.deepEqual(await Promise.all(["Stalls-1-1", "Stalls-1-2", "Balcony-1-1"].map((seat) => stateOf(show, seat))), ["sold", "free", "sold"]);
});

test("for dearer places what is left is paid, and until then the tickets stay", async () => {
  const show = await makeShow();
  const page = await beginWith(show, [1]);
  await pick(page, "Stalls", 2, 1);
  await page.getByText("There is nothing left to pay.").first().waitFor();
  await pick(page, "Balcony", 1, 1);
  await page.getByText("€28.00 is left to pay.").waitFor();
  await page.getByRole("button", { name: "Exchange" }).click();
  await isToPay(page);
  await page.getByText("Your tickets count for €45.00: €28.00 is left to pay.").waitFor();
  assert.equal(await stateOf(show, "Stalls-1-1"), "sold");
  await pay(page, "Pay €28.00");
  assert.equal(await page.locator(".ticket").count(), 2);
  assert.equal(await stateOf(show, "Stalls-1-1"), "free");
});
