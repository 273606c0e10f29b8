/** Two buyers want the same seat. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { hold, isLive, isToPay, openHouse, pick } from "./buyer";
import { makeShow, stateOf } from "./organiser";

const house = openHouse();

test("of two who ask at once one gets the seat, and the other is offered the nearest", async () => {
  const show = await makeShow();
  const buyers = [await house.arrive(`/shows/${show}`), await house.arrive(`/shows/${show}`)];
  for (const page of buyers) {
    await isLive(page);
    await pick(page, "Stalls", 3, 7);
  }
  // Neither asks before both have pressed: the feed would tell the other that the seat is gone.
  let pressed = 0;
  let go = () => {};
  const both = new Promise<void>((resolve) => (go = resolve));
  for (const page of buyers) {
    await page.route(`**/v1/shows/${show}/orders`, async (route) => {
      pressed += 1;
      if (pressed === buyers.length) go();
      await both;
      await route.continue();
    });
  }
  await Promise.all(buyers.map(hold));
  const lost = await Promise.any(
    buyers.map(async (page) => {
      await page.getByText("Somebody else has just taken Section Stalls, row 3, seat 7.").first().waitFor();
      return page;
    }),
  );
  const won = buyers.find((page) => page !== lost)!;
  await isToPay(won);
  await won.getByRole("listitem").getByText("Section Stalls, row 3, seat 7", { exact: true }).waitFor();

  const offer = lost.getByRole("alert");
  const [instead] = await offer.getByRole("listitem").allTextContents();
  assert.match(instead ?? "", /^Section Stalls, row 3, seat [68]$/);
  await offer.getByRole("button", { name: "Take this seat" }).click();
  await isToPay(lost);
  await lost.getByRole("listitem").getByText(instead ?? "", { exact: true }).waitFor();
  assert.equal(await stateOf(show, `Stalls-3-${instead?.slice(-1)}`), "held");
});

test("a picked seat that the feed tells to be taken is given up at once", async () => {
  const show = await makeShow();
  const page = await house.arrive(`/shows/${show}`);
  const other = await house.arrive(`/shows/${show}`);
  await isLive(page);
  await pick(page, "Stalls", 1, 1);
  await pick(other, "Stalls", 1, 1);
  await hold(other);
  await isToPay(other);
  await page.getByRole("alert").getByText("Somebody else has just taken Section Stalls, row 1, seat 1.").waitFor();
  await page.getByRole("gridcell", { name: "row 1, seat 1, €45.00, just taken by somebody else" }).waitFor({ state: "attached" });
  assert.equal(await page.getByRole("button", { name: /^Hold/ }).count(), 0);
});
