/** `<boxoffice-map>` on a page of another origin than the office's, under a strict policy. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { book, hall, makeBuyer, makeShow } from "./map/api";
import { launch, servePages, WAIT_MS_MAX, type Pages } from "./map/browser";
import { startOffice, type TestOffice } from "./map/office";

interface Told {
  readonly type: string;
  readonly detail: { readonly seat?: string; readonly connection?: string; readonly selected?: string[]; readonly lost?: string[] };
}

let pages: Pages;
let office: TestOffice;
let browser: Browser;
let show: string;

before(async () => {
  pages = await servePages({ guest: { body: "<boxoffice-map></boxoffice-map>", script: "tests/map/guest.ts" } });
  browser = await launch();
  office = await startOffice([pages.origin]);
  show = await makeShow(office.origin, hall(2, 5, 10));
});

after(async () => {
  await browser?.close();
  await office?.stop();
  await pages?.stop();
});

async function told(page: Page): Promise<Told[]> {
  return page.evaluate(() => (window as unknown as { told: Told[] }).told);
}

async function waitFor(page: Page, type: string, has: Partial<Told["detail"]>): Promise<void> {
  await page.waitForFunction(
    ([wanted, part]) =>
      (window as unknown as { told: Told[] }).told.some(
        (event) =>
          event.type === wanted &&
          Object.entries(part).every(
            ([name, value]) => JSON.stringify(event.detail[name as keyof Told["detail"]]) === JSON.stringify(value),
          ),
      ),
    [type, has] as const,
    { timeout: WAIT_MS_MAX },
  );
}

async function open(address: string): Promise<{ page: Page; faults: string[] }> {
  const page = await browser.newPage({ viewport: { width: 800, height: 600 } });
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" && !message.location().url.endsWith("favicon.ico")) {
      faults.push(message.text());
    }
  });
  await page.goto(`${pages.origin}/guest?${address}`);
  return { page, faults };
}

test("picks seats, tells of it, and loses what others take", async () => {
  const { page, faults } = await open(`office=${office.origin}&show=${show}`);
  await waitFor(page, "connection", { connection: "live" });
  await page.getByRole("gridcell", { name: "row 4, seat 1, €45.00, yours" }).waitFor({ state: "attached" });
  const grid = page.getByRole("grid");
  await grid.waitFor({ state: "attached" });
  await page.locator('[role="gridcell"][tabindex="0"]').focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");
  assert.deepEqual(
    (await told(page)).filter(({ type }) => type === "seat-toggle").map(({ detail }) => detail),
    [
      { seat: "1-1-1", state: "free", price: "€45.00" },
      { seat: "1-1-2", state: "free", price: "€45.00" },
    ],
  );
  await waitFor(page, "change", { selected: ["1-1-1", "1-1-2"], lost: [] });
  await book(await makeBuyer(office.origin), show, ["1-1-2"]);
  await waitFor(page, "change", { selected: ["1-1-1"], lost: ["1-1-2"] });
  assert.match((await page.locator('[role="gridcell"]:focus').textContent()) ?? "", /just taken by somebody else$/);
  assert.deepEqual(faults, []);
  await page.close();
});

test("takes what is picked and own from attributes, and says the words of its language", async () => {
  const { page, faults } = await open(`office=${office.origin}&show=${show}&lang=de`);
  await waitFor(page, "connection", { connection: "live" });
  await page.evaluate(() => {
    const element = document.querySelector("boxoffice-map");
    element?.setAttribute("selected", "1-2-1, 1-2-2");
    element?.setAttribute("own", "1-2-3");
  });
  const cell = (text: string): Promise<void> => page.getByRole("gridcell", { name: text }).waitFor({ state: "attached" });
  await cell("Reihe 2, Platz 1, 45,00 €, ausgewählt");
  await cell("Reihe 2, Platz 3, 45,00 €, Ihr Platz");
  assert.ok(await page.getByRole("button", { name: "Vergrößern" }).isVisible());
  assert.deepEqual(faults, []);
  await page.close();
});

test("a page that keeps what is picked by itself has the say", async () => {
  const { page } = await open(`office=${office.origin}&show=${show}`);
  await waitFor(page, "connection", { connection: "live" });
  await page.evaluate(() => document.querySelector("boxoffice-map")?.addEventListener("seat-toggle", (event) => event.preventDefault()));
  await page.locator('[role="gridcell"][tabindex="0"]').focus();
  await page.keyboard.press("Enter");
  await waitFor(page, "seat-toggle", { seat: "1-1-1" });
  const selected = await page.evaluate(() => (document.querySelector("boxoffice-map") as unknown as { selected: string[] }).selected);
  assert.deepEqual(selected, []);
  await page.close();
});

test("frameworks that set properties where there are some get what attributes give", async () => {
  const { page, faults } = await open(`office=${office.origin}`);
  await page.evaluate((id) => {
    const element = document.querySelector("boxoffice-map");
    Object.assign(element ?? {}, { show: id, selected: ["1-3-1"], own: "1-3-2" });
  }, show);
  await waitFor(page, "connection", { connection: "live" });
  await page.getByRole("gridcell", { name: "row 3, seat 1, €45.00, picked" }).waitFor({ state: "attached" });
  await page.getByRole("gridcell", { name: "row 3, seat 2, €45.00, yours" }).waitFor({ state: "attached" });
  await page.evaluate(() => (document.querySelector("boxoffice-map") as unknown as { show(seat: string): void }).show("2-1-1"));
  assert.deepEqual(faults, []);
  await page.close();
});

test("goes and comes with its place in the page, and to another show", async () => {
  const other = await makeShow(office.origin, hall(1, 2, 3));
  const { page } = await open(`office=${office.origin}&show=${show}`);
  await waitFor(page, "connection", { connection: "live" });
  const sockets: string[] = [];
  page.on("websocket", (socket) => sockets.push(socket.url()));
  await page.evaluate((next) => document.querySelector("boxoffice-map")?.setAttribute("show", next), other);
  await page.waitForFunction(() => document.querySelector("boxoffice-map")?.shadowRoot?.querySelectorAll('[role="gridcell"]').length === 6);
  const left = await page.evaluate(() => {
    const element = document.querySelector("boxoffice-map");
    element?.remove();
    return element?.shadowRoot?.childElementCount;
  });
  assert.equal(left, 0);
  assert.equal(sockets.length, 1);
  await page.close();
});

test("says so where there is no such show", async () => {
  const { page } = await open(`office=${office.origin}&show=999999`);
  await page.getByRole("status").filter({ hasText: "can't be shown" }).waitFor();
  await page.close();
});
