/** A show that sells its places as several things. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { hold, isLive, isToPay, openHouse, pay, pick } from "./buyer";
import { makeShow } from "./organiser";
import { TARIFF } from "./tariff";

const house = openHouse();
function typeOf(page: Page, place: string) {
  return page.getByLabel(`Ticket for ${place}`, { exact: true });
}

test("each place is sold as what the buyer chooses, and prices, fees and tax follow", async () => {
  const page = await house.arrive(`/shows/${await makeShow(TARIFF)}`);
  await isLive(page);
  await pick(page, "Stalls", 1, 1);
  await pick(page, "Stalls", 1, 2);
  // 45.00 and 40.00, two fees of 1.00, and 2.50 for the order.
  await page.getByText("€89.50", { exact: true }).waitFor();
  await page.getByText("That includes €14.29 VAT (19 %).").waitFor();
  // A seat with a price of its own costs as a child as much less as others do.
  await typeOf(page, "Section Stalls, row 1, seat 2").selectOption({ label: "Child · €15.00" });
  await page.getByText("€64.50", { exact: true }).waitFor();
  const standing = page.getByRole("spinbutton", { name: /^Gallery/ });
  await standing.fill("2");
  await standing.blur();
  await typeOf(page, "Gallery, place 1").selectOption({ label: "Child · €5.00" });
  await typeOf(page, "Gallery, place 2").waitFor();
  // What goes takes its choice with it.
  await page.getByRole("button", { name: "Remove Gallery, place 1", exact: true }).click();
  assert.equal(await typeOf(page, "Gallery, place 1").inputValue(), "adult");
  await page.getByText("€80.50", { exact: true }).waitFor();
  await hold(page);
  await isToPay(page);
  const receipt = page.getByRole("listitem");
  assert.deepEqual(await receipt.allTextContents(), [
    "Section Stalls, row 1, seat 1Adult€45.00×",
    "Section Stalls, row 1, seat 2Child€15.00×",
    "GalleryAdult€15.00×",
  ]);
  await page.getByText("That includes €12.85 VAT (19 %).").waitFor();
  await pay(page, "Pay €80.50");
  await page.locator(".ticket", { hasText: "row 1, seat 2" }).getByText("Child").waitFor();
});

test("what can't be sold so is refused at the cart, in words that name it", async () => {
  const page = await house.arrive(`/shows/${await makeShow(TARIFF)}`);
  await isLive(page);
  for (const seat of [3, 4, 5]) {
    await pick(page, "Stalls", 1, seat);
    await typeOf(page, `Section Stalls, row 1, seat ${seat}`).selectOption("child");
  }
  await hold(page);
  await page.getByRole("alert").getByText(/^Child: /).waitFor();
  await typeOf(page, "Section Stalls, row 1, seat 3").selectOption("adult");
  await typeOf(page, "Section Stalls, row 1, seat 4").selectOption("adult");
  await page.getByRole("button", { name: "Remove Section Stalls, row 1, seat 3" }).click();
  await page.getByRole("button", { name: "Remove Section Stalls, row 1, seat 4" }).click();
  await hold(page);
  await page.getByRole("alert").getByText("Child: only together with Adult.").waitFor();
  await page.getByRole("button", { name: "Remove Section Stalls, row 1, seat 5" }).click();
  await pick(page, "Balcony", 1, 1);
  await typeOf(page, "Section Balcony, row 1, seat 1").selectOption("group");
  await hold(page);
  await page.getByRole("alert").getByText("Group: at least 3 in one order.").waitFor();
});

test("of seats that are found side by side some are for children", async () => {
  const page = await house.arrive(`/shows/${await makeShow(TARIFF)}`);
  await isLive(page);
  await page.getByLabel("How many").selectOption("3");
  await page.getByLabel("Price").selectOption("Stalls");
  await page.getByRole("group", { name: "Of these" }).getByLabel("Child").selectOption("2");
  await page.getByRole("button", { name: "Find seats" }).click();
  await isToPay(page);
  assert.equal(await page.getByRole("listitem").filter({ hasText: "Child" }).count(), 2);
});
