/** The show takes another plan while buyers look at it. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { hold, isLive, isToPay, openHouse, pick } from "./buyer";
import { call, changeShow, makeShow, stateOf } from "./organiser";
import { root } from "./office";

const house = openHouse();

interface Hall {
  readonly sections: { readonly rows: { readonly seats: { number: string; x: number; y: number }[] }[] }[];
}

test("a show that takes another plan is drawn anew, with seats that were not there before", async () => {
  const show = await makeShow();
  const page = await house.arrive(`/shows/${show}`);
  await isLive(page);
  await pick(page, "Stalls", 2, 1);
  const hall = JSON.parse(readFileSync(join(root, "web/tests/browser/small-hall.json"), "utf8")) as Hall;
  const first = hall.sections[0]?.rows[0]?.seats;
  first?.unshift({ number: "15", x: 124, y: 90 });
  const plan = await call<{ id: string }>("POST", "/v1/plans", hall);
  await changeShow(show, { plan: plan.id });

  await page.getByRole("gridcell", { name: "row 1, seat 15," }).waitFor({ state: "attached" });
  await isLive(page);
  await pick(page, "Stalls", 1, 15);
  await hold(page);
  await isToPay(page);
  assert.equal(await stateOf(show, "Stalls-1-15"), "held");
  assert.equal(await stateOf(show, "Stalls-1-1"), "free");
});
