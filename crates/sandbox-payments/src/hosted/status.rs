//! Where a payment on the hosted page stands.

use serde::Serialize;

/// Where a payment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The buyer is to be asked.
    Open,
    /// Money is set aside.
    Authorized,
    /// Money is taken.
    Captured,
    /// It was called off.
    Canceled,
    /// The buyer said no.
    Failed,
    /// Nobody did anything about it.
    Expired,
}

impl Status {
    /// Its name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Authorized => "authorized",
            Self::Captured => "captured",
            Self::Canceled => "canceled",
            Self::Failed => "failed",
            Self::Expired => "expired",
        }
    }
}
