/** What a buyer has picked and not asked for yet. */
import { computed, signal } from "@preact/signals";
import type { NewOrder } from "../api/client";

export class Picks {
  readonly seats = signal<ReadonlySet<string>>(new Set());
  readonly zones = signal<ReadonlyMap<string, number>>(new Map());
  readonly count = computed(
    () => this.seats.value.size + [...this.zones.value.values()].reduce((sum, count) => sum + count, 0),
  );

  /** Whether it is picked now. */
  toggleSeat(name: string): boolean {
    if (this.seats.peek().has(name)) {
      this.removeSeat(name);
      return false;
    }
    this.addSeat(name);
    return true;
  }

  addSeat(name: string): void {
    this.seats.value = new Set([...this.seats.peek(), name]);
  }

  removeSeat(name: string): void {
    this.seats.value = new Set([...this.seats.peek()].filter((other) => other !== name));
  }

  /** Other seats in the place of some. */
  exchange(gone: readonly string[], instead: readonly string[]): void {
    this.seats.value = new Set([...[...this.seats.peek()].filter((name) => !gone.includes(name)), ...instead]);
  }

  setZone(zone: string, count: number): void {
    const zones = new Map(this.zones.peek());
    if (count > 0) zones.set(zone, count);
    else zones.delete(zone);
    this.zones.value = zones;
  }

  clear(): void {
    this.seats.value = new Set();
    this.zones.value = new Map();
  }

  request(): NewOrder {
    return {
      seats: [...this.seats.peek()],
      zones: [...this.zones.peek()].map(([zone, count]) => ({ zone, count })),
    };
  }
}
