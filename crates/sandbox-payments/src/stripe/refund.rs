//! Money given back.

use std::collections::BTreeMap;

/// Money given back.
#[derive(Debug)]
pub struct Refund {
    /// `re_…`
    pub id: String,
    /// The intent whose money it was.
    pub intent: String,
    /// Its charge.
    pub charge: String,
    /// In minor units.
    pub amount: i64,
    /// In small letters.
    pub currency: String,
    /// For people.
    pub reason: Option<String>,
    /// The caller's own.
    pub metadata: BTreeMap<String, String>,
    /// Since when, in seconds since 1970.
    pub created: u64,
}
