/** Who buys and who comes. */
import { test } from "node:test";
import type { Page } from "playwright-core";
import { hold, isLive, isToPay, openHouse, pay, pick } from "./buyer";
import { call, makeShow } from "./organiser";
import assert from "node:assert/strict";

const house = openHouse();

interface Listed {
  readonly orders: readonly { buyer?: Record<string, string>; attendees?: (string | null)[] }[];
}

async function heldWith(show: string): Promise<Page> {
  const page = await house.arrive(`/shows/${show}`);
  await isLive(page);
  await pick(page, "Stalls", 1, 1);
  await pick(page, "Stalls", 1, 2);
  await hold(page);
  await isToPay(page);
  await page.locator("summary", { hasText: "Name and e-mail" }).click();
  return page;
}

test("what is told is kept, also by paying, and stands on the tickets", async () => {
  const show = await makeShow();
  const page = await heldWith(show);
  await page.getByLabel("Your name", { exact: true }).fill("Ada Lovelace");
  await page.getByLabel("E-mail").fill("ada@example.org");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("button", { name: "Saved" }).waitFor();
  await page.reload();
  await isToPay(page);
  assert.equal(await page.getByLabel("E-mail").inputValue(), "ada@example.org");
  // Not saved by its button: paying does.
  await page.getByRole("group", { name: /^Who comes/ }).getByLabel("Section Stalls, row 1, seat 2").fill("Charles Babbage");
  await pay(page, "Pay €90.00");
  await page.locator(".ticket", { hasText: "seat 2" }).getByText("Charles Babbage").waitFor();
  const { orders } = await call<Listed>("GET", `/v1/shows/${show}/orders`);
  assert.deepEqual(orders[0]?.buyer, { name: "Ada Lovelace", email: "ada@example.org", locale: "en" });
  assert.deepEqual(orders[0]?.attendees, [null, "Charles Babbage"]);
});

test("what can't be taken is told at its field, before anything is paid", async () => {
  const page = await heldWith(await makeShow());
  await page.getByLabel("E-mail").fill("ada at home");
  await page.getByLabel("Test card that works").check();
  await page.getByRole("button", { name: "Pay €90.00" }).click();
  const fault = page.getByText("This is not an e-mail address.");
  await fault.waitFor();
  await page.waitForFunction(() => document.activeElement?.id === "buyer-email");
  const field = page.getByLabel("E-mail");
  assert.equal(await field.getAttribute("aria-invalid"), "true");
  assert.equal(await field.getAttribute("aria-describedby"), await fault.getAttribute("id"));
  await field.fill("");
  await page.getByLabel("Telephone").fill("call me");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("This is not a telephone number").waitFor();
  await page.getByLabel("Telephone").fill("+43 1 234567");
  await page.getByRole("button", { name: "Pay €90.00" }).click();
  await page.getByRole("heading", { name: "Your tickets" }).waitFor();
});
