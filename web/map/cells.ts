/** Finds seats by place: a grid of square cells with the seats of each, in two flat arrays. */

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Most cells, so that a plan with one seat far away doesn't make a million of them. */
const CELLS_MAX = 65_536;

export class Cells {
  private readonly columns: number;
  private readonly rows: number;
  /** Where each cell's seats begin in `members`; one more for the end. */
  private readonly starts: Uint32Array;
  private readonly members: Uint32Array;

  constructor(
    /** Where each seat is. */
    private readonly xs: Float64Array,
    private readonly ys: Float64Array,
    private readonly bounds: Box,
    /** Of a cell, in the plan's unit; made larger where that gives too many cells. */
    private readonly size: number,
  ) {
    const width = bounds.right - bounds.left;
    const height = bounds.bottom - bounds.top;
    this.size = Math.max(size, Math.sqrt((width * height) / CELLS_MAX), width / 1024, height / 1024) || 1;
    this.columns = Math.floor(width / this.size) + 1;
    this.rows = Math.floor(height / this.size) + 1;
    this.starts = new Uint32Array(this.columns * this.rows + 1);
    const cells = new Uint32Array(xs.length);
    for (let seat = 0; seat < xs.length; seat++) {
      const cell = this.row(ys[seat] ?? 0) * this.columns + this.column(xs[seat] ?? 0);
      cells[seat] = cell;
      this.starts[cell + 1] = (this.starts[cell + 1] ?? 0) + 1;
    }
    for (let cell = 1; cell < this.starts.length; cell++) {
      this.starts[cell] = (this.starts[cell] ?? 0) + (this.starts[cell - 1] ?? 0);
    }
    const next = this.starts.slice();
    this.members = new Uint32Array(xs.length);
    for (let seat = 0; seat < xs.length; seat++) {
      const cell = cells[seat] ?? 0;
      const at = next[cell] ?? 0;
      this.members[at] = seat;
      next[cell] = at + 1;
    }
  }

  /** Visits every seat in a box, and some near it. */
  within(box: Box, visit: (seat: number) => void): void {
    const first = this.column(box.left);
    const last = this.column(box.right);
    for (let row = this.row(box.top); row <= this.row(box.bottom); row++) {
      const start = this.starts[row * this.columns + first] ?? 0;
      const end = this.starts[row * this.columns + last + 1] ?? 0;
      for (let at = start; at < end; at++) {
        visit(this.members[at] ?? 0);
      }
    }
  }

  /** The seat nearest to a point, other than `except`, if there is one within this distance. */
  nearest(x: number, y: number, within: number, except = -1): number | undefined {
    let best: number | undefined;
    let least = within * within;
    const box = { left: x - within, top: y - within, right: x + within, bottom: y + within };
    this.within(box, (seat) => {
      const distance = ((this.xs[seat] ?? 0) - x) ** 2 + ((this.ys[seat] ?? 0) - y) ** 2;
      if (distance <= least && seat !== except) {
        least = distance;
        best = seat;
      }
    });
    return best;
  }

  private column(x: number): number {
    return Math.min(this.columns - 1, Math.max(0, Math.floor((x - this.bounds.left) / this.size)));
  }

  private row(y: number): number {
    return Math.min(this.rows - 1, Math.max(0, Math.floor((y - this.bounds.top) / this.size)));
  }
}
