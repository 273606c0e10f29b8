/** Codes: a discount, the way to places that are kept for somebody, and what they are refused for. */
import { test } from "node:test";
import type { Page } from "playwright-core";
import { hold, isLive, isToPay, openHouse, pick } from "./buyer";
import { call, makeShow, stateOf } from "./organiser";
import assert from "node:assert/strict";

const house = openHouse();

async function enter(page: Page, code: string): Promise<void> {
  const field = page.getByLabel("Your code");
  if ((await field.count()) === 0) await page.getByRole("button", { name: "I have a code" }).click();
  await field.fill(code);
  await page.getByRole("button", { name: "Use this code" }).click();
}

test("a code takes something off, which the order tells; a wrong one is told and mended", async () => {
  const show = await makeShow();
  await call("POST", `/v1/shows/${show}/codes`, { codes: ["EARLY"], percent: 20 });
  const page = await house.arrive(`/shows/${show}`);
  await isLive(page);
  await pick(page, "Stalls", 1, 1);
  await enter(page, "erly");
  await page.getByRole("heading", { name: "Your code: ERLY" }).waitFor();
  await hold(page);
  await page.getByRole("alert").getByText("There is no such code for this show.").waitFor();
  await page.waitForFunction(() => document.activeElement?.getAttribute("aria-invalid") === "true");
  await enter(page, "early");
  await page.getByRole("heading", { name: "Your code: EARLY" }).waitFor();
  await hold(page);
  await isToPay(page);
  await page.getByText("€9.00 less with the code EARLY.").waitFor();
  await page.getByRole("button", { name: "Pay €36.00" }).waitFor();
});

test("a code that is used up is told, and the order goes on without it", async () => {
  const show = await makeShow();
  await call("POST", `/v1/shows/${show}/codes`, { codes: ["ONCE"], percent: 50, uses_max: 1 });
  const { token } = await call<{ token: string }>("POST", "/v1/sessions");
  await call("POST", `/v1/shows/${show}/orders`, { seats: ["Stalls-1-9"], code: "ONCE" }, token);
  const page = await house.arrive(`/shows/${show}`);
  await isLive(page);
  await pick(page, "Stalls", 1, 1);
  await enter(page, "ONCE");
  await hold(page);
  await page.getByRole("alert").getByText("This code was used as often as it may be.").waitFor();
  await page.getByLabel("Your code").fill("");
  await page.getByRole("button", { name: "Use this code" }).click();
  await page.getByRole("alert").waitFor({ state: "detached" });
  await hold(page);
  await isToPay(page);
  await page.getByRole("button", { name: "Pay €45.00" }).waitFor();
});

test("a code opens seats that are kept for somebody, on the map too", async () => {
  const show = await makeShow();
  await call("POST", `/v1/shows/${show}/blocks`, { seats: ["Stalls-1-1", "Stalls-1-2"], label: "press" });
  await call("POST", `/v1/shows/${show}/codes`, { codes: ["PRESS-26"], label: "press" });
  const page = await house.arrive(`/shows/${show}`);
  await isLive(page);
  const kept = page.getByRole("gridcell", { name: "row 1, seat 1, €45.00, not for sale" });
  await kept.press("Enter");
  assert.equal(await page.getByRole("button", { name: /^Hold/ }).count(), 0, "without a code it can't be picked");
  await enter(page, "press-26");
  await pick(page, "Stalls", 1, 3);
  await hold(page);
  await page.getByRole("alert").getByText("This code is not for these places.").waitFor();
  await page.getByRole("button", { name: "Remove Section Stalls, row 1, seat 3" }).click();
  await pick(page, "Stalls", 1, 1);
  await hold(page);
  await isToPay(page);
  await page.getByText("With the code PRESS-26.").waitFor();
  assert.equal(await stateOf(show, "Stalls-1-1"), "held");
});
