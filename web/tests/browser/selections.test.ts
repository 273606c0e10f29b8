/** Places that one buyer shows to another. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isLive, openHouse, pick } from "./buyer";
import { holdAsAnother, makeShow } from "./organiser";

const house = openHouse();

test("what is picked is passed on as a link, which opens with what is still free, and can be closed", async () => {
  const show = await makeShow();
  const page = await house.arrive(`/shows/${show}`);
  await isLive(page);
  await pick(page, "Stalls", 2, 3);
  await pick(page, "Stalls", 2, 4);
  const standing = page.getByRole("spinbutton", { name: /^Gallery/ });
  await standing.fill("2");
  await standing.blur();
  await page.getByRole("button", { name: "Share these places" }).click();
  const field = page.getByLabel("The link to pass on");
  await field.waitFor();
  const link = await field.inputValue();
  await page.waitForFunction(() => (document.activeElement as HTMLInputElement).value?.includes("?selection="));
  // For other places it is another link.
  await page.getByRole("button", { name: "Remove Section Stalls, row 2, seat 4", exact: true }).click();
  await page.getByRole("button", { name: "Share what I have picked now" }).click();
  await field.waitFor();
  assert.notEqual(await field.inputValue(), link);

  await holdAsAnother(show, ["Stalls-2-4"]);
  const other = await house.arrive(link);
  await other.locator(".note").getByText("Somebody has shown you places: 3 are picked.").waitFor();
  await other.getByRole("button", { name: "Remove Section Stalls, row 2, seat 3", exact: true }).waitFor();
  await other.locator(".note").getByText("Section Stalls, row 2, seat 4", { exact: true }).waitFor();
  assert.equal(await other.getByRole("spinbutton", { name: /^Gallery/ }).inputValue(), "2");
  await other.getByText("€75.00", { exact: true }).waitFor();

  await page.goto("/orders");
  const list = page.getByRole("region", { name: "Shared places" });
  await list.getByText("Section Stalls, row 2, seat 4").first().waitFor();
  assert.equal(await list.getByRole("button", { name: "Close this link" }).count(), 2);
  await list.getByRole("listitem").filter({ hasText: "row 2, seat 4" }).getByRole("button", { name: "Close this link" }).click();
  await page.waitForFunction(() => document.activeElement?.textContent === "Shared places");
  assert.equal(await list.getByRole("button", { name: "Close this link" }).count(), 1);
  await list.getByRole("link", { name: "The Tempest" }).click();
  await page.locator(".note").getByText("Somebody has shown you places: 3 are picked.").waitFor();

  // Another device, which has kept nothing of it.
  const late = await house.arrive(link);
  await late.getByRole("alert").getByText("The link that you have followed shows nothing any more.").waitFor();
  await isLive(late);
});
