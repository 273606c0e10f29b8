//! Follows the journals for what buyers are to be told, and sends what is due, a few mails at a time.

use std::sync::Arc;
use std::time::Duration;

use diesel::pg::PgConnection;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::watch::Receiver;
use tokio::time::{Instant, sleep_until};

use super::Mails;
use super::send::LEASE;
use crate::closing::until_closing;
use crate::store::database::WriteKind;
use crate::store::error::StoreError;
use crate::store::mails::{Claimed, begin_mail, claim_mails, follow_shows, is_any_due};
use crate::store::show_walk::shows_to_look_at;
use domain::id::ShowId;

/// Mails that a node sends at a time.
const SENDING_MAX: usize = 4;
/// Between two looks at least: what happens in a burst is looked at together.
const LOOK_PAUSE: Duration = Duration::from_millis(100);
/// Between two looks at most.
const POLL: Duration = Duration::from_secs(1);
/// How often a node says that it sends mail.
const BEAT: Duration = Duration::from_secs(60);
/// Shows that have moved which are looked at together.
const MOVED_MAX: usize = 500;

/// What a look is at.
struct Look {
    moved: Vec<ShowId>,
    /// Where the walk goes on, if it does this time.
    walk_after: Option<ShowId>,
    /// Whether the node says that it is up.
    beats: bool,
    room: usize,
    /// How long after its cause a mail is given up, and mail that nobody sends.
    age_max: Duration,
    per_second: u32,
}

/// What a look has found.
#[derive(Default)]
struct Found {
    /// The last show of the walk; `None` at the end of it.
    walked: Option<ShowId>,
    /// Shows on which there is more to look at.
    behind: Vec<ShowId>,
    claimed: Vec<Claimed>,
    /// Whether there are mails for which there was no room.
    is_more_due: bool,
}

impl Mails {
    /// Sends mail until the node stops.
    pub async fn run(self: Arc<Self>, mut closing: Receiver<bool>) {
        let mut sending = FuturesUnordered::new();
        let mut walked = ShowId(0);
        let mut walk_at = Instant::now();
        let mut beat_at = walk_at;
        let mut looked_at = walk_at;
        let mut look_at = walk_at;
        loop {
            tokio::select! {
                () = until_closing(&mut closing) => break,
                Some(()) = sending.next() => look_at = look_at.min(looked_at + LOOK_PAUSE),
                () = self.moved.noted() => look_at = look_at.min(looked_at + LOOK_PAUSE),
                () = sleep_until(look_at) => {
                    let now = Instant::now();
                    let walks = now >= walk_at;
                    let look = Look {
                        moved: self.moved.take(MOVED_MAX),
                        walk_after: walks.then_some(walked),
                        beats: now >= beat_at,
                        room: SENDING_MAX.saturating_sub(sending.len()),
                        age_max: self.settings.age_max,
                        per_second: self.settings.per_second,
                    };
                    let found = self.look(look, &mut beat_at).await;
                    if walks {
                        walked = found.walked.unwrap_or(ShowId(0));
                        walk_at = Instant::now() + POLL;
                    }
                    found.behind.into_iter().for_each(|show| self.moved.note(show));
                    for claimed in found.claimed {
                        let (mails, closing) = (self.clone(), closing.clone());
                        sending.push(async move { mails.take_turn(claimed, closing).await });
                    }
                    looked_at = Instant::now();
                    look_at = looked_at + if found.is_more_due { LOOK_PAUSE } else { POLL };
                }
            }
        }
        // Each ends soon.
        while sending.next().await.is_some() {}
    }

    async fn look(&self, look: Look, beat_at: &mut Instant) -> Found {
        let (moved, beats) = (look.moved.clone(), look.beats);
        let found = self
            .database
            .write(WriteKind::Mail, move |connection| find(connection, &look));
        match found.await {
            Ok(found) => {
                if beats {
                    *beat_at = Instant::now() + BEAT;
                }
                found
            }
            Err(error) => {
                tracing::debug!(error = %error, "mail waits for the database");
                moved.into_iter().for_each(|show| self.moved.note(show));
                Found::default()
            }
        }
    }
}

fn find(connection: &mut PgConnection, look: &Look) -> Result<Found, StoreError> {
    // Nothing is followed before it is known where that begins.
    if look.beats {
        begin_mail(connection, look.age_max)?;
    }
    let mut found = Found::default();
    let (shows, walked) = shows_to_look_at(connection, &look.moved, look.walk_after)?;
    found.walked = walked;
    if !shows.is_empty() {
        found.behind = follow_shows(connection, &shows, look.age_max)?;
    }
    if is_any_due(connection)? {
        if look.room > 0 {
            found.claimed = claim_mails(connection, look.room, look.per_second, LEASE)?;
        }
        found.is_more_due = is_any_due(connection)?;
    }
    Ok(found)
}
