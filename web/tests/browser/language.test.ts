/** The page speaks the browser's language, or the one that was chosen. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openHouse } from "./buyer";
import { makeShow } from "./organiser";

const house = openHouse();

test("another language is chosen, at once and for the next visit, and money is written as there", async () => {
  const show = await makeShow();
  const page = await house.arrive(`/shows/${show}`, { locale: "de-DE" });
  await page.getByRole("heading", { name: "Plätze nebeneinander" }).waitFor();
  await page.locator(".legend").getByText("Stalls 45,00 €").waitFor();
  await page.getByLabel("Sprache").selectOption("English");
  await page.getByRole("heading", { name: "Seats together" }).waitFor();
  await page.getByRole("group", { name: "Seat map" }).waitFor();
  await page.reload();
  await page.getByRole("heading", { name: "Seats together" }).waitFor();
  assert.equal(await page.locator("html").getAttribute("lang"), "en");
  assert.match(await page.title(), /^The Tempest · Box office$/);
});

test("a language that the page does not have is English", async () => {
  const page = await house.arrive("/orders", { locale: "fr-FR" });
  await page.getByRole("heading", { name: "My orders" }).waitFor();
});
