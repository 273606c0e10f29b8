/** The map in hands: mouse, fingers, keyboard. */
import { AxeBuilder } from "@axe-core/playwright";
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { book, hall, makeBuyer, makeShow, pay } from "./map/api";
import { launch, MAP_PAGE, servePages, WAIT_MS_MAX, type Pages } from "./map/browser";
import { startOffice, type TestOffice } from "./map/office";

let pages: Pages;
let office: TestOffice;
let browser: Browser;
let show: string;

before(async () => {
  pages = await servePages(MAP_PAGE);
  browser = await launch();
  office = await startOffice([pages.origin]);
  show = await makeShow(office.origin, hall(4, 8, 16));
  const buyer = await makeBuyer(office.origin);
  const order = await book(buyer, show, ["1-1-3", "1-1-4"]);
  await pay(buyer, order ?? "");
  await book(buyer, show, ["1-1-5"]);
});

after(async () => {
  await browser?.close();
  await office?.stop();
  await pages?.stop();
});

async function open(options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 900, height: 600 }, ...options });
  const page = await context.newPage();
  await page.goto(`${pages.origin}/map?office=${office.origin}&show=${show}`);
  await page.waitForFunction(() => window.harness?.followed.state.value !== undefined, undefined, { timeout: WAIT_MS_MAX });
  await settled(page);
  // The grid comes after the map.
  await page.waitForSelector('[role="gridcell"]', { state: "attached", timeout: WAIT_MS_MAX });
  return page;
}

async function settled(page: Page): Promise<void> {
  await page.waitForFunction(() => window.harness.map.isSettled, undefined, { timeout: WAIT_MS_MAX });
}

async function placeOf(page: Page, seat: string): Promise<{ x: number; y: number; radius: number }> {
  const place = await page.evaluate((name) => window.harness.map.placeOf(name), seat);
  assert.ok(place, seat);
  return place;
}

async function picked(page: Page): Promise<string[]> {
  return page.evaluate(() => [...window.harness.selected.value]);
}

async function bringNear(page: Page, seat: string): Promise<void> {
  await page.evaluate((name) => window.harness.map.show([name]), seat);
  await settled(page);
}

test("a click picks a seat that is free, and another gives it up", async () => {
  const page = await open();
  await bringNear(page, "1-1-1");
  const { x, y } = await placeOf(page, "1-1-1");
  await page.mouse.click(x, y);
  assert.deepEqual(await picked(page), ["1-1-1"]);
  const there = await placeOf(page, "1-1-1");
  assert.deepEqual([there.x, there.y], [x, y], "the map stays where it is");
  await page.mouse.click(x, y);
  assert.deepEqual(await picked(page), []);
  for (const taken of ["1-1-3", "1-1-5"]) {
    const place = await placeOf(page, taken);
    await page.mouse.click(place.x, place.y);
  }
  assert.deepEqual(await picked(page), [], "sold and held seats can't be picked");
  await page.context().close();
});

test("a finger on seats too small to be meant comes nearer first", async () => {
  const page = await open({ viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true });
  const before = await placeOf(page, "2-4-8");
  assert.ok(before.radius < 7, `${before.radius}`);
  await page.touchscreen.tap(before.x, before.y);
  await page.waitForFunction(() => (window.harness.map.placeOf("2-4-8")?.radius ?? 0) > 7, undefined, { timeout: WAIT_MS_MAX });
  await settled(page);
  assert.deepEqual(await picked(page), []);
  const near = await placeOf(page, "2-4-8");
  await page.touchscreen.tap(near.x, near.y);
  assert.deepEqual(await picked(page), ["2-4-8"]);
  await page.context().close();
});

test("two fingers make the map larger around them, one moves it", async () => {
  const page = await open({ viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true });
  const devtools = await page.context().newCDPSession(page);
  const touch = async (type: "touchStart" | "touchMove" | "touchEnd", ...points: readonly (readonly [number, number])[]): Promise<void> => {
    await devtools.send("Input.dispatchTouchEvent", { type, touchPoints: points.map(([x, y], id) => ({ x, y, id })) });
  };
  const before = await placeOf(page, "2-4-8");
  await touch("touchStart", [before.x - 20, before.y], [before.x + 20, before.y]);
  for (let step = 1; step <= 10; step++) {
    await touch("touchMove", [before.x - 20 - 6 * step, before.y], [before.x + 20 + 6 * step, before.y]);
  }
  await touch("touchEnd");
  await settled(page);
  const larger = await placeOf(page, "2-4-8");
  assert.ok(larger.radius > before.radius * 2.5, `${before.radius} to ${larger.radius}`);
  assert.ok(Math.hypot(larger.x - before.x, larger.y - before.y) < 60, "what the fingers hold stays between them");
  await touch("touchStart", [180, 300]);
  for (let step = 1; step <= 10; step++) {
    await touch("touchMove", [180 + 4 * step, 300 + 2 * step]);
  }
  await touch("touchEnd");
  await settled(page);
  const moved = await placeOf(page, "2-4-8");
  assert.ok(moved.x - larger.x > 20 && moved.y - larger.y > 5, JSON.stringify([larger, moved]));
  assert.deepEqual(await picked(page), []);
  await page.context().close();
});

test("a double tap between seats makes the map larger", async () => {
  const page = await open({ viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true });
  const before = await placeOf(page, "1-1-1");
  const devtools = await page.context().newCDPSession(page);
  const now = Date.now() / 1000;
  // At times of their own, as a busy machine may be too slow for a double tap.
  for (const [type, later] of [["touchStart", 0], ["touchEnd", 0.05], ["touchStart", 0.2], ["touchEnd", 0.25]] as const) {
    const touchPoints = type === "touchStart" ? [{ x: 8, y: 300 }] : [];
    await devtools.send("Input.dispatchTouchEvent", { type, touchPoints, timestamp: now + later });
  }
  const isLarger = (least: number): boolean => (window.harness.map.placeOf("1-1-1")?.radius ?? 0) > least;
  await page.waitForFunction(isLarger, before.radius * 2, { timeout: WAIT_MS_MAX });
  await page.context().close();
});

test("the wheel zooms around the mouse, and lets the page scroll where there is no more to see", async () => {
  const page = await open();
  const before = await placeOf(page, "3-4-4");
  await page.mouse.move(before.x, before.y);
  await page.mouse.wheel(0, -400);
  await settled(page);
  const larger = await placeOf(page, "3-4-4");
  assert.ok(larger.radius > before.radius * 1.5);
  assert.ok(Math.hypot(larger.x - before.x, larger.y - before.y) < 2);
  const prevented = await page.evaluate(() => {
    window.harness.map.whole();
    return new Promise((done) => {
      const surface = document.querySelector(".map-surface");
      const turn = (deltaY: number): boolean => {
        const event = new WheelEvent("wheel", { deltaY, cancelable: true, bubbles: true, clientX: 100, clientY: 100 });
        surface?.dispatchEvent(event);
        return event.defaultPrevented;
      };
      const wait = (): unknown => (window.harness.map.isSettled ? done([turn(100), turn(-100)]) : requestAnimationFrame(wait));
      wait();
    });
  });
  assert.deepEqual(prevented, [false, true]);
  await page.context().close();
});

test("a tap on a zone asks for the zone", async () => {
  const page = await open();
  const zone = await page.evaluate(() => document.querySelector(".map-zone")?.getBoundingClientRect().toJSON() as DOMRect);
  await page.mouse.click(zone.x + zone.width / 2, zone.y + zone.height / 2);
  assert.deepEqual(await page.evaluate(() => window.harness.zones), ["Floor"]);
  await page.context().close();
});

test("the keyboard alone finds seats, and picks them", async () => {
  const page = await open({ reducedMotion: "reduce" });
  const focused = (): Promise<string> => page.evaluate(() => document.activeElement?.textContent ?? "");
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement?.tagName), "SELECT");
  await page.keyboard.press("Tab");
  assert.equal(await focused(), "row 1, seat 1, €45.00, free");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  assert.equal(await focused(), "row 1, seat 3, €45.00, sold");
  await page.keyboard.press("Enter");
  assert.deepEqual(await picked(page), [], "what is sold can't be picked");
  await page.keyboard.press("ArrowDown");
  assert.equal(await focused(), "row 2, seat 3, €45.00, free");
  await page.keyboard.press("Enter");
  assert.equal(await focused(), "row 2, seat 3, €45.00, picked");
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute("aria-selected")), "true");
  await page.keyboard.press("End");
  assert.equal(await focused(), "row 2, seat 16, €45.00, free");
  await page.keyboard.press("Space");
  await page.keyboard.press("Control+End");
  assert.equal(await focused(), "row 8, seat 16, €45.00, free");
  await page.keyboard.press("PageDown");
  assert.equal(await focused(), "row 1, seat 1, €45.00, free");
  assert.equal(await page.getByRole("grid").getAttribute("aria-label"), "Section 2");
  assert.equal(await page.locator("select").inputValue(), "1");
  await page.keyboard.press("Home");
  await page.keyboard.press("PageUp");
  assert.deepEqual(await picked(page), ["1-2-3", "1-2-16"]);
  assert.equal(await page.locator('[role="gridcell"][tabindex="0"]').count(), 1, "one cell can be come to");
  // The ring follows with the next frame.
  const ringIs = (hidden: boolean): Promise<unknown> =>
    page.waitForFunction((wanted) => document.querySelector<HTMLElement>(".map-focus")?.hidden === wanted, hidden, {
      timeout: WAIT_MS_MAX,
    });
  await ringIs(false);
  await page.keyboard.press("Tab");
  await ringIs(true);
  await page.context().close();
});

test("the map shows what the feed says of a seat that has the focus", async () => {
  const page = await open();
  await page.evaluate(() => window.harness.map.focusSeat("4-1-1"));
  const text = (): Promise<string> => page.evaluate(() => document.activeElement?.textContent ?? "");
  assert.match(await text(), /^row 1, seat 1, €\d+\.00, free$/);
  await book(await makeBuyer(office.origin), show, ["4-1-1"]);
  await page.waitForFunction(() => document.activeElement?.textContent?.endsWith("held by somebody"), undefined, { timeout: WAIT_MS_MAX });
  await page.context().close();
});

test("nothing that a tool for accessibility finds", async () => {
  for (const colorScheme of ["light", "dark"] as const) {
    const page = await open({ colorScheme });
    await page.waitForFunction(() => document.querySelector('[role="gridcell"]') !== null, undefined, { timeout: WAIT_MS_MAX });
    const { violations } = await new AxeBuilder({ page }).analyze();
    assert.deepEqual(
      violations.filter(({ id }) => id !== "page-has-heading-one").map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]),
      [],
    );
    await page.context().close();
  }
});

test("less motion is none", async () => {
  const page = await open({ reducedMotion: "reduce" });
  const isThere = await page.evaluate(() => {
    window.harness.map.show(["4-8-16"]);
    return (window.harness.map.placeOf("4-8-16")?.radius ?? 0) > 11;
  });
  assert.ok(isThere);
  await page.context().close();
});
