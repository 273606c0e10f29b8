/** A show that sells so many places to an e-mail address. */
import { test } from "node:test";
import { hold, isLive, isToPay, openHouse, pick } from "./buyer";
import { makeShow } from "./organiser";

const house = openHouse();

test("the address is asked for, and says when it has as many places as it may", async () => {
  const show = await makeShow({ places_per_email_max: 1 });
  const page = await house.arrive(`/shows/${show}`);
  await isLive(page);
  await pick(page, "Stalls", 1, 1);
  await hold(page);
  const field = page.getByLabel("E-mail");
  await page.getByRole("alert").getByText("Leave your e-mail address").waitFor();
  await page.waitForFunction(() => document.activeElement?.id === "email");
  await field.fill("ada at home");
  await hold(page);
  await page.getByText("This is not an e-mail address.").waitFor();
  await field.fill("ada@example.org");
  await hold(page);
  await isToPay(page);

  const other = await house.arrive(`/shows/${show}`);
  await isLive(other);
  await pick(other, "Stalls", 1, 2);
  await other.getByLabel("E-mail").fill("Ada@Example.org");
  await hold(other);
  await other.getByRole("alert").getByText("One e-mail address can have 1 place for this show.").waitFor();
});
