//! What is journaled of an entry of the waitlist.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::want::Want;
use crate::id::{Offset, SessionId};

/// An entry of a show's waitlist: the offset at which it joined. Unique in the show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EntryNumber(pub i64);

impl fmt::Display for EntryNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A step of an entry: it joins or wants something else, leaves, or is offered an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryStep {
    /// The entry.
    pub entry: EntryNumber,
    /// Where it stands, or stood until now: the offset at which it got behind all others.
    pub place: Offset,
    /// How many entries wait now.
    pub entries: u32,
    /// Set on `joined` alone. Not shown to viewers.
    pub terms: Option<EntryTerms>,
}

/// Whose an entry is and what it wants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryTerms {
    /// Whose.
    pub session: SessionId,
    /// What.
    pub want: Want,
}

/// Where an entry stands. The numbers are those in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryState {
    /// It waits.
    Waiting = 1,
    /// It got an order.
    Offered = 2,
    /// It left, or was ended.
    Left = 3,
}

impl EntryState {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::Waiting, Self::Offered, Self::Left];

    /// The state with this number in the database.
    pub fn from_number(number: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|state| *state as i16 == number)
    }
}
