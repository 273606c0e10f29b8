//! Leasing order numbers for the turns of a batch.

use diesel::pg::PgConnection;

use super::turn::Turn;
use crate::store::batch::{RANGE_NUMBERS_MIN, lease_order_numbers};
use crate::store::error::StoreError;

/// The longest range that is leased at a time, unless a single batch needs more. Each lease is twice the last: a busy
/// show leases rarely, and a quiet one wastes few numbers.
const LEASE_NUMBERS_MAX: i64 = 8_192;

/// Leases order numbers in one call, so that every turn has one for each of its holds and offers.
pub fn lease_numbers(connection: &mut PgConnection, turns: &mut [&mut Turn]) -> Result<(), StoreError> {
    let mut wanted = Vec::new();
    for turn in turns.iter() {
        let short =
            i64::try_from(turn.numbers_needed().saturating_sub(turn.numbers.left.left())).unwrap_or(i64::MAX);
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
