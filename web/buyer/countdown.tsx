/** The time that a hold still has, by the office's clock, told aloud as it runs short. */
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { clock } from "../api/client";
import { format, words } from "../text/language";
import { announce } from "./announce";
import { milestone } from "./milestone";

const TICK_MS = 250;

export function Countdown({ until, onEnd, say }: { until: string; onEnd(): void; say?: (minutes: number) => string }) {
  const end = Date.parse(until);
  const left = useSignal(end - clock.now());
  const ended = useRef(onEnd);
  ended.current = onEnd;
  useEffect(() => {
    const tick = () => {
      const before = left.peek();
      left.value = end - clock.now();
      const minutes = milestone(before, left.value);
      if (minutes !== undefined) announce((say ?? words.value.minutesLeft)(minutes));
      if (left.value > 0) return;
      clearInterval(timer);
      ended.current();
    };
    const timer = setInterval(tick, TICK_MS);
    tick();
    return () => clearInterval(timer);
  }, [end]);
  return (
    <span class={left.value < 60_000 ? "countdown short" : "countdown"} role="timer">
      {format.value.countdown(left.value)}
    </span>
  );
}
