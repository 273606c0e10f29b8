//! Why somebody has no place in a line.

use chrono::{DateTime, Utc};

use super::proof::ProofError;
use crate::store::error::StoreError;

/// Why somebody has no place.
#[derive(Debug, thiserror::Error)]
pub enum LineError {
    /// The show has no line, or has none any more.
    #[error("the show has no line")]
    NoLine,
    /// Places are drawn from then on.
    #[error("the line takes nobody yet")]
    NotOpen(DateTime<Utc>),
    /// Nothing is sold any more.
    #[error("the sale has ended")]
    SaleEnded(DateTime<Utc>),
    /// The show does not take place.
    #[error("the show is canceled")]
    Canceled,
    /// The show wants a proof first.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// Its row could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}
