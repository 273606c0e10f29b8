/** Money, times and counts as a language and its region write them. */
import type { Money } from "../api/client";
import { moneyText } from "../map/prices";

export interface Format {
  money(money: Money): string;
  /** A day with its time, in this zone or the reader's; the zone is named, as buyers may be elsewhere. */
  dateTime(at: string, zone?: string): string;
  /** Minutes and whole seconds that are left, `4:05`: never more than there is. */
  countdown(ms: number): string;
}

export function makeFormat(locale: string): Format {
  const dates: Intl.DateTimeFormatOptions = {
    weekday: "short",
    day: "numeric",
    month: "long",
    year: "numeric",
    hour: "numeric",
    minute: "2-digit",
    timeZoneName: "short",
  };
  return {
    money: (money) => moneyText(money, locale),
    // A show that nobody has said the zone of is in UTC, where hardly any takes place.
    dateTime(at, zone) {
      const date = new Date(at);
      try {
        return date.toLocaleString(locale, zone === "UTC" ? dates : { ...dates, timeZone: zone });
      } catch {
        // A zone that this browser has not heard of yet.
        return date.toLocaleString(locale, dates);
      }
    },
    countdown(ms) {
      const seconds = Math.max(0, Math.floor(ms / 1000));
      return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    },
  };
}
