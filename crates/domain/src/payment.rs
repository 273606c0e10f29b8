//! Where a payment stands, and why it was refused.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a payment was ended whose provider was not asked.
pub const WITHDRAWN: &str = "the provider was not asked";

/// Why a payment was refused, in a word for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeclineCode {
    /// The bank doesn't say more.
    #[default]
    CardDeclined,
    /// There is not enough money.
    InsufficientFunds,
    /// The card has expired.
    ExpiredCard,
    /// The card's security code is wrong.
    IncorrectCvc,
    /// There is no such card.
    IncorrectNumber,
    /// The bank wanted to be sure of the buyer, and is not.
    AuthenticationFailed,
    /// The card is not good for this currency, amount or country.
    NotSupported,
    /// The bank had a fault: the same card may do another time.
    ProcessingError,
    /// The buyer did not pay on the provider's page in time.
    NotPaidInTime,
    /// The payment was given up at the provider.
    GivenUp,
    /// There is no such means of payment, or the provider refuses what it was asked.
    Refused,
}

impl DeclineCode {
    /// Every code.
    pub const ALL: [Self; 11] = [
        Self::CardDeclined,
        Self::InsufficientFunds,
        Self::ExpiredCard,
        Self::IncorrectCvc,
        Self::IncorrectNumber,
        Self::AuthenticationFailed,
        Self::NotSupported,
        Self::ProcessingError,
        Self::NotPaidInTime,
        Self::GivenUp,
        Self::Refused,
    ];

    /// The word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CardDeclined => "card_declined",
            Self::InsufficientFunds => "insufficient_funds",
            Self::ExpiredCard => "expired_card",
            Self::IncorrectCvc => "incorrect_cvc",
            Self::IncorrectNumber => "incorrect_number",
            Self::AuthenticationFailed => "authentication_failed",
            Self::NotSupported => "not_supported",
            Self::ProcessingError => "processing_error",
            Self::NotPaidInTime => "not_paid_in_time",
            Self::GivenUp => "given_up",
            Self::Refused => "refused",
        }
    }
}

/// Why a payment was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decline {
    /// For programs.
    #[serde(default)]
    pub code: DeclineCode,
    /// For people, in the provider's words.
    pub reason: String,
}

impl Decline {
    /// A refusal of this kind.
    pub fn new(code: DeclineCode, reason: impl Into<String>) -> Self {
        Self {
            code,
            reason: reason.into(),
        }
    }

    /// That of a payment's row: rows of the version before have no code.
    pub fn of_row(reason: String, code: Option<&str>) -> Self {
        let code = DeclineCode::ALL
            .into_iter()
            .find(|known| code == Some(known.name()));
        Self::new(code.unwrap_or_default(), reason)
    }
}

impl<T: Into<String>> From<T> for Decline {
    /// A refusal of which nothing more is known.
    fn from(reason: T) -> Self {
        Self::new(DeclineCode::Refused, reason)
    }
}

impl fmt::Display for Decline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

/// How a dispute stands. The numbers are those in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DisputeState {
    /// The buyer's bank has the money, and hears both sides.
    Open = 1,
    /// The money is the organiser's again.
    Won = 2,
    /// The money stays with the buyer.
    Lost = 3,
}

impl DisputeState {
    const ALL: [Self; 3] = [Self::Open, Self::Won, Self::Lost];

    /// The state with this number in the database.
    pub fn from_number(number: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|state| *state as i16 == number)
    }
}

/// Where a payment stands. The numbers are those in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaymentState {
    /// The provider is being asked.
    Authorising = 1,
    /// Its order is paid; the money is to be captured.
    Confirmed = 2,
    /// The money is there.
    Captured = 3,
    /// Its order is gone; the authorisation is to be given up.
    Voiding = 4,
    /// The authorisation is given up.
    Voided = 5,
    /// The provider refused.
    Rejected = 6,
    /// The money is to go back.
    Refunding = 7,
    /// The money went back.
    Refunded = 8,
}

impl PaymentState {
    const ALL: [Self; 8] = [
        Self::Authorising,
        Self::Confirmed,
        Self::Captured,
        Self::Voiding,
        Self::Voided,
        Self::Rejected,
        Self::Refunding,
        Self::Refunded,
    ];

    /// The state with this number in the database.
    pub fn from_number(number: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|state| *state as i16 == number)
    }
}
