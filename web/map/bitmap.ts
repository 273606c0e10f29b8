/**
 * The picture of all seats in view and of some around it: one canvas. Moving the map moves it, zooming scales it, which the browser
 * does without painting; what comes into view is added at its edge; a change repaints its seat alone. It is painted anew where the
 * zoom has come to rest.
 */
import type { Box } from "./cells";
import type { Layout } from "./layout";
import type { Palette } from "./palette";
import { contains, intersection, NOTHING, union, type Pixels } from "./pixels";
import type { PlanModel } from "./plan";
import { REACH, squareColor, squareOf } from "./shapes";
import { Sprites } from "./sprites";
import { pixelOf, Squares } from "./squares";
import type { SeatWord } from "./text";
import type { View } from "./view";
import { WORDS, type Words } from "./words";

/** Seats of fewer CSS pixels than this, from the middle to the edge, are squares. */
const ROUND_RADIUS = 4.5;
/** Round ones cost more: where there are few, smaller ones are round, too. */
const FEW_SEATS = 6_000;
const FEW_ROUND_RADIUS = 2.5;
/** Larger ones have their number in them. */
const NUMBER_RADIUS = 10;
/** What a place for a wheelchair has instead: the sign, as a letter and not as a picture. */
const WHEELCHAIR = "\u267f\ufe0e";
/** Rows are named from here on. */
const ROW_NAME_RADIUS = 6;
/** How much more than the view it has room for, each way, as a share of the view. */
const MARGIN = 0.15;
/** What comes into view is painted with so many CSS pixels more, so that not each step of a finger paints. */
const AHEAD = 96;
/** From so many changes on at a time it is quicker to paint it anew. */
const CHANGES_MAX = 4_000;

export interface Figures {
  /** Seats repainted one by one. */
  seatsRepainted: number;
  /** How often the whole bitmap was painted. */
  paintedAnew: number;
  /** How often something was added at its edges. */
  extended: number;
}

export class Bitmap {
  readonly figures: Figures = { seatsRepainted: 0, paintedAnew: 0, extended: 0 };
  readonly canvas = document.createElement("canvas");
  private readonly context: CanvasRenderingContext2D;
  /** Device pixels a unit of the plan; 0: nothing is painted. */
  private scale = 0;
  private ratio = 1;
  /** What it has room for, in device pixels from the plan's origin. */
  private area: Pixels = NOTHING;
  /** The part of it that is painted. */
  private painted: Pixels = NOTHING;
  private sprites: Sprites;

  constructor(
    private readonly plan: PlanModel,
    private readonly layout: Layout,
    private readonly words: Words,
    private palette: Palette,
  ) {
    this.sprites = new Sprites(0, palette);
    const context = this.canvas.getContext("2d");
    if (context === null) {
      throw new Error("this browser has no canvas");
    }
    this.context = context;
    this.canvas.setAttribute("aria-hidden", "true");
    Object.assign(this.canvas.style, {
      position: "absolute",
      left: "0",
      top: "0",
      transformOrigin: "0 0",
      willChange: "transform",
      pointerEvents: "none",
    });
  }

  recolor(palette: Palette): void {
    this.palette = palette;
    this.scale = 0;
  }

  /** Puts it where the view has it, moved and scaled; on whole pixels of the screen where it is sharp. */
  place(view: View, ratio: number): void {
    if (this.scale === 0) {
      return;
    }
    const by = this.isSharp(view, ratio) ? 1 : (view.scale * ratio) / this.scale;
    const along = (shift: number, from: number): number =>
      ((by === 1 ? Math.round(shift * ratio) : shift * ratio) + from * by) / ratio;
    const { canvas, area } = this;
    canvas.style.transform = `translate(${along(view.x, area.x)}px, ${along(view.y, area.y)}px) scale(${by})`;
  }

  /** Whether it has all of a view, whatever its scale. */
  covers(view: View, ratio: number, width: number, height: number): boolean {
    return this.scale !== 0 && contains(this.painted, this.seen(view, ratio, width, height, 0), 2);
  }

  isSharp(view: View, ratio: number): boolean {
    return this.scale !== 0 && Math.abs((view.scale * ratio) / this.scale - 1) < 1e-6;
  }

  /** Makes it have a view, at the view's own scale: from what it has, if the scale is the same. */
  cover(view: View, ratio: number, width: number, height: number): void {
    const wanted = this.around(view, ratio, width, height);
    const { area } = this;
    if (!this.isSharp(view, ratio) || this.ratio !== ratio || area.width !== wanted.width || area.height !== wanted.height) {
      this.scale = view.scale * ratio;
      this.sprites = new Sprites(this.radius(), this.palette);
      this.ratio = ratio;
      this.area = wanted;
      this.painted = NOTHING;
      this.canvas.width = Math.max(1, wanted.width);
      this.canvas.height = Math.max(1, wanted.height);
      this.canvas.style.width = `${this.canvas.width / ratio}px`;
      this.canvas.style.height = `${this.canvas.height / ratio}px`;
      this.extend(this.seen(view, ratio, width, height, 0));
      this.figures.paintedAnew++;
    } else if (!this.covers(view, ratio, width, height)) {
      if (!contains(area, this.seen(view, ratio, width, height, 0), 0)) {
        this.moveTo(wanted);
      }
      this.extend(intersection(this.area, union(this.painted, this.seen(view, ratio, width, height, AHEAD * ratio))));
      this.figures.extended++;
    }
  }

  /** Paints seats again, if they are in it. */
  repaint(seats: readonly number[]): void {
    if (this.scale === 0) {
      return;
    }
    if (seats.length > CHANGES_MAX) {
      this.paint(this.painted);
      this.figures.paintedAnew++;
      return;
    }
    const reach = this.reach();
    const left = this.painted.x - this.area.x - reach;
    const top = this.painted.y - this.area.y - reach;
    for (const seat of seats) {
      const x = this.across(seat);
      const y = this.down(seat);
      if (x > left && y > top && x < left + this.painted.width + 2 * reach && y < top + this.painted.height + 2 * reach) {
        this.context.clearRect(x - reach, y - reach, 2 * reach + 1, 2 * reach + 1);
        this.drawAll([seat], this.look(seat));
        this.figures.seatsRepainted++;
      }
    }
  }

  /** Has room for another area of the same size: what both have is moved. */
  private moveTo(wanted: Pixels): void {
    this.context.globalCompositeOperation = "copy";
    this.context.drawImage(this.canvas, this.area.x - wanted.x, this.area.y - wanted.y);
    this.context.globalCompositeOperation = "source-over";
    this.area = wanted;
    this.painted = intersection(this.painted, wanted);
  }

  /** Paints what an area has more than is painted: a strip at each side of it. */
  private extend(to: Pixels): void {
    const { painted } = this;
    this.painted = to;
    if (painted.width === 0 || painted.height === 0) {
      this.paint(to);
      return;
    }
    const [right, bottom] = [painted.x + painted.width, painted.y + painted.height];
    this.paint({ ...to, height: painted.y - to.y });
    this.paint({ ...to, y: bottom, height: to.y + to.height - bottom });
    this.paint({ x: to.x, y: painted.y, width: painted.x - to.x, height: painted.height });
    this.paint({ x: right, y: painted.y, width: to.x + to.width - right, height: painted.height });
  }

  /** A view and more on each side of it, in pixels of the bitmap's own scale; no more than there is to see. */
  private seen(view: View, ratio: number, width: number, height: number, more: number): Pixels {
    const by = this.scale / (view.scale * ratio);
    const x = Math.floor(-view.x * ratio * by - more);
    const y = Math.floor(-view.y * ratio * by - more);
    const right = Math.ceil((width - view.x) * ratio * by + more);
    const bottom = Math.ceil((height - view.y) * ratio * by + more);
    return intersection({ x, y, width: right - x, height: bottom - y }, this.whole());
  }

  /** A view and its margins; of one size for one scale, also at the edges of the plan, so that it can be moved. */
  private around(view: View, ratio: number, width: number, height: number): Pixels {
    const { left, top, right, bottom } = this.layout.bounds;
    const scale = view.scale * ratio;
    const along = (shift: number, length: number, from: number, to: number): readonly [number, number] => {
      const first = Math.floor(from * scale);
      const last = Math.ceil(to * scale);
      const size = Math.min(Math.ceil(length * (1 + 2 * MARGIN) * ratio), last - first);
      const start = Math.floor((-shift - length * MARGIN) * ratio);
      return [Math.min(last - size, Math.max(first, start)), size];
    };
    const [x, across] = along(view.x, width, left, right);
    const [y, down] = along(view.y, height, top, bottom);
    return { x, y, width: across, height: down };
  }

  private whole(): Pixels {
    const { left, top, right, bottom } = this.layout.bounds;
    const x = Math.floor(left * this.scale);
    const y = Math.floor(top * this.scale);
    return { x, y, width: Math.ceil(right * this.scale) - x, height: Math.ceil(bottom * this.scale) - y };
  }

  private radius(): number {
    return this.layout.radius * this.scale;
  }

  private isRound(): boolean {
    const least = this.plan.seats.length <= FEW_SEATS ? FEW_ROUND_RADIUS : ROUND_RADIUS;
    return this.radius() / this.ratio >= least;
  }

  /** Where a seat is in the bitmap, in whole pixels, so that it can be cleared and painted again without a trace. */
  private across(seat: number): number {
    return Math.round((this.layout.xs[seat] ?? 0) * this.scale) - this.area.x;
  }

  private down(seat: number): number {
    return Math.round((this.layout.ys[seat] ?? 0) * this.scale) - this.area.y;
  }

  private reach(): number {
    return this.isRound() ? Math.ceil(this.radius() * REACH) : Math.ceil(this.squareSize() / 2) + 1;
  }

  private squareSize(): number {
    return Math.max(1, Math.floor(this.radius() * 1.8));
  }

  /** Paints a part of the area, over nothing. */
  private paint(part: Pixels): void {
    if (part.width <= 0 || part.height <= 0) {
      return;
    }
    const edge = this.layout.radius * 2;
    const box: Box = {
      left: part.x / this.scale - edge,
      top: part.y / this.scale - edge,
      right: (part.x + part.width) / this.scale + edge,
      bottom: (part.y + part.height) / this.scale + edge,
    };
    const at = { ...part, x: part.x - this.area.x, y: part.y - this.area.y };
    if (!this.isRound()) {
      this.paintSquares(at, box);
      return;
    }
    const { context } = this;
    context.save();
    context.beginPath();
    context.rect(at.x, at.y, at.width, at.height);
    context.clip();
    context.clearRect(at.x, at.y, at.width, at.height);
    this.looksIn(box).forEach((seats, look) => this.drawAll(seats, look));
    if (this.radius() / this.ratio >= ROW_NAME_RADIUS) {
      this.nameRows(box, edge * 2);
    }
    context.restore();
  }

  private paintSquares(part: Pixels, box: Box): void {
    const squares = new Squares(part);
    this.looksIn(box).forEach((seats, look) => {
      const { x, y, width, height, color } = this.square(look);
      const pixel = pixelOf(color);
      for (const seat of seats) {
        squares.fill(this.across(seat) + x, this.down(seat) + y, width, height, pixel);
      }
    });
    squares.put(this.context);
  }

  /** Seats by their look, as a change of colour costs more than a seat. */
  private looksIn(box: Box): Map<number, number[]> {
    const looks = new Map<number, number[]>();
    this.layout.cells.within(box, (seat) => {
      const look = this.look(seat);
      const seats = looks.get(look);
      if (seats === undefined) {
        looks.set(look, [seat]);
      } else {
        seats.push(seat);
      }
    });
    return looks;
  }

  private look(seat: number): number {
    return (this.plan.seats[seat]?.category ?? 0) * WORDS.length + (this.words.numbers[seat] ?? 0);
  }

  /** How a seat that is a square looks, from its middle. */
  private square(look: number): Pixels & { readonly color: string } {
    const word = wordOf(look);
    const size = this.squareSize();
    const half = Math.floor(size / 2);
    const { x, y, width, height } = squareOf(word, size);
    return { x: x - half, y: y - half, width, height, color: squareColor(word, categoryOf(look), this.palette) };
  }

  private drawAll(seats: readonly number[], look: number): void {
    const { context } = this;
    if (this.isRound()) {
      const [word, category] = [wordOf(look), categoryOf(look)];
      const isNumbered = this.radius() / this.ratio >= NUMBER_RADIUS && word === "free";
      for (const seat of seats) {
        const model = this.plan.seats[seat];
        const text = model?.marks[0] === "accessible" ? WHEELCHAIR : (model?.number ?? "");
        const sprite = this.sprites.get(word, category, isNumbered && text.length <= 3 ? text : "");
        context.drawImage(sprite, this.across(seat) - sprite.width / 2, this.down(seat) - sprite.height / 2);
      }
      return;
    }
    const { x, y, width, height, color } = this.square(look);
    context.fillStyle = color;
    for (const seat of seats) {
      context.fillRect(this.across(seat) + x, this.down(seat) + y, width, height);
    }
  }

  /** Names may be wider than seats: those that begin outside of the box are in it in part. */
  private nameRows({ left, top, right, bottom }: Box, wider: number): void {
    const { context } = this;
    context.font = `${Math.round(Math.min(this.radius() * 1.1, 14 * this.ratio))}px system-ui, sans-serif`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillStyle = this.palette.ink;
    for (const { name, x, y } of this.layout.rowNames()) {
      if (x > left - wider && x < right + wider && y > top - wider && y < bottom + wider) {
        context.fillText(name, x * this.scale - this.area.x, y * this.scale - this.area.y);
      }
    }
  }
}

/** A look is a category and a word. */
function wordOf(look: number): SeatWord {
  return WORDS[look % WORDS.length] ?? "blocked";
}

function categoryOf(look: number): number {
  return Math.floor(look / WORDS.length);
}
