//! Stripe's errors: `{"error": {"type", "code", "message", …}}`.

use actix_web::http::StatusCode;
use serde_json::{Map, Value, json};

use super::card::CardError;
use super::currency::Wrong;
use super::intent::Status;
use crate::answer::{Answer, Trouble};

/// A call that is refused.
#[derive(Debug, PartialEq, Eq)]
pub struct Refusal {
    status: StatusCode,
    error: Map<String, Value>,
}

impl Refusal {
    fn new(status: StatusCode, kind: &str, code: &str, message: &str) -> Self {
        let mut error = Map::new();
        error.insert("type".into(), kind.into());
        if !code.is_empty() {
            error.insert("code".into(), code.into());
        }
        error.insert("message".into(), message.into());
        Self { status, error }
    }

    fn bad(code: &str, message: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request_error", code, message)
    }

    fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.error.insert(name.into(), value.into());
        self
    }

    /// The parameters can't be read.
    pub fn unreadable(what: &str) -> Self {
        Self::bad(
            "parameter_unknown",
            &format!("Received unreadable parameters: {what}"),
        )
    }

    /// A parameter isn't there.
    pub fn missing(parameter: &str) -> Self {
        let message = format!("Missing required param: {parameter}.");
        Self::bad("parameter_missing", &message).with("param", parameter)
    }

    /// A parameter has no value that can be.
    pub fn invalid(parameter: &str, value: &str) -> Self {
        let message = format!("Invalid {parameter}: {value}");
        Self::bad("parameter_invalid", &message).with("param", parameter)
    }

    /// So much is not charged in this currency.
    pub fn not_charged(currency: &str, wrong: Wrong) -> Self {
        let (code, parameter, message) = match wrong {
            Wrong::Currency => ("", "currency", format!("Invalid currency: {currency}.")),
            Wrong::NotEven(step) => (
                "parameter_invalid_integer",
                "amount",
                format!("Invalid amount: in {currency} it must be evenly divisible by {step}."),
            ),
            Wrong::BelowMinimum(least) => (
                "amount_too_small",
                "amount",
                format!("Amount must be at least {least} {currency}."),
            ),
            Wrong::AboveMaximum(most) => (
                "amount_too_large",
                "amount",
                format!("Amount must be no more than {most} {currency}."),
            ),
        };
        Self::bad(code, &message).with("param", parameter)
    }

    /// The thing in the path doesn't exist.
    pub fn no_such(what: &str, id: &str) -> Self {
        let message = format!("No such {what}: '{id}'");
        let code = "resource_missing";
        Self::new(StatusCode::NOT_FOUND, "invalid_request_error", code, &message).with("param", "id")
    }

    /// The thing that a parameter names doesn't exist.
    pub fn names_nothing(parameter: &str, id: &str) -> Self {
        let message = format!("No such {parameter}: '{id}'");
        Self::bad("resource_missing", &message).with("param", parameter)
    }

    /// There is nothing at this path, or not with this method.
    pub fn no_route(method: &str, path: &str) -> Self {
        let message = format!("Unrecognized request URL ({method}: {path}).");
        Self::new(StatusCode::NOT_FOUND, "invalid_request_error", "", &message)
    }

    /// The intent isn't in a state for this.
    pub fn unexpected_state(doing: &str, status: Status, intent: Value) -> Self {
        let message = format!(
            "You cannot {doing} this PaymentIntent because it has a status of {}.",
            status.name()
        );
        Self::bad("payment_intent_unexpected_state", &message).with("payment_intent", intent)
    }

    /// More is to be captured or given back than there is.
    pub fn too_large(parameter: &str, most: i64) -> Self {
        let message = format!("The amount is greater than what is left ({most}).");
        Self::bad("amount_too_large", &message).with("param", parameter)
    }

    /// Nothing is left to give back.
    pub fn already_refunded(charge: &str) -> Self {
        let message = format!("Charge {charge} has already been refunded.");
        Self::bad("charge_already_refunded", &message)
    }

    /// The buyer's bank has the money.
    pub fn charged_back(charge: &str) -> Self {
        let message = format!("Charge {charge} has been charged back; cannot issue a refund.");
        Self::bad("charge_disputed", &message)
    }

    /// The card was declined. The intent is there all the same, if it had been made.
    pub fn card(error: &CardError, intent: Option<Value>) -> Self {
        let status = StatusCode::PAYMENT_REQUIRED;
        let mut refusal = Self::new(status, "card_error", error.code, error.message);
        if let Some(decline_code) = error.decline_code {
            refusal = refusal.with("decline_code", decline_code);
        }
        match intent {
            Some(intent) => refusal.with("payment_intent", intent),
            None => refusal,
        }
    }
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        Self::new(refusal.status, json!({"error": refusal.error}))
    }
}

impl From<Trouble> for Refusal {
    fn from(trouble: Trouble) -> Self {
        let (status, kind, code, message) = match trouble {
            Trouble::Unauthorised => (
                StatusCode::UNAUTHORIZED,
                "invalid_request_error",
                "api_key_invalid",
                "Invalid API Key provided.",
            ),
            Trouble::Outage => (
                StatusCode::SERVICE_UNAVAILABLE,
                "api_error",
                "",
                "Stripe is down.",
            ),
            Trouble::TooMany => (
                StatusCode::TOO_MANY_REQUESTS,
                "invalid_request_error",
                "rate_limit",
                "Too many requests.",
            ),
            Trouble::Internal => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "api_error",
                "",
                "An unknown error occurred.",
            ),
            Trouble::TimedOut => (StatusCode::GATEWAY_TIMEOUT, "api_error", "", "Timed out."),
            Trouble::KeyReused => (
                StatusCode::BAD_REQUEST,
                "idempotency_error",
                "",
                "Keys for idempotent requests can only be used with the same parameters they were first used with.",
            ),
            Trouble::KeyInUse => (
                StatusCode::CONFLICT,
                "idempotency_error",
                "idempotency_key_in_use",
                "There is currently another in-progress request using this Idempotency Key.",
            ),
            Trouble::Declined => return Self::card(&CardError::DECLINED, None),
        };
        Self::new(status, kind, code, message)
    }
}
