/**
 * Stripe's Payment Element: the card's number goes from Stripe's frame to Stripe alone. Its script is loaded only where an
 * office has a publishable key and the buyer wants to pay so.
 * https://docs.stripe.com/payments/accept-a-payment-deferred
 */
import { language } from "../first";

const SCRIPT = "https://js.stripe.com/v3/";

interface StripeElement {
  mount(host: HTMLElement): void;
  destroy(): void;
}

interface StripeElements {
  create(type: "payment", options?: object): StripeElement;
  submit(): Promise<{ error?: { message?: string } }>;
}

interface Stripe {
  elements(options: object): StripeElements;
  createPaymentMethod(options: { elements: StripeElements }): Promise<{
    paymentMethod?: { id: string };
    error?: { message?: string };
  }>;
}

declare global {
  interface Window {
    Stripe?: (publishableKey: string, options?: object) => Stripe;
  }
}

export interface CardFields {
  /** An id that the office charges, or what is wrong in Stripe's words. */
  makePaymentMethod(): Promise<{ id?: string; fault?: string }>;
  remove(): void;
}

let loading: Promise<void> | undefined;

function loadScript(): Promise<void> {
  loading ??= new Promise<void>((resolve, reject) => {
    const script = document.createElement("script");
    script.src = SCRIPT;
    script.onload = () => resolve();
    script.onerror = () => {
      script.remove();
      loading = undefined;
      reject(new Error("Stripe's script can't be loaded"));
    };
    document.head.append(script);
  });
  return loading;
}

export async function showCardFields(
  host: HTMLElement,
  publishableKey: string,
  amount: number,
  currency: string,
): Promise<CardFields> {
  await loadScript();
  if (!window.Stripe) throw new Error("Stripe's script has made no Stripe");
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const stripe = window.Stripe(publishableKey, { locale: language.peek() });
  const elements = stripe.elements({
    mode: "payment",
    amount,
    currency: currency.toLowerCase(),
    captureMethod: "manual",
    paymentMethodCreation: "manual",
    paymentMethodTypes: ["card"],
    appearance: { theme: dark ? "night" : "stripe" },
  });
  const element = elements.create("payment");
  element.mount(host);
  return {
    async makePaymentMethod() {
      const { error } = await elements.submit();
      if (error) return asFault(error);
      const made = await stripe.createPaymentMethod({ elements });
      return made.paymentMethod ? { id: made.paymentMethod.id } : asFault(made.error);
    },
    remove: () => element.destroy(),
  };
}

function asFault(error: { message?: string } | undefined): { fault?: string } {
  return error?.message ? { fault: error.message } : {};
}
