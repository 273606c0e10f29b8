/**
 * Which seats of a row are side by side, as the office sees it (`crates/domain/src/plan/best_first.rs` and `line.rs`): along the line on
 * which they stand, with an aisle where the plan says so or a gap is wide. Worked out once for a plan. Pure.
 */
import type { PlanDocument } from "../../map/plan";

export interface Neighbour {
  /** Index in the plan. */
  readonly seat: number;
  /** Whether the one before it in the row is beside it, with no aisle between. */
  readonly joins: boolean;
  readonly category: string;
  readonly x: number;
  readonly y: number;
  /** Whether it is kept for guests in wheelchairs and their company. */
  readonly isKept: boolean;
}

export interface Row {
  readonly section: number;
  readonly seats: readonly Neighbour[];
}

type DocumentSeat = NonNullable<PlanDocument["sections"]>[number]["rows"][number]["seats"][number];

interface Point {
  readonly x: number;
  readonly y: number;
}

interface Line {
  readonly section: number;
  readonly isExplicit: boolean;
  readonly seats: readonly (Omit<Neighbour, "joins"> & Point)[];
  readonly gaps: readonly number[];
  /** Of each seat but the first, whether the plan says that there is an aisle before it. */
  readonly aisles: readonly boolean[];
}

/** A row that is this many times as long as its ends are apart goes round. */
const ROUND_LENGTHS = 1.6;
const ROUND_SEATS_MAX = 500;
/** Neighbours further apart than this many times what is usual have an aisle between them. */
const AISLE_SPACINGS = 1.75;
const AISLE_LEASTS = 10;
/** So few gaps are too few to say alone what is usual. */
const FEW_GAPS = 3;

/** The rows of a plan but for its tables, at which nobody sits alone. */
export function rowsOf({ sections = [] }: PlanDocument): Row[] {
  let first = 0;
  const lines = sections.flatMap((section, at) => {
    const ofSection = section.rows.map((row) => {
      const line = lineOf(row.seats, row.category ?? "", first, at, row.aisles === "explicit");
      first += row.seats.length;
      return line;
    });
    first += (section.tables ?? []).reduce((sum, { seats }) => sum + seats.length, 0);
    return ofSection;
  });
  const hall = quartileAndLeast(lines.flatMap(({ gaps }) => gaps))?.[0] ?? 0;
  const usual = sections.map((_, at) => {
    const gaps = lines.filter(({ section }) => section === at).flatMap((line) => line.gaps);
    return gaps.length > FEW_GAPS ? (quartileAndLeast(gaps)?.[0] ?? hall) : hall;
  });
  return lines.map((line) => {
    const isNarrow = narrowness(line, usual[line.section] ?? hall, hall);
    const seats = line.seats.map((seat, at) => ({ ...seat, joins: at > 0 && isNarrow(line.gaps[at - 1] ?? 0) && !line.aisles[at - 1] }));
    return { section: line.section, seats };
  });
}

function lineOf(listed: readonly DocumentSeat[], category: string, first: number, section: number, isExplicit: boolean): Line {
  const points = listed.map(({ x, y }) => ({ x: Math.fround(x), y: Math.fround(y) }));
  const order = inLine(points);
  const seats = order.map((at) => {
    const seat = listed[at];
    const isKept = !!seat?.accessible || !!seat?.companion_of;
    return { seat: first + at, category: seat?.category ?? category, isKept, ...(points[at] ?? { x: 0, y: 0 }) };
  });
  const gaps = seats.slice(1).map((seat, at) => distance(seats[at] ?? seat, seat));
  return { section, isExplicit, seats, gaps, aisles: aislesIn(order, listed) };
}

function narrowness({ gaps, isExplicit }: Line, ofSection: number, hall: number): (gap: number) => boolean {
  if (isExplicit) return () => true;
  const [quartile, least] = quartileAndLeast(gaps) ?? [0, 0];
  const joinedMax = AISLE_SPACINGS * (gaps.length <= FEW_GAPS ? Math.min(quartile, ofSection) : quartile);
  const aisleMin = AISLE_LEASTS * Math.min(least, hall);
  return (gap) => gap === 0 || (gap <= Math.fround(joinedMax) && gap < Math.fround(aisleMin));
}

/** A seat says so of its side towards the seat that is listed after it: a line may begin at either end of a list. */
function aislesIn(order: readonly number[], listed: readonly DocumentSeat[]): boolean[] {
  const places = new Array<number>(order.length);
  order.forEach((at, place) => (places[at] = place));
  const aisles = new Array<boolean>(Math.max(0, order.length - 1)).fill(false);
  for (let at = 0; at + 1 < order.length; at += 1) {
    const [place, next] = [places[at] ?? 0, places[at + 1] ?? 0];
    if (listed[at]?.aisle_after) aisles[next > place ? place : Math.max(0, place - 1)] = true;
  }
  return aisles;
}

/** The lower quartile, and the smallest: in a row of pairs every other gap is an aisle, so that the median may be one. */
function quartileAndLeast(gaps: readonly number[]): [number, number] | undefined {
  const sorted = gaps.filter((gap) => gap > 0).sort((one, other) => one - other);
  const [least] = sorted;
  return least === undefined ? undefined : [sorted[Math.floor((sorted.length - 1) / 4)] ?? least, least];
}

/** In single precision, as the office has it: what is usual decides by a hair. */
function distance(one: Point, other: Point): number {
  return Math.fround(Math.hypot(Math.fround(one.x - other.x), Math.fround(one.y - other.y)));
}

/** The places in `points` from the row's left end to its right one, or from its top down. */
export function inLine(points: readonly Point[]): number[] {
  type Seat = Point & { readonly at: number };
  const byPlace = points.map((point, at) => ({ ...point, at })).sort((one, other) => one.x - other.x || one.y - other.y);
  const middle = { x: mean(byPlace.map(({ x }) => x)), y: mean(byPlace.map(({ y }) => y)) };
  let [xx, yy, xy] = [0, 0, 0];
  for (const { x, y } of byPlace) {
    xx += (x - middle.x) ** 2;
    yy += (y - middle.y) ** 2;
    xy += (x - middle.x) * (y - middle.y);
  }
  const angle = 0.5 * Math.atan2(2 * xy + 0, xx - yy);
  const [right, down] = [Math.cos(angle), Math.sin(angle)];
  const along = ({ x, y }: Point): number => right * x + down * y;
  let seats: Seat[] = [...byPlace].sort((one, other) => along(one) - along(other));
  const [first, last] = [seats[0], seats.at(-1)];
  if (first && last && seats.length <= ROUND_SEATS_MAX && length(seats) > ROUND_LENGTHS * distance(first, last)) {
    const followed = follow(seats, middle);
    if (length(followed) < length(seats)) seats = followed;
  }
  return seats.map(({ at }) => at);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

function length(seats: readonly Point[]): number {
  return seats.slice(1).reduce((sum, seat, at) => sum + distance(seats[at] ?? seat, seat), 0);
}

/** From the seat that is furthest out, always to the nearest that is left. */
function follow<Seat extends Point>(seats: readonly Seat[], middle: Point): Seat[] {
  const out = ({ x, y }: Point): number => Math.hypot(x - middle.x, y - middle.y);
  const left = [...seats];
  const followed: Seat[] = [];
  // Of several as far out the last one, of several as near the first: as the office has it.
  let next = left.reduce((best, seat, at) => (out(seat) >= out(left[best] ?? seat) ? at : best), 0);
  while (left.length > 0) {
    const [here] = left.splice(next, 1);
    if (!here) break;
    followed.push(here);
    next = left.reduce((best, seat, at) => (distance(here, seat) < distance(here, left[best] ?? seat) ? at : best), 0);
  }
  return (followed.at(-1)?.x ?? 0) < (followed[0]?.x ?? 0) ? followed.reverse() : followed;
}
