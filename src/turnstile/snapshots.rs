//! When a snapshot of a show is taken. The node whose batch crosses a mark takes it: of all nodes, that is one.

use std::time::{Duration, Instant};

use chrono::{DateTime, Timelike, Utc};
use tokio::sync::mpsc;

use super::turn::Turn;
use crate::store::snapshot::Snapshot;
use domain::event::Event;
use domain::id::ShowId;

/// Events from mark to mark.
const SNAPSHOT_EVENTS: i64 = 1_000;
/// Snapshots of one show that this node takes are at least this far apart, however fast it sells.
const SNAPSHOT_SPACING: Duration = Duration::from_secs(1);

/// Snapshots on their way to the database. What doesn't fit is left out: the next mark is not far.
pub type Outgoing = mpsc::Sender<(ShowId, Snapshot)>;

/// Takes a snapshot if the events just committed cross a mark: a thousand events, or a full hour. `before` is the instant
/// of the last event before them.
pub fn take_if_due(outgoing: &Outgoing, turn: &mut Turn, before: Option<DateTime<Utc>>, events: &[Event]) {
    if !crosses_mark(before, events)
        || turn
            .kept
            .snapshot_at
            .is_some_and(|at| at.elapsed() < SNAPSHOT_SPACING)
    {
        return;
    }
    let snapshot = turn.followed.look(|state, at| Snapshot {
        map: state.map().clone(),
        at,
    });
    if let Some(snapshot) = snapshot {
        turn.kept.snapshot_at = Some(Instant::now());
        let _left_out = outgoing.try_send((turn.show.id, snapshot));
    }
}

fn crosses_mark(before: Option<DateTime<Utc>>, events: &[Event]) -> bool {
    let (Some(first), Some(last)) = (events.first(), events.last()) else {
        return false;
    };
    let mark = |offset: i64| offset.div_euclid(SNAPSHOT_EVENTS);
    let hour = |at: DateTime<Utc>| (at.date_naive(), at.hour());
    mark(first.offset.0 - 1) != mark(last.offset.0) || before.is_some_and(|at| hour(at) != hour(last.at))
}
