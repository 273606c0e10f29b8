/** axe finds nothing on any page, in either language, in light or in dark. */
import { AxeBuilder } from "@axe-core/playwright";
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { isHeard, openHouse } from "./buyer";
import { call, holdAsAnother, makeShow } from "./organiser";
import { TARIFF } from "./tariff";
import { TWO_FLOORS, TWO_FLOORS_PRICES } from "./two-floors";

const house = openHouse();

async function check(page: Page, what: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).options({ resultTypes: ["violations"] }).analyze();
  const faults = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
  assert.deepEqual(faults, [], what);
}

for (const [locale, colorScheme] of [["en-GB", "light"], ["de-DE", "dark"]] as const) {
  test(`every page in ${locale}, ${colorScheme}`, async () => {
    const show = await makeShow(TARIFF);
    await call("POST", `/v1/shows/${show}/codes`, { codes: ["EARLY"], percent: 10 });
    const page = await house.arrive("/", { locale, colorScheme });
    await page.locator(".show-card").first().waitFor();
    await check(page, "the shows");
    await page.goto(`/shows/${show}`);
    await page.locator(".connection.live").waitFor();
    await page.getByRole("gridcell").first().press("Enter");
    await page.locator(".bar button").waitFor();
    await page.getByRole("button", { name: /Share these|Diese Plätze zeigen/ }).click();
    await page.locator(".share").waitFor();
    await page.getByRole("button", { name: /I have a code|Ich habe einen Code/ }).click();
    await page.locator(".field input:focus").waitFor();
    await check(page, "a show");
    const link = await page.locator(".share input").inputValue();
    await page.goto(link);
    await page.locator(".panel .note").waitFor();
    await check(page, "a show with what somebody shared");
    await page.getByRole("button", { name: /I have a code|Ich habe einen Code/ }).click();
    await page.locator(".field input").fill("early");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: /EARLY/ }).waitFor();
    await page.locator(".bar button").click();
    await page.locator("form.pay").waitFor();
    await page.locator("summary").click();
    await page.locator("#buyer-email").fill("nobody");
    await page.keyboard.press("Enter");
    await page.locator(".fault").waitFor();
    await check(page, "paying");
    await page.locator("#buyer-email").fill("ada@example.org");
    await page.locator(".choice", { hasText: /is declined|abgelehnt/ }).click();
    await page.locator("form.pay .primary").click();
    await page.locator(".note.problem").waitFor();
    await check(page, "a refusal");
    await page.locator(".choice", { hasText: /that works|funktioniert/ }).click();
    await page.locator("form.pay .primary").click();
    await page.locator(".ticket").waitFor();
    for (const summary of await page.locator("summary").all()) await summary.click();
    await check(page, "tickets");
    const exchange = page.locator("details", { hasText: /Exchange tickets|Karten umtauschen/ });
    await exchange.locator("input").first().check();
    await exchange.locator("button").click();
    await page.locator(".picked .note").waitFor();
    await page.getByRole("gridcell").nth(5).press("Enter");
    await page.locator(".bar button").waitFor();
    await check(page, "an exchange");
    await page.goto("/orders");
    await page.locator(".badge.paid").waitFor();
    await page.locator("#selections").waitFor();
    await check(page, "own orders");
    await page.goto("/shows/nowhere");
    await page.locator("h1").waitFor();
    await check(page, "nowhere");
    assert.equal(await page.locator("html").getAttribute("lang"), locale.slice(0, 2));
  });

  test(`wishes, waiting and messages in ${locale}, ${colorScheme}`, async () => {
    const show = await makeShow({ ...TWO_FLOORS_PRICES, lone_seats: "lenient", waitlist: {} }, TWO_FLOORS);
    await holdAsAnother(show, ["Circle-1-3", "Circle-2-3"]);
    const page = await house.arrive(`/shows/${show}`, { locale, colorScheme });
    await page.locator(".connection.live").waitFor();
    await page.locator(".seat-map select").selectOption({ index: 1 });
    await page.getByRole("gridcell").nth(9).press("Enter");
    await page.locator(".picked .note").waitFor();
    await page.getByRole("button", { name: /More wishes|Weitere Wünsche/ }).click();
    await page.getByRole("button", { name: /One more group|Noch eine Gruppe/ }).click();
    await page.getByRole("button", { name: /Wait for other|Auf andere Plätze/ }).click();
    await page.locator("#waitlist").waitFor();
    await check(page, "a lone seat, wishes, and the way to wait");
    await page.getByLabel(/How many places|Wie viele Plätze/).selectOption("6");
    await page.getByRole("checkbox", { name: /^Far/ }).check();
    await page.getByLabel(/^Where|^Wo/).selectOption("together");
    await page.locator("form", { has: page.locator(".fall-backs") }).last().locator("button.primary").click();
    await page.locator(".position").waitFor();
    await check(page, "waiting");
    const drawing = await makeShow({ on_sale_at: new Date(Date.now() + 3600_000).toISOString(), line: { drawing_from: new Date(Date.now() - 60_000).toISOString() } });
    const heard = isHeard(page);
    await page.goto(`/shows/${drawing}`);
    await heard;
    await page.locator(".line .position").waitFor();
    await check(page, "a place that is drawn");
    await call("POST", `/v1/shows/${show}/cancellation`);
    await page.locator(".toast").waitFor();
    await check(page, "a message that has just come");
    await page.goto("/orders");
    await page.locator(".notices li").first().waitFor();
    await check(page, "messages");
  });
}

test("a show that doesn't sell says why, and one that isn't there, too", async () => {
  const closed = await makeShow({ state: "closed" });
  const page = await house.arrive(`/shows/${closed}`);
  await page.getByText("Not on sale").waitFor();
  await check(page, "closed");
  const later = await makeShow({ on_sale_at: new Date(Date.now() + 3600_000).toISOString() });
  await page.goto(`/shows/${later}`);
  await page.getByText(/^The sale begins on/).waitFor();
  const canceled = await makeShow();
  await call("POST", `/v1/shows/${canceled}/cancellation`);
  await page.goto(`/shows/${canceled}`);
  await page.getByText("Canceled", { exact: true }).waitFor();
  await page.goto("/shows/1");
  await page.getByText("There is nothing here.").waitFor();
  await check(page, "no such show");
});
