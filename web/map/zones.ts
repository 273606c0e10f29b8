/**
 * Where zones are drawn: a plan doesn't say. If the seats stand around an empty place, such as the floor of an arena, there; else in
 * a strip behind the seats, away from the stage.
 */
import type { Box } from "./cells";
import type { PlanModel } from "./plan";

/** The bounds of the seats are looked at in so many squares each way. */
const SQUARES = 24;
/** An empty place must take this share of the bounds each way. */
const SHARE_MIN = 0.15;

export function placeZones(plan: PlanModel, bounds: Box, gap: number): Box[] {
  const count = plan.zones.length;
  if (count === 0) {
    return [];
  }
  const empty = plan.seats.length > 1 ? emptyPlace(plan, bounds) : undefined;
  return divide(empty === undefined ? strip(plan, bounds, gap) : shrink(empty, gap), count, gap);
}

function shrink(box: Box, by: number): Box {
  return { left: box.left + by, top: box.top + by, right: box.right - by, bottom: box.bottom - by };
}

function strip(plan: PlanModel, bounds: Box, gap: number): Box {
  const width = Math.max(bounds.right - bounds.left, gap * 12);
  const height = Math.max(width / 8, gap * 4);
  const left = (bounds.left + bounds.right - width) / 2;
  const stage = plan.focalPoint?.y ?? bounds.top;
  const below = stage <= (bounds.top + bounds.bottom) / 2;
  const top = below ? bounds.bottom + gap * 2 : bounds.top - gap * 2 - height;
  return { left, top, right: left + width, bottom: top + height };
}

/** Side by side where the place is wide, else one below the other. */
function divide({ left, top, right, bottom }: Box, count: number, gap: number): Box[] {
  const width = right - left;
  const height = bottom - top;
  const columns = Math.min(count, Math.max(1, Math.round(Math.sqrt((count * width) / Math.max(height * 2.5, 1e-9)))));
  const rows = Math.ceil(count / columns);
  const space = Math.min(gap / 2, width / columns / 10, height / rows / 10);
  return Array.from({ length: count }, (_, at) => {
    const x = left + ((at % columns) * width) / columns;
    const y = top + (Math.floor(at / columns) * height) / rows;
    return { left: x + space, top: y + space, right: x + width / columns - space, bottom: y + height / rows - space };
  });
}

/** The largest rectangle without seats that has seats on two sides that face one another. */
function emptyPlace(plan: PlanModel, bounds: Box): Box | undefined {
  const width = bounds.right - bounds.left || 1;
  const height = bounds.bottom - bounds.top || 1;
  const count = seatCounts(plan, bounds, width, height);
  const least = SQUARES * SHARE_MIN;
  let best: readonly [number, number, number, number] | undefined;
  let area = 0;
  for (let top = 0; top < SQUARES; top++) {
    for (let left = 0; left < SQUARES; left++) {
      // As far down as it is empty, over all columns from `left` to `right`.
      let bottom = SQUARES;
      for (let right = left + 1; right <= SQUARES && bottom - top >= least; right++) {
        while (bottom > top && count(right - 1, top, right, bottom) > 0) {
          bottom--;
        }
        const isLarger = (right - left) * (bottom - top) > area && right - left >= least && bottom - top >= least;
        if (isLarger && isBetweenSeats(count, left, top, right, bottom)) {
          best = [left, top, right, bottom];
          area = (right - left) * (bottom - top);
        }
      }
    }
  }
  if (best === undefined) {
    return undefined;
  }
  const [left, top, right, bottom] = best;
  return {
    left: bounds.left + (left / SQUARES) * width,
    top: bounds.top + (top / SQUARES) * height,
    right: bounds.left + (right / SQUARES) * width,
    bottom: bounds.top + (bottom / SQUARES) * height,
  };
}

/** How many seats there are in a rectangle of squares. */
type Count = (left: number, top: number, right: number, bottom: number) => number;

function isBetweenSeats(count: Count, left: number, top: number, right: number, bottom: number): boolean {
  const beside = count(0, top, left, bottom) > 0 && count(right, top, SQUARES, bottom) > 0;
  const above = count(left, 0, right, top) > 0 && count(left, bottom, right, SQUARES) > 0;
  return beside || above;
}

function seatCounts(plan: PlanModel, bounds: Box, width: number, height: number): Count {
  const side = SQUARES + 1;
  // Sums of all squares above and to the left, so that any rectangle is counted at once.
  const sums = new Float64Array(side * side);
  const square = (value: number): number => Math.min(SQUARES, Math.floor(value * SQUARES) + 1);
  for (const { x, y } of plan.seats) {
    const at = square((y - bounds.top) / height) * side + square((x - bounds.left) / width);
    sums[at] = (sums[at] ?? 0) + 1;
  }
  const sum = (x: number, y: number): number => sums[y * side + x] ?? 0;
  for (let y = 1; y < side; y++) {
    for (let x = 1; x < side; x++) {
      sums[y * side + x] = sum(x, y) + sum(x - 1, y) + sum(x, y - 1) - sum(x - 1, y - 1);
    }
  }
  return (left, top, right, bottom) => sum(right, bottom) - sum(left, bottom) - sum(right, top) + sum(left, top);
}
