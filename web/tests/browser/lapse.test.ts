/** Holds end, and the page says so. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { hold, isLive, isToPay, openHouse, pick } from "./buyer";
import { holdAsAnother, makeShow } from "./organiser";

const house = openHouse();

test("a hold lapses, and the same places are picked again as far as they are free", async () => {
  const show = await makeShow({ hold_seconds: 3 });
  const page = await house.arrive(`/shows/${show}`);
  await isLive(page);
  await pick(page, "Stalls", 2, 3);
  await pick(page, "Stalls", 2, 4);
  await page.getByLabel("One place more: Gallery").click();
  await hold(page);
  await isToPay(page);
  await page.getByRole("heading", { name: "Your time was up" }).waitFor();
  await holdAsAnother(show, ["Stalls-2-4"]);
  await page.getByRole("button", { name: "Start again with the same places" }).click();
  await page.getByText("Somebody else has just taken Section Stalls, row 2, seat 4.").first().waitFor();
  const picked = await page.locator(".picked .places li > :first-child").allTextContents();
  assert.deepEqual(picked, ["Section Stalls, row 2, seat 3", "1 × Gallery"]);
});

test("a hold that lapses while its buyer looks at the map is told there", async () => {
  const show = await makeShow({ hold_seconds: 4 });
  const page = await house.arrive(`/shows/${show}`);
  await isLive(page);
  await pick(page, "Stalls", 2, 3);
  await hold(page);
  await isToPay(page);
  await page.getByRole("link", { name: "The Tempest" }).click();
  await page.getByRole("heading", { name: "Held for you" }).waitFor();
  await page.getByRole("alert").getByText("Your time to pay was up.").waitFor();
  await page.getByRole("link", { name: "To this order" }).click();
  await page.getByRole("heading", { name: "Your time was up" }).waitFor();
});

test("a payment that comes too late is told, and its money goes back", async () => {
  const show = await makeShow({ hold_seconds: 2 });
  const page = await house.arrive(`/shows/${show}`);
  await isLive(page);
  await pick(page, "Stalls", 2, 3);
  await hold(page);
  await isToPay(page);
  await page.getByLabel("Test card that takes four seconds").check();
  await page.getByRole("button", { name: "Pay €45.00" }).click();
  await page.getByRole("heading", { name: "Your time was up" }).waitFor();
  await page.getByText("The payment came too late. Its money goes back by itself").waitFor();
});
