/** Providers with a page of their own, and Stripe's form in this page. */
import { test } from "node:test";
import type { Page } from "playwright-core";
import { hold, isLive, isToPay, openHouse, pay, pick } from "./buyer";
import { makeShow } from "./organiser";

const house = openHouse();

/** Stands in for Stripe's script, which needs Stripe: the same calls, and a card of the sandbox's. */
function stripe(method: string): string {
  return `window.Stripe = (key) => {
    if (key !== "pk_test_boxoffice") throw new Error("another key: " + key);
    return {
      elements: (options) => ({
        create: () => ({
          mount(host) {
            const field = document.createElement("input");
            field.setAttribute("aria-label", "Card number for " + options.amount + " " + options.currency);
            host.append(field);
          },
          destroy() {},
        }),
        submit: async () => (document.querySelector(".card-fields input").value ? {} : { error: { message: "Your card number is incomplete." } }),
      }),
      createPaymentMethod: async () => ({ paymentMethod: { id: ${JSON.stringify(method)} } }),
    };
  };`;
}

async function toPay(page: Page): Promise<void> {
  await isLive(page);
  await pick(page, "Stalls", 1, 1);
  await hold(page);
  await isToPay(page);
}

test("paying on a provider's page, and back to the tickets", async () => {
  const page = await house.arrive(`/shows/${await makeShow()}`);
  await toPay(page);
  await page.getByLabel("On the payment provider's page").check();
  await page.getByRole("button", { name: "Pay €45.00" }).click();
  await page.getByRole("button", { name: "Approve" }).click();
  await page.getByRole("heading", { name: "Your tickets" }).waitFor();
});

test("coming back from the provider's page with nothing: declined there, then paid", async () => {
  const page = await house.arrive(`/shows/${await makeShow()}`);
  await toPay(page);
  await page.getByLabel("On the payment provider's page").check();
  await page.getByRole("button", { name: "Pay €45.00" }).click();
  await page.getByRole("button", { name: "Approve" }).waitFor();
  await page.goBack();
  await page.getByText("Your payment waits for you").waitFor();
  await page.getByRole("link", { name: "Go on to that page" }).click();
  await page.getByRole("button", { name: "Decline" }).click();
  await isToPay(page);
  await page.getByText("Your places are still held").waitFor();
  await pay(page, "Pay €45.00");
});

for (const [method, what] of [
  ["pm_card_visa", "a card"],
  ["pm_card_authenticationRequired", "a card that the bank asks about"],
] as const) {
  test(`Stripe's form takes ${what}`, async () => {
    const page = await house.arrive(`/shows/${await makeShow()}`);
    await page.route("https://js.stripe.com/**", (route) =>
      route.fulfill({ contentType: "text/javascript", body: stripe(method) }),
    );
    await toPay(page);
    await page.getByLabel("Card", { exact: true }).check();
    await page.getByLabel("Card number for 4500 eur").waitFor();
    await page.getByRole("button", { name: "Pay €45.00" }).click();
    await page.getByText("Your card number is incomplete.").waitFor();
    await page.getByLabel("Card number for 4500 eur").fill("4242");
    await page.getByRole("button", { name: "Pay €45.00" }).click();
    if (method !== "pm_card_visa") await page.getByRole("button", { name: "Approve" }).click();
    await page.getByRole("heading", { name: "Your tickets" }).waitFor();
  });
}

test("where Stripe's script can't be loaded, the page says so and another way pays", async () => {
  const page = await house.arrive(`/shows/${await makeShow()}`);
  await page.route("https://js.stripe.com/**", (route) => route.abort());
  await toPay(page);
  await page.getByText("The card form can't be shown at the moment.").waitFor();
  await pay(page, "Pay €45.00");
});

test("an order that costs nothing needs no card", async () => {
  const free = { amount: 0, currency: "EUR" };
  const show = await makeShow({ prices: { Stalls: free, Balcony: free, Standing: free } });
  const page = await house.arrive(`/shows/${show}`);
  await toPay(page);
  await page.getByRole("button", { name: "Get the tickets" }).click();
  await page.getByRole("heading", { name: "Your tickets" }).waitFor();
});
