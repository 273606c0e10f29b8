/** A buyer's own orders, page by page, whatever this device remembers. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isToPay, openHouse } from "./buyer";
import { call, makeShow } from "./organiser";

const house = openHouse();
const ORDERS = 21;

test("all orders of the session are listed, also those that this device doesn't remember", async () => {
  const show = await makeShow({ session_places_max: 50 });
  const page = await house.arrive("/orders");
  await page.getByText("You have not ordered anything yet.").waitFor();
  const token = await page.evaluate(() => JSON.parse(localStorage.getItem("boxoffice.token") ?? "null") as string);
  const seats = Array.from({ length: ORDERS }, (_, at) => (at < 14 ? `Stalls-1-${at + 1}` : `Stalls-2-${at - 13}`));
  for (const seat of seats) await call("POST", `/v1/shows/${show}/orders`, { seats: [seat] }, token);
  await page.reload();
  const cards = page.locator(".show-card");
  await cards.nth(19).waitFor();
  assert.equal(await cards.count(), 20);
  await page.getByRole("button", { name: "Earlier orders" }).click();
  await cards.nth(ORDERS - 1).waitFor();
  assert.equal(await cards.count(), ORDERS);
  assert.equal(await page.getByText("Waiting to be paid").count(), ORDERS);
  assert.equal(await page.getByText("€45.00").count(), ORDERS);
  await cards.first().getByRole("link", { name: "The Tempest" }).click();
  await isToPay(page);
});

test("an order of an earlier visit is told as that, and can be taken off the list", async () => {
  const page = await house.arrive("/orders");
  await page.getByText("You have not ordered anything yet.").waitFor();
  await page.evaluate(() => {
    const own = { order: "HRVEN-UTABR", show: "1024", title: "Long ago", startsAt: "2026-01-01T19:00:00Z" };
    localStorage.setItem("boxoffice.orders", JSON.stringify([own]));
  });
  await page.reload();
  const card = page.locator(".show-card", { hasText: "Long ago" });
  await card.getByText("This order belongs to an earlier visit").waitFor();
  await card.getByRole("button", { name: "Remove from this list" }).click();
  await page.getByText("You have not ordered anything yet.").waitFor();
});
