/** Money, times and counts as a language and its region write them. */
import type { Money } from "../api/client";

export interface Format {
  money(money: Money): string;
  /** A day with its time; the zone is named, as buyers may be elsewhere. */
  dateTime(at: string): string;
  count(count: number): string;
  /** Minutes and seconds that are left: `4:05`. */
  countdown(ms: number): string;
}

export function makeFormat(locale: string): Format {
  const dates = new Intl.DateTimeFormat(locale, {
    weekday: "long",
    day: "numeric",
    month: "long",
    year: "numeric",
    hour: "numeric",
    minute: "2-digit",
    timeZoneName: "short",
  });
  const counts = new Intl.NumberFormat(locale);
  const currencies = new Map<string, Intl.NumberFormat>();
  const currencyFormat = (currency: string): Intl.NumberFormat => {
    const made = currencies.get(currency) ?? new Intl.NumberFormat(locale, { style: "currency", currency });
    currencies.set(currency, made);
    return made;
  };
  return {
    money({ amount, currency }) {
      const format = currencyFormat(currency);
      // The API counts minor units; how many make a whole one is the currency's own.
      return format.format(amount / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
    },
    dateTime: (at) => dates.format(new Date(at)),
    count: (count) => counts.format(count),
    countdown(ms) {
      const seconds = Math.max(0, Math.ceil(ms / 1000));
      return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    },
  };
}
