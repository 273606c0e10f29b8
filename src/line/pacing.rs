//! One step of a line's pace: who is let in now. The node that has paced a line goes on, until it is silent.

use std::sync::Arc;

use chrono::TimeDelta;

use super::kept::Line;
use super::known::{Known, Stage};
use super::{LineError, Lines};
use crate::store::database::WriteKind;
use crate::store::lines::{LEASE_SECONDS, PaceStep, read_flow, set_pace};
use domain::line::Scene;
use domain::line::pace::half_seconds;
use domain::seat_map::{Sale, SeatState};
use domain::show::Show;
use domain::state::ShowState;

/// Before a line is paced for the first time, a step counts for this long, in seconds.
const FIRST_STEP_SECONDS: f64 = 1.0;

impl Lines {
    /// Admits more of an open line, if this node paces it. Says what is known of it then.
    pub(super) async fn pace(&self, line: &Line, known: &Known) -> Result<Option<Arc<Known>>, LineError> {
        let waiting = known.last_number.saturating_sub(known.admitted);
        // The organiser may have put the sale off: nobody's time goes by before it.
        let is_selling = known.terms().times.on_sale_at.is_none_or(|at| at <= known.now());
        if waiting == 0 || known.stage() != Stage::Open || !is_selling || !self.is_own(known) {
            return Ok(None);
        }
        let (show, after) = (known.show, known.paced_offset);
        let read = move |connection: &mut _| Ok(read_flow(connection, show, after)?);
        let (flow, offset) = self.database.read(read).await?;
        let followed = self.follow.registry().follow(known.terms());
        self.follow.load(&followed).await?;
        self.follow.catch_up(&followed, Some(offset)).await?;
        let Some((free, held)) = followed.look(|state, _| count(known.terms(), state)) else {
            return Ok(None);
        };
        let load = self.turnstile.load();
        let scene = Scene {
            seconds: seconds_since(known),
            waiting,
            free,
            held,
            queue_seconds: load.queue_seconds,
            capacity: load.capacity,
            rate_max: known.rules().and_then(|rules| rules.rate_max),
            half_seconds: half_seconds(known.admitted_seconds()),
        };
        let (mut pace, mut history) = (known.pace.clone(), known.history.clone());
        let admitted = known.admitted + pace.step(&scene, flow);
        history.admit(admitted, known.now(), known.admitted_seconds());
        let step = PaceStep {
            show,
            admitted,
            pace,
            history,
            offset,
            seen: known.paced.map(|(_, at)| at),
        };
        let node = self.node;
        let set = move |connection: &mut _| Ok(set_pace(connection, node, &step)?);
        if !self.database.write(WriteKind::Housekeeping, set).await? {
            return Ok(None);
        }
        self.refresh(&[show]).await?;
        Ok(line.known())
    }

    /// Whether this node paces a line, or may begin to.
    fn is_own(&self, known: &Known) -> bool {
        let lease = TimeDelta::milliseconds((LEASE_SECONDS * 1_000.0) as i64);
        known
            .paced
            .is_none_or(|(node, at)| node == self.node || known.now() - at > lease)
    }
}

/// How long ago the line was paced, in seconds.
fn seconds_since(known: &Known) -> f64 {
    let since = known.paced.map(|(_, at)| known.now() - at);
    since.map_or(FIRST_STEP_SECONDS, |since| {
        since.num_milliseconds() as f64 / 1_000.0
    })
}

/// How many places are free, and how many are held. None is free where nothing is sold.
fn count(show: &Show, state: &ShowState) -> (u64, u64) {
    let map = state.map();
    let seats = show.plan.order().iter().filter_map(|seat| map.seat(*seat));
    let (mut free, mut held) = (0, 0);
    for seat in seats {
        match seat {
            SeatState::Free => free += 1,
            SeatState::Held => held += 1,
            SeatState::Sold | SeatState::Blocked => {}
        }
    }
    for (zone, capacity) in map.zones.iter().zip(&map.capacities) {
        free += u64::from(zone.free(*capacity));
        held += u64::from(zone.held);
    }
    match map.sale {
        Sale::Open => (free, held),
        Sale::Closed => (0, held),
    }
}
