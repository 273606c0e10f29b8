//! What a call is answered with, kept whole so that it can be given again.

use actix_web::http::StatusCode;
use serde_json::Value;

/// A status and a JSON body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: StatusCode,
    /// The body.
    pub body: Value,
    /// Seconds after which the call may be made again, for a 429.
    pub retry_after_seconds: Option<u64>,
}

impl Answer {
    /// An answer.
    pub fn new(status: StatusCode, body: Value) -> Self {
        Self {
            status,
            body,
            retry_after_seconds: None,
        }
    }
}

/// Why a call is turned away before the book is opened, or is answered with something other than what was done.
/// Each door has its own words for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// No key, or a wrong one.
    Unauthorised,
    /// The provider is down.
    Outage,
    /// More calls are under way than the provider takes.
    TooMany,
    /// The provider failed.
    Internal,
    /// The answer took too long.
    TimedOut,
    /// The idempotency key was used for something else.
    KeyReused,
    /// The call that used this idempotency key first is still under way.
    KeyInUse,
    /// The bank says no.
    Declined,
}
