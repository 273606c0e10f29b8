/**
 * What a seat looks like. Each state has a shape of its own, so that it is told without colours, too: free a full disc, held a
 * half one, sold a small cross, blocked a short dash, own a disc with a ring and a tick, picked a disc with a tick, taken a ring
 * with a large cross, and what would be left alone a small disc in a wide ring.
 */
import { inkOn, type Palette } from "./palette";
import type { Pixels } from "./pixels";
import type { SeatWord } from "./text";

/** How far a shape reaches beyond the seat's radius. */
export const REACH = 1.18;

/** Draws a seat around (0, 0). */
export function drawSeat(
  context: CanvasRenderingContext2D,
  word: SeatWord,
  category: number,
  radius: number,
  palette: Palette,
): void {
  const color = palette.categories[category] ?? palette.ink;
  context.lineWidth = Math.max(1, radius * 0.16);
  switch (word) {
    case "free":
      disc(context, radius, color);
      break;
    case "held":
      ring(context, radius - context.lineWidth / 2, color);
      context.beginPath();
      context.arc(0, 0, radius * 0.72, 0, Math.PI);
      context.fill();
      break;
    case "sold":
      cross(context, radius * 0.4, palette.sold);
      break;
    case "blocked":
      line(context, [[-radius * 0.4, 0], [radius * 0.4, 0]], palette.sold);
      break;
    case "own":
      disc(context, radius * 0.82, palette.own);
      ring(context, radius * 1.08, palette.own);
      tick(context, radius * 0.8, inkOn(palette.own));
      break;
    case "selected":
      disc(context, radius * 1.1, palette.selected);
      tick(context, radius, inkOn(palette.selected));
      break;
    case "taken":
      context.lineWidth = Math.max(1.5, radius * 0.22);
      ring(context, radius, palette.taken);
      cross(context, radius * 0.55, palette.taken);
      break;
    case "alone":
      disc(context, radius * 0.45, color);
      context.lineWidth = Math.max(1.5, radius * 0.22);
      ring(context, radius, palette.taken);
      break;
  }
}

/** The same for seats too small for that: a rectangle, in whole pixels from the corner of a square of this size. */
export function squareOf(word: SeatWord, size: number): Pixels {
  const half = Math.max(1, Math.round(size / 2));
  switch (word) {
    case "held":
      return { x: 0, y: size - half, width: size, height: half };
    case "sold":
    case "blocked": {
      const dot = Math.max(1, Math.round(size / 3));
      const inset = Math.round((size - dot) / 2);
      return { x: inset, y: inset, width: dot, height: dot };
    }
    case "own":
    case "selected":
    case "taken":
    case "alone":
      return { x: -1, y: -1, width: size + 2, height: size + 2 };
    default:
      return { x: 0, y: 0, width: size, height: size };
  }
}

export function squareColor(word: SeatWord, category: number, palette: Palette): string {
  switch (word) {
    case "sold":
    case "blocked":
      return palette.sold;
    case "own":
    case "selected":
    case "taken":
      return palette[word];
    case "alone":
      return palette.taken;
    default:
      return palette.categories[category] ?? palette.ink;
  }
}

function disc(context: CanvasRenderingContext2D, radius: number, color: string): void {
  context.fillStyle = color;
  context.beginPath();
  context.arc(0, 0, radius, 0, Math.PI * 2);
  context.fill();
}

function ring(context: CanvasRenderingContext2D, radius: number, color: string): void {
  context.strokeStyle = color;
  context.fillStyle = color;
  context.beginPath();
  context.arc(0, 0, radius, 0, Math.PI * 2);
  context.stroke();
}

function line(context: CanvasRenderingContext2D, points: readonly (readonly [number, number])[], color: string): void {
  context.strokeStyle = color;
  context.beginPath();
  points.forEach(([x, y], at) => (at === 0 ? context.moveTo(x, y) : context.lineTo(x, y)));
  context.stroke();
}

function cross(context: CanvasRenderingContext2D, reach: number, color: string): void {
  line(context, [[-reach, -reach], [reach, reach]], color);
  line(context, [[-reach, reach], [reach, -reach]], color);
}

function tick(context: CanvasRenderingContext2D, radius: number, color: string): void {
  context.lineWidth = Math.max(1, radius * 0.22);
  line(context, [[-radius * 0.45, 0], [-radius * 0.1, radius * 0.35], [radius * 0.5, -radius * 0.35]], color);
}
