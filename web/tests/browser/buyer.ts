/** Buyers in a real browser, before the page as it is served. Whatever goes wrong in the page fails the test. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, afterEach, before } from "node:test";
import { type Browser, type BrowserContextOptions, type Page, chromium } from "playwright-core";
import { root } from "./office";
import { office } from "./organiser";
import { type Served, serve } from "./serve";

const STEP_MS_MAX = 15_000;

export interface House {
  readonly served: Served;
  /** A buyer with a device of their own, at a path of the page. */
  arrive(path: string, options?: BrowserContextOptions): Promise<Page>;
}

/** Call once in a test file: serves the page while its tests run. */
export function openHouse(): House {
  let browser: Browser;
  let served: Served;
  const faults: string[] = [];
  before(async () => {
    served = await serve(office, join(root, "web/dist"));
    browser = await chromium.connect(process.env.BROWSER ?? "");
  });
  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
    assert.deepEqual(faults.splice(0), []);
  });
  after(async () => {
    await browser.close();
    await served.close();
  });
  return {
    get served() {
      return served;
    },
    async arrive(path, options = {}) {
      const context = await browser.newContext({ locale: "en-GB", viewport: { width: 1280, height: 900 }, ...options });
      context.setDefaultTimeout(STEP_MS_MAX);
      const page = await context.newPage();
      page.on("pageerror", (error) => faults.push(String(error.stack)));
      page.on("console", (message) => {
        if (/content security policy/i.test(message.text())) faults.push(message.text());
      });
      await page.goto(served.origin + path);
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
