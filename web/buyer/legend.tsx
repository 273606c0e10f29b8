/** The map's legend, below it. */
import { useEffect, useRef } from "preact/hooks";
import { legend } from "../map/legend";
import { words } from "../text/language";
import type { ShowVisit } from "./show-visit";

export function Legend({ visit }: { visit: ShowVisit }) {
  const host = useRef<HTMLDivElement>(null);
  const plan = visit.seen.value?.plan;
  const prices = visit.prices.value;
  const w = words.value;
  useEffect(() => {
    if (!plan || !host.current) return;
    const { element, close } = legend(host.current, plan, prices, w.map);
    host.current.append(element);
    return () => {
      close();
      element.remove();
    };
  }, [plan, prices, w]);
  return <div class="legend" ref={host} role="group" aria-label={w.legend} />;
}
