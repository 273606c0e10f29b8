/**
 * The rule about lone seats, as the office has it (`crates/domain/src/lone_seat.rs`, held to the same vectors): told while a buyer picks,
 * and not first when it refuses. Pure.
 */
import type { Neighbour, Row } from "./side-by-side";

export type LoneSeatRule = "off" | "lenient" | "strict";

export interface Pick {
  /** To be taken, by index in the plan. */
  readonly seats: ReadonlySet<number>;
  /** To be given up with it. */
  readonly given: ReadonlySet<number>;
}

export interface LoneSeat {
  /** What would be left over. */
  readonly seat: number;
  /** The seats of the pick that are to blame. */
  readonly picked: readonly number[];
  /** What could be picked in their place, the nearest first. */
  readonly choices: readonly (readonly number[])[];
}

const CHOICES_MAX = 3;
/** Most seats of other rows among which the office looks for choices; where a section has more, it alone knows which. */
const SEATS_LOOKED_AT_MAX = 5_000;

interface Cell extends Neighbour {
  readonly isFreeNow: boolean;
  readonly isPicked: boolean;
}

interface Choice {
  readonly isOtherRow: boolean;
  readonly distance: number;
  readonly cells: readonly Cell[];
}

/** The first lone seat that a pick leaves and may not. */
export function findLoneSeat(rows: readonly Row[], rule: LoneSeatRule, pick: Pick, isFree: (seat: number) => boolean): LoneSeat | undefined {
  if (rule === "off") return undefined;
  for (const row of rows) {
    if (!row.seats.some(({ seat }) => pick.seats.has(seat))) continue;
    const runs = runsOf(row, pick, isFree);
    for (const run of runs) {
      const picked = run.filter(({ isPicked }) => isPicked);
      const lone = picked.some(({ isKept }) => isKept) ? undefined : loneSeatOf(run);
      if (!lone || picked.length === 0) continue;
      const choices = choicesIn(run, picked, false);
      if (rule === "strict") {
        const others = runs.filter((other) => other !== run).flatMap(freeParts);
        choices.push(...others.flatMap((other) => choicesIn(other, picked, false)));
        const ofSection = rowsBeside(rows, row).flatMap((other) => runsOf(other, pick, isFree).flatMap(freeParts));
        choices.push(...ofSection.flatMap((other) => choicesIn(other, picked, true)));
      }
      if (choices.length > 0) return { seat: lone.seat, picked: picked.map(({ seat }) => seat), choices: nearest(choices) };
    }
  }
  return undefined;
}

function rowsBeside(rows: readonly Row[], row: Row): Row[] {
  const others = rows.filter((other) => other.section === row.section && other !== row);
  return others.reduce((sum, { seats }) => sum + seats.length, 0) <= SEATS_LOOKED_AT_MAX ? others : [];
}

/** The runs of a row: what is free, becomes free or is picked, side by side. */
function runsOf(row: Row, { seats, given }: Pick, isFree: (seat: number) => boolean): Cell[][] {
  const runs: Cell[][] = [];
  let goesOn = false;
  for (const neighbour of row.seats) {
    const { seat, joins } = neighbour;
    const cell = { ...neighbour, isPicked: seats.has(seat), isFreeNow: isFree(seat) };
    const isOfRun = cell.isPicked || cell.isFreeNow || given.has(seat);
    if (isOfRun && goesOn && joins) runs.at(-1)?.push(cell);
    else if (isOfRun) runs.push([cell]);
    goesOn = isOfRun;
  }
  return runs;
}

/** What is left of a run besides what is picked of it. */
function freeParts(run: readonly Cell[]): Cell[][] {
  const parts: Cell[][] = [[]];
  for (const cell of run) {
    if (cell.isPicked) parts.push([]);
    else parts.at(-1)?.push(cell);
  }
  return parts;
}

function loneSeatOf(run: readonly Cell[]): Cell | undefined {
  return run.find((cell, at) => {
    const beside = [run[at - 1], run[at + 1]].filter((other) => other !== undefined);
    const isLeft = !cell.isPicked && beside.every((other) => other.isPicked);
    const wasLone = cell.isFreeNow && !beside.some((other) => other.isFreeNow);
    return isLeft && !wasLone && !cell.isKept;
  });
}

/** As many side by side of a run, of the same categories, that leave no lone seat. */
function choicesIn(run: readonly Cell[], picked: readonly Cell[], isOtherRow: boolean): Choice[] {
  const isLone = (left: readonly Cell[]): boolean => left.length === 1 && !left[0]?.isKept;
  const wanted = categoriesOf(picked);
  const [pickedX, pickedY] = sumOf(picked);
  const choices: Choice[] = [];
  for (let begin = 0; begin + picked.length <= run.length; begin += 1) {
    const end = begin + picked.length;
    const cells = run.slice(begin, end);
    const leavesOne = isLone(run.slice(0, begin)) || isLone(run.slice(end));
    if (leavesOne || cells.some(({ isKept }) => isKept) || categoriesOf(cells) !== wanted) continue;
    const [x, y] = sumOf(cells);
    choices.push({ isOtherRow, distance: Math.hypot(x - pickedX, y - pickedY) / picked.length, cells });
  }
  return choices;
}

function nearest(choices: readonly Choice[]): number[][] {
  const first = ({ cells }: Choice): number => cells[0]?.seat ?? 0;
  return [...choices]
    .sort((one, other) => Number(one.isOtherRow) - Number(other.isOtherRow) || one.distance - other.distance || first(one) - first(other))
    .slice(0, CHOICES_MAX)
    .map(({ cells }) => cells.map(({ seat }) => seat));
}

function categoriesOf(cells: readonly Cell[]): string {
  return JSON.stringify(cells.map(({ category }) => category).sort());
}

function sumOf(cells: readonly Cell[]): [number, number] {
  return [cells.reduce((sum, { x }) => sum + x, 0), cells.reduce((sum, { y }) => sum + y, 0)];
}
