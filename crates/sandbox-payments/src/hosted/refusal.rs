//! The hosted door's errors: `{"code", "message"}`.

use actix_web::http::StatusCode;
use serde_json::json;

use super::status::Status;
use crate::answer::{Answer, Trouble};

/// A call that is refused.
#[derive(Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Before the book was opened.
    Trouble(Trouble),
    /// There is nothing of this name.
    NotFound,
    /// The call makes no sense, for this reason.
    Invalid(String),
    /// The payment isn't in a state for this.
    WrongState(Status),
    /// More is to be given back than there is.
    AmountTooLarge,
}

impl From<Trouble> for Refusal {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        let fixed = |status, code, message: &str| (status, code, message.to_owned());
        let (status, code, message) = match refusal {
            Refusal::Trouble(Trouble::Unauthorised) => {
                fixed(StatusCode::UNAUTHORIZED, "unauthorized", "the key is wrong")
            }
            Refusal::Trouble(Trouble::Outage) => {
                fixed(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "try again later")
            }
            Refusal::Trouble(Trouble::TooMany) => {
                fixed(StatusCode::TOO_MANY_REQUESTS, "too_many_calls", "try again later")
            }
            Refusal::Trouble(Trouble::Internal) => fixed(
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal",
                "something went wrong",
            ),
            Refusal::Trouble(Trouble::TimedOut) => {
                fixed(StatusCode::GATEWAY_TIMEOUT, "timed_out", "it took too long")
            }
            Refusal::Trouble(Trouble::KeyReused) => fixed(
                StatusCode::UNPROCESSABLE_ENTITY,
                "key_reused",
                "the idempotency key was used for something else",
            ),
            Refusal::Trouble(Trouble::KeyInUse) => fixed(
                StatusCode::CONFLICT,
                "key_in_use",
                "the first call with this idempotency key is under way",
            ),
            Refusal::Trouble(Trouble::Declined) => {
                fixed(StatusCode::UNPROCESSABLE_ENTITY, "declined", "the bank says no")
            }
            Refusal::NotFound => fixed(StatusCode::NOT_FOUND, "not_found", "there is no such thing"),
            Refusal::Invalid(message) => (StatusCode::UNPROCESSABLE_ENTITY, "invalid", message),
            Refusal::WrongState(state) => {
                let message = format!("the payment is {}", state.name());
                (StatusCode::CONFLICT, "wrong_state", message)
            }
            Refusal::AmountTooLarge => fixed(
                StatusCode::UNPROCESSABLE_ENTITY,
                "amount_too_large",
                "it is more than what is left",
            ),
        };
        Self::new(status, json!({"code": code, "message": message}))
    }
}
