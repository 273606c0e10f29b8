/** Answers get lost, sessions end: nothing is done twice, and the buyer is told. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { startProxy } from "../map/proxy";
import { hold, isLive, isToPay, openHouse, pick } from "./buyer";
import { holdAsAnother, makeShow, office } from "./organiser";

const house = openHouse();

test("an order whose answer was lost is asked for again under the same key, also after a reload", async () => {
  const show = await makeShow();
  const page = await house.arrive(`/shows/${show}`);
  await isLive(page);
  await pick(page, "Stalls", 4, 4);
  const keys: (string | undefined)[] = [];
  const orders: string[] = [];
  // The first answer gets lost after the office has done it all; so does every other until the page is loaded anew.
  let isLost = true;
  await page.route("**/orders", async (route) => {
    if (route.request().method() !== "POST") return route.fallback();
    keys.push(route.request().headers()["idempotency-key"]);
    const answer = await route.fetch();
    orders.push(((await answer.json()) as { id: string }).id);
    await (isLost ? route.abort() : route.fulfill({ response: answer }));
  });
  await hold(page);
  await page.waitForRequest((request) => request.method() === "POST" && keys.length > 0);
  await page.reload();
  // Not before: the page that is left must not get the answer at its last moment.
  isLost = false;
  await isToPay(page);
  assert.ok(keys.length >= 2, "it was asked for again");
  assert.equal(new Set(keys).size, 1, "under one key");
  assert.equal(new Set(orders).size, 1, "and is one order");
});

test("a session that the office does not know any more is replaced, and the buyer is told", async () => {
  const show = await makeShow();
  const page = await house.arrive(`/shows/${show}`);
  await page.evaluate(() => localStorage.setItem("boxoffice.token", JSON.stringify(`bos_${"0".repeat(88)}`)));
  await page.reload();
  await isLive(page);
  await pick(page, "Stalls", 5, 5);
  await hold(page);
  await isToPay(page);
  await page.getByText("Your earlier visit has ended").waitFor();
});

test("the page says that it has no connection, and goes on by itself", async () => {
  const show = await makeShow();
  const proxy = await startProxy(office);
  try {
    const page = await house.arrive(`/shows/${show}`, { baseURL: proxy.origin });
    await isLive(page);
    proxy.cut();
    await page.getByText("The office can't be reached").waitFor();
    await holdAsAnother(show, ["Stalls-1-1"]);
    proxy.heal();
    await isLive(page);
    await page.getByRole("gridcell", { name: "row 1, seat 1, €45.00, held by somebody" }).waitFor({ state: "attached" });
    await page.close();
  } finally {
    await proxy.stop();
  }
});

test("a part that can't be loaded says so, and is there after another try", async () => {
  const page = await house.arrive(`/shows/${await makeShow()}`);
  await isLive(page);
  const part = /\/assets\/code-[A-Z0-9]+\.js$/;
  await page.route(part, (route) => route.abort());
  await page.getByRole("button", { name: "I have a code" }).click();
  await page.getByRole("alert").getByText("The box office can't be reached.").waitFor();
  await page.unroute(part);
  await page.getByRole("button", { name: "Try again" }).click();
  await isLive(page);
  await page.getByRole("button", { name: "I have a code" }).click();
  await page.getByLabel("Your code").waitFor();
});
