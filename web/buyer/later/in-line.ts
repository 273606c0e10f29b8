/** A buyer in a show's line: the place, and how it moves with the feed. */
import type { Line, LinePlace } from "../../api/client";
import { type Problem } from "../../api/problem";
import { LINE_PLACES, announce, batch, clock, computed, inLine, keep, more, problemOf, readKept, signal } from "../first";
import type { ShowVisit } from "../show-visit";
import { joinLine, lookAtLine, lookAtLinePlace } from "./calls";
import { isSpoken } from "./spoken";

/** Places that this device remembers. */
const PLACES_MAX = 20;
/** All who drew ask for their numbers when the line opens: not all at once. */
const OPENING_MS = 3_000;
/** A timer of a browser's can't be set further ahead than some weeks. */
const WAIT_MS_MAX = 3600 * 1000;
/** So often a place is looked at, whatever the feed says or doesn't. */
const LOOK_MS = 60_000;

/** How far the line is. */
type Pace = Pick<Line, "admitted" | "rate" | "last_number">;

export class InLine {
  readonly line = signal<Line | undefined>();
  readonly place = signal<LinePlace | undefined>();
  readonly problem = signal<Problem | undefined>();
  readonly busy = signal(false);
  private readonly pace = signal<Pace | undefined>();
  /** How many numbers are before this buyer's. */
  readonly ahead = computed(() => {
    const number = this.place.value?.number;
    return number === undefined || !this.pace.value ? this.place.value?.ahead : Math.max(0, number - this.pace.value.admitted - 1);
  });
  /** In how many seconds it is this buyer's turn, as things go. */
  readonly estimate = computed(() => {
    const { rate = 0 } = this.pace.value ?? {};
    return rate > 0 && this.ahead.value !== undefined ? Math.ceil((this.ahead.value + 1) / rate) : this.place.value?.estimate_seconds;
  });
  private timer: ReturnType<typeof setTimeout> | undefined;
  private isOpening = false;
  private closed = false;

  constructor(private readonly visit: ShowVisit) {
    const end = visit.seen.peek()?.followed.onFrame((frame) => {
      if (frame.type === "line") this.hear(frame);
    });
    visit.atEnd(() => {
      this.closed = true;
      clearTimeout(this.timer);
      end?.();
    });
    void this.begin();
  }

  /** Looks how things stand, and draws or joins where that is possible. */
  begin(): Promise<void> {
    return this.during(async () => {
      const line = await lookAtLine(this.visit.id);
      batch(() => {
        this.line.value = line;
        this.pace.value = line;
      });
      const kept = inLine(this.visit.id)["Line-Place"];
      const place = kept && (await lookAtLinePlace(kept).catch((error: unknown) => noneIfGone(error)));
      if (place) this.took(place);
      else if (line.state === "closed") this.waitUntil(line.drawing_from, 0);
      else if (!this.asksProof) await this.draw(undefined);
    });
  }

  /** Whether the organiser wants something from whoever joins. */
  get asksProof(): boolean {
    return !!this.visit.seen.peek()?.show.line?.proof_url;
  }

  join(proof?: string): Promise<void> {
    return this.during(() => this.draw(proof));
  }

  private async draw(proof: string | undefined): Promise<void> {
    this.took(await joinLine(this.visit.id, proof));
  }

  async look(): Promise<void> {
    const { place } = this.place.peek() ?? {};
    if (place) await this.during(async () => this.took(await lookAtLinePlace(place)));
  }

  private took(place: LinePlace): void {
    const before = this.place.peek()?.state;
    batch(() => {
      this.place.value = place;
      this.visit.waits.value = place.state !== "admitted";
    });
    const { [this.visit.id]: _, ...others } = readKept<Record<string, string>>(LINE_PLACES) ?? {};
    keep(LINE_PLACES, Object.fromEntries([...Object.entries(others).slice(1 - PLACES_MAX), [this.visit.id, place.place]]));
    if (place.state === "drawn") this.waitUntil(place.opens_at, 1_000 + Math.random() * OPENING_MS);
    if (place.state === "waiting") this.lookIn(LOOK_MS * (0.5 + Math.random()));
    if (place.state === "admitted") this.waitUntil(place.admitted_until, 1_000);
    if (before && before !== place.state) announce(more.value.lineStates[place.state]);
  }

  /** The line has moved. */
  private hear(pace: Pace): void {
    const before = this.ahead.peek();
    this.pace.value = pace;
    const { state, number = Infinity } = this.place.peek() ?? {};
    if (state === "drawn" && pace.last_number > 0 && !this.isOpening) {
      this.isOpening = true;
      this.lookIn(Math.random() * OPENING_MS);
    }
    if (state !== "waiting") return;
    if (pace.admitted >= number) void this.look();
    else if (before !== undefined && isSpoken(before, this.ahead.peek() ?? before)) announce(more.value.lineAhead(this.ahead.peek() ?? 0));
  }

  private waitUntil(at: string | undefined, moreMs: number): void {
    this.lookIn(Math.max(0, Date.parse(at ?? "") - clock.now() || 0) + moreMs);
  }

  private lookIn(ms: number): void {
    clearTimeout(this.timer);
    if (!this.closed) this.timer = setTimeout(() => void (this.place.peek() ? this.look() : this.begin()), Math.min(WAIT_MS_MAX, Math.max(1_000, ms)));
  }

  private async during(run: () => Promise<void>): Promise<void> {
    if (this.busy.peek() || this.closed) return;
    this.busy.value = true;
    this.problem.value = undefined;
    try {
      await run();
    } catch (error) {
      this.problem.value = problemOf(error);
    } finally {
      this.busy.value = false;
    }
  }
}

/** A place of another session, or of a line that is no more. */
function noneIfGone(error: unknown): undefined {
  if (problemOf(error).code !== "not_found") throw error;
}

const known = new WeakMap<ShowVisit, InLine>();

/** The same wherever it stands on a visit's page. */
export function inLineOf(visit: ShowVisit): InLine {
  const found = known.get(visit) ?? new InLine(visit);
  known.set(visit, found);
  return found;
}
