//! When a show's holds are checked without any command, so that viewers see seats become free.
//!
//! Any node may journal a lapse; the lapse is effective from its instant in any case. To avoid nodes competing for the
//! lock, each waits longer the lower it ranks for the show, and finds nothing to do if another was faster.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

use super::shared::Shared;
use super::turn::Turn;
use crate::store::clock::Clock;
use domain::id::ShowId;

/// Lapses are journaled at most once in this time, however close together holds end.
const LAPSE_STEP: Duration = Duration::from_millis(250);
/// What one batch left to the next is done after this time.
const MORE_STEP: Duration = Duration::from_millis(20);
/// How much longer a node waits than the one that ranks before it.
const RANK_STEP: Duration = Duration::from_millis(300);
/// The highest rank that counts: nodes below it wait no longer than this one.
const RANK_MAX: u32 = 2;

/// Whether a show's state says that no hold has lapsed yet, and nobody waits in vain.
pub fn is_vain(turn: &Turn, clock: &Clock) -> bool {
    let Some(now) = clock.now() else { return false };
    let none_is_due = turn.followed.look(|state, _| state.lapsed(now).next().is_none());
    let is_over = wait_end(turn).is_some_and(|end| end <= now);
    none_is_due.unwrap_or(false) && !is_over && !turn.kept.is_more_due
}

/// When those who wait wait no longer, if somebody does: with the end of the sale.
fn wait_end(turn: &Turn) -> Option<DateTime<Utc>> {
    let end = turn
        .followed
        .decide(|show, state, _| (!state.waitlist().is_empty()).then(|| show.times.sale_ends_at()));
    end.flatten()
}

/// When to check next.
pub fn next_look(shared: &Shared, turn: &Turn, clock: &Clock) -> Option<Instant> {
    if turn.kept.is_more_due {
        return Some(Instant::now() + MORE_STEP);
    }
    let next_lapse = turn.followed.look(|state, _| state.next_lapse())?;
    let next = next_lapse.into_iter().chain(wait_end(turn)).min()?;
    let now = clock.now()?;
    let wait = (next - now).to_std().unwrap_or_default().max(LAPSE_STEP);
    Some(Instant::now() + wait + rank_wait(shared, turn.show.id))
}

/// How much longer this node waits because others rank before it.
pub fn rank_wait(shared: &Shared, show: ShowId) -> Duration {
    let rank = u32::try_from(shared.members.rank(show)).unwrap_or(u32::MAX);
    RANK_STEP * rank.min(RANK_MAX)
}
