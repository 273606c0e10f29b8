/**
 * The plan as the map, the grid and the feed need it: flat lists with an index each, in the order in which the office lists
 * seats. Made once from the plan's document; nothing here changes while a show sells.
 */
import type { components } from "../api/schema";

export type PlanDocument = components["schemas"]["PlanDocument"];

/** What sets a seat apart: a place for a wheelchair, a seat for the company of whoever sits there, a part of the stage that can't be seen. */
export type SeatMark = "accessible" | "companion" | "restricted";

/** Why a category is meant by index: there may be 100,000 seats, and each is painted by its category's colour. */
export interface SeatModel {
  /** As the API names it. */
  readonly name: string;
  readonly section: string;
  readonly row: string;
  readonly number: string;
  /** Index in `categories`. */
  readonly category: number;
  /** To the right and downwards, in the plan's own unit. */
  readonly x: number;
  readonly y: number;
  /** What people are told instead of "row 6" and "seat 12", if the plan has its own words. */
  readonly rowLabel: string | undefined;
  readonly seatLabel: string | undefined;
  readonly marks: readonly SeatMark[];
}

export interface RowModel {
  readonly name: string;
  readonly label?: string;
  /** Indices of its seats, in the order of the document. */
  readonly seats: readonly number[];
}

export interface SectionModel {
  readonly name: string;
  readonly rows: readonly RowModel[];
}

export interface ZoneModel {
  readonly name: string;
  /** Index in `categories`. */
  readonly category: number;
  /** As the plan says; a show may say otherwise, so that counts come from the feed. */
  readonly capacity: number;
}

export interface CategoryModel {
  readonly name: string;
  /** As the plan has it, `#rgb` or `#rrggbb`. */
  readonly color?: string;
}

export interface PlanModel {
  readonly name: string;
  /** What it was read from: for what is asked of a plan more seldom than a map is drawn. */
  readonly document: PlanDocument;
  readonly seats: readonly SeatModel[];
  /** From a seat's name to its index in `seats`; made when a seat is asked for by its name, as a map is drawn without. */
  readonly index: ReadonlyMap<string, number>;
  readonly sections: readonly SectionModel[];
  readonly zones: readonly ZoneModel[];
  readonly categories: readonly CategoryModel[];
  /** The middle of the stage. */
  readonly focalPoint?: { readonly x: number; readonly y: number };
}

/** Most seats have none, and share that. */
const NONE: readonly SeatMark[] = [];

function marksOf(seat: Pick<components["schemas"]["PlanSeat"], "accessible" | "companion_of" | "restricted_view">): readonly SeatMark[] {
  const marks: SeatMark[] = [];
  if (seat.accessible) marks.push("accessible");
  if (seat.companion_of) marks.push("companion");
  if (seat.restricted_view) marks.push("restricted");
  return marks.length > 0 ? marks : NONE;
}

/** Reads a plan's document as `GET /v1/plans/{plan}` gives it. */
export function readPlan(document: PlanDocument): PlanModel {
  const categoryIndex = new Map(document.categories.map((category, at) => [category.name, at]));
  const categoryOf = (name: string | undefined): number => categoryIndex.get(name ?? "") ?? 0;
  const seats: SeatModel[] = [];
  let index: Map<string, number> | undefined;
  const sections = (document.sections ?? []).map((section) => ({
    name: section.name,
    rows: [...section.rows, ...(section.tables ?? [])].map((row) => {
      const first = seats.length;
      for (const seat of row.seats) {
        const { name, number, category, x, y, label } = seat;
        seats.push({
          name: name ?? `${section.name}-${row.name}-${number}`,
          section: section.name,
          row: row.name,
          number,
          category: categoryOf(category ?? row.category),
          x,
          y,
          rowLabel: row.label,
          seatLabel: label,
          marks: marksOf(seat),
        });
      }
      return {
        name: row.name,
        ...(row.label === undefined ? {} : { label: row.label }),
        seats: row.seats.map((_, at) => first + at),
      };
    }),
  }));
  return {
    name: document.name,
    document,
    seats,
    get index() {
      return (index ??= new Map(seats.map(({ name }, at) => [name, at])));
    },
    sections,
    zones: (document.zones ?? []).map((zone) => ({
      name: zone.name,
      category: categoryOf(zone.category),
      capacity: zone.capacity,
    })),
    categories: document.categories,
    ...(document.focal_point === undefined ? {} : { focalPoint: document.focal_point }),
  };
}
