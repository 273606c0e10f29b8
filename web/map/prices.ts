/** Prices as people read them, by category. */
import type { components } from "../api/schema";

export type Money = components["schemas"]["Money"];

/** Making one takes longer than reading a thousand prices by it. */
const formats = new Map<string, Intl.NumberFormat>();

/** Amounts are in the currency's minor unit, of which `Intl` knows how many make one. */
export function moneyText({ amount, currency }: Money, language: string): string {
  const key = `${language} ${currency}`;
  const format = formats.get(key) ?? new Intl.NumberFormat(language, { style: "currency", currency });
  formats.set(key, format);
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
  return format.format(amount / 10 ** digits);
}

export function priceTexts(prices: Readonly<Record<string, Money>>, language: string): Map<string, string> {
  return new Map(Object.entries(prices).map(([category, money]) => [category, moneyText(money, language)]));
}
