/**
 * Where everything stands: what the plan says of seats, and what it leaves open, which are the size of a seat, and the places of
 * zones, names and the stage. In the plan's unit; made once for a plan.
 */
import { Cells, type Box } from "./cells";
import type { PlanModel, RowModel, SectionModel } from "./plan";
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
  /** A name for each row that has room for one; found when it is asked for, as a map begins far from them. */
  rowNames(): readonly NamePoint[];
  /** By index of the zone. */
  readonly zones: readonly Box[];
  readonly stage?: Box;
}

/** Of half the distance of two neighbours. */
const SEAT_SHARE = 0.84;
/** How many seats are measured to know how far apart they stand. */
const SAMPLE = 1_000;

interface Seats {
  readonly xs: Float64Array;
  readonly ys: Float64Array;
  readonly cells: Cells;
}

export function layOut(plan: PlanModel): Layout {
  const count = plan.seats.length;
  const [xs, ys] = [new Float64Array(count), new Float64Array(count)];
  for (let seat = 0; seat < count; seat++) {
    xs[seat] = plan.seats[seat]?.x ?? 0;
    ys[seat] = plan.seats[seat]?.y ?? 0;
  }
  const seatBounds = boundsOf(plan.seats);
  const reach = usualReach(seatBounds, count);
  const seats = { xs, ys, cells: new Cells(xs, ys, seatBounds, reach) };
  const gap = usualGap(seats, reach);
  const stage = plan.focalPoint && stageAt(plan.focalPoint, seatBounds, gap, seats);
  const zones = placeZones(plan, seatBounds, gap);
  const bounds = grow(join([seatBounds, ...zones, ...(stage === undefined ? [] : [stage])]), gap * 1.5);
  let rowNames: NamePoint[] | undefined;
  return {
    ...seats,
    bounds,
    radius: (gap * SEAT_SHARE) / 2,
    sections: plan.sections.map((section) => areaOf(section, seats)),
    rowNames: () => (rowNames ??= plan.sections.flatMap(({ rows }) => rows.flatMap((row) => nameOf(row, seats, gap)))),
    zones,
    ...(stage === undefined ? {} : { stage }),
  };
}

export function boundsOf(points: readonly { readonly x: number; readonly y: number }[]): Box {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const point of points) {
    left = Math.min(left, point.x);
    top = Math.min(top, point.y);
    right = Math.max(right, point.x);
    bottom = Math.max(bottom, point.y);
  }
  return left > right ? { left: 0, top: 0, right: 0, bottom: 0 } : { left, top, right, bottom };
}

export function grow(box: Box, by: number): Box {
  return { left: box.left - by, top: box.top - by, right: box.right + by, bottom: box.bottom + by };
}

export function join(boxes: readonly Box[]): Box {
  return boundsOf(boxes.flatMap(({ left, top, right, bottom }) => [{ x: left, y: top }, { x: right, y: bottom }]));
}

/** How far apart seats would stand if they filled the bounds evenly, twice: a neighbour is nearer than that, mostly. */
function usualReach(bounds: Box, count: number): number {
  const [width, height] = [bounds.right - bounds.left, bounds.bottom - bounds.top];
  const longer = Math.max(width, height);
  // Seats in a line have an area, too.
  const area = Math.max(width * height, longer * longer * 0.01);
  return longer === 0 ? 1 : Math.sqrt(area / count) * 2;
}

/** How far neighbours stand apart, the nearer tenth of them: seats of the dense rows must not be drawn over one another. */
function usualGap({ xs, ys, cells }: Seats, reach: number): number {
  const step = Math.max(1, Math.floor(xs.length / SAMPLE));
  const gaps: number[] = [];
  for (let seat = 0; seat < xs.length; seat += step) {
    const [x, y] = [xs[seat] ?? 0, ys[seat] ?? 0];
    const other = cells.nearest(x, y, reach, seat);
    const distance = other === undefined ? reach : Math.hypot((xs[other] ?? 0) - x, (ys[other] ?? 0) - y);
    if (distance > 0) {
      gaps.push(distance);
    }
  }
  gaps.sort((one, other) => one - other);
  return gaps[Math.floor(gaps.length / 10)] ?? reach;
}

/** Around the focal point, as wide as a stage may be, and on no seat. */
function stageAt({ x, y }: { readonly x: number; readonly y: number }, bounds: Box, gap: number, { xs, ys, cells }: Seats): Box {
  const width = Math.max(bounds.right - bounds.left, gap * 20);
  const nearest = cells.nearest(x, y, width / 10);
  const room = nearest === undefined ? width / 10 : Math.hypot((xs[nearest] ?? 0) - x, (ys[nearest] ?? 0) - y);
  const down = Math.max(gap, Math.min(room * 0.6, width * 0.03));
  let across = Math.max(gap * 5, width * 0.15);
  const isOnSeats = (): boolean => {
    const box = { left: x - across - gap, top: y - down - gap / 2, right: x + across + gap, bottom: y + down + gap / 2 };
    let found = false;
    cells.within(box, (seat) => {
      const [seatX, seatY] = [xs[seat] ?? 0, ys[seat] ?? 0];
      found ||= seatX >= box.left && seatX <= box.right && seatY >= box.top && seatY <= box.bottom;
    });
    return found;
  };
  while (across > gap * 3 && isOnSeats()) {
    across *= 0.7;
  }
  return { left: x - across, top: y - down, right: x + across, bottom: y + down };
}

/** A section's box and its middle: a seat's, where the mean of a bent section stands outside of it. */
function areaOf({ name, rows }: SectionModel, { xs, ys, cells }: Seats): SectionArea {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  let [sumX, sumY, count] = [0, 0, 0];
  for (const row of rows) {
    for (const seat of row.seats) {
      const x = xs[seat] ?? 0;
      const y = ys[seat] ?? 0;
      left = Math.min(left, x);
      top = Math.min(top, y);
      right = Math.max(right, x);
      bottom = Math.max(bottom, y);
      sumX += x;
      sumY += y;
      count++;
    }
  }
  if (count === 0) {
    return { name, x: 0, y: 0, box: { left: 0, top: 0, right: 0, bottom: 0 } };
  }
  const [x, y] = [sumX / count, sumY / count];
  const isInside = cells.nearest(x, y, Math.max(right - left, bottom - top) / 4) !== undefined;
  const middle = rows[Math.floor(rows.length / 2)]?.seats ?? [];
  const seat = middle[Math.floor(middle.length / 2)];
  const place = isInside || seat === undefined ? { x, y } : { x: xs[seat] ?? 0, y: ys[seat] ?? 0 };
  return { name, ...place, box: { left, top, right, bottom } };
}

/** A row's name beyond one of its ends, as far as one more seat would be: where no seat stands. */
function nameOf(row: RowModel, { xs, ys, cells }: Seats, gap: number): NamePoint[] {
  const ends = [
    [row.seats[0], row.seats[1]],
    [row.seats.at(-1), row.seats.at(-2)],
  ] as const;
  for (const [end, before] of ends) {
    if (end !== undefined) {
      const [endX, endY] = [xs[end] ?? 0, ys[end] ?? 0];
      const [x, y] = before === undefined ? [-1, 0] : [endX - (xs[before] ?? 0), endY - (ys[before] ?? 0)];
      const length = Math.hypot(x, y) || 1;
      const place = { x: endX + (x / length) * gap, y: endY + (y / length) * gap };
      if (cells.nearest(place.x, place.y, gap * 0.8) === undefined) {
        return [{ name: row.label ?? row.name, ...place }];
      }
    }
  }
  return [];
}
