/** The waitlist: joined where everything is taken, a position that moves, and the offer. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isLive, isToPay, openHouse, pay } from "./buyer";
import { call, makeShow } from "./organiser";
import { FLOOR, FLOOR_TERMS, another, makeSoldOut, wait } from "./sold-out";

const house = openHouse();
test("whoever comes to a sold-out show joins, moves up as others leave, and pays for what is offered", async () => {
  const { show, giveUp } = await makeSoldOut();
  const leave = [await wait(show, { count: 1, zone: "Floor" }), await wait(show, { count: 1, zone: "Floor" })];
  const page = await house.arrive(`/shows/${show}`);
  await isLive(page);
  await page.getByLabel("How many places").selectOption("2");
  await page.getByLabel("Where").selectOption({ label: "Floor" });
  await page.getByRole("button", { name: "Join the waitlist" }).click();
  await page.getByText("You are number 3 of 3 on the waitlist.").first().waitFor();
  await wait(show, { count: 1, zone: "Floor" });
  await page.getByText("You are number 3 of 4 on the waitlist.").first().waitFor();
  await leave[0]?.();
  await page.getByText("You are number 2 of 3 on the waitlist.").first().waitFor();
  // It is there after a reload, and moves on from there.
  await page.reload();
  await page.getByText("You are number 2 of 3 on the waitlist.").first().waitFor();
  await leave[1]?.();
  await page.getByText("You are number 1 of 2 on the waitlist.").first().waitFor();
  assert.equal(await page.getByRole("heading", { name: "Held for you" }).count(), 0);
  await giveUp("floor");
  await page.getByRole("alert").getByText("Places from the waitlist are held for you.").waitFor();
  await page.getByText("2 × Floor", { exact: true }).waitFor();
  await page.getByRole("timer").waitFor();
  await page.getByRole("link", { name: "Go on to pay" }).click();
  await isToPay(page);
  await pay(page, "Pay €30.00");
  await page.goto(`/shows/${show}`);
  await page.getByText("You have got your places from the waitlist.").waitFor();
  await page.getByRole("button", { name: "Close" }).click();
  await page.getByText("You have got your places from the waitlist.").waitFor({ state: "detached" });
});

test("an offer that is given up goes to the next, and whoever gave it up may wait again", async () => {
  const { show, giveUp } = await makeSoldOut();
  const page = await house.arrive(`/shows/${show}`);
  await isLive(page);
  await page.getByLabel("Where").selectOption({ label: "Seats side by side" });
  await page.getByRole("button", { name: "Join the waitlist" }).click();
  await page.getByText("You are number 1 of 1 on the waitlist.").first().waitFor();
  const other = await house.arrive(`/shows/${show}`);
  await isLive(other);
  await other.getByLabel("How many places").selectOption("4");
  await other.getByRole("button", { name: "Join the waitlist" }).click();
  await other.getByText("You are number 2 of 2 on the waitlist.").first().waitFor();
  await giveUp("seats");
  await page.getByRole("alert").getByText("Places from the waitlist are held for you.").waitFor();
  await other.getByText("You are number 1 of 1 on the waitlist.").first().waitFor();
  await page.getByRole("button", { name: "Give up these places" }).click();
  await other.getByRole("alert").getByText("Places from the waitlist are held for you.").waitFor();
  await page.getByText("The places from the waitlist are held for you no longer.").waitFor();
  await page.getByRole("button", { name: "Wait again" }).click();
  await page.getByRole("button", { name: "Join the waitlist" }).waitFor();
});

test("a wish is changed, and one that doesn't grow keeps its place; whoever leaves waits no longer", async () => {
  const { show } = await makeSoldOut();
  const page = await house.arrive(`/shows/${show}`);
  await isLive(page);
  await page.getByLabel("How many places").selectOption("3");
  await page.getByRole("button", { name: "Join the waitlist" }).click();
  await page.getByText("You are number 1 of 1 on the waitlist.").first().waitFor();
  await wait(show, { count: 1 });
  await page.getByText("You are number 1 of 2 on the waitlist.").first().waitFor();
  const change = async (count: string): Promise<void> => {
    await page.getByRole("button", { name: "Change my wish" }).click();
    await page.getByLabel("How many places").selectOption(count);
    await page.getByRole("button", { name: "Wish for this" }).click();
  };
  await change("2");
  await page.getByText("2 places", { exact: true }).waitFor();
  await page.getByText("You are number 1 of 2 on the waitlist.").first().waitFor();
  await change("3");
  await page.getByText("You are number 2 of 2 on the waitlist.").first().waitFor();
  await page.getByRole("button", { name: "Leave the waitlist" }).click();
  await page.getByRole("button", { name: "Join the waitlist" }).waitFor();
});

test("what can't be met by what is free can be waited for, and what is free can't", async () => {
  const show = await makeShow(FLOOR_TERMS, FLOOR);
  await call("POST", `/v1/shows/${show}/orders`, { seats: ["Side-1-3"] }, await another());
  const page = await house.arrive(`/shows/${show}`);
  await isLive(page);
  await page.getByRole("button", { name: "Wait for other places" }).click();
  await page.getByRole("button", { name: "Join the waitlist" }).click();
  await page.getByRole("alert").getByText("Such places are free: you need not wait for them.").waitFor();
  await page.getByLabel("How many places").selectOption("4");
  await page.getByLabel("Where").selectOption({ label: "Seats side by side" });
  await page.getByRole("button", { name: "Join the waitlist" }).click();
  await page.getByText("You are number 1 of 1 on the waitlist.").first().waitFor();
});
