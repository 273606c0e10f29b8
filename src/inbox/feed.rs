//! Follows the journals for those sessions that have an inbox, and wakes who reads.

use std::sync::Arc;
use std::time::Duration;

use diesel::pg::PgConnection;
use tokio::sync::watch::Receiver;
use tokio::time::{Instant, sleep_until};

use super::Inboxes;
use crate::closing::until_closing;
use crate::store::database::WriteKind;
use crate::store::error::StoreError;
use crate::store::inbox::{is_any_open, read_heads};
use crate::store::inbox_feed::{fan_out, feed_inboxes};
use crate::store::inbox_watch::{hasten_watches, look_at_watches};
use crate::store::show_walk::shows_to_look_at;
use domain::id::{SessionId, ShowId};
use domain::reference::OrderNumber;

/// Between two looks at least: what happens in a burst is looked at together.
const LOOK_PAUSE: Duration = Duration::from_millis(100);
/// Between two looks at most.
const POLL: Duration = Duration::from_secs(1);
/// Between two looks at the inboxes that are read here, as other nodes may have written to them.
const HEADS_PAUSE: Duration = Duration::from_millis(500);
/// Inboxes that are looked at together.
const HEADS_MAX: usize = 1_000;
/// Shows that have moved which are looked at together.
const MOVED_MAX: usize = 500;
/// Orders whose payments have failed which are looked at together.
const FAILED_MAX: usize = 500;
/// Steps of what all are told in a look.
const FANOUTS_MAX: usize = 10;

/// What a look is at.
struct Look {
    moved: Vec<ShowId>,
    failed: Vec<(ShowId, OrderNumber)>,
    /// Where the walk goes on, if it does this time.
    walk_after: Option<ShowId>,
}

/// What a look has found.
#[derive(Default)]
struct Found {
    is_any_open: bool,
    /// The last show of the walk; `None` at the end of it.
    walked: Option<ShowId>,
    /// Shows on which there is more to look at.
    behind: Vec<ShowId>,
    /// Whose inboxes have which last number now.
    heads: Vec<(SessionId, i64)>,
    is_more_due: bool,
}

impl Inboxes {
    /// Tells what happens, until the node stops.
    pub async fn run(self: Arc<Self>, closing: Receiver<bool>) {
        tokio::join!(self.feed(closing.clone()), self.look_at_heads(closing));
    }

    async fn feed(&self, mut closing: Receiver<bool>) {
        let mut walked = ShowId(0);
        let mut walk_at = Instant::now();
        let mut looked_at = walk_at;
        let mut look_at = walk_at;
        loop {
            tokio::select! {
                () = until_closing(&mut closing) => break,
                () = self.moved.noted() => look_at = look_at.min(looked_at + LOOK_PAUSE),
                () = self.failed.noted() => look_at = look_at.min(looked_at + LOOK_PAUSE),
                () = sleep_until(look_at) => {
                    let walks = Instant::now() >= walk_at;
                    let look = Look {
                        moved: self.moved.take(MOVED_MAX),
                        failed: self.failed.take(FAILED_MAX),
                        walk_after: walks.then_some(walked),
                    };
                    let found = self.look(look).await;
                    if walks {
                        walked = found.walked.unwrap_or(ShowId(0));
                        walk_at = Instant::now() + POLL;
                    }
                    self.readers.wake(&found.heads);
                    found.behind.into_iter().for_each(|show| self.moved.note(show));
                    looked_at = Instant::now();
                    look_at = looked_at + if found.is_more_due { LOOK_PAUSE } else { POLL };
                }
            }
        }
    }

    async fn look(&self, look: Look) -> Found {
        let (moved, failed) = (look.moved.clone(), look.failed.clone());
        let found = self
            .database
            .write(WriteKind::Inboxes, move |connection| find(connection, &look));
        match found.await {
            Ok(found) => {
                self.moved.want(found.is_any_open);
                self.failed.want(found.is_any_open);
                found
            }
            Err(error) => {
                tracing::debug!(error = %error, "inboxes wait for the database");
                moved.into_iter().for_each(|show| self.moved.note(show));
                failed.into_iter().for_each(|order| self.failed.note(order));
                Found::default()
            }
        }
    }

    async fn look_at_heads(&self, mut closing: Receiver<bool>) {
        loop {
            tokio::select! {
                () = until_closing(&mut closing) => break,
                () = tokio::time::sleep(HEADS_PAUSE) => {}
            }
            let sessions = self.readers.sessions();
            for some in sessions.chunks(HEADS_MAX) {
                let some = some.to_vec();
                let read = move |connection: &mut _| Ok(read_heads(connection, &some)?);
                match self.database.read(read).await {
                    Ok(heads) => self.readers.wake(&heads),
                    Err(error) => tracing::debug!(error = %error, "inboxes can't be looked at now"),
                }
            }
        }
    }
}

fn find(connection: &mut PgConnection, look: &Look) -> Result<Found, StoreError> {
    let mut found = Found::default();
    if !is_any_open(connection)? {
        return Ok(found);
    }
    found.is_any_open = true;
    let (shows, walked) = shows_to_look_at(connection, &look.moved, look.walk_after)?;
    found.walked = walked;
    if !shows.is_empty() {
        let told = feed_inboxes(connection, &shows)?;
        (found.heads, found.behind) = (told.heads, told.behind);
    }
    let mut steps = 0;
    while steps < FANOUTS_MAX {
        let Some(heads) = fan_out(connection)? else {
            break;
        };
        found.heads.extend(heads);
        steps += 1;
    }
    if !look.failed.is_empty() {
        hasten_watches(connection, &look.failed)?;
    }
    let watched = look_at_watches(connection)?;
    found.heads.extend(watched.heads);
    found.is_more_due = watched.is_more_due || steps == FANOUTS_MAX;
    Ok(found)
}
