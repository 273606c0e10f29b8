/** Money, times and counts as a language and its region write them. */
import type { Money } from "../api/client";
import { moneyText } from "../map/prices";

export interface Format {
  money(money: Money): string;
  /** A day with its time; the zone is named, as buyers may be elsewhere. */
  dateTime(at: string): string;
  /** Minutes and whole seconds that are left, `4:05`: never more than there is. */
  countdown(ms: number): string;
}

export function makeFormat(locale: string): Format {
  const dates = new Intl.DateTimeFormat(locale, {
    weekday: "short",
    day: "numeric",
    month: "long",
    year: "numeric",
    hour: "numeric",
    minute: "2-digit",
    timeZoneName: "short",
  });
  return {
    money: (money) => moneyText(money, locale),
    dateTime: (at) => dates.format(new Date(at)),
    countdown(ms) {
      const seconds = Math.max(0, Math.floor(ms / 1000));
      return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    },
  };
}
