//! What the executors of a node share.

use std::sync::Arc;

use super::answers::Answers;
use super::lanes::Lanes;
use super::numbers::Numbers;
use super::settings::TurnstileSettings;
use super::snapshots::Outgoing as SnapshotsOutgoing;
use crate::show::Registry;
use crate::store::database::Database;
use domain::event::Event;
use domain::id::ShowId;
use domain::show::Show;

/// Receives every committed batch, in the order of a show's journal.
pub trait Feed: Send + Sync {
    /// `events` have been committed.
    fn committed(&self, show: &Arc<Show>, events: &[Event]);
}

/// This node's rank for a show among the nodes that are up: 0 is the owner.
pub type Rank = Box<dyn Fn(ShowId) -> usize + Send + Sync>;

/// What the executors share.
pub struct Shared {
    pub lanes: Lanes,
    pub settings: TurnstileSettings,
    pub numbers: Numbers,
    pub answers: Answers,
    pub database: Database,
    pub registry: Arc<Registry>,
    pub feed: Arc<dyn Feed>,
    pub rank: Rank,
    pub snapshots: SnapshotsOutgoing,
}
