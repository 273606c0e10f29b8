//! Order numbers that a node has leased. They are kept apart from a show's state: what is dropped for memory's sake must
//! not lose numbers with it, as there is an end to them.

use std::sync::{Mutex, PoisonError};

use diesel::pg::PgConnection;

use super::recent::Recent;
use super::turn::Turn;
use crate::store::batch::{RANGE_NUMBERS_MIN, lease_order_numbers};
use crate::store::error::StoreError;
use domain::command::Command;
use domain::decide::OrderNumbers;
use domain::id::ShowId;

/// Shows whose numbers are kept; twice as many at the most, each a few dozen bytes.
const SHOWS_MAX: usize = 500_000;
/// The longest range that is leased at a time, unless a single batch needs more. Each lease is twice the last: a show that
/// sells much leases seldom, and one that sells little wastes few.
const LEASE_NUMBERS_MAX: i64 = 8_192;

/// A show's numbers, and how many were leased the last time.
#[derive(Debug, Default)]
pub struct ShowNumbers {
    /// What is left of them.
    pub left: OrderNumbers,
    last_lease: i64,
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

/// Sees to it that every turn has an order number for each of its holds, in one call for all of them.
pub fn lease_numbers(connection: &mut PgConnection, turns: &mut [&mut Turn]) -> Result<(), StoreError> {
    let mut wanted = Vec::new();
    for turn in turns.iter() {
        let is_hold = |command: &&Command| matches!(command, Command::Hold { .. });
        let holds = turn.commands().filter(is_hold).count();
        let short = i64::try_from(holds.saturating_sub(turn.numbers.left.left())).unwrap_or(i64::MAX);
        if short > 0 {
            let next = (2 * turn.numbers.last_lease).clamp(RANGE_NUMBERS_MIN, LEASE_NUMBERS_MAX);
            wanted.push((turn.show.id, next.max(short)));
        }
    }
    if wanted.is_empty() {
        return Ok(());
    }
    for (show, range) in lease_order_numbers(connection, &wanted)? {
        if let Some(turn) = turns.iter_mut().find(|turn| turn.show.id == show) {
            turn.numbers.last_lease = range.end - range.start;
            turn.numbers.left.add(range);
        }
    }
    Ok(())
}
