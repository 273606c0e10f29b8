/** Buyers in a real browser, before the page as the office serves it. Whatever goes wrong in the page fails the test. */
import assert from "node:assert/strict";
import { after, afterEach, before } from "node:test";
import { type Browser, type BrowserContextOptions, type Page, chromium } from "playwright-core";
import { office } from "./organiser";

const STEP_MS_MAX = 15_000;

export interface House {
  /** A buyer with a device of their own, at a path of the page; `baseURL` is another way to the office. */
  arrive(path: string, options?: BrowserContextOptions): Promise<Page>;
}

/** Call once in a test file. */
export function openHouse(): House {
  let browser: Browser;
  const faults: string[] = [];
  before(async () => {
    browser = await chromium.connect(process.env.BROWSER ?? "");
  });
  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
    assert.deepEqual(faults.splice(0), []);
  });
  after(async () => {
    await browser.close();
  });
  return {
    async arrive(path, options = {}) {
      const context = await browser.newContext({
        baseURL: office,
        locale: "en-GB",
        viewport: { width: 1280, height: 900 },
        ...options,
      });
      context.setDefaultTimeout(STEP_MS_MAX);
      const page = await context.newPage();
      page.on("pageerror", (error) => faults.push(String(error.stack)));
      page.on("console", (message) => {
        if (/content security policy/i.test(message.text())) faults.push(message.text());
      });
      await page.goto(path);
      return page;
    },
  };
}

/** Waits until the page follows the show. */
export async function isLive(page: Page): Promise<void> {
  await page.getByText("Live", { exact: true }).waitFor();
}

/** Picks a seat by the map's grid, as those do who don't see it. */
export async function pick(page: Page, section: string, row: number, seat: number): Promise<void> {
  await page.locator(".seat-map select").selectOption({ label: `Section ${section}` });
  await page.getByRole("gridcell", { name: `row ${row}, seat ${seat},` }).press("Enter");
  await page.getByRole("button", { name: `Remove Section ${section}, row ${row}, seat ${seat}`, exact: true }).waitFor();
}

export async function hold(page: Page): Promise<void> {
  await page.getByRole("button", { name: /^Hold/ }).click();
}

export async function isToPay(page: Page): Promise<void> {
  await page.getByRole("heading", { name: "Pay for your places" }).waitFor();
}

/** Pays by the sandbox's card, at the button that says so. */
export async function pay(page: Page, button: string | RegExp = /^Pay €/): Promise<void> {
  await page.getByLabel("Test card that works").check();
  await page.getByRole("button", { name: button }).click();
  await page.getByRole("heading", { name: "Your tickets" }).waitFor();
}

/** The inbox is opened once the page has settled. */
export async function isHeard(page: Page): Promise<void> {
  await page.waitForResponse((answer) => answer.url().includes("/v1/inbox?after=") && (answer.headers()["content-type"] ?? "").startsWith("text/event-stream"));
}
