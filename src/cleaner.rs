//! Forgets, in small steps, what has served its time.

use std::time::Duration;

use tokio::sync::watch::Receiver;

use crate::closing::until_closing;
use crate::store::database::{Database, WriteKind};
use crate::store::idempotency::forget_answers;
use crate::store::notice::forget_notices;

/// Rows forgotten in one step: few enough that nobody waits for it.
const STEP_ROWS_MAX: i64 = 1_000;
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
                let answers = forget_answers(connection, STEP_ROWS_MAX)?;
                Ok(answers.max(forget_notices(connection, STEP_ROWS_MAX)?))
            })
            .await;
        let full = forgotten.is_ok_and(|count| i64::try_from(count) == Ok(STEP_ROWS_MAX));
        pause = if full { STEP_PAUSE } else { interval };
    }
}
