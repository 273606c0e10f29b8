/**
 * The office's clock as this device can know it: a countdown by the device's own clock would lie wherever that is wrong.
 * Each answer and event bounds how far the two differ; the truth lies between the bounds.
 */
export class OfficeClock {
  /** The office is ahead by this much at least, and at most, in milliseconds. */
  private least = -Infinity;
  private most = Infinity;

  /** A `Date` header, which tells whole seconds: of an answer that was asked for and has come at these times. */
  heardDate(date: string | null, askedAt: number, answeredAt: number): void {
    const second = date === null ? NaN : Date.parse(date);
    if (!Number.isNaN(second)) {
      this.narrow(second - answeredAt, second + 1000 - askedAt);
    }
  }

  /** The time of an event that has just come: it was then or later. */
  heardEvent(at: string, cameAt: number): void {
    const time = Date.parse(at);
    if (!Number.isNaN(time)) {
      this.narrow(time - cameAt, Infinity);
    }
  }

  /** The office's time, in milliseconds; the device's while nothing is known. */
  now(deviceNow: number = Date.now()): number {
    const { least, most } = this;
    if (least === -Infinity) {
      return deviceNow + Math.min(0, most);
    }
    return deviceNow + (most === Infinity ? Math.max(0, least) : (least + most) / 2);
  }

  private narrow(least: number, most: number): void {
    if (least > this.most || most < this.least) {
      // One of the clocks was set: what was known before says nothing any more.
      this.least = least;
      this.most = most;
    } else {
      this.least = Math.max(this.least, least);
      this.most = Math.min(this.most, most);
    }
  }
}
