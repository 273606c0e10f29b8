/** Shapes of seats of one size, drawn once each: to copy one costs far less than to draw it. */
import { inkOn, type Palette } from "./palette";
import { drawSeat, REACH } from "./shapes";
import type { SeatWord } from "./text";

/** Most shapes that are kept ready. */
const SPRITES_MAX = 1_500;

export class Sprites {
  private readonly known = new Map<string, HTMLCanvasElement>();

  constructor(
    /** In device pixels. */
    private readonly radius: number,
    private readonly palette: Palette,
  ) {}

  /** A seat with its number in it, unless that is empty. */
  get(word: SeatWord, category: number, number: string): HTMLCanvasElement {
    const key = `${word} ${category} ${number}`;
    const known = this.known.get(key);
    if (known !== undefined) {
      return known;
    }
    if (this.known.size >= SPRITES_MAX) {
      this.known.clear();
    }
    const sprite = document.createElement("canvas");
    sprite.width = sprite.height = 2 * Math.ceil(this.radius * REACH);
    const context = sprite.getContext("2d");
    if (context !== null) {
      context.translate(sprite.width / 2, sprite.height / 2);
      context.lineCap = "round";
      drawSeat(context, word, category, this.radius, this.palette);
      if (number !== "") {
        this.drawNumber(context, number, this.palette.categories[category] ?? this.palette.ink);
      }
    }
    this.known.set(key, sprite);
    return sprite;
  }

  private drawNumber(context: CanvasRenderingContext2D, number: string, color: string): void {
    context.font = `600 ${Math.round(this.radius * (number.length > 2 ? 0.75 : 0.95))}px system-ui, sans-serif`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillStyle = inkOn(color);
    context.fillText(number, 0, this.radius * 0.05);
  }
}
