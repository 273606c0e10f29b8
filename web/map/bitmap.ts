/**
 * The picture of all seats in view and of some around it, kept in one bitmap. Moving the map draws the bitmap elsewhere; what comes
 * into view is added at its edge; a change repaints its seat alone. It is painted anew where the scale is another.
 */
import type { Box } from "./cells";
import type { Layout } from "./layout";
import { inkOn, type Palette } from "./palette";
import type { PlanModel } from "./plan";
import { drawSeat, drawSquare, REACH, squareColor } from "./shapes";
import type { View } from "./view";
import { WORDS, type Words } from "./words";

/** Seats of fewer CSS pixels than this, from the middle to the edge, are squares. */
const ROUND_RADIUS = 4.5;
/** Round ones cost more: where there are few, smaller ones are round, too. */
const FEW_SEATS = 6_000;
const FEW_ROUND_RADIUS = 2.5;
/** Larger ones have their number in them. */
const NUMBER_RADIUS = 10;
/** Rows are named from here on. */
const ROW_NAME_RADIUS = 6;
/** How much more than the view it has, each way, as a share of the view. */
const MARGIN = 0.3;
/** Most shapes that are kept ready. */
const SPRITES_MAX = 1_500;
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

/** Device pixels. */
interface Pixels {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export class Bitmap {
  readonly figures: Figures = { seatsRepainted: 0, paintedAnew: 0, extended: 0 };
  private readonly canvas = document.createElement("canvas");
  private readonly context: CanvasRenderingContext2D;
  /** Device pixels a unit of the plan; 0: nothing is painted. */
  private scale = 0;
  private ratio = 1;
  /** What it shows, in device pixels from the plan's origin. */
  private area: Pixels = { x: 0, y: 0, width: 0, height: 0 };
  private readonly sprites = new Map<string, HTMLCanvasElement>();

  constructor(
    private readonly plan: PlanModel,
    private readonly layout: Layout,
    private readonly words: Words,
    private palette: Palette,
  ) {
    const context = this.canvas.getContext("2d");
    if (context === null) {
      throw new Error("this browser has no canvas");
    }
    this.context = context;
  }

  recolor(palette: Palette): void {
    this.palette = palette;
    this.forget();
  }

  /** What is painted is worth nothing any more. */
  forget(): void {
    this.scale = 0;
    this.sprites.clear();
  }

  /** Draws it where the view has it, moved and scaled. */
  drawOn(target: CanvasRenderingContext2D, view: View, ratio: number): void {
    if (this.scale === 0) {
      return;
    }
    const by = (view.scale * ratio) / this.scale;
    const same = Math.abs(by - 1) < 1e-6;
    const place = (shift: number, from: number): number =>
      same ? Math.round(shift * ratio) + from : shift * ratio + from * by;
    const { x, y, width, height } = this.area;
    const size = same ? 1 : by;
    target.drawImage(this.canvas, place(view.x, x), place(view.y, y), width * size, height * size);
  }

  /** Whether it has all of a view, whatever its scale. */
  covers(view: View, ratio: number, width: number, height: number): boolean {
    if (this.scale === 0) {
      return false;
    }
    const by = this.scale / (view.scale * ratio);
    const seen = { x: -view.x * ratio * by, y: -view.y * ratio * by, width: width * ratio * by, height: height * ratio * by };
    return contains(this.area, this.bounded(seen, this.scale), 2);
  }

  isSharp(view: View, ratio: number): boolean {
    return this.scale !== 0 && Math.abs((view.scale * ratio) / this.scale - 1) < 1e-6;
  }

  /** Makes it have a view, at the view's own scale: from what it has, if the scale is the same. */
  cover(view: View, ratio: number, width: number, height: number): void {
    const sharp = this.isSharp(view, ratio) && this.ratio === ratio;
    if (sharp && this.covers(view, ratio, width, height)) {
      return;
    }
    const scale = view.scale * ratio;
    const wanted = this.around(view, ratio, width, height);
    if (sharp && this.area.width === wanted.width && this.area.height === wanted.height) {
      this.moveTo(wanted);
      return;
    }
    if (this.scale !== scale || this.ratio !== ratio) {
      this.sprites.clear();
    }
    this.scale = scale;
    this.ratio = ratio;
    this.area = wanted;
    this.canvas.width = Math.max(1, wanted.width);
    this.canvas.height = Math.max(1, wanted.height);
    this.paint(wanted);
    this.figures.paintedAnew++;
  }

  /** Paints seats again, if they are in it. */
  repaint(seats: readonly number[]): void {
    if (this.scale === 0) {
      return;
    }
    if (seats.length > CHANGES_MAX) {
      this.context.clearRect(0, 0, this.area.width, this.area.height);
      this.paint(this.area);
      this.figures.paintedAnew++;
      return;
    }
    for (const seat of seats) {
      const { x, y, reach } = this.placeOf(seat);
      const isInside = x + reach > 0 && y + reach > 0 && x - reach < this.area.width && y - reach < this.area.height;
      if (isInside) {
        this.context.clearRect(x - reach, y - reach, 2 * reach + 1, 2 * reach + 1);
        this.drawOne(seat, x, y);
        this.figures.seatsRepainted++;
      }
    }
  }

  /** Shows another area of the same size: what both have is moved, the rest painted. */
  private moveTo(wanted: Pixels): void {
    const { x, y, width, height } = this.area;
    const dx = x - wanted.x;
    const dy = y - wanted.y;
    this.area = wanted;
    this.context.globalCompositeOperation = "copy";
    this.context.drawImage(this.canvas, dx, dy);
    this.context.globalCompositeOperation = "source-over";
    const across = Math.min(Math.abs(dx), width);
    const down = Math.min(Math.abs(dy), height);
    if (across > 0) {
      this.paint({ x: dx > 0 ? wanted.x : wanted.x + width - across, y: wanted.y, width: across, height });
    }
    if (down > 0) {
      this.paint({ x: wanted.x, y: dy > 0 ? wanted.y : wanted.y + height - down, width, height: down });
    }
    this.figures.extended++;
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

  /** No more than there is to see. */
  private bounded(area: Pixels, scale: number): Pixels {
    const { left, top, right, bottom } = this.layout.bounds;
    const x = Math.max(area.x, Math.floor(left * scale));
    const y = Math.max(area.y, Math.floor(top * scale));
    const width = Math.max(0, Math.min(area.x + area.width, Math.ceil(right * scale)) - x);
    const height = Math.max(0, Math.min(area.y + area.height, Math.ceil(bottom * scale)) - y);
    return { x, y, width, height };
  }

  private radius(): number {
    return this.layout.radius * this.scale;
  }

  private isRound(): boolean {
    const least = this.plan.seats.length <= FEW_SEATS ? FEW_ROUND_RADIUS : ROUND_RADIUS;
    return this.radius() / this.ratio >= least;
  }

  /** Where a seat is in the bitmap, in whole pixels, so that it can be cleared and painted again without a trace. */
  private placeOf(seat: number): { x: number; y: number; reach: number } {
    const { x = 0, y = 0 } = this.plan.seats[seat] ?? {};
    return {
      x: Math.round(x * this.scale) - this.area.x,
      y: Math.round(y * this.scale) - this.area.y,
      reach: this.isRound() ? Math.ceil(this.radius() * REACH) : Math.ceil(this.squareSize() / 2) + 1,
    };
  }

  private squareSize(): number {
    return Math.max(1, Math.round(this.radius() * 1.8));
  }

  /** Paints a part of the area, over nothing. */
  private paint(part: Pixels): void {
    const { context } = this;
    context.save();
    context.beginPath();
    context.rect(part.x - this.area.x, part.y - this.area.y, part.width, part.height);
    context.clip();
    context.clearRect(part.x - this.area.x, part.y - this.area.y, part.width, part.height);
    const edge = this.layout.radius * 2;
    const box: Box = {
      left: part.x / this.scale - edge,
      top: part.y / this.scale - edge,
      right: (part.x + part.width) / this.scale + edge,
      bottom: (part.y + part.height) / this.scale + edge,
    };
    if (this.isRound()) {
      this.layout.cells.within(box, (seat) => {
        const { x, y } = this.placeOf(seat);
        this.drawOne(seat, x, y);
      });
    } else {
      this.paintSquares(box);
    }
    if (this.radius() / this.ratio >= ROW_NAME_RADIUS) {
      this.nameRows(box);
    }
    context.restore();
  }

  /** All seats of one look after another, as a change of colour costs more than a square. */
  private paintSquares(box: Box): void {
    const looks = new Map<number, number[]>();
    this.layout.cells.within(box, (seat) => {
      const look = (this.plan.seats[seat]?.category ?? 0) * WORDS.length + (this.words.numbers[seat] ?? 0);
      const seats = looks.get(look);
      if (seats === undefined) {
        looks.set(look, [seat]);
      } else {
        seats.push(seat);
      }
    });
    for (const seats of looks.values()) {
      for (const seat of seats) {
        const { x, y } = this.placeOf(seat);
        this.drawOne(seat, x, y);
      }
    }
  }

  private drawOne(seat: number, x: number, y: number): void {
    const { category = 0, number = "" } = this.plan.seats[seat] ?? {};
    const word = this.words.word(seat);
    if (this.isRound()) {
      const hasNumber = this.radius() / this.ratio >= NUMBER_RADIUS && word === "free" && number.length <= 3;
      const sprite = this.sprite(word, category, hasNumber ? number : "");
      this.context.drawImage(sprite, x - sprite.width / 2, y - sprite.height / 2);
      return;
    }
    const size = this.squareSize();
    const color = squareColor(word, category, this.palette);
    if (this.context.fillStyle !== color) {
      this.context.fillStyle = color;
    }
    drawSquare(this.context, word, x - Math.floor(size / 2), y - Math.floor(size / 2), size);
  }

  private sprite(word: (typeof WORDS)[number], category: number, number: string): HTMLCanvasElement {
    const key = `${word} ${category} ${number}`;
    const known = this.sprites.get(key);
    if (known !== undefined) {
      return known;
    }
    if (this.sprites.size >= SPRITES_MAX) {
      this.sprites.clear();
    }
    const radius = this.radius();
    const sprite = document.createElement("canvas");
    sprite.width = sprite.height = 2 * Math.ceil(radius * REACH);
    const context = sprite.getContext("2d");
    if (context !== null) {
      context.translate(sprite.width / 2, sprite.height / 2);
      context.lineCap = "round";
      drawSeat(context, word, category, radius, this.palette);
      if (number !== "") {
        drawNumber(context, number, radius, this.palette.categories[category] ?? this.palette.ink);
      }
    }
    this.sprites.set(key, sprite);
    return sprite;
  }

  private nameRows(box: Box): void {
    const { context } = this;
    context.font = `${Math.round(Math.min(this.radius() * 1.1, 14 * this.ratio))}px system-ui, sans-serif`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillStyle = this.palette.ink;
    for (const { name, x, y } of this.layout.rowNames) {
      if (x > box.left && x < box.right && y > box.top && y < box.bottom) {
        context.fillText(name, x * this.scale - this.area.x, y * this.scale - this.area.y);
      }
    }
  }
}

function drawNumber(context: CanvasRenderingContext2D, number: string, radius: number, color: string): void {
  context.font = `600 ${Math.round(radius * (number.length > 2 ? 0.75 : 0.95))}px system-ui, sans-serif`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillStyle = inkOn(color, context);
  context.fillText(number, 0, radius * 0.05);
}

function contains(outer: Pixels, inner: Pixels, slack: number): boolean {
  return (
    inner.x >= outer.x - slack &&
    inner.y >= outer.y - slack &&
    inner.x + inner.width <= outer.x + outer.width + slack &&
    inner.y + inner.height <= outer.y + outer.height + slack
  );
}
