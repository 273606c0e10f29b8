//! Gives turns to endpoints, a few at a time: those that fail apart from the others, so that one that is dead, or slow, costs
//! neither the office nor other endpoints anything.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use diesel::pg::PgConnection;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::watch::Receiver;
use tokio::time::{Instant, sleep_until};

use super::Webhooks;
use super::deliver::LEASE;
use crate::closing::until_closing;
use crate::store::database::WriteKind;
use crate::store::error::StoreError;
use crate::store::show_walk::shows_to_look_at;
use crate::store::webhook_cursors::{Busy, Claimed, Rooms, awaken, claim};
use crate::store::webhook_endpoints::is_any_enabled;
use domain::id::ShowId;
use domain::webhook::EndpointId;

/// Turns at a time, of endpoints that take what they are sent.
const TURNS_MAX: usize = 48;
/// Turns at a time, of those that failed the last time.
const FAILING_TURNS_MAX: usize = 16;
/// Turns of one endpoint at a time.
const ENDPOINT_TURNS_MAX: usize = 4;
/// Turns of one endpoint at a time for shows with which it failed the last time.
const FAILING_ENDPOINT_TURNS_MAX: usize = 1;
/// Between two looks at least: what happens in a burst is looked at together.
const LOOK_PAUSE: Duration = Duration::from_millis(50);
/// Between two looks at most.
const POLL: Duration = Duration::from_secs(1);
/// Shows that have moved which are looked at together.
const MOVED_MAX: usize = 1_000;

/// Turns under way, of each endpoint that takes what it is sent, or doesn't.
type UnderWay = HashMap<(EndpointId, bool), usize>;

/// What a look is at.
struct Look {
    moved: Vec<ShowId>,
    /// Where the walk goes on, if it does this time.
    walk_after: Option<ShowId>,
    rooms: Rooms,
    busy: Vec<Busy>,
}

/// What a look has found.
#[derive(Default)]
struct Found {
    is_any_enabled: bool,
    /// The last show of the walk; `None` at the end of it.
    walked: Option<ShowId>,
    claimed: Vec<Claimed>,
}

impl Webhooks {
    /// Sends what happens until the node stops.
    pub async fn run(self: Arc<Self>, mut closing: Receiver<bool>) {
        let mut turns = FuturesUnordered::new();
        let mut under_way = UnderWay::new();
        let mut walked = ShowId(0);
        let mut walk_at = Instant::now();
        let mut looked_at = Instant::now();
        let mut look_at = looked_at;
        loop {
            tokio::select! {
                () = until_closing(&mut closing) => break,
                Some(key) = turns.next() => {
                    release(&mut under_way, key);
                    look_at = look_at.min(looked_at + LOOK_PAUSE);
                }
                () = self.moved.noted() => look_at = look_at.min(looked_at + LOOK_PAUSE),
                () = sleep_until(look_at) => {
                    let walks = Instant::now() >= walk_at;
                    let look = Look {
                        moved: self.moved.take(MOVED_MAX),
                        walk_after: walks.then_some(walked),
                        rooms: rooms(&under_way),
                        busy: busy(&under_way),
                    };
                    let found = self.look(look).await;
                    if walks {
                        walked = found.walked.unwrap_or(ShowId(0));
                        walk_at = Instant::now() + POLL;
                    }
                    for claimed in found.claimed {
                        let key = (claimed.endpoint, claimed.attempts > 0);
                        *under_way.entry(key).or_insert(0) += 1;
                        let (webhooks, closing) = (self.clone(), closing.clone());
                        turns.push(async move {
                            webhooks.take_turn(&claimed, closing).await;
                            key
                        });
                    }
                    looked_at = Instant::now();
                    look_at = looked_at + POLL;
                }
            }
        }
        // Each ends soon, and has what it has sent written down.
        while turns.next().await.is_some() {}
    }

    async fn look(&self, look: Look) -> Found {
        let moved = look.moved.clone();
        let found = self
            .database
            .write(WriteKind::Webhooks, move |connection| find(connection, &look))
            .await;
        match found {
            Ok(found) => {
                self.moved.want(found.is_any_enabled);
                found
            }
            Err(error) => {
                tracing::debug!(error = %error, "webhooks wait for the database");
                moved.into_iter().for_each(|show| self.moved.note(show));
                Found::default()
            }
        }
    }
}

fn find(connection: &mut PgConnection, look: &Look) -> Result<Found, StoreError> {
    let mut found = Found::default();
    if !is_any_enabled(connection)? {
        return Ok(found);
    }
    found.is_any_enabled = true;
    let (shows, walked) = shows_to_look_at(connection, &look.moved, look.walk_after)?;
    found.walked = walked;
    if !shows.is_empty() {
        awaken(connection, &shows)?;
    }
    if look.rooms.all + look.rooms.failing > 0 {
        found.claimed = claim(connection, look.rooms, &look.busy, LEASE)?;
    }
    Ok(found)
}

fn rooms(under_way: &UnderWay) -> Rooms {
    let count = |failing: bool| {
        let turns = under_way
            .iter()
            .filter(|((_, is_failing), _)| *is_failing == failing);
        turns.map(|(_, turns)| turns).sum::<usize>()
    };
    Rooms {
        all: TURNS_MAX.saturating_sub(count(false)),
        failing: FAILING_TURNS_MAX.saturating_sub(count(true)),
        endpoint: ENDPOINT_TURNS_MAX,
        failing_endpoint: FAILING_ENDPOINT_TURNS_MAX,
    }
}

fn busy(under_way: &UnderWay) -> Vec<Busy> {
    let busy = |(&(endpoint, is_failing), &calls): (&(EndpointId, bool), &usize)| Busy {
        endpoint,
        is_failing,
        calls,
    };
    under_way.iter().map(busy).collect()
}

fn release(under_way: &mut UnderWay, key: (EndpointId, bool)) {
    if let Some(turns) = under_way.get_mut(&key) {
        *turns -= 1;
        if *turns == 0 {
            under_way.remove(&key);
        }
    }
}
