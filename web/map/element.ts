/**
 * `<boxoffice-map show="…">`: the live seat map for any page, told in `docs/embedding.md`. It fetches the show and its plan by
 * itself, keeps what is picked, and tells of it by events; buying is the page's.
 */
import { effect, signal } from "@preact/signals";
import { FREE } from "../feed/fold";
import { followShow, type Followed } from "../feed/follow";
import { german } from "../text/map/de";
import { english } from "../text/map/en";
import { ELEMENT_STYLE } from "./element.css";
import { legend } from "./legend";
import { loadShow } from "./load";
import type { PlanModel } from "./plan";
import { priceTexts } from "./prices";
import { SeatMap } from "./seat-map";
import type { MapText } from "./text";

const NONE: ReadonlySet<string> = new Set();

export class BoxofficeMap extends HTMLElement {
  static readonly observedAttributes = ["show", "office", "lang", "selected", "own"];
  private static style: CSSStyleSheet | undefined;

  private readonly picked = signal(NONE);
  private readonly owned = signal(NONE);
  private readonly conflicts = signal(NONE);
  private map: SeatMap | undefined;
  private followed: Followed | undefined;
  private ends: (() => void)[] = [];
  private running: AbortController | undefined;
  private isDue = false;

  constructor() {
    super();
    BoxofficeMap.style ??= makeStyle();
    this.attachShadow({ mode: "open" }).adoptedStyleSheets = [BoxofficeMap.style];
  }

  connectedCallback(): void {
    // What was set before this script came stands in the way of what is set by it.
    for (const name of ["show", "selected", "own"] as const) {
      if (Object.hasOwn(this, name)) {
        const value: unknown = this[name];
        delete (this as Partial<Record<typeof name, unknown>>)[name];
        Object.assign(this, { [name]: value });
      }
    }
    this.beginSoon();
  }

  disconnectedCallback(): void {
    this.end();
  }

  attributeChangedCallback(name: string, before: string | null, now: string | null): void {
    if (before === now) {
      return;
    }
    if (name === "selected" || name === "own") {
      this[name] = now ?? "";
    } else {
      this.beginSoon();
    }
  }

  /** The seats that are picked; also settable, by names in an array or in one text with commas. */
  get selected(): readonly string[] {
    return [...this.picked.value];
  }

  set selected(names: readonly string[] | string) {
    this.picked.value = namesIn(names);
    this.conflicts.value = NONE;
  }

  /** The seats that are the buyer's own, likewise. */
  get own(): readonly string[] {
    return [...this.owned.value];
  }

  set own(names: readonly string[] | string) {
    this.owned.value = namesIn(names);
  }

  /** `show(...seats)` brings seats into view. Set to an id it is the attribute, as frameworks set properties where there are some. */
  get show(): (...seats: string[]) => void {
    return (...seats) => this.map?.show(seats);
  }

  set show(id: string) {
    this.setAttribute("show", id);
  }

  /** Picks these seats, and no others. */
  select(...seats: string[]): void {
    this.selected = seats;
  }

  /** Once for all attributes that are set at a time. */
  private beginSoon(): void {
    if (!this.isDue) {
      this.isDue = true;
      queueMicrotask(() => {
        this.isDue = false;
        if (this.isConnected) {
          void this.begin();
        }
      });
    }
  }

  private end(): void {
    this.running?.abort();
    this.running = undefined;
    this.ends.forEach((end) => end());
    this.ends = [];
    this.map = undefined;
    this.followed = undefined;
    this.shadowRoot?.replaceChildren();
  }

  private async begin(): Promise<void> {
    this.end();
    const show = this.getAttribute("show");
    if (show === null || show === "") {
      return;
    }
    const running = new AbortController();
    this.running = running;
    const office = this.getAttribute("office") ?? "";
    const language = this.lang || document.documentElement.lang || "en";
    const text = language.toLowerCase().startsWith("de") ? german : english;
    const loaded = await loadShow(office, show, running.signal);
    if (running.signal.aborted) {
      return;
    }
    if (loaded === undefined) {
      this.say(text.unavailable);
      return;
    }
    const { plan } = loaded;
    const otherPlan = (): void => this.beginSoon();
    const followed = followShow({ office, show, plan, planId: loaded.show.plan, otherPlan });
    this.followed = followed;
    this.build(plan, followed, priceTexts(loaded.show.prices, language), text);
  }

  private build(plan: PlanModel, followed: Followed, prices: ReadonlyMap<string, string>, text: MapText): void {
    const frame = part("div", "frame");
    const host = part("div", "map");
    const status = part("p", "status");
    status.setAttribute("role", "status");
    const list = legend(this, plan, prices, text);
    frame.append(host, status, list.element);
    this.shadowRoot?.replaceChildren(frame);
    const map = new SeatMap(host, {
      plan,
      followed,
      prices: () => prices,
      text,
      selected: this.picked,
      own: this.owned,
      conflicts: this.conflicts,
      onSeat: (name) => this.toggle(plan, prices, name),
      onZone: (zone) => this.tell("seat-toggle", { zone, ...placeOf(plan, prices, zone) }),
    });
    this.map = map;
    host.append(buttons(map, text));
    this.ends = [
      () => map.close(),
      () => followed.close(),
      list.close,
      followed.onChange(({ seats }) => this.lose(plan, seats)),
      effect(() => {
        const connection = followed.connection.value;
        status.textContent = text.connections[connection];
        this.tell("connection", { connection });
      }),
    ];
  }

  private toggle(plan: PlanModel, prices: ReadonlyMap<string, string>, name: string): void {
    const seat = plan.seats[plan.index.get(name) ?? -1];
    const wasPicked = this.picked.value.has(name);
    const price = prices.get(plan.categories[seat?.category ?? -1]?.name ?? "");
    // A page that keeps what is picked by itself prevents the default, and says it by `select` or the attribute.
    if (this.tell("seat-toggle", { seat: name, state: wasPicked ? "selected" : "free", price })) {
      const picked = new Set(this.picked.value);
      if (!picked.delete(name)) {
        picked.add(name);
      }
      this.select(...picked);
      this.tell("change", { selected: this.selected, lost: [] });
    }
  }

  /** What others have taken is picked no more, and shown at the seat. */
  private lose(plan: PlanModel, seats: readonly number[]): void {
    const states = this.followed?.state.peek()?.seats;
    const names = seats.filter((at) => states?.[at] !== FREE).flatMap((at) => plan.seats[at]?.name ?? []);
    const lost = names.filter((name) => this.picked.value.has(name) && !this.owned.value.has(name));
    if (lost.length > 0) {
      this.picked.value = new Set([...this.picked.value].filter((name) => !lost.includes(name)));
      this.conflicts.value = new Set([...this.conflicts.value, ...lost]);
      this.tell("change", { selected: this.selected, lost });
    }
  }

  /** Says whether the page leaves it to the element. */
  private tell(type: string, detail: unknown): boolean {
    return this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true, cancelable: true }));
  }

  private say(words: string): void {
    const status = part("p", "status");
    status.setAttribute("role", "status");
    status.textContent = words;
    this.shadowRoot?.replaceChildren(status);
    this.tell("connection", { connection: "offline" });
  }
}

function makeStyle(): CSSStyleSheet {
  const style = new CSSStyleSheet();
  style.replaceSync(ELEMENT_STYLE);
  return style;
}

function part<Tag extends keyof HTMLElementTagNameMap>(tag: Tag, name: string): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  element.className = name;
  return element;
}

function buttons(map: SeatMap, text: MapText): HTMLElement {
  const bar = part("div", "buttons");
  const button = (sign: string, label: string, action: () => void): HTMLButtonElement => {
    const element = document.createElement("button");
    element.type = "button";
    element.textContent = sign;
    element.setAttribute("aria-label", label);
    element.addEventListener("click", action);
    return element;
  };
  bar.append(
    button("+", text.zoomIn, () => map.zoomIn()),
    button("−", text.zoomOut, () => map.zoomOut()),
    button("⤢", text.whole, () => map.whole()),
  );
  return bar;
}

function placeOf(plan: PlanModel, prices: ReadonlyMap<string, string>, name: string): { price: string | undefined } {
  const zone = plan.zones.find((other) => other.name === name);
  return { price: prices.get(plan.categories[zone?.category ?? -1]?.name ?? "") };
}

/** Of an attribute they are separated by commas. */
function namesIn(names: readonly string[] | string): ReadonlySet<string> {
  const list = typeof names === "string" ? names.split(",").map((name) => name.trim()) : names;
  return new Set(list.filter((name) => name !== ""));
}
