/**
 * Where everything stands: what the plan says of seats, and what it leaves open, which are the size of a seat, and the places of
 * zones, names and the stage. In the plan's unit; made once for a plan.
 */
import { Cells, type Box } from "./cells";
import type { PlanModel, RowModel, SeatModel } from "./plan";
import { placeZones } from "./zones";

export interface NamePoint {
  readonly name: string;
  readonly x: number;
  readonly y: number;
}

export interface SectionArea extends NamePoint {
  readonly box: Box;
}

export interface Layout {
  readonly bounds: Box;
  /** Of a seat: two that stand as near to one another as is usual just don't touch. */
  readonly radius: number;
  readonly cells: Cells;
  /** Where each seat is, by index: flat, as all of them are painted at a time. */
  readonly xs: Float64Array;
  readonly ys: Float64Array;
  readonly sections: readonly SectionArea[];
  /** A name for each row that has room for one. */
  readonly rowNames: readonly NamePoint[];
  /** By index of the zone. */
  readonly zones: readonly Box[];
  readonly stage?: Box;
}

/** Of half the distance of two neighbours. */
const SEAT_SHARE = 0.84;
/** How many seats are measured to know how far apart they stand. */
const SAMPLE = 1_000;

export function layOut(plan: PlanModel): Layout {
  const seatBounds = boundsOf(plan.seats);
  const gap = usualGap(plan, seatBounds);
  const radius = (gap * SEAT_SHARE) / 2;
  const stage = plan.focalPoint && stageAt(plan.focalPoint, seatBounds, gap, plan.seats);
  const zones = placeZones(plan, seatBounds, gap);
  const cells = new Cells(plan.seats, seatBounds, gap * 2);
  const bounds = grow(join([seatBounds, ...zones, ...(stage === undefined ? [] : [stage])]), gap * 1.5);
  return {
    bounds,
    radius,
    cells,
    xs: Float64Array.from(plan.seats, ({ x }) => x),
    ys: Float64Array.from(plan.seats, ({ y }) => y),
    sections: plan.sections.map(({ name, rows }) => {
      const seats = rows.flatMap((row) => seatsOf(plan, row));
      const box = boundsOf(seats);
      return { name, box, ...middle(seats, box) };
    }),
    rowNames: plan.sections.flatMap(({ rows }) => rows.flatMap((row) => nameOf(row, seatsOf(plan, row), gap, cells))),
    zones,
    ...(stage === undefined ? {} : { stage }),
  };
}

export function seatsOf(plan: PlanModel, row: RowModel): SeatModel[] {
  return row.seats.flatMap((at) => plan.seats[at] ?? []);
}

export function boundsOf(points: readonly { readonly x: number; readonly y: number }[]): Box {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { x, y } of points) {
    left = Math.min(left, x);
    top = Math.min(top, y);
    right = Math.max(right, x);
    bottom = Math.max(bottom, y);
  }
  return left > right ? { left: 0, top: 0, right: 0, bottom: 0 } : { left, top, right, bottom };
}

export function grow(box: Box, by: number): Box {
  return { left: box.left - by, top: box.top - by, right: box.right + by, bottom: box.bottom + by };
}

function join(boxes: readonly Box[]): Box {
  return boundsOf(boxes.flatMap(({ left, top, right, bottom }) => [{ x: left, y: top }, { x: right, y: bottom }]));
}

/** How far neighbours stand apart, the nearer tenth of them: seats of the dense rows must not be drawn over one another. */
function usualGap(plan: PlanModel, bounds: Box): number {
  const { seats } = plan;
  const width = Math.max(bounds.right - bounds.left, bounds.bottom - bounds.top);
  if (seats.length < 2 || width === 0) {
    return 1;
  }
  const area = Math.max((bounds.right - bounds.left) * (bounds.bottom - bounds.top), width * width * 0.01);
  const reach = Math.sqrt(area / seats.length) * 2;
  const cells = new Cells(seats, bounds, reach);
  const step = Math.max(1, Math.floor(seats.length / SAMPLE));
  const gaps: number[] = [];
  for (let at = 0; at < seats.length; at += step) {
    const { x = 0, y = 0 } = seats[at] ?? {};
    const other = seats[cells.nearest(x, y, reach, at) ?? -1];
    const distance = other === undefined ? reach : Math.hypot(other.x - x, other.y - y);
    if (distance > 0) {
      gaps.push(distance);
    }
  }
  gaps.sort((one, other) => one - other);
  return gaps[Math.floor(gaps.length / 10)] ?? reach;
}

/** Around the focal point, as wide as a stage may be, and on no seat. */
function stageAt({ x, y }: { readonly x: number; readonly y: number }, bounds: Box, gap: number, seats: readonly SeatModel[]): Box {
  const width = Math.max(bounds.right - bounds.left, gap * 20);
  const room = seats.reduce((least, seat) => Math.min(least, Math.hypot(seat.x - x, seat.y - y)), width);
  const down = Math.max(gap, Math.min(room * 0.6, width * 0.03));
  let across = Math.max(gap * 5, width * 0.15);
  const isOnSeats = (): boolean =>
    seats.some((seat) => Math.abs(seat.x - x) <= across + gap && Math.abs(seat.y - y) <= down + gap / 2);
  while (across > gap * 3 && isOnSeats()) {
    across *= 0.7;
  }
  return { left: x - across, top: y - down, right: x + across, bottom: y + down };
}

/** The middle of a section: of the seat in the middle, where the mean of a bent section stands outside of it. */
function middle(seats: readonly SeatModel[], box: Box): { x: number; y: number } {
  const mean = (of: (seat: SeatModel) => number): number =>
    seats.reduce((sum, seat) => sum + of(seat), 0) / Math.max(1, seats.length);
  const centre = { x: mean(({ x }) => x), y: mean(({ y }) => y) };
  const reach = Math.max(box.right - box.left, box.bottom - box.top) / 4;
  const inside = seats.some(({ x, y }) => Math.hypot(x - centre.x, y - centre.y) <= reach);
  return inside ? centre : (seats[Math.floor(seats.length / 2)] ?? centre);
}

/** A row's name beyond one of its ends, as far as one more seat would be: where no seat stands. */
function nameOf(row: RowModel, seats: readonly SeatModel[], gap: number, cells: Cells): NamePoint[] {
  const ends = [
    [seats[0], seats[1]],
    [seats.at(-1), seats.at(-2)],
  ] as const;
  const places = ends.flatMap(([end, before]) => {
    if (end === undefined) {
      return [];
    }
    const [x, y] = before === undefined ? [-1, 0] : [end.x - before.x, end.y - before.y];
    const length = Math.hypot(x, y) || 1;
    return [{ name: row.label ?? row.name, x: end.x + (x / length) * gap, y: end.y + (y / length) * gap }];
  });
  return places.filter(({ x, y }) => cells.nearest(x, y, gap * 0.8) === undefined).slice(0, 1);
}
