/** From the hold to the tickets, and some of them back. */
import assert from "node:assert/strict";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { hold, isLive, isToPay, openHouse, pick } from "./buyer";
import { makeShow, stateOf } from "./organiser";

const house = openHouse();

test("a card is declined, another pays; tickets, calendar and giving one back", async () => {
  const show = await makeShow();
  const page = await house.arrive("/");
  await page.goto(`/shows/${show}`);
  await isLive(page);
  await pick(page, "Stalls", 1, 7);
  await pick(page, "Stalls", 1, 8);
  await hold(page);
  await isToPay(page);
  await page.getByLabel("Test card that is declined").check();
  await page.getByRole("button", { name: "Pay €90.00" }).click();
  await page.getByText("The bank has declined the card. Your places are still held").waitFor();

  await page.getByLabel("Test card that works").check();
  await page.getByRole("button", { name: "Pay €90.00" }).click();
  const title = page.getByRole("heading", { name: "Your tickets" });
  await title.waitFor();
  await page.waitForFunction(() => document.activeElement?.tagName === "H1");
  const codes = page.getByRole("img", { name: /^QR code of ticket/ });
  assert.equal(await codes.count(), 2);
  assert.ok(await codes.first().evaluate((image: HTMLImageElement) => image.complete && image.naturalWidth > 0));
  assert.equal(await stateOf(show, "Stalls-1-7"), "sold");

  const saved = page.waitForEvent("download");
  await page.getByRole("button", { name: "Add to calendar" }).click();
  const file = await text(await (await saved).createReadStream());
  assert.match(file, /^BEGIN:VCALENDAR\r\n[\s\S]*SUMMARY:The Tempest\r\n/);

  await page.locator("summary", { hasText: "Give tickets back" }).click();
  await page.locator("details", { hasText: "Give tickets back" }).getByLabel("Section Stalls, row 1, seat 8", { exact: true }).check();
  await page.getByRole("button", { name: "Give 1 ticket back" }).click();
  await page.getByRole("group", { name: /^Are you sure/ }).getByRole("button", { name: "Give 1 ticket back" }).click();
  await page.getByText("€45.00 goes back to you.").waitFor();
  assert.equal(await codes.count(), 1);
  assert.equal(await stateOf(show, "Stalls-1-8"), "free");

  await page.getByRole("link", { name: "My orders" }).click();
  await page.getByText("Paid", { exact: true }).waitFor();
  await page.getByRole("link", { name: "The Tempest", exact: true }).click();
  await title.waitFor();
});

test("seats together are held without the map, survive a reload and can be given up", async () => {
  const show = await makeShow();
  const page = await house.arrive(`/shows/${show}`);
  await page.getByLabel("How many").selectOption("3");
  await page.getByLabel("Price").selectOption("Balcony");
  await page.getByRole("button", { name: "Find seats" }).click();
  await isToPay(page);
  await page.reload();
  await isToPay(page);
  await page.getByText("€84.00", { exact: true }).waitFor();

  await page.goto(`/shows/${show}`);
  await page.getByRole("heading", { name: "Held for you" }).waitFor();
  assert.match((await page.getByRole("timer").textContent()) ?? "", /^(10:00|9:\d\d)$/);
  await page.getByRole("button", { name: "Give up these places" }).click();
  await page.getByRole("heading", { name: "Seats together" }).waitFor();
  assert.equal(await stateOf(show, "Balcony-1-9"), "free");
});
