/** A ticket is passed on: its new code is shown once, and kept until it has arrived. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { hold, isLive, isToPay, openHouse, pay, pick } from "./buyer";
import { makeShow } from "./organiser";

const house = openHouse();

test("a ticket is passed on under a new code, which outlives a reload until it has arrived", async () => {
  const page = await house.arrive(`/shows/${await makeShow()}`);
  await isLive(page);
  await pick(page, "Stalls", 1, 1);
  await pick(page, "Stalls", 1, 2);
  await hold(page);
  await isToPay(page);
  await pay(page, "Pay €90.00");
  const ticket = page.locator(".ticket", { hasText: "row 1, seat 2" });
  const before = await ticket.locator(".code").textContent();
  await ticket.locator("summary").click();
  await ticket.getByLabel("Who gets it?").fill("Grace Hopper");
  await ticket.getByRole("button", { name: "Pass it on now" }).click();
  const passed = page.getByRole("region", { name: "Passed on" });
  await passed.waitFor();
  await page.waitForFunction(() => document.activeElement?.id === "passed-on");
  assert.equal(await page.locator(".ticket").count(), 2, "it is among the buyer's own no more");
  const after = await passed.locator(".code").textContent();
  assert.match(after ?? "", /^[A-Z]{5}-[A-Z]{5}-[A-Z]{5}$/);
  assert.notEqual(after, before);
  await passed.getByText("Grace Hopper").waitFor();
  await passed.getByRole("img", { name: `QR code of ticket ${after}` }).waitFor();

  await page.reload();
  assert.equal(await passed.locator(".code").textContent(), after);
  await passed.getByRole("button", { name: "It has arrived" }).click();
  await passed.waitFor({ state: "detached" });
  await page.reload();
  await page.getByRole("heading", { name: "Your tickets" }).waitFor();
  assert.equal(await page.locator(".ticket").count(), 1);
  await page.getByText("Passed on: Section Stalls, row 1, seat 2.").waitFor();
});
