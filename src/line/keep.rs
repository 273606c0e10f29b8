//! Every second: tells the rows who drew here, reads them, opens lines whose time has come, paces those that are this node's, and tells
//! viewers.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch::Receiver;
use tokio::time::MissedTickBehavior;

use super::kept::Line;
use super::known::{Known, Stage};
use super::{LineError, Lines};
use crate::closing::until_closing;
use crate::live::line_news::LineNews;
use crate::store::database::WriteKind;
use crate::store::error::StoreError;
use crate::store::lines::note_drawn;
use domain::id::{Revision, ShowId};

/// How often a node reads the lines that it is asked for.
const READ_INTERVAL: Duration = Duration::from_secs(1);
/// A line that nobody has asked for so long is read no longer.
const ASKED_WITHIN: Duration = Duration::from_secs(600);

impl Lines {
    /// Works until the node stops.
    pub async fn run(self: Arc<Self>, mut closing: Receiver<bool>) {
        let mut interval = tokio::time::interval(READ_INTERVAL);
        interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = until_closing(&mut closing) => return,
                _ = interval.tick() => {}
            }
            tokio::select! {
                () = until_closing(&mut closing) => return,
                done = self.keep() => if let Err(error) = done {
                    tracing::debug!(error = %error, "lines can't be read now; they stand still");
                }
            }
        }
    }

    async fn keep(&self) -> Result<(), StoreError> {
        let lines = self.asked_for();
        if lines.is_empty() {
            return Ok(());
        }
        for line in &lines {
            self.tell_drawn(line).await?;
        }
        let shows: Vec<ShowId> = lines.iter().map(|line| line.show).collect();
        self.refresh(&shows).await?;
        for line in &lines {
            if let Err(LineError::Store(error)) = self.keep_one(line).await {
                tracing::debug!(show.id = %line.show, error = %error, "a line stands still");
            }
        }
        Ok(())
    }

    /// The lines that somebody has asked for of late, or watches. The others are forgotten.
    fn asked_for(&self) -> Vec<Arc<Line>> {
        let mut lines = self.lock();
        lines.retain(|show, line| {
            if self.live.viewers_of(*show) > 0 {
                line.touch();
            }
            line.unasked_for() <= ASKED_WITHIN
        });
        lines.values().cloned().collect()
    }

    async fn tell_drawn(&self, line: &Line) -> Result<(), StoreError> {
        let Some(drawn) = line.take_new() else {
            return Ok(());
        };
        let show = line.show;
        let note = move |connection: &mut _| Ok(note_drawn(connection, show, &drawn)?);
        let noted = self.database.write(WriteKind::Housekeeping, note).await;
        if noted.is_err() {
            line.put_back();
        }
        noted
    }

    async fn keep_one(&self, line: &Line) -> Result<(), LineError> {
        let mut known = self.look_within(line, Duration::MAX, Revision::FIRST).await?;
        if known.opening.is_none() && known.stage() == Stage::Open {
            known = self.open(line, &known).await?;
        }
        if known.opening.is_some()
            && let Some(paced) = self.pace(line, &known).await?
        {
            known = paced;
        }
        self.tell_viewers(&known);
        Ok(())
    }

    fn tell_viewers(&self, known: &Known) {
        if known.stage() == Stage::Closed || self.live.viewers_of(known.show) == 0 {
            return;
        }
        if let Some(watch) = self.live.watched(known.show) {
            watch.tell_line(&LineNews {
                admitted: known.admitted,
                last_number: known.last_number,
                drawn: known.drawn(),
                rate: known.pace.rate(),
            });
        }
    }
}
