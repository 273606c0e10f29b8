//! Order numbers that a node has leased. They are kept apart from a show's state, because numbers are finite: evicting
//! a state from memory must not lose them.

use std::sync::{Mutex, PoisonError};

use super::recent::Recent;
use domain::decide::OrderNumbers;
use domain::id::ShowId;

/// Shows whose numbers are kept; twice as many at the most, each a few dozen bytes.
const SHOWS_MAX: usize = 500_000;

/// A show's numbers, and how many were leased the last time.
#[derive(Debug, Default)]
pub struct ShowNumbers {
    /// What is left of them.
    pub left: OrderNumbers,
    /// How many the last lease brought.
    pub last_lease: i64,
}

/// The numbers of a node's shows.
pub struct Numbers(Mutex<Recent<ShowId, ShowNumbers>>);

impl Numbers {
    /// None yet.
    pub fn new() -> Self {
        Self(Mutex::new(Recent::new(SHOWS_MAX)))
    }

    /// A show's numbers, for its turn.
    pub fn take(&self, show: ShowId) -> ShowNumbers {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.remove(&show).unwrap_or_default()
    }

    /// Takes back what is left of them after the turn.
    pub fn put(&self, show: ShowId, numbers: ShowNumbers) {
        if numbers.last_lease > 0 {
            let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            kept.put(show, numbers);
        }
    }
}
