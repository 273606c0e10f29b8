//! The nodes that are up, read from the database. This needs no Redis; a node that can't reach the database counts
//! itself as alone.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch::Receiver;
use tokio::time::MissedTickBehavior;

use super::owner::rank;
use crate::closing::until_closing;
use crate::store::database::{Database, WriteKind};
use crate::store::nodes::beat;
use domain::id::ShowId;

/// How often a node says that it is up.
const BEAT_INTERVAL: Duration = Duration::from_secs(2);
/// How long the last reading of the other nodes is valid.
const HEARD_MAX: Duration = Duration::from_secs(8);

/// The nodes of an office.
pub struct Members {
    /// This node; another one after each start.
    node: u128,
    heard: Mutex<Heard>,
}

/// All nodes that were up, and when that was.
struct Heard {
    nodes: Arc<[u128]>,
    at: Instant,
}

impl Members {
    /// This node alone. [`Members::run`] finds the others.
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            node: uuid::Uuid::new_v4().as_u128(),
            heard: Mutex::new(Heard {
                nodes: Arc::default(),
                at: Instant::now(),
            }),
        })
    }

    /// This node's rank for a show: 0 for its owner, 1 for the first that steps in for it.
    pub fn rank(&self, show: ShowId) -> usize {
        rank(self.node, &self.nodes(), show)
    }

    /// How many nodes are up, this one included.
    pub fn count(&self) -> usize {
        self.nodes().len().max(1)
    }

    /// The nodes that were up a moment ago; none if that is not known.
    fn nodes(&self) -> Arc<[u128]> {
        let heard = self.lock();
        if heard.at.elapsed() > HEARD_MAX {
            return Arc::default();
        }
        heard.nodes.clone()
    }

    /// Registers this node as up and reads the others, until the node stops.
    pub async fn run(self: Arc<Self>, database: Database, mut closing: Receiver<bool>) {
        let mut interval = tokio::time::interval(BEAT_INTERVAL);
        interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = until_closing(&mut closing) => return,
                _ = interval.tick() => {}
            }
            let node = self.node;
            let nodes = tokio::select! {
                () = until_closing(&mut closing) => return,
                nodes = database.write(WriteKind::Housekeeping, move |connection| Ok(beat(connection, node)?)) => nodes,
            };
            if let Ok(nodes) = nodes {
                let at = Instant::now();
                let nodes = nodes.into();
                *self.lock() = Heard { nodes, at };
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
