/**
 * Many seats that are squares, as one image: a canvas takes several times as long for twenty thousand rectangles one by one, first
 * to note them and then to paint them.
 */
import type { Pixels } from "./pixels";

export class Squares {
  private readonly image: ImageData;
  private readonly pixels: Uint32Array;

  constructor(private readonly part: Pixels) {
    this.image = new ImageData(part.width, part.height);
    this.pixels = new Uint32Array(this.image.data.buffer);
  }

  /** A rectangle of one colour; what is outside of the part is left out. */
  fill(x: number, y: number, width: number, height: number, color: number): void {
    const { pixels, part } = this;
    const from = Math.max(0, x - part.x);
    const to = Math.min(part.width, x + width - part.x);
    const bottom = Math.min(part.height, y + height - part.y);
    for (let row = Math.max(0, y - part.y); row < bottom; row++) {
      for (let at = row * part.width + from; at < row * part.width + to; at++) {
        pixels[at] = color;
      }
    }
  }

  /** Puts the image where the part is, in place of what was there. */
  put(context: CanvasRenderingContext2D): void {
    context.putImageData(this.image, this.part.x, this.part.y);
  }
}

let scratch: CanvasRenderingContext2D | null | undefined;

/** A colour, however it is written, as a pixel of an image. */
export function pixelOf(color: string): number {
  scratch ??= document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  if (!scratch) {
    return 0;
  }
  scratch.clearRect(0, 0, 1, 1);
  scratch.fillStyle = color;
  scratch.fillRect(0, 0, 1, 1);
  return new Uint32Array(scratch.getImageData(0, 0, 1, 1).data.buffer)[0] ?? 0;
}
