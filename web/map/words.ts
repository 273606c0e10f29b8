/** How each seat is to this buyer: the feed's state with their own seats, picks and losses laid over it. */
import { effect, type ReadonlySignal } from "@preact/signals";
import { FREE } from "../feed/fold";
import type { Followed } from "../feed/follow";
import type { PlanModel } from "./plan";
import type { SeatWord } from "./text";

/** By number: the feed's four states first. */
export const WORDS: readonly SeatWord[] = ["free", "held", "sold", "blocked", "own", "selected", "taken", "alone"];
export const OWN = 4;
export const SELECTED = 5;
export const TAKEN = 6;
export const ALONE = 7;

export interface WordsOptions {
  readonly plan: PlanModel;
  readonly followed: Followed;
  readonly selected: ReadonlySignal<ReadonlySet<string>>;
  readonly own: ReadonlySignal<ReadonlySet<string>>;
  readonly conflicts: ReadonlySignal<ReadonlySet<string>>;
  readonly alone?: ReadonlySignal<ReadonlySet<string>>;
  canBePicked?(state: number): boolean;
}

export class Words {
  /** By index of the seat. Nothing is for sale until the feed has said so. */
  readonly numbers: Uint8Array;
  private ends: (() => void)[] = [];
  private changed: (seats: readonly number[]) => void = () => {};

  constructor(private readonly options: WordsOptions) {
    this.numbers = new Uint8Array(options.plan.seats.length).fill(WORDS.indexOf("blocked"));
  }

  /** Tells the seats whose word changes, from now on; at once, those that are known already. */
  start(changed: (seats: readonly number[]) => void): void {
    const { options } = this;
    const { plan, followed } = options;
    this.changed = changed;
    // Who comes to a feed that runs already has all its seats to learn.
    if (followed.state.peek() !== undefined) {
      this.update(plan.seats.map((_, at) => at));
    }
    this.ends = [
      followed.onChange(({ seats }) => this.update(seats)),
      ...[options.selected, options.own, options.conflicts, ...(options.alone ? [options.alone] : [])].map((names) => this.watch(names)),
    ];
  }

  word(seat: number): SeatWord {
    return WORDS[this.numbers[seat] ?? 0] ?? "blocked";
  }

  /** Whether a tap on it means something. */
  canBePicked(seat: number): boolean {
    const number = this.numbers[seat] ?? OWN;
    const state = number === ALONE ? FREE : number;
    return state === SELECTED || (this.options.canBePicked?.(state) ?? state === FREE);
  }

  close(): void {
    this.ends.forEach((end) => end());
  }

  private watch(names: ReadonlySignal<ReadonlySet<string>>): () => void {
    let before: ReadonlySet<string> = new Set();
    return effect(() => {
      const now = names.value;
      const differing = [...before].filter((name) => !now.has(name)).concat([...now].filter((name) => !before.has(name)));
      before = now;
      this.update(differing.flatMap((name) => this.options.plan.index.get(name) ?? []));
    });
  }

  private update(seats: readonly number[]): void {
    const { plan, followed } = this.options;
    const state = followed.state.peek()?.seats;
    const [selected, own, conflicts] = [this.options.selected, this.options.own, this.options.conflicts].map((names) =>
      names.peek(),
    );
    const alone = this.options.alone?.peek();
    const isPlain = !own?.size && !conflicts?.size && !selected?.size && !alone?.size;
    const changed = seats.filter((seat) => {
      const known = state?.[seat] ?? WORDS.indexOf("blocked");
      const name = plan.seats[seat]?.name ?? "";
      const number = isPlain
        ? known
        : own?.has(name)
          ? OWN
          : conflicts?.has(name)
            ? TAKEN
            : selected?.has(name)
              ? SELECTED
              : alone?.has(name)
                ? ALONE
                : known;
      const differs = this.numbers[seat] !== number;
      this.numbers[seat] = number;
      return differs;
    });
    if (changed.length > 0) {
      this.changed(changed);
    }
  }
}
