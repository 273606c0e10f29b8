/** The ways in which a show's orders can be paid. */

export interface Provider {
  readonly name: string;
  /** `test_card`: cards of a trial, without money; `card`: typed in on this page; `page`: a page of the provider's. */
  readonly kind: "test_card" | "card" | "page";
  readonly publishable_key?: string;
  readonly payment_methods?: readonly string[];
}

export async function readProviders(_show: string): Promise<readonly Provider[]> {
  return [{ name: "sandbox", kind: "test_card", payment_methods: ["card_ok", "card_declined", "card_slow", "card_late"] }];
}
