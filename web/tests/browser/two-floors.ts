/** A hall of two floors, with a place for a wheelchair, the seat beside it, and a pillar. */
const EURO = { currency: "EUR" };

function row(name: string, category: string, count: number, y: number, more: Record<number, object> = {}): object {
  const seats = Array.from({ length: count }, (_, at) => ({ number: String(at + 1), x: 100 + at * 20, y, ...more[at + 1] }));
  return { name, category, seats };
}

export const TWO_FLOORS = {
  name: "Two floors",
  focal_point: { x: 170, y: 0 },
  floors: [{ name: "Ground" }, { name: "Up", label: "First circle" }],
  categories: [{ name: "Near" }, { name: "Far" }],
  sections: [
    {
      name: "Parquet",
      floor: "Ground",
      rows: [
        row("1", "Near", 8, 40, { 1: { accessible: true }, 2: { companion_of: "Parquet-1-1" } }),
        row("2", "Near", 8, 60),
        row("3", "Near", 8, 80, { 4: { restricted_view: true } }),
      ],
    },
    { name: "Circle", floor: "Up", rows: [row("1", "Far", 6, 140), row("2", "Far", 6, 160)] },
  ],
};

export const TWO_FLOORS_PRICES = { prices: { Near: { amount: 6000, ...EURO }, Far: { amount: 2000, ...EURO } } };
