/** What a plan says is on the map: its seats, also when the show takes another plan while buyers look at it. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { hold, isLive, isToPay, openHouse, pick } from "./buyer";
import { call, changeShow, makeShow, stateOf } from "./organiser";
import { root } from "./office";
import { TWO_FLOORS, TWO_FLOORS_PRICES } from "./two-floors";

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

test("a place for a wheelchair has its sign on the map", async () => {
  const show = await makeShow(TWO_FLOORS_PRICES, TWO_FLOORS);
  const page = await house.arrive("/");
  await page.addInitScript(() => {
    const painted = new Set<string>();
    const { fillText } = CanvasRenderingContext2D.prototype;
    CanvasRenderingContext2D.prototype.fillText = function (text, ...where) {
      painted.add(text);
      fillText.call(this, text, ...where);
    };
    Object.assign(window, { painted });
  });
  await page.goto(`/shows/${show}`);
  await isLive(page);
  const larger = page.getByRole("button", { name: "Zoom in" });
  for (let step = 0; step < 8; step += 1) await larger.click();
  await pick(page, "Parquet", 1, 3);
  await page.waitForFunction(() => (window as unknown as { painted: Set<string> }).painted.has("\u267f\ufe0e"));
});
