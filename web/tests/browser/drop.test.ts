/** One place of several is given up while the others stay held. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { hold, isLive, isToPay, openHouse, pick } from "./buyer";
import { makeShow, stateOf } from "./organiser";
import { TARIFF } from "./tariff";

const house = openHouse();

test("a seat and a place without a number are given up, and what is left is paid", async () => {
  const show = await makeShow(TARIFF);
  const page = await house.arrive(`/shows/${show}`);
  await isLive(page);
  await pick(page, "Stalls", 1, 4);
  await pick(page, "Stalls", 1, 5);
  const gallery = page.getByRole("spinbutton", { name: /^Gallery/ });
  await gallery.fill("2");
  await gallery.blur();
  await page.getByLabel("Ticket for Gallery, place 2").selectOption("child");
  await hold(page);
  await isToPay(page);
  await page.getByRole("button", { name: "Pay €116.50" }).waitFor();
  await page.getByRole("button", { name: "Give up Section Stalls, row 1, seat 5", exact: true }).click();
  await page.getByRole("button", { name: "Pay €70.50" }).waitFor();
  await page.waitForFunction(() => document.activeElement?.id === "held-places");
  assert.equal(await stateOf(show, "Stalls-1-5"), "free");
  assert.equal(await stateOf(show, "Stalls-1-4"), "held");
  // The child's place is the second of the two.
  await page.getByRole("listitem").filter({ hasText: "Child" }).getByRole("button", { name: "Give up Gallery" }).click();
  await page.getByRole("button", { name: "Pay €64.50" }).waitFor();
  await page.getByLabel("Test card that works").check();
  await page.getByRole("button", { name: "Give up Gallery" }).click();
  await page.getByRole("button", { name: "Pay €48.50" }).click();
  await page.getByRole("heading", { name: "Your tickets" }).waitFor();
  assert.equal(await page.locator(".ticket").count(), 1);
});

test("what is left must be sold so: the refusal is told, and nothing is given up", async () => {
  const page = await house.arrive(`/shows/${await makeShow(TARIFF)}`);
  await isLive(page);
  await pick(page, "Stalls", 1, 4);
  await pick(page, "Stalls", 1, 5);
  await page.getByLabel("Ticket for Section Stalls, row 1, seat 5").selectOption("child");
  await hold(page);
  await isToPay(page);
  await page.getByRole("button", { name: "Give up Section Stalls, row 1, seat 4", exact: true }).click();
  await page.getByRole("alert").getByText("Child: only together with Adult.").waitFor();
  assert.equal(await page.getByRole("button", { name: /^Give up Section/ }).count(), 2);
});
