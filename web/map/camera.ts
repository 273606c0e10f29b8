/** Which part of the plan is seen, how that changes, and when it is drawn: once a frame of the screen, and only if something changed. */
import type { ShowState } from "../feed/follow";
import type { Box } from "./cells";
import type { Layout } from "./layout";
import { Motion } from "./motion";
import type { Pointed, Surface } from "./surface";
import { clamp, isWhole, pan, viewOf, wholeView, zoomAt, type Frame, type View } from "./view";

/** How large seats are that the map goes to. */
export const NEAR_RADIUS = 12;
/** A zoom has come to rest after so long without another. */
const REST_MS = 120;
/** A tap that comes sooner after the map went somewhere was meant for what was there before. */
const SETTLE_MS = 400;

export interface CameraListener {
  state(): ShowState | undefined;
  pointed(): Pointed;
  /** What was laid over the map is in another place now. */
  moved(): void;
  /** The map has come to where it went. */
  arrived(): void;
  drawn(): void;
}

export class Camera {
  view: View = { scale: 1, x: 0, y: 0 };
  private readonly motion = new Motion();
  private drawing = 0;
  private isSharp = false;
  private zoomedAt = -Infinity;
  private wentAt = -Infinity;
  private rest: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly surface: Surface,
    private readonly layout: Layout,
    private readonly listener: CameraListener,
  ) {}

  /** Of a seat on the screen, in pixels. */
  get radius(): number {
    return this.layout.radius * this.view.scale;
  }

  get isWhole(): boolean {
    return isWhole(this.view, this.frame());
  }

  get isMoving(): boolean {
    return this.motion.isMoving;
  }

  /** Whether a tap means what is under it now. */
  get takesTaps(): boolean {
    return performance.now() - this.wentAt >= SETTLE_MS;
  }

  /** Whether it stands still, is as sharp as it will be, and takes taps. */
  get isSettled(): boolean {
    return !this.isMoving && this.isSharp && this.takesTaps;
  }

  /** Where a point of the screen is on the plan. */
  onPlan(x: number, y: number): { readonly x: number; readonly y: number } {
    return { x: (x - this.view.x) / this.view.scale, y: (y - this.view.y) / this.view.scale };
  }

  /** A finger is down: nothing moves by itself any more, but for what its first tap of two has begun. */
  stop(): void {
    if (this.takesTaps) {
      this.motion.stop();
    }
  }

  /** Goes on by itself, as a thrown thing does. */
  throw(speedX: number, speedY: number): void {
    this.motion.throw(speedX, speedY, performance.now());
    this.invalidate();
  }

  drag(dx: number, dy: number): void {
    this.motion.stop();
    this.moveTo(pan(this.view, this.frame(), dx, dy));
  }

  zoom(factor: number, x: number, y: number): void {
    this.moveTo(zoomAt(this.view, this.frame(), factor, x, y));
  }

  goToZoom(factor: number, x = this.surface.width / 2, y = this.surface.height / 2): void {
    this.goTo(zoomAt(this.view, this.frame(), factor, x, y));
  }

  /** So near that seats can be meant. */
  goNear(x: number, y: number): void {
    this.goToZoom(NEAR_RADIUS / this.radius, x, y);
  }

  goToBox(box: Box): void {
    this.goTo(viewOf(box, this.frame(), NEAR_RADIUS / this.layout.radius));
  }

  goToWhole(): void {
    this.goTo(wholeView(this.frame()));
  }

  /** The same middle at another size of the map; all of it, if all was seen. */
  resize(width: number, height: number): void {
    const { surface, view } = this;
    const wasWhole = surface.width === 0 || this.isWhole;
    const middle = this.onPlan(surface.width / 2, surface.height / 2);
    surface.resize(width, height);
    const kept = { scale: view.scale, x: width / 2 - middle.x * view.scale, y: height / 2 - middle.y * view.scale };
    this.motion.stop();
    this.moveTo(wasWhole ? wholeView(this.frame()) : clamp(kept, this.frame()));
    // At once, as the next frame of the screen would show the old one.
    this.draw();
  }

  invalidate(): void {
    this.drawing ||= requestAnimationFrame(() => this.draw());
  }

  close(): void {
    cancelAnimationFrame(this.drawing);
    clearTimeout(this.rest);
  }

  private frame(): Frame {
    const { width, height } = this.surface;
    return { width, height, bounds: this.layout.bounds, radius: this.layout.radius };
  }

  private moveTo(view: View): void {
    if (view.scale !== this.view.scale) {
      this.zoomedAt = performance.now();
      this.isSharp = false;
    }
    this.view = view;
    // Where all of it is in view, a finger that goes up or down means the page.
    this.surface.element.style.touchAction = this.isWhole ? "pan-y" : "none";
    this.listener.moved();
    this.invalidate();
  }

  private goTo(view: View): void {
    this.wentAt = performance.now();
    this.moveTo(this.motion.goTo(this.view, view, this.wentAt));
  }

  private draw(): void {
    cancelAnimationFrame(this.drawing);
    this.drawing = 0;
    const { motion, surface, listener } = this;
    if (surface.width === 0 || surface.height === 0) {
      return;
    }
    const now = performance.now();
    if (motion.isMoving) {
      this.moveTo(motion.step(this.view, this.frame(), now));
      if (!motion.isMoving) {
        listener.arrived();
      }
    }
    const isZooming = motion.isZooming || now - this.zoomedAt < REST_MS;
    this.isSharp = surface.draw(this.view, isZooming, listener.state(), listener.pointed(), now);
    clearTimeout(this.rest);
    if (!this.isSharp) {
      this.rest = setTimeout(() => this.invalidate(), REST_MS);
    }
    listener.drawn();
  }
}
