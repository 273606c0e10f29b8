/** Terms of a show on the small hall whose prices are more than one a category. */
const euro = (amount: number) => ({ amount, currency: "EUR" });

export const TARIFF = {
  ticket_types: [
    { id: "adult", name: "Adult", prices: { Stalls: euro(4500), Balcony: euro(2800), Standing: euro(1500) } },
    { id: "child", name: "Child", prices: { Stalls: euro(2000), Standing: euro(500) }, only_with: ["adult"], places_max: 2 },
    { id: "group", name: "Group", prices: { Balcony: euro(2000) }, places_min: 3 },
  ],
  seat_prices: { "Stalls-1-2": euro(4000) },
  fees: { per_ticket: euro(100), per_order: euro(250) },
  tax: { name: "VAT", rate_basis_points: 1900 },
};
