//! Money that the buyer's bank has called back.

use serde::Deserialize;

/// How a dispute stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisputeStatus {
    /// The seller is asked.
    NeedsResponse,
    /// The seller has the money again.
    Won,
    /// The money stays with the buyer.
    Lost,
}

impl DisputeStatus {
    /// Stripe's name for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::NeedsResponse => "needs_response",
            Self::Won => "won",
            Self::Lost => "lost",
        }
    }
}

/// Money that the buyer's bank has called back.
#[derive(Debug)]
pub struct Dispute {
    /// `dp_…`
    pub id: String,
    /// The intent whose money it is.
    pub intent: String,
    /// Its charge.
    pub charge: String,
    /// In minor units.
    pub amount: i64,
    /// In small letters.
    pub currency: String,
    /// How it stands.
    pub status: DisputeStatus,
    /// Since when, in seconds since 1970.
    pub created: u64,
}
