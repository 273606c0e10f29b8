/** The inbox: what comes while the buyer is elsewhere is told at once, kept, and told as new until it was seen. */
import { test } from "node:test";
import type { Page } from "playwright-core";
import { startProxy } from "../map/proxy";
import { hold, isHeard, isLive, isToPay, openHouse, pay, pick } from "./buyer";
import { call, makeShow, office } from "./organiser";
import { makeSoldOut } from "./sold-out";

const house = openHouse();

/** Buys a seat, and looks at other shows. */
async function buyAndGoOn(page: Page): Promise<void> {
  await isLive(page);
  await pick(page, "Stalls", 1, 1);
  await hold(page);
  await isToPay(page);
  await pay(page);
  const heard = isHeard(page);
  await page.goto("/");
  await heard;
}

test("an offer is told on whatever page the buyer is, leads to the order, and is new until then", async () => {
  const title = `Offer ${Date.now()}`;
  const { show, giveUp } = await makeSoldOut({ title });
  const page = await house.arrive(`/shows/${show}`);
  await isLive(page);
  await page.getByLabel("Where").selectOption({ label: "Floor" });
  await page.getByRole("button", { name: "Join the waitlist" }).click();
  await page.getByText("You are number 1 of 1 on the waitlist.").first().waitFor();
  const heard = isHeard(page);
  await page.goto("/");
  await heard;
  await giveUp("floor");
  const toast = page.locator(".toast");
  await toast.getByText(new RegExp(`^Places for ${title} are held for you from the waitlist, until `)).waitFor();
  await page.getByRole("link", { name: /^My orders \(\d+ new\)$/ }).waitFor();
  await toast.getByRole("link", { name: "Look at it" }).click();
  await isToPay(page);
  await toast.waitFor({ state: "detached" });
  await pay(page);
});

test("what has happened to a show is listed with the orders, and marked until it was seen", async () => {
  const title = `Canceled ${Date.now()}`;
  const show = await makeShow({ title });
  const page = await house.arrive(`/shows/${show}`);
  await buyAndGoOn(page);
  await call("POST", `/v1/shows/${show}/cancellation`);
  await page.locator(".toast").getByText(`${title} is canceled.`).waitFor();
  await page.getByRole("link", { name: /^My orders \(\d+ new\)$/ }).click();
  await page.getByRole("heading", { name: "Messages" }).waitFor();
  const item = page.locator(".notices li", { hasText: `${title} is canceled.` });
  await item.getByText("new", { exact: true }).waitFor();
  await page.reload();
  await item.waitFor();
  await item.getByText("new", { exact: true }).waitFor({ state: "detached" });
  await page.getByRole("link", { name: "My orders", exact: true }).waitFor();
});

test("what came while the network was away is told when it is back", async () => {
  const title = `Away ${Date.now()}`;
  const show = await makeShow({ title });
  const proxy = await startProxy(office);
  try {
    const page = await house.arrive(`/shows/${show}`, { baseURL: proxy.origin });
    await buyAndGoOn(page);
    proxy.cut();
    await call("POST", `/v1/shows/${show}/cancellation`);
    proxy.heal();
    await page.locator(".toast").getByText(`${title} is canceled.`).waitFor();
    const toast = page.locator(".toast", { hasText: "is canceled." });
    await toast.getByRole("button", { name: "Close" }).click();
    await toast.waitFor({ state: "detached" });
  } finally {
    await proxy.stop();
  }
});
