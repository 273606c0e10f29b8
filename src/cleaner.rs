//! Forgets, in small steps, what has served its time.

use std::time::Duration;

use tokio::sync::watch::Receiver;

use crate::closing::until_closing;
use crate::store::database::{Database, WriteKind};
use crate::store::idempotency::{forget_answers, forget_refusals};
use crate::store::notice::forget_notices;
use crate::store::snapshot::thin_out_snapshots;

/// Rows forgotten in one step: few enough that nobody waits for it.
const STEP_ROWS_MAX: i64 = 1_000;
/// How long a refusal is kept under its key: longer than a client repeats a request whose answer it has lost.
const REFUSALS_KEPT: Duration = Duration::from_secs(600);
/// Between two steps while there is more.
const STEP_PAUSE: Duration = Duration::from_millis(100);

/// Cleans every `interval` until the node stops. Any number of nodes may do it at once.
pub async fn clean(database: Database, interval: Duration, mut closing: Receiver<bool>) {
    let mut pause = interval;
    loop {
        tokio::select! {
            () = until_closing(&mut closing) => return,
            () = tokio::time::sleep(pause) => {}
        }
        let forgotten = database
            .write(WriteKind::Housekeeping, |connection| {
                let forgotten = [
                    forget_answers(connection, STEP_ROWS_MAX)?,
                    forget_refusals(connection, REFUSALS_KEPT, STEP_ROWS_MAX)?,
                    forget_notices(connection, STEP_ROWS_MAX)?,
                    thin_out_snapshots(connection, STEP_ROWS_MAX)?,
                ];
                Ok(forgotten.into_iter().max().unwrap_or_default())
            })
            .await;
        let full = forgotten.is_ok_and(|count| i64::try_from(count) == Ok(STEP_ROWS_MAX));
        pause = if full { STEP_PAUSE } else { interval };
    }
}
