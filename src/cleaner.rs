//! Forgets, in small steps, what has served its time.

use std::time::Duration;

use diesel::pg::PgConnection;
use tokio::sync::watch::Receiver;

use crate::closing::until_closing;
use crate::store::audit::forget_entries;
use crate::store::database::{Database, WriteKind};
use crate::store::error::StoreError;
use crate::store::idempotency::forget_refusals;
use crate::store::inbox::{INBOX_DAYS, forget_inboxes};
use crate::store::mails::forget_mails;
use crate::store::notice::forget_notices;
use crate::store::retention::{Walked, count_blocks, forget_in_blocks, forget_journals, forget_shows};
use crate::store::selections::forget_selections;
use crate::store::snapshot::thin_out_snapshots;
use crate::store::webhook_deliveries::forget_deliveries;

/// Rows forgotten in one step: few enough that nobody waits for it.
const STEP_ROWS_MAX: i64 = 1_000;
/// How long a refusal is kept under its key: longer than a client repeats a request whose answer it has lost.
const REFUSALS_KEPT: Duration = Duration::from_secs(600);
/// How long a mail is known that has ended, in days: longer than anything could make it anew.
const MAILS_KEPT_DAYS: i32 = 30;
/// Between two steps while there is more.
const STEP_PAUSE: Duration = Duration::from_millis(100);
/// A walk around a table takes this many steps.
const WALK_STEPS: i64 = 360;
/// Blocks of a step at least, and at most.
const WALK_BLOCKS: std::ops::RangeInclusive<i64> = 128..=4_096;

/// How long things are kept.
#[derive(Debug, Clone, Copy)]
pub struct Kept {
    /// The journal behind a snapshot, and orders that ended without money, in days.
    pub journal_days: i32,
    /// Shows that are over, with all that belongs to them, in days.
    pub shows_days: i32,
    /// What was asked for with organisers' keys, in days.
    pub audit_days: i32,
    /// What was sent to endpoints of webhooks, in days.
    pub webhook_log_days: i32,
}

/// Cleans every `interval` until the node stops. Any number of nodes may do it at once.
pub async fn clean(database: Database, interval: Duration, kept: Kept, mut closing: Receiver<bool>) {
    let mut pause = interval;
    let mut walks = Walked::ALL.map(Walk::of);
    loop {
        tokio::select! {
            () = until_closing(&mut closing) => return,
            () = tokio::time::sleep(pause) => {}
        }
        let mut walking = walks;
        let step = move |connection: &mut PgConnection| {
            for walk in &mut walking {
                walk.step(connection, kept.journal_days)?;
            }
            let forgotten = [
                forget_refusals(connection, REFUSALS_KEPT, STEP_ROWS_MAX)?,
                forget_notices(connection, STEP_ROWS_MAX)?,
                thin_out_snapshots(connection, STEP_ROWS_MAX)?,
                forget_journals(connection, kept.journal_days, STEP_ROWS_MAX)?,
                forget_shows(connection, kept.shows_days, STEP_ROWS_MAX)?,
                forget_selections(connection, STEP_ROWS_MAX)?,
                forget_entries(connection, kept.audit_days, STEP_ROWS_MAX)?,
                forget_mails(connection, MAILS_KEPT_DAYS, STEP_ROWS_MAX)?,
                forget_inboxes(connection, INBOX_DAYS, STEP_ROWS_MAX)?,
                forget_deliveries(connection, kept.webhook_log_days, STEP_ROWS_MAX)?,
            ];
            Ok((walking, forgotten.into_iter().max().unwrap_or_default()))
        };
        let done = database.write(WriteKind::Housekeeping, step).await;
        let full = match done {
            Ok((walked, forgotten)) => {
                walks = walked;
                i64::try_from(forgotten) == Ok(STEP_ROWS_MAX)
            }
            Err(error) => {
                tracing::debug!(error = %error, "nothing is forgotten now");
                false
            }
        };
        pause = if full { STEP_PAUSE } else { interval };
    }
}

/// A walk around a table, which begins anew when it comes to the end.
#[derive(Debug, Clone, Copy)]
struct Walk {
    table: Walked,
    /// The block that is next.
    at: i64,
}

impl Walk {
    const fn of(table: Walked) -> Self {
        Self { table, at: 0 }
    }

    fn step(&mut self, connection: &mut PgConnection, days: i32) -> Result<(), StoreError> {
        let all = count_blocks(connection, self.table)?;
        let begin = if self.at < all { self.at } else { 0 };
        let end = begin + (all / WALK_STEPS).clamp(*WALK_BLOCKS.start(), *WALK_BLOCKS.end());
        forget_in_blocks(connection, self.table, begin..end, days)?;
        self.at = end;
        Ok(())
    }
}
