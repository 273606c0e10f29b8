/** Fingers, mouse and wheel on the map, told as what they mean: drag, zoom, tap. Positions are CSS pixels of the map. */
export interface GestureListener {
  /** Fingers or a pressed mouse: everything stops moving by itself. */
  began(): void;
  dragged(dx: number, dy: number): void;
  zoomed(factor: number, x: number, y: number): void;
  /** The last finger has left, at this speed in pixels a millisecond. */
  ended(speedX: number, speedY: number): void;
  /** Says whether it meant something: then it is not the first half of a double tap. */
  tapped(x: number, y: number, pointer: string): boolean;
  doubleTapped(x: number, y: number): void;
  /** The mouse is here, or has left. */
  hovered(at: { readonly x: number; readonly y: number } | undefined): void;
  /** Whether a wheel that turns towards the reader still makes the map smaller; else the page scrolls. */
  canZoomOut(): boolean;
}

/** A finger that moves less than this far taps, however long it takes. */
const SLOP = 8;
const DOUBLE_TAP_MS_MAX = 350;
const DOUBLE_TAP_DISTANCE = 30;
/** A finger that has rested so long before it leaves throws nothing. */
const REST_MS = 60;

interface Point {
  readonly x: number;
  readonly y: number;
}

export class Gestures {
  private readonly pointers = new Map<number, Point>();
  private readonly listening = new AbortController();
  private start: (Point & { readonly at: number }) | undefined;
  private moved = false;
  private speed = { x: 0, y: 0, at: 0 };
  private lastTap: (Point & { readonly at: number }) | undefined;

  constructor(
    private readonly surface: HTMLElement,
    private readonly listener: GestureListener,
  ) {
    const { signal } = this.listening;
    surface.addEventListener("pointerdown", (event) => this.down(event), { signal });
    surface.addEventListener("pointermove", (event) => this.move(event), { signal });
    surface.addEventListener("pointerup", (event) => this.up(event), { signal });
    surface.addEventListener("pointercancel", (event) => this.leave(event), { signal });
    surface.addEventListener("pointerleave", () => listener.hovered(undefined), { signal });
    surface.addEventListener("wheel", (event) => this.wheel(event), { signal, passive: false });
  }

  close(): void {
    this.listening.abort();
  }

  private place(event: MouseEvent): Point {
    const box = this.surface.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  private down(event: PointerEvent): void {
    if (event.button !== 0 || this.pointers.size >= 2) {
      return;
    }
    const place = this.place(event);
    this.surface.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, place);
    this.moved = this.pointers.size > 1;
    this.start = { ...place, at: event.timeStamp };
    this.speed = { x: 0, y: 0, at: event.timeStamp };
    this.listener.began();
  }

  private move(event: PointerEvent): void {
    const place = this.place(event);
    const before = this.pointers.get(event.pointerId);
    if (before === undefined) {
      if (event.pointerType === "mouse") {
        this.listener.hovered(place);
      }
      return;
    }
    if (!this.moved) {
      if (this.start !== undefined && distance(this.start, place) < SLOP) {
        return;
      }
      this.moved = true;
      this.listener.hovered(undefined);
    }
    const other = [...this.pointers].find(([id]) => id !== event.pointerId)?.[1];
    this.pointers.set(event.pointerId, place);
    if (other === undefined) {
      this.drag(place.x - before.x, place.y - before.y, event.timeStamp);
    } else {
      const middle = { x: (place.x + other.x) / 2, y: (place.y + other.y) / 2 };
      this.listener.dragged((place.x - before.x) / 2, (place.y - before.y) / 2);
      this.listener.zoomed(distance(place, other) / Math.max(1, distance(before, other)), middle.x, middle.y);
    }
  }

  private drag(dx: number, dy: number, at: number): void {
    const passed = Math.max(1, at - this.speed.at);
    const mix = (old: number, now: number): number => old * 0.6 + (now / passed) * 0.4;
    this.speed = { x: mix(this.speed.x, dx), y: mix(this.speed.y, dy), at };
    this.listener.dragged(dx, dy);
  }

  private up(event: PointerEvent): void {
    const { start, moved } = this;
    if (!this.leave(event) || start === undefined || moved) {
      return;
    }
    const { lastTap } = this;
    const isSecond =
      lastTap !== undefined &&
      event.timeStamp - lastTap.at < DOUBLE_TAP_MS_MAX &&
      distance(lastTap, start) < DOUBLE_TAP_DISTANCE;
    this.lastTap = undefined;
    if (isSecond) {
      this.listener.doubleTapped(start.x, start.y);
    } else if (!this.listener.tapped(start.x, start.y, event.pointerType)) {
      this.lastTap = { ...start, at: event.timeStamp };
    }
  }

  /** Says whether it was one of those that count. */
  private leave(event: PointerEvent): boolean {
    const known = this.pointers.delete(event.pointerId);
    if (known && this.pointers.size === 0) {
      const rested = !this.moved || event.timeStamp - this.speed.at > REST_MS;
      this.listener.ended(rested ? 0 : this.speed.x, rested ? 0 : this.speed.y);
    }
    return known && this.pointers.size === 0;
  }

  private wheel(event: WheelEvent): void {
    if (event.deltaY === 0 || (event.deltaY > 0 && !this.listener.canZoomOut())) {
      return;
    }
    event.preventDefault();
    const pixels = event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? 1 : 16);
    // Two fingers on a trackpad come as a wheel with Ctrl, in far smaller steps.
    const factor = Math.exp(-pixels * (event.ctrlKey ? 0.01 : 0.002));
    const { x, y } = this.place(event);
    this.listener.zoomed(Math.min(2, Math.max(0.5, factor)), x, y);
  }
}

function distance(one: Point, other: Point): number {
  return Math.hypot(one.x - other.x, one.y - other.y);
}
