/** The whole walk without a mouse: every step is a key, and the focus is where it must be. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { isLive, openHouse } from "./buyer";
import { makeShow } from "./organiser";

const house = openHouse();
const TABS_MAX = 60;

/** Tab after Tab until something has the focus whose text or label begins so. */
async function tabTo(page: Page, words: string): Promise<void> {
  for (let tabs = 0; tabs < TABS_MAX; tabs += 1) {
    const focused = await page.evaluate(() => {
      const element = document.activeElement;
      return element?.getAttribute("aria-label") ?? element?.textContent ?? "";
    });
    if (focused.startsWith(words)) return;
    await page.keyboard.press("Tab");
  }
  assert.fail(`no Tab leads to "${words}"`);
}

test("a seat is found, held and paid by keyboard alone", async () => {
  const title = `Keys ${Date.now()}`;
  await makeShow({ title });
  const page = await house.arrive("/");
  await page.getByRole("link", { name: title }).waitFor();
  await tabTo(page, title);
  await page.keyboard.press("Enter");
  await isLive(page);
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), title, "the focus follows to the heading");

  await tabTo(page, "row 1, seat 1,");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowRight");
  assert.match(await page.evaluate(() => document.activeElement?.textContent ?? ""), /^row 2, seat 2, €45.00, free$/);
  await page.keyboard.press("Enter");
  await tabTo(page, "Hold for 10 minutes");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Pay for your places" }).waitFor();
  await tabTo(page, "Pay €45.00");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Your tickets" }).waitFor();
});
