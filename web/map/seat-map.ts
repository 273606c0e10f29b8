/**
 * The live seat map: a canvas for eyes and fingers, a grid for the keyboard and for those who listen, in an element of the page's
 * that has a size. Everything that changes comes from signals and the feed, everything that is asked for goes to `onSeat` and
 * `onZone`: the map itself picks nothing.
 */
import { effect, type ReadonlySignal } from "@preact/signals";
import type { Followed } from "../feed/follow";
import type { Figures } from "./bitmap";
import { Camera, NEAR_RADIUS } from "./camera";
import { Gestures, type GestureListener } from "./gestures";
import { Grid } from "./grid";
import { boundsOf, grow, join, layOut, type Layout } from "./layout";
import type { PlanModel } from "./plan";
import { sectionChoice } from "./sections";
import { Surface } from "./surface";
import { seatText, type MapText } from "./text";
import { Tip } from "./tip";
import { seen } from "./view";
import { Words } from "./words";

export interface SeatMapOptions {
  readonly plan: PlanModel;
  readonly followed: Followed;
  /** From a category's name to its price as people read it; asked for when one is read. */
  prices(): ReadonlyMap<string, string>;
  readonly text: MapText;
  /** Seats picked, not yet asked for. */
  readonly selected: ReadonlySignal<ReadonlySet<string>>;
  /** Seats of the buyer's own live order. */
  readonly own: ReadonlySignal<ReadonlySet<string>>;
  /** Seats that others have just taken, shown at the seat. */
  readonly conflicts: ReadonlySignal<ReadonlySet<string>>;
  /** Free seats that what is picked would leave alone, shown at the seat. */
  readonly alone?: ReadonlySignal<ReadonlySet<string>>;
  /** Whether a seat in this state of the feed's may be picked; only free ones, if left out. */
  canBePicked?(state: number): boolean;
  /** Tap, click, Enter or Space on a seat that may be picked, or is. On seats too small to be meant, a tap comes nearer first. */
  onSeat(name: string): void;
  onZone(name: string): void;
}

/** Seats of fewer pixels than this can't be meant one by one. */
const MEANT_RADIUS = { mouse: 3.5, touch: 7 };
/** A tap means a seat so near, in pixels. */
const REACH = { mouse: 6, touch: 16 };
/** How much nearer a button or a key comes, and a double tap twice as often. */
const STEP = 1.7;
/** Around seats that are brought into view, in radii of a seat. */
const SURROUNDINGS = 6;

export class SeatMap {
  private readonly root = document.createElement("div");
  private readonly layout: Layout;
  private readonly words: Words;
  private readonly surface: Surface;
  private readonly camera: Camera;
  private readonly grid: Grid;
  private readonly choice: HTMLSelectElement;
  private readonly tip = new Tip();
  private readonly ends: (() => void)[] = [];
  private focused: number | undefined;
  private hovered: number | undefined;

  constructor(
    host: HTMLElement,
    private readonly options: SeatMapOptions,
  ) {
    const { plan, text, followed } = options;
    this.layout = layOut(plan);
    this.words = new Words(options);
    this.surface = new Surface({ host, plan, layout: this.layout, words: this.words, text });
    this.tip.recolor(this.surface.palette);
    this.camera = new Camera(this.surface, this.layout, {
      state: () => followed.state.peek(),
      pointed: () => ({ focused: this.focused, hovered: this.hovered }),
      moved: () => this.tip.hide(),
      arrived: () => this.label(this.focused),
      drawn: () => this.fillGrid(),
    });
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
    this.choice = sectionChoice(plan, text, (sections) => this.openSections(sections));
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
      this.camera.goToBox(grow(boundsOf(places), this.layout.radius * SURROUNDINGS));
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
    this.camera.goToZoom(STEP);
  }

  zoomOut(): void {
    this.camera.goToZoom(1 / STEP);
  }

  whole(): void {
    this.camera.goToWhole();
  }

  /** Where the middle of a seat is, in pixels of the map's element: for what a page lays over it, and for tests. */
  placeOf(name: string): { x: number; y: number; radius: number } | undefined {
    const seat = this.options.plan.seats[this.options.plan.index.get(name) ?? -1];
    const { scale, x, y } = this.camera.view;
    return seat && { x: seat.x * scale + x, y: seat.y * scale + y, radius: this.camera.radius };
  }

  /** Whether it stands still, is as sharp as it will be, and takes taps for what they are. */
  get isSettled(): boolean {
    return this.camera.isSettled;
  }

  /** What was painted so far. */
  get figures(): Readonly<Figures> {
    return this.surface.bitmap.figures;
  }

  close(): void {
    this.ends.forEach((end) => end());
    this.words.close();
    this.camera.close();
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
    this.watchDensity(listening.signal);
    this.ends.push(
      () => gestures.close(),
      () => sizes.disconnect(),
      () => listening.abort(),
      // Zones' counts and the first state come with no seat.
      effect(() => {
        void this.options.followed.state.value;
        this.camera.invalidate();
      }),
    );
  }

  /** Another screen, or another zoom of the page: as sharp there. A query is of one density, so that each change needs a new one. */
  private watchDensity(signal: AbortSignal): void {
    const changed = (): void => {
      this.resize();
      this.watchDensity(signal);
    };
    matchMedia(`(resolution: ${devicePixelRatio}dppx)`).addEventListener("change", changed, { once: true, signal });
  }

  private gestureListener(): GestureListener {
    const { camera } = this;
    return {
      began: () => camera.stop(),
      dragged: (dx, dy) => camera.drag(dx, dy),
      zoomed: (factor, x, y) => camera.zoom(factor, x, y),
      ended: (speedX, speedY) => camera.throw(speedX, speedY),
      tapped: (x, y, pointer) => this.tap(x, y, pointer === "touch" ? "touch" : "mouse"),
      doubleTapped: (x, y) => camera.goToZoom(STEP * STEP, x, y),
      hovered: (at) => this.point(at === undefined ? undefined : this.seatAt(at.x, at.y, REACH.mouse)),
      canZoomOut: () => !camera.isWhole,
    };
  }

  private resize(): void {
    this.camera.resize(this.root.clientWidth, this.root.clientHeight);
  }

  private recolor(): void {
    this.surface.recolor();
    this.tip.recolor(this.surface.palette);
    this.resize();
  }

  private repaint(seats: readonly number[]): void {
    this.surface.bitmap.repaint(seats);
    this.grid.update(seats);
    this.camera.invalidate();
  }

  /** The map first, as most people look at it; then the grid. */
  private fillGrid(): void {
    if (this.grid.isEmpty && this.options.followed.state.peek() !== undefined) {
      setTimeout(() => this.grid.isEmpty && this.grid.open(0));
    }
  }

  private seatAt(x: number, y: number, reach: number): number | undefined {
    const place = this.camera.onPlan(x, y);
    return this.layout.cells.nearest(place.x, place.y, Math.max(this.layout.radius * 1.25, reach / this.camera.view.scale));
  }

  /** Says whether it meant something. */
  private tap(x: number, y: number, pointer: "mouse" | "touch"): boolean {
    if (!this.camera.takesTaps) {
      return false;
    }
    const seat = this.seatAt(x, y, REACH[pointer]);
    if (seat === undefined) {
      return this.tapZone(x, y);
    }
    if (this.camera.radius < MEANT_RADIUS[pointer]) {
      this.camera.goNear(x, y);
      return true;
    }
    const isMeant = this.activate(seat);
    this.label(seat);
    return isMeant;
  }

  private tapZone(x: number, y: number): boolean {
    const place = this.camera.onPlan(x, y);
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

  /** The mouse is on a seat, or on none. */
  private point(seat: number | undefined): void {
    if (seat !== this.hovered) {
      this.hovered = seat;
      this.surface.element.style.cursor = seat !== undefined && this.words.canBePicked(seat) ? "pointer" : "";
      this.label(seat);
      this.camera.invalidate();
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
    const { scale, x, y } = this.camera.view;
    const words = `${text.section(model.section)}, ${seatText(plan, model, prices(), this.words.word(seat), text)}`;
    this.tip.show(words, model.x * scale + x, model.y * scale + y, this.camera.radius, this.surface.width);
  }

  /** The keyboard is on a seat, or on none: it must be seen where. */
  private focus(seat: number | undefined): void {
    this.focused = seat;
    const model = this.options.plan.seats[seat ?? -1];
    if (model !== undefined) {
      const { left, top, right, bottom } = grow(seen(this.camera.view, this.surface), -this.layout.radius * 3);
      const isSeen = model.x > left && model.x < right && model.y > top && model.y < bottom;
      if (!isSeen || this.camera.radius < NEAR_RADIUS * 0.6) {
        this.show([model.name]);
      }
    }
    this.label(this.camera.isMoving ? undefined : seat);
    this.camera.invalidate();
  }

  private openSections(sections: readonly number[]): void {
    this.grid.open(sections[0] ?? 0);
    const boxes = sections.flatMap((section) => this.layout.sections[section]?.box ?? []);
    if (boxes.length > 0) {
      this.camera.goToBox(grow(join(boxes), this.layout.radius * SURROUNDINGS));
    }
  }
}
