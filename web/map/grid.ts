/**
 * The map for the keyboard and for those who listen: an ARIA grid of one section, whose cells are its seats. It is out of sight; the
 * canvas shows which seat has the focus. Of a large section only the rows around the focus are there.
 */
import { hideFromSight } from "./hidden";
import type { PlanModel } from "./plan";
import { gridRows, type GridRow } from "./rows";
import { seatText, type MapText } from "./text";
import type { Words } from "./words";

/** Most cells; a row is always whole. */
const CELLS_MAX = 300;

export interface GridOptions {
  readonly plan: PlanModel;
  readonly words: Words;
  prices(): ReadonlyMap<string, string>;
  readonly text: MapText;
  /** The seat that has the focus now; undefined: none has. */
  focused(seat: number | undefined): void;
  /** Enter or Space on it. */
  activated(seat: number): void;
  zoomed(key: "+" | "-" | "0"): void;
  /** Another section is in the grid. */
  changedSection(section: number): void;
}

export class Grid {
  readonly element = document.createElement("div");
  private section = -1;
  private rows: readonly GridRow[] = [];
  /** The rows that are there: from, and up to. */
  private window: readonly [number, number] = [0, 0];
  private readonly cells = new Map<number, HTMLElement>();
  private active: number | undefined;

  constructor(private readonly options: GridOptions) {
    const { element } = this;
    element.setAttribute("role", "grid");
    element.setAttribute("aria-description", options.text.keys);
    hideFromSight(element);
    element.addEventListener("keydown", (event) => this.key(event));
    element.addEventListener("click", (event) => this.withSeat(event, options.activated));
    element.addEventListener("focusin", (event) => this.withSeat(event, (seat) => this.took(seat)));
    element.addEventListener("focusout", () => options.focused(undefined));
  }

  get isEmpty(): boolean {
    return this.section < 0;
  }

  /** Puts a section into the grid. */
  open(section: number): void {
    const { plan, text } = this.options;
    const model = plan.sections[section];
    if (model === undefined) {
      return;
    }
    this.section = section;
    this.rows = gridRows(plan, model);
    this.element.setAttribute("aria-label", text.section(model.name));
    this.element.setAttribute("aria-rowcount", String(this.rows.length));
    this.active = this.rows[0]?.seats[0];
    this.fill(0);
  }

  /** Says anew how seats are, those of them that are in it. */
  update(seats: readonly number[]): void {
    for (const seat of seats) {
      const cell = this.cells.get(seat);
      if (cell !== undefined) {
        this.describe(cell, seat);
      }
    }
  }

  /** Goes to a seat, and gives it the focus. */
  focus(seat: number): void {
    const section = this.options.plan.sections.findIndex(({ rows }) => rows.some(({ seats }) => seats.includes(seat)));
    if (section !== this.section) {
      this.open(section);
      this.options.changedSection(section);
    }
    this.go(seat);
  }

  private fill(around: number): void {
    const window = windowOf(this.rows, around);
    this.window = window;
    this.cells.clear();
    const rows = this.rows.slice(...window).map(({ seats }, at) => {
      const row = document.createElement("div");
      row.setAttribute("role", "row");
      row.setAttribute("aria-rowindex", String(window[0] + at + 1));
      row.append(
        ...seats.map((seat) => {
          const cell = document.createElement("div");
          cell.setAttribute("role", "gridcell");
          cell.dataset["seat"] = String(seat);
          cell.tabIndex = seat === this.active ? 0 : -1;
          this.cells.set(seat, cell);
          this.describe(cell, seat);
          return cell;
        }),
      );
      return row;
    });
    this.element.replaceChildren(...rows);
  }

  private describe(cell: HTMLElement, seat: number): void {
    const { plan, prices, text, words } = this.options;
    const word = words.word(seat);
    const model = plan.seats[seat];
    if (model !== undefined) {
      cell.textContent = seatText(plan, model, prices(), word, text);
      cell.setAttribute("aria-selected", String(word === "selected" || word === "own"));
      cell.setAttribute("aria-disabled", String(!words.canBePicked(seat)));
    }
  }

  private withSeat(event: Event, use: (seat: number) => void): void {
    const cell = event.target instanceof HTMLElement ? event.target.dataset["seat"] : undefined;
    if (cell !== undefined) {
      use(Number(cell));
    }
  }

  private took(seat: number): void {
    const before = this.cells.get(this.active ?? -1);
    if (before !== undefined) {
      before.tabIndex = -1;
    }
    this.active = seat;
    const cell = this.cells.get(seat);
    if (cell !== undefined) {
      cell.tabIndex = 0;
    }
    this.options.focused(seat);
  }

  private go(seat: number): void {
    const row = this.rows.findIndex(({ seats }) => seats.includes(seat));
    if (row >= 0 && (row < this.window[0] || row >= this.window[1])) {
      this.active = seat;
      this.fill(row);
    }
    this.cells.get(seat)?.focus({ preventScroll: true });
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey && event.key !== "Home" && event.key !== "End") {
      return;
    }
    const { active, options } = this;
    if (active === undefined || event.altKey || event.metaKey) {
      return;
    }
    switch (event.key) {
      case "Enter":
      case " ":
        options.activated(active);
        break;
      case "+":
      case "-":
      case "0":
        options.zoomed(event.key);
        break;
      case "PageUp":
        this.turn(-1);
        break;
      case "PageDown":
        this.turn(1);
        break;
      default: {
        const next = this.neighbour(event.key, event.ctrlKey, active);
        if (next === undefined) {
          return;
        }
        this.go(next);
      }
    }
    event.preventDefault();
  }

  /** The seat that a key leads to; the same at the end of the way, undefined for keys that lead nowhere. */
  private neighbour(key: string, far: boolean, active: number): number | undefined {
    const row = this.rows.findIndex(({ seats }) => seats.includes(active));
    const seats = this.rows[row]?.seats ?? [];
    const at = seats.indexOf(active);
    switch (key) {
      case "ArrowLeft":
        return seats[at - 1] ?? active;
      case "ArrowRight":
        return seats[at + 1] ?? active;
      case "ArrowUp":
        return this.nearestIn(row - 1, active) ?? active;
      case "ArrowDown":
        return this.nearestIn(row + 1, active) ?? active;
      case "Home":
        return (far ? this.rows[0]?.seats : seats)?.[0];
      case "End":
        return (far ? this.rows.at(-1)?.seats : seats)?.at(-1);
      default:
        return undefined;
    }
  }

  private nearestIn(row: number, seat: number): number | undefined {
    const { plan } = this.options;
    const from = plan.seats[seat];
    const distance = (other: number): number => {
      const to = plan.seats[other];
      return from && to ? Math.hypot(from.x - to.x, from.y - to.y) : Infinity;
    };
    const seats = this.rows[row]?.seats ?? [];
    return seats.length === 0 ? undefined : seats.reduce((best, other) => (distance(other) < distance(best) ? other : best));
  }

  /** To the next section, or the one before. */
  private turn(by: number): void {
    const section = this.section + by;
    if (this.options.plan.sections[section] === undefined) {
      return;
    }
    this.open(section);
    this.options.changedSection(section);
    if (this.active !== undefined) {
      this.go(this.active);
    }
  }
}

/** Rows around one, as many as may be. */
function windowOf(rows: readonly GridRow[], around: number): readonly [number, number] {
  let [from, to] = [around, Math.min(rows.length, around + 1)];
  let cells = rows[around]?.seats.length ?? 0;
  for (let grown = true; grown; ) {
    grown = false;
    for (const next of [to, from - 1]) {
      const more = rows[next]?.seats.length;
      if (more !== undefined && cells + more <= CELLS_MAX) {
        cells += more;
        [from, to] = [Math.min(from, next), Math.max(to, next + 1)];
        grown = true;
      }
    }
  }
  return [from, to];
}
