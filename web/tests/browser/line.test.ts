/** The line: a place that is drawn, a number, the way up by the feed, and the turn; with two hundred others in it. */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { hold, isLive, isToPay, openHouse, pick } from "./buyer";
import { type Guest, gather } from "./crowd";
import { call, changeShow, makeShow, stateOf } from "./organiser";
import { TWO_FLOORS, TWO_FLOORS_PRICES } from "./two-floors";

const house = openHouse();
const OTHERS = 200;
/** How long a turn may be in coming: the line begins slowly, and a machine may be slow besides. */
const TURN_MS_MAX = 90_000;
/** So large that the office lets everybody in who waits. */
const FIELD = { ...TWO_FLOORS, zones: [{ name: "Field", category: "Far", capacity: 20_000, floor: "Ground" }] };

async function isTurn(page: Page): Promise<void> {
  await page.getByRole("alert").getByText("It is your turn.").waitFor({ timeout: TURN_MS_MAX });
}

/** What the page says of how many are before, each time that it says something else. */
function watchAhead(page: Page): Promise<() => Promise<number[]>> {
  return page
    .evaluate(() => {
      const seen: string[] = [];
      Object.assign(window, { seen });
      new MutationObserver(() => {
        const text = document.querySelector(".line b")?.textContent ?? "";
        if (text && text !== seen.at(-1)) seen.push(text);
      }).observe(document.body, { subtree: true, childList: true, characterData: true });
    })
    .then(() => async () => {
      const texts = await page.evaluate(() => (window as unknown as { seen: string[] }).seen);
      return texts.map((text) => (text === "You are next." ? 0 : Number(/^(\d+) before you/.exec(text)?.[1] ?? NaN)));
    });
}

test("with two hundred before, the position moves by the feed until it is the buyer's turn, and what is picked then is held", async () => {
  // As slowly as can be until everybody is there.
  const show = await makeShow({ ...TWO_FLOORS_PRICES, line: { rate_max: 1 } }, FIELD);
  const others: Guest[] = await gather(show, OTHERS);
  try {
    assert.equal(new Set(others.map(({ place }) => place.number)).size, OTHERS, "each has a number of their own");
    const page = await house.arrive(`/shows/${show}`);
    await page.getByText(/^Your number is \d+\.$/).waitFor();
    const aheadSeen = await watchAhead(page);
    assert.equal(await page.getByRole("group", { name: "Seat map" }).count(), 0, "the map comes after the line");
    // The office refuses whoever doesn't wait.
    const { token } = others.at(-1) as Guest;
    await assert.rejects(call("POST", `/v1/shows/${show}/orders`, { zones: [{ zone: "Field", count: 1 }] }, token), /wait_in_line/);
    await changeShow(show, { line: {} });
    await isTurn(page);
    const ahead = await aheadSeen();
    assert.ok(ahead.length >= 3, `it has moved: ${ahead.join()}`);
    assert.deepEqual(ahead, [...ahead].sort((one, other) => other - one), "and only up");
    assert.match(await page.title(), /^Your turn/);
    await isLive(page);
    await pick(page, "Parquet", 2, 4);
    await hold(page);
    await isToPay(page);
    assert.equal(await stateOf(show, "Parquet-2-4"), "held");
    // All others have heard of it by connections of their own.
    for (const { heard } of others) assert.ok(heard.length > 0, "each connection was told how far the line is");
  } finally {
    for (const guest of others) guest.close();
  }
});

test("who comes before the opening draws a place, and has a number when it opens", async () => {
  const at = (minutes: number): string => new Date(Date.now() + minutes * 60_000).toISOString();
  const show = await makeShow({ on_sale_at: at(60), line: { drawing_from: at(-1), rate_max: 2 } });
  const page = await house.arrive(`/shows/${show}`);
  await page.getByText("You are in the draw.").first().waitFor();
  const others = await gather(show, 5);
  try {
    await changeShow(show, { on_sale_at: null });
    await page.getByText(/^Your number is \d\.$|^It is your turn/).first().waitFor();
    await isTurn(page);
    await isLive(page);
    await pick(page, "Stalls", 2, 1);
    await hold(page);
    await isToPay(page);
  } finally {
    for (const guest of others) guest.close();
  }
});

test("a turn that is over is told, and the next is at the end of the line", async () => {
  const show = await makeShow({ line: { admitted_seconds: 10 } });
  const page = await house.arrive(`/shows/${show}`);
  await isTurn(page);
  await isLive(page);
  const again = page.getByRole("button", { name: "Join the line again" });
  await again.waitFor();
  await page.locator(".line").getByText("Your turn is over.").waitFor();
  assert.equal(await page.getByRole("group", { name: "Seat map" }).count(), 0);
  await again.click();
  await isTurn(page);
});

test("a line that is made in the middle of a sale is found by who looks on, and who is in it finds its end", async () => {
  const show = await makeShow();
  const page = await house.arrive(`/shows/${show}`);
  await isLive(page);
  await changeShow(show, { line: {} });
  await isTurn(page);
  await changeShow(show, { line: null });
  await page.getByRole("alert").getByText("It is your turn.").waitFor({ state: "detached" });
  await pick(page, "Stalls", 1, 1);
  await hold(page);
  await isToPay(page);
});

test("who waits in a line that is taken away may pick at once", async () => {
  const at = (minutes: number): string => new Date(Date.now() + minutes * 60_000).toISOString();
  const show = await makeShow({ on_sale_at: at(60), line: { drawing_from: at(-1) } });
  const page = await house.arrive(`/shows/${show}`);
  await page.getByText("You are in the draw.").first().waitFor();
  await changeShow(show, { on_sale_at: null, line: null });
  await isLive(page);
  await pick(page, "Stalls", 1, 1);
  await hold(page);
  await isToPay(page);
});

test("where the organiser wants a proof, nobody joins with another one", async () => {
  const asked: string[] = [];
  const organiser = createServer((request, answer) => {
    let text = "";
    request.on("data", (chunk: Buffer) => (text += chunk.toString()));
    request.on("end", () => {
      const { proof } = JSON.parse(text) as { proof: string };
      asked.push(proof);
      answer.writeHead(proof === "a member" ? 204 : 403).end();
    });
  });
  await new Promise<void>((ready) => organiser.listen(0, "127.0.0.1", ready));
  try {
    const { port } = organiser.address() as AddressInfo;
    const show = await makeShow({ line: { proof_url: `http://127.0.0.1:${port}/` } });
    const page = await house.arrive(`/shows/${show}`);
    const field = page.getByLabel("What the organiser has given you to join");
    const join = page.getByRole("button", { name: "Join the line" });
    await field.waitFor();
    assert.ok(await join.isDisabled(), "nothing is asked without one");
    await field.fill("a stranger");
    await join.click();
    await page.getByText("The organiser doesn't accept this.").waitFor();
    assert.equal(await page.getByText(/^Your number is/).count(), 0);
    await field.fill(" a member ");
    await join.click();
    await isTurn(page);
    assert.deepEqual(asked, ["a stranger", "a member"]);
  } finally {
    organiser.close();
  }
});

test("a show whose draw has not begun says from when on it is", async () => {
  const show = await makeShow({ on_sale_at: new Date(Date.now() + 3 * 3600_000).toISOString(), line: {} });
  const page = await house.arrive(`/shows/${show}`);
  await page.getByText(/^Everybody waits in a line for this show\. Places in it are drawn from /).waitFor();
  await isLive(page);
});
