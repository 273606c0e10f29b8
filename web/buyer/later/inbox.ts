/** The session's inbox: what it should know, in order, read once and then followed, for as long as somebody looks at the page. */
import type { Notice } from "../../api/client";
import { batch, effect, heldToken, pause, signal, unread } from "../first";
import { acknowledge, readInbox } from "./calls";
import { readEvents } from "./event-stream";

/** As many as the office keeps, or more. */
const NOTICES_MAX = 200;
const PAGES_MAX = 5;
/** Told at a time over the page: the others are in the list. */
const NEWS_MAX = 3;
const UNAUTHORIZED = 401;

export class Inbox {
  /** In the order of their numbers. */
  readonly notices = signal<readonly Notice[]>([]);
  /** The buyer has seen them up to this one. */
  readonly seen = signal(0);
  /** There were others, which the office keeps no more. */
  readonly areSomeGone = signal(false);
  /** Those that came while somebody looked, and were not dismissed yet. */
  readonly news = signal<readonly Notice[]>([]);
  private readonly dismissed = new Set<number>();
  private stop: AbortController | undefined;
  private token: string | undefined;

  constructor() {
    document.addEventListener("visibilitychange", () => this.turn());
    effect(() => {
      unread.value = this.notices.value.filter(({ number }) => number > this.seen.value).length;
    });
    this.turn();
  }

  /** This one was seen; others that came before it may not have been. */
  dismiss(number: number): void {
    this.news.value = this.news.peek().filter((notice) => notice.number !== number);
    this.dismissed.add(number);
    let through = this.seen.peek();
    while (this.dismissed.delete(through + 1)) through += 1;
    void this.see(through);
  }

  /** All up to this one were seen. */
  async see(through = this.last): Promise<void> {
    if (through <= this.seen.peek()) return;
    batch(() => {
      this.seen.value = through;
      this.news.value = this.news.peek().filter(({ number }) => number > through);
    });
    // If that gets lost, they are told as new once more.
    await acknowledge(through).catch(() => undefined);
  }

  private get last(): number {
    return this.notices.peek().at(-1)?.number ?? 0;
  }

  /** A page that nobody looks at reads nothing: it catches up when it is looked at again. */
  private turn(): void {
    if (document.visibilityState !== "visible") this.stop?.abort();
    else if (!this.stop) void this.follow();
  }

  private async follow(): Promise<void> {
    for (let failures = 0; document.visibilityState === "visible"; failures += 1) {
      const stop = new AbortController();
      this.stop = stop;
      try {
        await this.read();
        await this.listen(stop, () => (failures = 0));
      } catch {
        // The network, the office, or the end of the session: it is tried again.
      }
      if (document.visibilityState !== "visible") break;
      await pause(failures + 1);
    }
    this.stop = undefined;
  }

  /** What is there, if it isn't known yet. */
  private async read(): Promise<void> {
    if (this.token !== undefined && this.token === heldToken()) return;
    const notices: Notice[] = [];
    let after: number | null = 0;
    let [acknowledged, first] = [0, 1];
    for (let pages = 0; after !== null && pages < PAGES_MAX; pages += 1) {
      const page: Awaited<ReturnType<typeof readInbox>> = await readInbox(after);
      notices.push(...page.notices);
      ({ acknowledged, first, next_after: after } = page);
    }
    this.token = heldToken();
    batch(() => {
      this.notices.value = notices.slice(-NOTICES_MAX);
      this.seen.value = acknowledged;
      this.areSomeGone.value = first > 1 && notices.length > 0;
    });
  }

  private async listen(stop: AbortController, isHeard: () => void): Promise<void> {
    const response = await fetch(`/v1/inbox?after=${this.last}`, {
      headers: { Accept: "text/event-stream", Authorization: `Bearer ${this.token}` },
      signal: stop.signal,
    });
    if (!response.ok) {
      if (response.status === UNAUTHORIZED) this.token = undefined;
      throw new Error(`the inbox is not told: ${response.status}`);
    }
    isHeard();
    await readEvents(response, stop, ({ type, data }) => {
      if (type === "gap") this.areSomeGone.value = true;
      else this.take(JSON.parse(data) as Notice);
    });
  }

  private take(notice: Notice): void {
    if (notice.number <= this.last) return;
    batch(() => {
      this.notices.value = [...this.notices.peek(), notice].slice(-NOTICES_MAX);
      this.news.value = [...this.news.peek(), notice].slice(-NEWS_MAX);
    });
  }
}

let inbox: Inbox | undefined;

/** The same for all parts of the page. */
export function theInbox(): Inbox {
  return (inbox ??= new Inbox());
}
