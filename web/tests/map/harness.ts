/** Runs in the browser: a page with nothing but the map, and what a test must reach. */
import { signal } from "@preact/signals";
import { SEAT_STATES } from "../../feed/fold";
import { followShow, type Followed } from "../../feed/follow";
import { readPlan, type PlanDocument } from "../../map/plan";
import { priceTexts, type Money } from "../../map/prices";
import { SeatMap } from "../../map/seat-map";
import { english } from "../../text/map/en";

const none: ReadonlySet<string> = new Set();

export interface Harness {
  readonly followed: Followed;
  readonly map: SeatMap;
  readonly picked: string[];
  readonly zones: string[];
  readonly selected: { value: ReadonlySet<string> };
  readonly own: { value: ReadonlySet<string> };
  readonly conflicts: { value: ReadonlySet<string> };
  /** Seats that the feed has told of so far. */
  readonly told: { changes: number };
  /** When the first map was on the screen, in milliseconds after the page was asked for; 0: not yet. */
  firstMapAt: number;
  /** The fold, as `GET seat-map` would tell it. */
  seatMap(): unknown;
}

declare global {
  interface Window {
    harness: Harness;
  }
}

async function get<T>(address: string): Promise<T> {
  return (await fetch(address)).json() as Promise<T>;
}

export async function start(office: string, show: string): Promise<void> {
  const { plan: id, prices } = await get<{ plan: string; prices: Record<string, Money> }>(`${office}/v1/shows/${show}`);
  const plan = readPlan(await get<PlanDocument>(`${office}/v1/plans/${id}`));
  const followed = followShow({ office, show, plan, planId: id, otherPlan: () => undefined });
  const [selected, own, conflicts] = [signal(none), signal(none), signal(none)];
  const told = { changes: 0 };
  const picked: string[] = [];
  const zones: string[] = [];
  followed.onChange(({ seats }) => {
    if (told.changes === 0) {
      // The map draws in the next frame, and this one after it.
      requestAnimationFrame(() => requestAnimationFrame((now) => (window.harness.firstMapAt = now)));
    }
    told.changes += seats.length;
  });
  const host = document.querySelector<HTMLElement>("#map");
  if (host === null) {
    throw new Error("no place for the map");
  }
  let texts: ReadonlyMap<string, string> | undefined;
  const map = new SeatMap(host, {
    plan,
    followed,
    prices: () => (texts ??= priceTexts(prices, "en")),
    text: english,
    selected,
    own,
    conflicts,
    onSeat: (name) => {
      picked.push(name);
      const now = new Set(selected.value);
      if (!now.delete(name)) {
        now.add(name);
      }
      selected.value = now;
    },
    onZone: (name) => zones.push(name),
  });
  const seatMap = (): unknown => {
    const state = followed.state.peek();
    return (
      state && {
        show,
        offset: state.offset,
        revision: state.revision,
        state: state.sale,
        plan: id,
        seats: Object.fromEntries(plan.seats.map(({ name }, at) => [name, SEAT_STATES[state.seats[at] ?? -1]])),
        zones: state.zones.map(({ name, ...counts }) => ({ zone: name, ...counts })),
      }
    );
  };
  window.harness = { followed, map, picked, zones, selected, own, conflicts, told, firstMapAt: 0, seatMap };
}

const query = new URLSearchParams(location.search);
void start(query.get("office") ?? "", query.get("show") ?? "");
