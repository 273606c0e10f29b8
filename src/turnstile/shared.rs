//! What the executors of a node share.

use std::sync::Arc;

use super::answers::Answers;
use super::lanes::Lanes;
use super::measured::Measured;
use super::numbers::Numbers;
use super::settings::TurnstileSettings;
use super::snapshots::Outgoing as SnapshotsOutgoing;
use crate::show::{Followed, Members, Registry};
use crate::store::database::Database;
use crate::store::show_cache::Shows;
use domain::event::Event;

/// Receives every committed batch, in the order of a show's journal.
pub trait Feed: Send + Sync {
    /// `events` have been committed: folds them into the state that this node has of the show, and publishes them.
    fn committed(&self, followed: &Arc<Followed>, events: &[Event]);
}

/// What the executors share.
pub struct Shared {
    pub lanes: Lanes,
    pub settings: TurnstileSettings,
    pub numbers: Numbers,
    pub answers: Answers,
    pub measured: Measured,
    pub database: Database,
    pub shows: Arc<Shows>,
    pub registry: Arc<Registry>,
    pub feed: Arc<dyn Feed>,
    pub members: Arc<Members>,
    pub snapshots: SnapshotsOutgoing,
}

impl Shared {
    /// How many batches this node carries out at a time. The nodes share the database: more batches at a time than it can
    /// work on are only smaller ones.
    pub fn batches_max(&self) -> usize {
        (self.settings.executors as usize)
            .div_ceil(self.members.count())
            .max(1)
    }
}
