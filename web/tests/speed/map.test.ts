/**
 * 20,000 seats on a machine that is four times slower. The figures are printed, for people to read; a test on a busy machine holds
 * only what doesn't depend on its speed: that a change paints no more seats than have changed, and nothing anew.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { hall, makeShow } from "../map/api";
import { launch, MAP_PAGE, servePages, WAIT_MS_MAX, type Pages } from "../map/browser";
import { startOffice, type TestOffice } from "../map/office";

const SLOWER = 4;
const ROWS = 25;
const SEATS = 20;
const SECTIONS = 40;
const BURST_FRAMES = 100;
/** How often the first map is looked for: one look says little on a machine that does other things, too. */
const TURNS = 11;

let pages: Pages;
let office: TestOffice;
let browser: Browser;
let show: string;
let page: Page;

before(async () => {
  pages = await servePages(MAP_PAGE);
  browser = await launch();
  office = await startOffice([pages.origin]);
  show = await makeShow(office.origin, hall(SECTIONS, ROWS, SEATS));
  page = await slowPage();
});

after(async () => {
  await browser?.close();
  await office?.stop();
  await pages?.stop();
});

async function slowPage(): Promise<Page> {
  const slow = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  const devtools = await slow.context().newCDPSession(slow);
  await devtools.send("Emulation.setCPUThrottlingRate", { rate: SLOWER });
  return slow;
}

/** Counts the screen's frames until `stop`, in the page. */
async function record(): Promise<() => Promise<{ fps: number; longest: number; median: number }>> {
  await page.evaluate(() => {
    const times: number[] = [];
    const tick = (now: number): void => {
      times.push(now);
      recording.handle = requestAnimationFrame(tick);
    };
    const recording = { times, handle: requestAnimationFrame(tick) };
    Object.assign(window, { recording });
  });
  return () =>
    page.evaluate(() => {
      const { times, handle } = (window as unknown as { recording: { times: number[]; handle: number } }).recording;
      cancelAnimationFrame(handle);
      const gaps = times.slice(1).map((time, at) => time - (times[at] ?? time));
      const sorted = [...gaps].sort((one, other) => one - other);
      const all = gaps.reduce((sum, gap) => sum + gap, 0);
      return {
        fps: Math.round((gaps.length / all) * 10_000) / 10,
        longest: Math.round(sorted.at(-1) ?? 0),
        median: Math.round((sorted[Math.floor(sorted.length / 2)] ?? 0) * 10) / 10,
      };
    });
}

async function settled(): Promise<void> {
  await page.waitForFunction(() => window.harness.map.isSettled, undefined, { timeout: WAIT_MS_MAX });
}

async function drag(steps: number): Promise<void> {
  await page.mouse.move(640, 400);
  await page.mouse.down();
  await page.mouse.move(300, 200, { steps });
  await page.mouse.move(900, 500, { steps });
  await page.mouse.up();
}

/** In the page: says when the first picture of seats is on the screen. To look for it would slow it down. */
function sayWhenPainted(): void {
  const put = CanvasRenderingContext2D.prototype.putImageData;
  CanvasRenderingContext2D.prototype.putImageData = function (...painted: unknown[]): void {
    Reflect.apply(put, this, painted);
    requestAnimationFrame((now) => console.log(`painted ${Math.round(now)}`));
    CanvasRenderingContext2D.prototype.putImageData = put;
  };
}

async function firstMapAt(address: string): Promise<number> {
  const slow = await slowPage();
  await slow.addInitScript(sayWhenPainted);
  const said = slow.waitForEvent("console", { predicate: (line) => line.text().startsWith("painted"), timeout: WAIT_MS_MAX });
  await slow.goto(address, { waitUntil: "commit" });
  const at = Number((await said).text().split(" ")[1]);
  await slow.close();
  return at;
}

test("the first map", async (context) => {
  for (const [name, address] of [
    ["the buyers' page", `${office.origin}/shows/${show}`],
    ["the map alone", `${pages.origin}/map?office=${office.origin}&show=${show}`],
  ] as const) {
    const times: number[] = [];
    for (let turn = 0; turn < TURNS; turn++) {
      times.push(await firstMapAt(address));
    }
    times.sort((one, other) => one - other);
    context.diagnostic(
      `first map of ${SECTIONS * ROWS * SEATS} seats, ${name}: ${times[0]} ms after it was asked for at the least, ` +
        `${times[TURNS >> 1]} ms in the median of ${TURNS}`,
    );
  }
  await page.goto(`${pages.origin}/map?office=${office.origin}&show=${show}`);
  await page.waitForFunction(() => (window.harness?.firstMapAt ?? 0) > 0, undefined, { timeout: WAIT_MS_MAX });
  assert.equal(await page.evaluate(() => window.harness.told.changes), SECTIONS * ROWS * SEATS);
});

test("moving and zooming", async (context) => {
  for (const [name, zooms] of [["far", 1], ["middle", 1], ["near", 2]] as const) {
    for (let zoom = 0; zoom < zooms; zoom++) {
      await page.evaluate(() => window.harness.map.zoomIn());
      await settled();
    }
    const before = await page.evaluate(() => ({ ...window.harness.map.figures }));
    const stop = await record();
    await drag(60);
    const { fps, median, longest } = await stop();
    await settled();
    const after = await page.evaluate(() => ({ ...window.harness.map.figures }));
    const radius = await page.evaluate(() => window.harness.map.placeOf("1-1-1")?.radius ?? 0);
    context.diagnostic(
      `pan, ${name} (radius ${radius.toFixed(1)}): ${fps} frames/s, median ${median} ms, longest ${longest} ms, ` +
        `extended ${after.extended - before.extended}, anew ${after.paintedAnew - before.paintedAnew}`,
    );
    assert.equal(after.paintedAnew, before.paintedAnew, "moving paints nothing anew");
    assert.equal(after.seatsRepainted, before.seatsRepainted);
  }
  const stop = await record();
  for (let turn = 0; turn < 40; turn++) {
    await page.mouse.wheel(0, turn < 20 ? 120 : -120);
  }
  const { fps, median, longest } = await stop();
  context.diagnostic(`zoom by wheel: ${fps} frames/s, median ${median} ms, longest ${longest} ms`);
});

/**
 * In the page: a socket that begins with the office's own map, and then tells of a burst, so that what is measured is the page and
 * not the office beside it on the same processors.
 */
function burstSocket(): void {
  class BurstSocket extends EventTarget {
    constructor() {
      super();
      void this.begin();
    }
    close(): void {}
    tell(frame: unknown): void {
      this.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(frame) }));
    }
    private async begin(): Promise<void> {
      const query = new URLSearchParams(location.search);
      const map = await fetch(`${query.get("office")}/v1/shows/${query.get("show")}/seat-map`);
      Object.assign(window, { socket: this });
      this.tell({ type: "snapshot", ...((await map.json()) as object) });
    }
  }
  Object.assign(window, { WebSocket: BurstSocket });
}

interface Burst {
  readonly frames: number;
  readonly sections: number;
  readonly rows: number;
}

/** In the page: twenty frames a second, as the office's ticks are, of fifty seats each, held and free again in turn. */
function tellBurst({ frames, sections, rows }: Burst): Promise<void> {
  const { socket } = window as unknown as { socket: { tell(frame: unknown): void } };
  const from = window.harness.followed.offset.value;
  return new Promise((done) => {
    let frame = 0;
    const ticking = setInterval(() => {
      const events = [0, 1, 2, 3, 4].map((event) => {
        const order = Math.floor(frame / 2) * 5 + event;
        const row = `${1 + (order % sections)}-${1 + (Math.floor(order / sections) % rows)}`;
        const seats = Array.from({ length: 10 }, (_, seat) => `${row}-${1 + seat}`);
        const type = frame % 2 === 1 ? "timed_out" : "booked";
        return { offset: from + frame * 5 + event + 1, at: new Date().toISOString(), type, seats, zones: [] };
      });
      socket.tell({ type: "events", events });
      if (++frame === frames) {
        clearInterval(ticking);
        done();
      }
    }, 50);
  });
}

test("a burst of 1,000 changes a second", async (context) => {
  page = await slowPage();
  await page.addInitScript(burstSocket);
  await page.goto(`${pages.origin}/map?office=${office.origin}&show=${show}`);
  await page.waitForFunction(() => (window.harness?.firstMapAt ?? 0) > 0, undefined, { timeout: WAIT_MS_MAX });
  await settled();
  for (const [name, near] of [["all seats in view", false], ["near", true]] as const) {
    if (near) {
      await page.evaluate(() => window.harness.map.show(["1-1-5", "1-9-5"]));
      await settled();
    }
    const before = await page.evaluate(() => ({ ...window.harness.map.figures, ...window.harness.told }));
    const from = await page.evaluate(() => window.harness.followed.offset.value);
    const startedAt = Date.now();
    const stop = await record();
    await page.evaluate(tellBurst, { frames: BURST_FRAMES, sections: SECTIONS, rows: ROWS });
    const last = from + BURST_FRAMES * 5;
    await page.waitForFunction((offset) => window.harness.followed.offset.value >= offset, last, { timeout: WAIT_MS_MAX });
    const { fps, median, longest } = await stop();
    const seconds = (Date.now() - startedAt) / 1000;
    const after = await page.evaluate(() => ({ ...window.harness.map.figures, ...window.harness.told }));
    const changes = after.changes - before.changes;
    const repainted = after.seatsRepainted - before.seatsRepainted;
    context.diagnostic(
      `burst, ${name}: ${Math.round((BURST_FRAMES * 50) / seconds)} changes/s, ${changes} told, ${repainted} repainted, ` +
        `${fps} frames/s, median ${median} ms, longest ${longest} ms`,
    );
    assert.ok(changes > 0 && changes <= BURST_FRAMES * 50);
    assert.ok(repainted > 0 && repainted <= changes, "no seat is painted that has not changed");
    assert.equal(after.paintedAnew, before.paintedAnew, "nothing is painted anew");
    assert.equal(await page.evaluate(() => window.harness.followed.connection.value), "live");
  }
});
