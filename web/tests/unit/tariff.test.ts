import "./window";
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Show } from "../../api/client";
import { billOf, creditOf, priceOf, typesOf } from "../../buyer/later/tariff";
import { TARIFF } from "../browser/tariff";

const euro = (amount: number) => ({ amount, currency: "EUR" });
const show = {
  ...TARIFF,
  prices: { Stalls: euro(4500), Balcony: euro(2800), Standing: euro(1500), Foyer: euro(0) },
} as unknown as Show;
const plain = { prices: show.prices } as unknown as Show;

test("a category is sold as the types that have a price in it, the first unless somebody chooses", () => {
  assert.deepEqual(typesOf(show, "Balcony").map(({ id }) => id), ["adult", "group"]);
  assert.deepEqual(typesOf(show, "Foyer"), []);
  assert.equal(priceOf(show, { category: "Stalls" }), 4500);
  assert.equal(priceOf(show, { category: "Stalls", type: "child" }), 2000);
  assert.equal(priceOf(plain, { category: "Stalls" }), 4500);
});

test("a seat with a price of its own costs as another type as much more or less, and never less than nothing", () => {
  assert.equal(priceOf(show, { category: "Stalls", seat: "Stalls-1-2" }), 4000);
  assert.equal(priceOf(show, { category: "Stalls", seat: "Stalls-1-2", type: "child" }), 1500);
  const cheap = { ...show, seat_prices: { "Stalls-1-2": euro(1000) } } as Show;
  assert.equal(priceOf(cheap, { category: "Stalls", seat: "Stalls-1-2", type: "child" }), 0);
});

test("what is free has no fee, and the tax is in the total, half a unit up", () => {
  const of = (...categories: string[]) => billOf(show, categories.map((category) => ({ category })));
  assert.deepEqual(of("Foyer"), { prices: [0], fees: 0, total: 0, tax: 0 });
  assert.deepEqual(of("Stalls", "Foyer"), { prices: [4500, 0], fees: 350, total: 4850, tax: 774 });
  assert.deepEqual(billOf(plain, [{ category: "Stalls" }]), { prices: [4500], fees: 0, total: 4500, tax: 0 });
  const taxed = (amount: number, rate: number) =>
    billOf({ prices: { A: euro(amount) }, tax: { name: "VAT", rate_basis_points: rate } } as unknown as Show, [{ category: "A" }]).tax;
  assert.deepEqual([taxed(11_900, 1_900), taxed(11, 1_000), taxed(5, 1_000), taxed(1, 10_000), taxed(5_000, 810)], [1_900, 1, 0, 1, 375]);
});

test("tickets count for their prices and fees, and the last ones for the order's fee too", () => {
  const line = (place: object, price: number, more: object = {}) => ({ ...place, price: euro(price), fee: euro(100), returned: false, ...more });
  const order = {
    lines: [
      line({ seat: "A-1" }, 4500, { ticket_type: "adult" }),
      line({ zone: "Floor" }, 1500, { ticket_type: "adult" }),
      line({ zone: "Floor" }, 500, { ticket_type: "child" }),
      line({ seat: "A-2" }, 4500, { returned: true }),
    ],
    fees: euro(650),
  };
  const seat = { seat: "A-1", zone: null, ticket_type: "adult" };
  const child = { seat: null, zone: "Floor", ticket_type: "child" };
  const adult = { seat: null, zone: "Floor", ticket_type: "adult" };
  assert.equal(creditOf(order, [seat]), 4600);
  assert.equal(creditOf(order, [child]), 600);
  assert.equal(creditOf(order, [seat, child, adult]), 4600 + 600 + 1600 + 250);
});
