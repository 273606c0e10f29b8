/** The whole walk without a mouse: every step is a key, and the focus is where it must be. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { isLive, openHouse } from "./buyer";
import { call, makeShow } from "./organiser";
import { TARIFF } from "./tariff";
import { TWO_FLOORS, TWO_FLOORS_PRICES } from "./two-floors";

const house = openHouse();
const PRESSES_MAX = 200;

/** Presses a key until something is so. */
async function press(page: Page, key: string, until: () => Promise<boolean>, what: string): Promise<void> {
  for (let presses = 0; presses < PRESSES_MAX; presses += 1) {
    if (await until()) return;
    await page.keyboard.press(key);
  }
  assert.fail(`no ${key} leads to ${what}`);
}

/** What has the focus, as it is called. */
function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const element = document.activeElement as HTMLElement & { labels?: NodeListOf<HTMLElement> };
    return element.getAttribute("aria-label") ?? element.labels?.[0]?.textContent ?? element.textContent ?? "";
  });
}

function tabTo(page: Page, words: string): Promise<void> {
  return press(page, "Tab", async () => (await focused(page)).startsWith(words), words);
}

test("a seat is found, held and paid by keyboard alone", async () => {
  const title = `Keys ${Date.now()}`;
  await makeShow({ title });
  const page = await house.arrive("/");
  // All tests have their shows in one list.
  const [link, others] = [page.getByRole("link", { name: title }), page.getByRole("button", { name: "More shows" })];
  for (await link.or(others).first().waitFor(); !(await link.isVisible()); await link.or(others).first().waitFor()) await others.press("Enter");
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
  await tabTo(page, "Card");
  const works = page.getByLabel("Test card that works");
  await press(page, "ArrowDown", () => works.isChecked(), "the test card");
  await tabTo(page, "Pay €45.00");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Your tickets" }).waitFor();
});

test("a wish, a lone seat and the waitlist are dealt with by keyboard alone", async () => {
  const show = await makeShow({ ...TWO_FLOORS_PRICES, lone_seats: "lenient", waitlist: {} }, TWO_FLOORS);
  const page = await house.arrive(`/shows/${show}`);
  await isLive(page);
  await tabTo(page, "Section");
  // To the floor above, whose first section has the focus next.
  await press(page, "ArrowDown", () => page.locator(".seat-map select").evaluate((select: HTMLSelectElement) => select.selectedOptions[0]?.text === "First circle"), "the floor");
  await page.getByRole("gridcell", { name: "row 1, seat 6, €20.00, free" }).waitFor({ state: "attached" });
  await tabTo(page, "row 1, seat 1,");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");
  await tabTo(page, "Take Section Circle, row 1, seat 1");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement?.id), "your-seats");
  await tabTo(page, "Remove Section Circle, row 1, seat 1");
  await page.keyboard.press("Enter");
  await tabTo(page, "More wishes");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.activeElement?.id === "add-group");
  await tabTo(page, "Wait for other places");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.activeElement?.id === "waitlist");
  await press(page, "Shift+Tab", async () => (await focused(page)).trim() === "Pairs near each other", "the wish");
  await page.keyboard.press("Space");
  assert.ok(await page.getByLabel("Pairs near each other").isChecked());
  await tabTo(page, "Find seats");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Pay for your places" }).waitFor();
});

test("a ticket type, a code and who buys are told by keyboard alone", async () => {
  const show = await makeShow(TARIFF);
  await call("POST", `/v1/shows/${show}/codes`, { codes: ["EARLY"], percent: 100 });
  const page = await house.arrive(`/shows/${show}`);
  await isLive(page);
  await tabTo(page, "row 1, seat 1,");
  await page.keyboard.press("Enter");
  await tabTo(page, "Ticket for Section Stalls, row 1, seat 1");
  await page.keyboard.press("ArrowDown");
  await page.getByText("€23.50", { exact: true }).waitFor();
  await page.keyboard.press("ArrowUp");
  await tabTo(page, "I have a code");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.activeElement?.tagName === "INPUT");
  await page.keyboard.type("early");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Your code: EARLY" }).waitFor();
  await page.keyboard.press("Shift+Tab");
  await press(page, "Shift+Tab", async () => (await focused(page)).startsWith("Hold for"), "holding");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Pay for your places" }).waitFor();
  await tabTo(page, "Name and e-mail");
  await page.keyboard.press("Enter");
  await tabTo(page, "E-mail");
  await page.keyboard.type("ada@example.org");
  await tabTo(page, "Get the tickets");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Your tickets" }).waitFor();
});
