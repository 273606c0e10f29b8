/** What a page shows is what the office says, whatever happens to the network between them. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { book, cancel, hall, makeBuyer, makeShow, pay, seatMapAt, type Api } from "./map/api";
import { launch, MAP_PAGE, servePages, WAIT_MS_MAX, type Pages } from "./map/browser";
import { startOffice, type TestOffice } from "./map/office";
import { startProxy } from "./map/proxy";

let pages: Pages;
let office: TestOffice;
let browser: Browser;
let show: string;

before(async () => {
  pages = await servePages(MAP_PAGE);
  browser = await launch();
  office = await startOffice([pages.origin]);
  show = await makeShow(office.origin, hall(4, 10, 20));
});

after(async () => {
  await browser?.close();
  await office?.stop();
  await pages?.stop();
});

async function open(origin: string): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 800, height: 600 } });
  await page.goto(`${pages.origin}/map?office=${origin}&show=${show}`);
  return page;
}

async function isLive(page: Page): Promise<void> {
  await page.waitForFunction(() => window.harness?.followed.connection.value === "live", undefined, { timeout: WAIT_MS_MAX });
}

/** Waits for an offset; then the page's fold must be the office's. */
async function agrees(page: Page, offset: number): Promise<void> {
  await page.waitForFunction((least) => (window.harness?.followed.offset.value ?? -1) >= least, offset, { timeout: WAIT_MS_MAX });
  const told = (await page.evaluate(() => window.harness.seatMap())) as { offset: number };
  assert.deepEqual(told, await seatMapAt(office.origin, show, told.offset));
}

const seatName = (number: number): string => {
  const at = number % 800;
  return `${Math.floor(at / 200) + 1}-${Math.floor((at % 200) / 20) + 1}-${(at % 20) + 1}`;
};

/** Orders one after another, each paid, given up or left as it is, as a seeded series has it. Says how many were made. */
async function storm(buyer: Api, orders: number, seed: number): Promise<number> {
  let state = seed;
  const random = (below: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
  let made = 0;
  for (let at = 0; at < orders; at++) {
    const first = random(800);
    const seats = Array.from({ length: 1 + random(3) }, (_, more) => seatName(first + more));
    const order = await book(buyer, show, seats, random(4) === 0 ? [{ zone: "Floor", count: 1 }] : []);
    const end = random(8);
    if (order !== undefined) {
      made++;
      if (end < 6) {
        await cancel(buyer, order);
      } else if (end === 6) {
        await pay(buyer, order);
      }
    }
  }
  return made;
}

async function stormOf(buyers: number, orders: number): Promise<number> {
  const clients = await Promise.all(Array.from({ length: buyers }, () => makeBuyer(office.origin)));
  const made = await Promise.all(clients.map((client, at) => storm(client, orders, at + 1)));
  return made.reduce((sum, count) => sum + count, 0);
}

test("after a storm the page has what the office has at the same offset", async () => {
  const page = await open(office.origin);
  await isLive(page);
  const made = await stormOf(8, 40);
  assert.ok(made > 150, `${made} orders`);
  const { offset } = await seatMapAt(office.origin, show);
  assert.ok(offset > made, `${offset}`);
  await agrees(page, offset);
  const told = await page.evaluate(() => window.harness.told.changes);
  assert.ok(told > 500, `the page was told of ${told} changes`);
  await page.close();
});

test("a network that is gone and comes back loses nothing, and the page says how it stands", async () => {
  const proxy = await startProxy(office.origin);
  const page = await open(proxy.origin);
  await isLive(page);
  const frames: string[] = [];
  const addresses: string[] = [];
  page.on("websocket", (socket) => {
    addresses.push(socket.url());
    socket.on("framereceived", ({ payload }) => frames.push((JSON.parse(payload.toString()) as { type: string }).type));
  });
  const before = await page.evaluate(() => window.harness.followed.offset.value);
  proxy.cut();
  await page.waitForFunction(() => window.harness.followed.connection.value !== "live", undefined, { timeout: WAIT_MS_MAX });
  await stormOf(2, 20);
  await page.waitForFunction(() => window.harness.followed.connection.value === "offline", undefined, { timeout: WAIT_MS_MAX });
  const { offset } = await seatMapAt(office.origin, show);
  assert.ok(offset > before);
  assert.equal(await page.evaluate(() => window.harness.followed.offset.value), before);
  proxy.heal();
  await agrees(page, offset);
  await isLive(page);
  assert.ok(!frames.includes("snapshot"), "it went on from what it had");
  assert.ok(addresses.every((address) => address.endsWith(`from=${before}`)), addresses.join());
  await page.close();
  await proxy.stop();
});

test("a connection that is dead though nobody has closed it is noticed", async () => {
  const proxy = await startProxy(office.origin);
  const page = await browser.newPage();
  await page.clock.install();
  await page.goto(`${pages.origin}/map?office=${proxy.origin}&show=${show}`);
  await isLive(page);
  proxy.stall();
  await stormOf(1, 10);
  const { offset } = await seatMapAt(office.origin, show);
  // The page looks after a silent feed by itself: half a minute is made short here.
  await page.clock.fastForward(30_000);
  await agrees(page, offset);
  await isLive(page);
  await page.close();
  await proxy.stop();
});

test("an office that says that it is stale is shown so, until it says otherwise", async () => {
  const page = await browser.newPage();
  await page.clock.install();
  let isStale = true;
  await page.route(/\/seat-map/, async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, headers: { ...answer.headers(), ...(isStale ? { stale: "true", age: "7" } : {}) } });
  });
  await page.goto(`${pages.origin}/map?office=${office.origin}&show=${show}`);
  await page.waitForFunction(() => window.harness?.followed.connection.value === "stale", undefined, { timeout: WAIT_MS_MAX });
  isStale = false;
  await page.clock.fastForward(10_000);
  await isLive(page);
  await page.close();
});

test("a device whose clock is an hour late knows the office's time", async () => {
  const page = await browser.newPage();
  // The page's origin is another here, which may not read `Date`; events tell the time, too.
  await page.clock.install({ time: Date.now() - 3_600_000 });
  await page.goto(`${pages.origin}/map?office=${office.origin}&show=${show}`);
  await isLive(page);
  await stormOf(1, 10);
  await agrees(page, (await seatMapAt(office.origin, show)).offset);
  const now = await page.evaluate(() => window.harness.followed.now());
  assert.ok(Math.abs(now - Date.now()) < 30_000, `${now - Date.now()} ms off`);
  await page.close();
});

test("the browser's own word that it is offline is shown at once", async () => {
  const page = await open(office.origin);
  await isLive(page);
  await page.context().setOffline(true);
  await page.waitForFunction(() => window.harness.followed.connection.value === "offline", undefined, { timeout: WAIT_MS_MAX });
  await stormOf(1, 10);
  await page.context().setOffline(false);
  await isLive(page);
  await agrees(page, (await seatMapAt(office.origin, show)).offset);
  await page.close();
});

test("where no WebSocket passes, Server-Sent Events do", async () => {
  const proxy = await startProxy(office.origin, { refusesWebSockets: true });
  const page = await open(proxy.origin);
  await isLive(page);
  await stormOf(2, 20);
  await agrees(page, (await seatMapAt(office.origin, show)).offset);
  proxy.cut();
  await page.waitForFunction(() => window.harness.followed.connection.value === "offline", undefined, { timeout: WAIT_MS_MAX });
  await stormOf(1, 10);
  proxy.heal();
  await agrees(page, (await seatMapAt(office.origin, show)).offset);
  await page.close();
  await proxy.stop();
});

test("an event that gets lost is noticed, and a snapshot stands for it", async () => {
  const page = await browser.newPage();
  let lost = 0;
  let lose = (): void => {};
  const isLost = new Promise<void>((done) => (lose = done));
  await page.routeWebSocket(/\/live/, (socket) => {
    socket.connectToServer().onMessage((message) => {
      const frame = JSON.parse(message.toString()) as { type: string; events?: unknown[] };
      if (lost === 0 && (frame.events?.length ?? 0) > 0) {
        lost++;
        lose();
      } else {
        socket.send(message);
      }
    });
  });
  await page.goto(`${pages.origin}/map?office=${office.origin}&show=${show}`);
  await isLive(page);
  const buyer = await makeBuyer(office.origin);
  // The first is lost, and nothing in the second speaks against the page's state but its offset.
  await book(buyer, show, [], [{ zone: "Floor", count: 1 }]);
  await isLost;
  await book(buyer, show, [], [{ zone: "Floor", count: 2 }]);
  await agrees(page, (await seatMapAt(office.origin, show)).offset);
  assert.equal(lost, 1);
  await page.close();
});

test("after `resync` nothing is relied on that was known before", async () => {
  const page = await browser.newPage();
  let push: ((frame: unknown) => void) | undefined;
  await page.routeWebSocket(/\/live/, (socket) => {
    const server = socket.connectToServer();
    server.onMessage((message) => socket.send(message));
    push = (frame) => socket.send(JSON.stringify(frame));
  });
  await page.goto(`${pages.origin}/map?office=${office.origin}&show=${show}`);
  await isLive(page);
  const now = await seatMapAt(office.origin, show);
  push?.({ type: "resync" });
  // Events that have lost their beginning: the page must ask for a snapshot, and not fold them into what it had.
  push?.({ type: "events", events: [{ offset: now.offset + 1, at: new Date().toISOString(), type: "closed", seats: [], zones: [] }] });
  await page.waitForFunction(() => window.harness.followed.connection.value !== "live", undefined, { timeout: WAIT_MS_MAX });
  await isLive(page);
  await agrees(page, now.offset);
  await page.close();
});
