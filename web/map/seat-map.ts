/**
 * The live seat map: a canvas for eyes and fingers, a grid for the keyboard and for those who listen, in an element of the page's
 * that has a size. Everything that changes comes from signals and the feed, everything that is asked for goes to `onSeat` and
 * `onZone`: the map itself picks nothing.
 */
import { effect, type ReadonlySignal } from "@preact/signals";
import type { Followed } from "../feed/follow";
import type { Figures } from "./bitmap";
import { Gestures, type GestureListener } from "./gestures";
import { Grid } from "./grid";
import { boundsOf, grow, layOut, type Layout } from "./layout";
import { Motion } from "./motion";
import type { PlanModel } from "./plan";
import { sectionChoice } from "./sections";
import { Surface } from "./surface";
import { seatText, type MapText } from "./text";
import { Tip } from "./tip";
import { clamp, leastScale, pan, seen, viewOf, wholeView, zoomAt, type Frame, type View } from "./view";
import { Words } from "./words";

export interface SeatMapOptions {
  readonly plan: PlanModel;
  readonly followed: Followed;
  /** From a category's name to its price as people read it. */
  readonly prices: ReadonlyMap<string, string>;
  readonly text: MapText;
  /** Seats picked, not yet asked for. */
  readonly selected: ReadonlySignal<ReadonlySet<string>>;
  /** Seats of the buyer's own live order. */
  readonly own: ReadonlySignal<ReadonlySet<string>>;
  /** Seats that others have just taken, shown at the seat. */
  readonly conflicts: ReadonlySignal<ReadonlySet<string>>;
  /** Tap, click, Enter or Space on a seat that is free, or is picked. On seats too small to be meant, a tap comes nearer first. */
  onSeat(name: string): void;
  onZone(name: string): void;
}

/** Seats of fewer pixels than this can't be meant one by one. */
const MEANT_RADIUS = { mouse: 3.5, touch: 7 };
/** A tap means a seat so near, in pixels. */
const REACH = { mouse: 6, touch: 16 };
/** How large seats are that the map goes to. */
const NEAR_RADIUS = 12;
const STEP = 1.7;
/** A zoom has come to rest after so long without another. */
const REST_MS = 120;
/** A tap that comes sooner after one that has moved the map was meant for what was there before. */
const SETTLE_MS = 400;

export class SeatMap {
  private readonly root = document.createElement("div");
  private readonly layout: Layout;
  private readonly words: Words;
  private readonly surface: Surface;
  private readonly grid: Grid;
  private readonly choice: HTMLSelectElement;
  private readonly tip = new Tip();
  private readonly motion = new Motion();
  private readonly ends: (() => void)[] = [];
  private view: View = { scale: 1, x: 0, y: 0 };
  private focused: number | undefined;
  private hovered: number | undefined;
  private drawing = 0;
  private isSharp = false;
  private zoomedAt = -Infinity;
  private wentAt = -Infinity;
  private rest: ReturnType<typeof setTimeout> | undefined;

  constructor(
    host: HTMLElement,
    private readonly options: SeatMapOptions,
  ) {
    const { plan, text } = options;
    this.layout = layOut(plan);
    this.words = new Words(options);
    this.surface = new Surface({ host, plan, layout: this.layout, words: this.words, text });
    this.tip.recolor(this.surface.palette);
    this.grid = new Grid({
      plan,
      words: this.words,
      prices: options.prices,
      text,
      focused: (seat) => this.focus(seat),
      activated: (seat) => this.activate(seat),
      zoomed: (key) => (key === "+" ? this.zoomIn() : key === "-" ? this.zoomOut() : this.whole()),
      changedSection: (section) => (this.choice.value = String(section)),
    });
    this.choice = sectionChoice(plan, text, (section) => this.openSection(section));
    this.root.className = "seat-map";
    this.root.setAttribute("role", "group");
    this.root.setAttribute("aria-label", text.map);
    Object.assign(this.root.style, { position: "relative", width: "100%", height: "100%", overflow: "hidden" });
    this.root.append(this.surface.element, this.choice, this.grid.element, this.tip.element);
    host.append(this.root);
    this.resize();
    this.words.start((seats) => this.repaint(seats));
    this.listen();
  }

  /** Brings seats into view. */
  show(seats: readonly string[]): void {
    const { plan } = this.options;
    const places = seats.flatMap((name) => plan.seats[plan.index.get(name) ?? -1] ?? []);
    if (places.length > 0) {
      const box = grow(boundsOf(places), this.layout.radius * 6);
      this.goTo(viewOf(box, this.frame(), NEAR_RADIUS / this.layout.radius));
    }
  }

  /** Gives a seat the keyboard's focus. */
  focusSeat(name: string): void {
    const seat = this.options.plan.index.get(name);
    if (seat !== undefined) {
      this.grid.focus(seat);
    }
  }

  zoomIn(): void {
    this.zoomBy(STEP);
  }

  zoomOut(): void {
    this.zoomBy(1 / STEP);
  }

  whole(): void {
    this.goTo(wholeView(this.frame()));
  }

  /** Where the middle of a seat is, in pixels of the map's element: for what a page lays over it, and for tests. */
  placeOf(name: string): { x: number; y: number; radius: number } | undefined {
    const seat = this.options.plan.seats[this.options.plan.index.get(name) ?? -1];
    const { scale, x, y } = this.view;
    return seat && { x: seat.x * scale + x, y: seat.y * scale + y, radius: this.layout.radius * scale };
  }

  /** Whether it stands still, is as sharp as it will be, and takes taps for what they are. */
  get isSettled(): boolean {
    return !this.motion.isMoving && this.isSharp && performance.now() - this.wentAt >= SETTLE_MS;
  }

  /** What was painted so far. */
  get figures(): Readonly<Figures> {
    return this.surface.bitmap.figures;
  }

  close(): void {
    this.ends.forEach((end) => end());
    this.words.close();
    cancelAnimationFrame(this.drawing);
    clearTimeout(this.rest);
    this.root.remove();
  }

  private listen(): void {
    const gestures = new Gestures(this.surface.element, this.gestureListener());
    const sizes = new ResizeObserver(() => this.resize());
    sizes.observe(this.root);
    const listening = new AbortController();
    for (const query of ["(prefers-color-scheme: dark)", "(prefers-contrast: more)"]) {
      matchMedia(query).addEventListener("change", () => this.recolor(), { signal: listening.signal });
    }
    this.ends.push(
      () => gestures.close(),
      () => sizes.disconnect(),
      () => listening.abort(),
      // Zones' counts and the first state come with no seat.
      effect(() => {
        void this.options.followed.state.value;
        this.invalidate();
      }),
    );
  }

  private gestureListener(): GestureListener {
    return {
      began: () => this.motion.stop(),
      dragged: (dx, dy) => this.moveTo(pan(this.view, this.frame(), dx, dy)),
      zoomed: (factor, x, y) => this.moveTo(zoomAt(this.view, this.frame(), factor, x, y)),
      ended: (speedX, speedY) => {
        this.motion.throw(speedX, speedY, performance.now());
        this.invalidate();
      },
      tapped: (x, y, pointer) => this.tap(x, y, pointer === "touch" ? "touch" : "mouse"),
      doubleTapped: (x, y) => this.goTo(zoomAt(this.view, this.frame(), STEP * STEP, x, y)),
      hovered: (at) => this.point(at === undefined ? undefined : this.seatAt(at.x, at.y, REACH.mouse)),
      canZoomOut: () => this.view.scale > leastScale(this.frame()) * 1.001,
    };
  }

  private frame(): Frame {
    const { width, height } = this.surface;
    return { width, height, bounds: this.layout.bounds, radius: this.layout.radius };
  }

  private resize(): void {
    const { surface, view } = this;
    const before = this.frame();
    const wasWhole = before.width === 0 || view.scale <= leastScale(before) * 1.001;
    const middle = { x: (before.width / 2 - view.x) / view.scale, y: (before.height / 2 - view.y) / view.scale };
    surface.resize(this.root.clientWidth, this.root.clientHeight);
    const { width, height } = surface;
    const kept = { scale: view.scale, x: width / 2 - middle.x * view.scale, y: height / 2 - middle.y * view.scale };
    this.motion.stop();
    this.moveTo(wasWhole ? wholeView(this.frame()) : clamp(kept, this.frame()));
    // At once, as a canvas of another size is empty.
    this.draw();
  }

  private recolor(): void {
    this.surface.recolor();
    this.tip.recolor(this.surface.palette);
    this.resize();
  }

  private moveTo(view: View): void {
    if (view.scale !== this.view.scale) {
      this.zoomedAt = performance.now();
    }
    this.isSharp = this.isSharp && view.scale === this.view.scale;
    this.view = view;
    this.tip.hide();
    // All of it is in view: a finger that goes up or down means the page.
    const isWhole = view.scale <= leastScale(this.frame()) * 1.001;
    this.surface.element.style.touchAction = isWhole ? "pan-y" : "none";
    this.invalidate();
  }

  private goTo(view: View): void {
    this.wentAt = performance.now();
    this.moveTo(this.motion.goTo(this.view, view, this.wentAt));
  }

  private zoomBy(factor: number): void {
    this.goTo(zoomAt(this.view, this.frame(), factor, this.surface.width / 2, this.surface.height / 2));
  }

  private repaint(seats: readonly number[]): void {
    this.surface.bitmap.repaint(seats);
    this.grid.update(seats);
    this.invalidate();
  }

  private invalidate(): void {
    this.drawing ||= requestAnimationFrame(() => this.draw());
  }

  private draw(): void {
    cancelAnimationFrame(this.drawing);
    this.drawing = 0;
    const now = performance.now();
    if (this.surface.width === 0 || this.surface.height === 0) {
      return;
    }
    if (this.motion.isMoving) {
      this.moveTo(this.motion.step(this.view, this.frame(), now));
      if (!this.motion.isMoving) {
        this.label(this.focused);
      }
    }
    const isZooming = this.motion.isZooming || now - this.zoomedAt < REST_MS;
    const pointed = { focused: this.focused, hovered: this.hovered };
    const isFirst = this.grid.section < 0 && this.options.followed.state.peek() !== undefined;
    this.isSharp = this.surface.draw(this.view, isZooming, this.options.followed.state.peek(), pointed, now);
    clearTimeout(this.rest);
    if (isFirst) {
      // The map first, as most people look at it; then the grid.
      setTimeout(() => this.grid.section < 0 && this.grid.open(0));
    }
    if (!this.isSharp) {
      this.rest = setTimeout(() => this.invalidate(), REST_MS);
    }
  }

  private seatAt(x: number, y: number, reach: number): number | undefined {
    const { scale } = this.view;
    const within = Math.max(this.layout.radius * 1.25, reach / scale);
    return this.layout.cells.nearest((x - this.view.x) / scale, (y - this.view.y) / scale, within);
  }

  private tap(x: number, y: number, pointer: "mouse" | "touch"): boolean {
    const seat = this.seatAt(x, y, REACH[pointer]);
    if (performance.now() - this.wentAt < SETTLE_MS) {
      return false;
    }
    if (seat === undefined) {
      return this.tapZone(x, y);
    }
    if (this.layout.radius * this.view.scale < MEANT_RADIUS[pointer]) {
      this.goTo(zoomAt(this.view, this.frame(), NEAR_RADIUS / (this.layout.radius * this.view.scale), x, y));
      return true;
    }
    const isMeant = this.activate(seat);
    this.label(seat);
    return isMeant;
  }

  private tapZone(x: number, y: number): boolean {
    const place = { x: (x - this.view.x) / this.view.scale, y: (y - this.view.y) / this.view.scale };
    const zone = this.layout.zones.findIndex(
      ({ left, top, right, bottom }) => place.x >= left && place.x <= right && place.y >= top && place.y <= bottom,
    );
    const name = this.options.plan.zones[zone]?.name;
    if (name !== undefined) {
      this.options.onZone(name);
    }
    return name !== undefined;
  }

  private activate(seat: number): boolean {
    const name = this.options.plan.seats[seat]?.name;
    const canBe = name !== undefined && this.words.canBePicked(seat);
    if (canBe) {
      this.options.onSeat(name);
    }
    return canBe;
  }

  private point(seat: number | undefined): void {
    if (seat !== this.hovered) {
      this.hovered = seat;
      this.surface.element.style.cursor = seat !== undefined && this.words.canBePicked(seat) ? "pointer" : "";
      this.label(seat);
      this.invalidate();
    }
  }

  /** Says beside a seat what it is. */
  private label(seat: number | undefined): void {
    const { plan, prices, text } = this.options;
    const model = plan.seats[seat ?? -1];
    if (seat === undefined || model === undefined) {
      this.tip.hide();
      return;
    }
    const { scale, x, y } = this.view;
    const words = `${text.section(model.section)}, ${seatText(plan, model, prices, this.words.word(seat), text)}`;
    this.tip.show(words, model.x * scale + x, model.y * scale + y, this.layout.radius * scale, this.surface.width);
  }

  private focus(seat: number | undefined): void {
    this.focused = seat;
    const model = this.options.plan.seats[seat ?? -1];
    if (model !== undefined) {
      const box = seen(this.view, this.surface);
      const edge = this.layout.radius * 3;
      const isSeen = model.x > box.left + edge && model.x < box.right - edge && model.y > box.top + edge && model.y < box.bottom - edge;
      if (!isSeen || this.layout.radius * this.view.scale < NEAR_RADIUS * 0.6) {
        this.show([model.name]);
      }
    }
    this.label(this.motion.isMoving ? undefined : seat);
    this.invalidate();
  }

  private openSection(section: number): void {
    this.grid.open(section);
    const area = this.layout.sections[section];
    if (area !== undefined) {
      this.goTo(viewOf(grow(area.box, this.layout.radius * 6), this.frame(), NEAR_RADIUS / this.layout.radius));
    }
  }
}
