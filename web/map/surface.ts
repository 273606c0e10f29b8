/** The canvas itself: its size on the screen, and each picture of it. */
import type { ShowState } from "../feed/follow";
import { Bitmap } from "./bitmap";
import type { Layout } from "./layout";
import { drawOverlay, type Pointed } from "./overlay";
import { readPalette, type Palette } from "./palette";
import type { PlanModel } from "./plan";
import type { MapText } from "./text";
import type { View } from "./view";
import type { Words } from "./words";

/** Denser screens are drawn as this dense: more can't be seen, and costs memory. */
const RATIO_MAX = 3;
/** While a zoom goes on, what comes into view is painted so often at most. */
const PAINT_MS_MIN = 150;

export interface SurfaceOptions {
  readonly host: HTMLElement;
  readonly plan: PlanModel;
  readonly layout: Layout;
  readonly words: Words;
  readonly text: MapText;
}

export class Surface {
  readonly canvas = document.createElement("canvas");
  readonly bitmap: Bitmap;
  palette: Palette;
  width = 0;
  height = 0;
  private ratio = 1;
  private paintedAt = -Infinity;
  private readonly context: CanvasRenderingContext2D;

  constructor(private readonly options: SurfaceOptions) {
    const { host, plan, layout, words } = options;
    const context = this.canvas.getContext("2d");
    if (context === null) {
      throw new Error("this browser has no canvas");
    }
    this.context = context;
    this.canvas.setAttribute("aria-hidden", "true");
    Object.assign(this.canvas.style, { display: "block", width: "100%", height: "100%" });
    this.palette = readPalette(host, plan);
    this.canvas.style.background = this.palette.ground;
    this.bitmap = new Bitmap(plan, layout, words, this.palette);
  }

  recolor(): void {
    this.palette = readPalette(this.options.host, this.options.plan);
    this.canvas.style.background = this.palette.ground;
    this.bitmap.recolor(this.palette);
  }

  /** In CSS pixels. */
  resize(width: number, height: number): void {
    this.width = width;
    this.height = height;
    this.ratio = Math.min(RATIO_MAX, devicePixelRatio || 1);
    this.canvas.width = Math.max(1, Math.round(width * this.ratio));
    this.canvas.height = Math.max(1, Math.round(height * this.ratio));
  }

  /** Draws the map. Says whether the picture is as sharp as it can be, or must be drawn again once the zoom rests. */
  draw(view: View, isZooming: boolean, state: ShowState | undefined, pointed: Pointed, now: number): boolean {
    const { bitmap, context, ratio, width, height, options } = this;
    const isSharp = bitmap.isSharp(view, ratio);
    // Seats are not painted before it is known how they are: what is painted then would be painted twice.
    const isDue = now - this.paintedAt >= PAINT_MS_MIN && !bitmap.covers(view, ratio, width, height);
    const mayPaint = state !== undefined && (isSharp || !isZooming || isDue);
    if (mayPaint) {
      bitmap.cover(view, ratio, width, height);
      this.paintedAt = now;
    }
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    bitmap.drawOn(context, view, ratio);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    drawOverlay(context, options, view, this.palette, state, pointed, this);
    return isSharp || mayPaint || state === undefined;
  }
}
