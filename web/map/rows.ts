/** The order in which the keyboard goes through a section: as the seats stand on the plan, whatever order the plan lists them in. */
import type { PlanModel, RowModel, SeatModel, SectionModel } from "./plan";

type Place = Pick<SeatModel, "x" | "y">;

export interface GridRow {
  readonly name: string;
  /** Indices of seats, from left to right as one sees them. */
  readonly seats: readonly number[];
}

export function gridRows(plan: PlanModel, section: SectionModel): GridRow[] {
  const rows = section.rows.filter((row) => row.seats.length > 0);
  const places = rows.map((row) => ({ row, middle: middleOf(row.seats.flatMap((seat) => plan.seats[seat] ?? [])) }));
  const spread = (of: (place: { x: number; y: number }) => number): number => {
    const values = places.map(({ middle }) => of(middle));
    return Math.max(...values) - Math.min(...values);
  };
  // Rows beside one another, as at the side of an arena, stay as they are listed: none of them is above another.
  if (rows.length > 1 && spread(({ y }) => y) > spread(({ x }) => x)) {
    places.sort((one, other) => one.middle.y - other.middle.y);
  }
  return places.map(({ row }) => ({ name: row.label ?? row.name, seats: inOrder(plan, row) }));
}

/** The shortest way through a row of those that one would think of, from its left end. */
function inOrder(plan: PlanModel, row: RowModel): readonly number[] {
  const seat = (at: number): Place => plan.seats[at] ?? { x: 0, y: 0 };
  const by = (of: (seat: Place) => number): number[] => [...row.seats].sort((one, other) => of(seat(one)) - of(seat(other)));
  const length = (seats: readonly number[]): number =>
    seats.reduce((sum, at, step) => {
      const before = seat(seats[step - 1] ?? at);
      return sum + Math.hypot(seat(at).x - before.x, seat(at).y - before.y);
    }, 0);
  const ways = [[...row.seats], by(({ x }) => x), by(({ y }) => y)];
  const best = ways.reduce((least, way) => (length(way) < length(least) ? way : least));
  const first = seat(best[0] ?? 0);
  const last = seat(best.at(-1) ?? 0);
  const isAcross = Math.abs(last.x - first.x) >= Math.abs(last.y - first.y);
  return (isAcross ? last.x < first.x : last.y < first.y) ? best.reverse() : best;
}

function middleOf(seats: readonly Place[]): Place {
  const sum = seats.reduce((total, { x, y }) => ({ x: total.x + x, y: total.y + y }), { x: 0, y: 0 });
  return { x: sum.x / seats.length, y: sum.y / seats.length };
}
