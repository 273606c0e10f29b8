/**
 * Keeps one connection to a show's feed, whatever becomes of the network: it comes back from the last offset, waits longer after
 * each failure, and looks after a feed that is silent, as browsers don't show the office's pings to a page.
 */
import { backoff } from "./backoff";
import type { Connection } from "./follow";
import { openTransport, type Frame, type Transport, type TransportKind } from "./transport";

/** How long an attempt may take until its first frame. */
const FIRST_FRAME_MS_MAX = 10_000;
/** A feed that says nothing for so long is looked after. */
const SILENCE_MS_MAX = 20_000;
/** And so often while the office says that it is stale. */
const STALE_MS = 5_000;
/** How long an event may take from the office's map to the feed. */
const LAG_MS_MAX = 3_000;
/** So many attempts in a row that got no frame, and the other transport is tried. */
const REFUSALS_MAX = 2;

/** What the office says of a show when it is asked beside the feed. */
export type Probed = { readonly offset: number; readonly stale: boolean } | "unreachable";

export interface FeedOptions {
  readonly office: string;
  readonly show: string;
  /** The offset that the viewer has; undefined asks for a snapshot. */
  from(): number | undefined;
  frame(frame: Frame): void;
  connection(connection: Connection): void;
  probe(): Promise<Probed>;
}

export class Feed {
  private transport: Transport | undefined;
  private kind: TransportKind = "websocket";
  /** Attempts in a row that have ended without a frame. */
  private failures = 0;
  private refusals = 0;
  private alive = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** Counts connections, so that a late answer of a probe says nothing of the next one. */
  private turn = 0;
  private readonly listening = new AbortController();

  constructor(private readonly options: FeedOptions) {
    const { signal } = this.listening;
    addEventListener("online", () => this.restart(), { signal });
    addEventListener("offline", () => this.options.connection("offline"), { signal });
    document.addEventListener("visibilitychange", () => this.shown(), { signal });
    this.attempt();
  }

  /** Begins anew at once, as where the viewer's state turned out to be wrong, or the network has come back. */
  restart(): void {
    this.drop();
    this.options.connection("connecting");
    this.attempt();
  }

  /** The state that the viewer has is wrong: begins anew, after a wait if that happens again and again. */
  distrust(): void {
    this.lost();
  }

  close(): void {
    this.drop();
    this.listening.abort();
  }

  private drop(): void {
    this.turn++;
    clearTimeout(this.timer);
    this.transport?.close();
    this.transport = undefined;
    this.alive = false;
  }

  private attempt(): void {
    const { office, show } = this.options;
    this.drop();
    this.transport = openTransport(this.kind, office, show, this.options.from(), {
      frame: (frame) => this.took(frame),
      ended: () => this.lost(),
    });
    this.timer = setTimeout(() => this.lost(), FIRST_FRAME_MS_MAX);
  }

  private took(frame: Frame): void {
    const { turn } = this;
    this.options.frame(frame);
    if (turn !== this.turn) {
      return; // The frame was none that could be folded: the next connection is under way.
    }
    const first = !this.alive;
    this.alive = true;
    this.refusals = 0;
    this.failures = 0;
    this.options.connection("live");
    this.lookAfter(first ? 0 : SILENCE_MS_MAX);
  }

  /** Asks the office beside the feed after a silence of so many milliseconds, more or less. */
  private lookAfter(silence: number): void {
    clearTimeout(this.timer);
    const { turn } = this;
    this.timer = setTimeout(() => void this.probe(turn), silence * (0.75 + Math.random() / 2));
  }

  private async probe(turn: number): Promise<void> {
    const probed = await this.options.probe();
    if (turn !== this.turn) {
      return;
    }
    if (probed === "unreachable") {
      this.options.connection("stale");
      this.lost();
    } else if (probed.stale) {
      this.options.connection("stale");
      this.lookAfter(STALE_MS);
    } else {
      this.options.connection("live");
      this.lookAfter(SILENCE_MS_MAX);
      this.expect(probed.offset, turn);
    }
  }

  /** The office's map has come to this offset: a feed that doesn't get there is dead, though nobody has closed it. */
  private expect(offset: number, turn: number): void {
    if (offset > (this.options.from() ?? 0)) {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => {
        if (turn === this.turn && offset > (this.options.from() ?? 0)) {
          this.restart();
        } else {
          this.lookAfter(SILENCE_MS_MAX);
        }
      }, LAG_MS_MAX);
    }
  }

  private lost(): void {
    const wasAlive = this.alive;
    this.drop();
    if (!wasAlive) {
      this.refusals++;
      if (this.refusals % REFUSALS_MAX === 0) {
        this.kind = this.kind === "websocket" ? "events" : "websocket";
      }
    }
    const offline = !navigator.onLine || this.failures > 0;
    this.options.connection(offline ? "offline" : "connecting");
    this.timer = setTimeout(() => this.attempt(), backoff(this.failures++));
  }

  /** A page that comes to the fore again may have slept, its connection may be gone. */
  private shown(): void {
    if (document.visibilityState !== "visible") {
      return;
    }
    if (this.alive) {
      this.lookAfter(0);
    } else {
      this.restart();
    }
  }
}
