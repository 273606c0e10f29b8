/** Where the map stands on the page; made anew where its words change. */
import { useLayoutEffect, useRef } from "preact/hooks";
import { SeatMap } from "../map/seat-map";
import { words } from "../text/language";
import { ConnectionState } from "./connection-state";
import type { ShowVisit } from "./show-visit";

export function MapHost({ visit }: { visit: ShowVisit }) {
  const host = useRef<HTMLDivElement>(null);
  const seen = visit.seen.value;
  const text = words.value.map;
  const plan = seen?.plan;
  const followed = seen?.followed;
  // Before the page is painted for the first time: to paint it without the map would take as long as the map does.
  useLayoutEffect(() => {
    if (!host.current || !plan || !followed) return;
    const map = new SeatMap(host.current, {
      plan,
      followed,
      prices: () => visit.prices.peek(),
      text,
      selected: visit.picks.seats,
      own: visit.own,
      conflicts: visit.conflicts,
      alone: visit.alone,
      canBePicked: (state) => visit.isWithinReach(state),
      onSeat: (name) => visit.pickSeat(name),
      onZone: (name) => document.getElementById(`zone-${plan.zones.findIndex((zone) => zone.name === name)}`)?.focus(),
    });
    visit.map = map;
    return () => map.close();
  }, [plan, followed, text]);
  return (
    <div class="map">
      <div ref={host} />
      {followed && <ConnectionState followed={followed} />}
      <div class="zoom">
        <button type="button" aria-label={text.zoomIn} onClick={() => visit.map?.zoomIn()}>
          +
        </button>
        <button type="button" aria-label={text.zoomOut} onClick={() => visit.map?.zoomOut()}>
          −
        </button>
        <button type="button" aria-label={text.whole} onClick={() => visit.map?.whole()}>
          ⤢
        </button>
      </div>
    </div>
  );
}
