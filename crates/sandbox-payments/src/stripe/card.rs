//! Stripe's payment methods for tests.

use serde_json::{Value, json};

/// What a payment method does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Card {
    /// Is charged at once.
    Good,
    /// Asks the buyer first, by 3-D Secure.
    AsksBuyer,
    /// Is declined.
    Bad(CardError),
}

/// Why a card wasn't charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CardError {
    /// The error's code.
    pub code: &'static str,
    /// What the bank said.
    pub decline_code: Option<&'static str>,
    /// For people.
    pub message: &'static str,
}

impl CardError {
    /// The bank gives no reason.
    pub const DECLINED: Self = Self {
        code: "card_declined",
        decline_code: Some("generic_decline"),
        message: "Your card was declined.",
    };
    /// The buyer hasn't that much.
    pub const INSUFFICIENT_FUNDS: Self = Self {
        code: "card_declined",
        decline_code: Some("insufficient_funds"),
        message: "Your card has insufficient funds.",
    };
    /// The buyer said no.
    pub const NOT_AUTHENTICATED: Self = Self {
        code: "payment_intent_authentication_failure",
        decline_code: None,
        message: "The provided PaymentMethod has failed authentication.",
    };

    /// As an intent's `last_payment_error`.
    pub fn to_json(self) -> Value {
        json!({
            "type": if self.decline_code.is_some() { "card_error" } else { "invalid_request_error" },
            "code": self.code,
            "decline_code": self.decline_code,
            "message": self.message,
        })
    }
}

/// The card behind a payment method, if there is one.
pub fn find(payment_method: &str) -> Option<Card> {
    Some(match payment_method {
        "pm_card_visa" | "pm_card_mastercard" | "pm_card_amex" => Card::Good,
        "pm_card_authenticationRequired"
        | "pm_card_threeDSecure2Required"
        | "pm_card_threeDSecureRequired" => Card::AsksBuyer,
        "pm_card_chargeDeclined" | "pm_card_visa_chargeDeclined" => Card::Bad(CardError::DECLINED),
        "pm_card_chargeDeclinedInsufficientFunds" | "pm_card_visa_chargeDeclinedInsufficientFunds" => {
            Card::Bad(CardError::INSUFFICIENT_FUNDS)
        }
        _ => return None,
    })
}
