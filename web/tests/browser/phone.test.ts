/** A phone: small, and touched. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isLive, isToPay, openHouse } from "./buyer";
import { makeShow } from "./organiser";

const house = openHouse();
/** A tap on the whole map may come nearer first, where seats are too small to be meant. */
const TAPS_MAX = 4;

test("a seat is picked by touch and held from the sheet within the thumb's reach", async () => {
  const show = await makeShow();
  const page = await house.arrive(`/shows/${show}`, {
    viewport: { width: 390, height: 844 },
    hasTouch: true,
    isMobile: true,
    deviceScaleFactor: 2,
  });
  await isLive(page);
  for (const width of [320, 390]) {
    await page.setViewportSize({ width, height: 844 });
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width, "nothing sticks out");
  }
  const canvas = (await page.locator(".seat-map canvas").first().boundingBox())!;
  const sheet = page.getByRole("button", { name: /^Hold/ });
  for (let taps = 0; taps < TAPS_MAX && (await sheet.count()) === 0; taps += 1) {
    await page.touchscreen.tap(canvas.x + canvas.width / 2, canvas.y + canvas.height / 2);
    await sheet.waitFor({ timeout: 1_000 }).catch(() => undefined);
  }
  const box = (await sheet.boundingBox())!;
  assert.ok(box.y + box.height <= 844 && box.y > 422, "the button is in the lower half of the screen");
  assert.ok(box.height >= 44, "and as tall as a thumb");
  await sheet.tap();
  await isToPay(page);
  const small = await page.evaluate(() =>
    [...document.querySelectorAll("button, select, .choice, .button")]
      .map((element) => element.getBoundingClientRect().height)
      .filter((height) => height > 0 && height < 44),
  );
  assert.deepEqual(small, [], "everything is as tall as a thumb");
});
