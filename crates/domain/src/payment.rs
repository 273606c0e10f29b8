//! Where a payment stands.

/// Why a payment was ended whose provider was not asked.
pub const WITHDRAWN: &str = "the provider was not asked";

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
