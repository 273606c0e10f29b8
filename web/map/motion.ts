/** What moves by itself: the way to another view, and a map that was thrown. Neither, for people who asked for less motion. */
import { between, pan, type Frame, type View } from "./view";

const WAY_MS = 220;
/** A thrown map has this share of its speed left after each millisecond. */
const FRICTION = 0.996;
/** Pixels a millisecond: slower than that is still. */
const SPEED_MIN = 0.03;
const SPEED_MAX = 4;

type Move =
  | { readonly kind: "way"; readonly from: View; readonly to: View; readonly startedAt: number }
  | { readonly kind: "throw"; speedX: number; speedY: number; at: number };

export class Motion {
  private move: Move | undefined;

  goTo(from: View, to: View, now: number): View {
    if (reducesMotion()) {
      this.stop();
      return to;
    }
    this.move = { kind: "way", from, to, startedAt: now };
    return from;
  }

  throw(speedX: number, speedY: number, now: number): void {
    const speed = Math.hypot(speedX, speedY);
    if (speed > SPEED_MIN * 5 && !reducesMotion()) {
      const by = Math.min(1, SPEED_MAX / speed);
      this.move = { kind: "throw", speedX: speedX * by, speedY: speedY * by, at: now };
    }
  }

  stop(): void {
    this.move = undefined;
  }

  get isMoving(): boolean {
    return this.move !== undefined;
  }

  /** The scale changes with it, so that what is painted is only drawn larger or smaller meanwhile. */
  get isZooming(): boolean {
    return this.move?.kind === "way" && this.move.from.scale !== this.move.to.scale;
  }

  /** The view at this time. */
  step(view: View, frame: Frame, now: number): View {
    const { move } = this;
    if (move === undefined) {
      return view;
    }
    if (move.kind === "way") {
      const done = (now - move.startedAt) / WAY_MS;
      if (done >= 1) {
        this.stop();
        return move.to;
      }
      return between(move.from, move.to, Math.max(0, done));
    }
    const passed = Math.min(50, Math.max(0, now - move.at));
    const left = FRICTION ** passed;
    const next = pan(view, frame, move.speedX * passed, move.speedY * passed);
    this.move = { kind: "throw", speedX: move.speedX * left, speedY: move.speedY * left, at: now };
    const isStill = Math.hypot(move.speedX, move.speedY) < SPEED_MIN || (next.x === view.x && next.y === view.y && passed > 0);
    if (isStill) {
      this.stop();
    }
    return next;
  }
}

function reducesMotion(): boolean {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
