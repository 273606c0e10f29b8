//! The turnstile: every command on a show goes through it, batched with others into one transaction.
//!
//! Commands that arrive during a batch form the next one. A show has one batch under way at a time; executor threads
//! take the shows in turn. On an idle show a command starts at once.

mod answers;
mod commit;
mod error;
mod executor;
mod lanes;
mod lease;
mod measured;
mod numbers;
mod recent;
mod reminders;
mod settings;
mod shared;
mod show_lanes;
mod snapshots;
mod trust;
mod turn;
mod waiting;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use crate::show::{Members, Registry};
use crate::store::batch::IdempotencyKey;
use crate::store::database::Database;
use crate::store::show_cache::Shows;
use answers::Answers;
use domain::command::Command;
use domain::show::Show;
use lanes::Lanes;
use measured::Measured;
use numbers::Numbers;
use shared::Shared;
use waiting::Waiting;

pub use error::{PassError, Passed};
pub use measured::Load;
pub use recent::Recent;
pub use settings::TurnstileSettings;
pub use shared::Feed;
pub use snapshots::Outgoing as SnapshotsOutgoing;

/// How long a caller waits for a command that is being carried out before its outcome counts as unknown.
const BATCH_SECONDS_MAX: Duration = Duration::from_secs(5);

/// How long a command that finds the queue full waits before it is refused. A refusal costs a third of a hold: clients
/// that ignore `Retry-After` and retry at once would take capacity from the commands in the queue.
const REFUSAL_PAUSE: Duration = Duration::from_millis(400);

/// How long a repeated command waits for the answer that it had before. It costs a tenth of a hold: clients that repeat
/// one without end would take capacity from the others.
const REPEAT_PAUSE: Duration = Duration::from_millis(20);

/// What the turnstile needs from the other rooms.
pub struct Neighbours {
    /// The database.
    pub database: Database,
    /// Shows, at the newest terms that this node knows.
    pub shows: Arc<Shows>,
    /// The shows of this node.
    pub registry: Arc<Registry>,
    /// Receives the committed batches.
    pub feed: Arc<dyn Feed>,
    /// The nodes that are up.
    pub members: Arc<Members>,
    /// Where snapshots go.
    pub snapshots: SnapshotsOutgoing,
}

/// The turnstile of one node.
pub struct Turnstile {
    shared: Arc<Shared>,
    threads: Mutex<Vec<std::thread::JoinHandle<()>>>,
}

impl Turnstile {
    /// Starts the executor threads.
    pub fn start(settings: TurnstileSettings, neighbours: Neighbours) -> std::io::Result<Self> {
        let shared = Arc::new(Shared {
            lanes: Lanes::new(&settings),
            numbers: Numbers::new(),
            answers: Answers::new(),
            measured: Measured::default(),
            database: neighbours.database,
            shows: neighbours.shows,
            registry: neighbours.registry,
            feed: neighbours.feed,
            members: neighbours.members,
            snapshots: neighbours.snapshots,
            settings,
        });
        let executor = |number| {
            let executor = executor::Executor::new(shared.clone());
            std::thread::Builder::new()
                .name(format!("turnstile-{number}"))
                .spawn(move || executor.run())
        };
        let threads: Vec<_> = (0..shared.settings.executors.max(1))
            .map(executor)
            .collect::<Result<_, _>>()?;
        Ok(Self {
            shared,
            threads: Mutex::new(threads),
        })
    }

    /// Carries out one command. Waits for its turn, [`TurnstileSettings::wait_max`] at most, and then for its batch.
    pub async fn pass(&self, show: &Arc<Show>, command: Command, key: Option<IdempotencyKey>) -> Passed {
        let answered = key
            .as_ref()
            .and_then(|key| self.shared.answers.find(show.id, key));
        if let Some(answer) = answered {
            tokio::time::sleep(REPEAT_PAUSE).await;
            return answer;
        }
        let (reply, mut answer) = oneshot::channel();
        let deadline = Instant::now() + self.shared.settings.wait_max;
        let waiting = Waiting::new(command, key, deadline, reply);
        let ticket = waiting.ticket();
        if let Err(refusal) = self.shared.lanes.push(show, waiting) {
            if refusal == PassError::QueueFull {
                tokio::time::sleep(REFUSAL_PAUSE).await;
            }
            return Err(refusal);
        }
        if let Ok(answer) = tokio::time::timeout_at(deadline.into(), &mut answer).await {
            return answer.unwrap_or(Err(PassError::OutcomeUnknown));
        }
        // The first to claim the ticket decides: the executor carries the command out, or this caller withdraws it.
        if ticket.claim() {
            return Err(PassError::TimedOut);
        }
        match tokio::time::timeout(BATCH_SECONDS_MAX, answer).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) | Err(_) => Err(PassError::OutcomeUnknown),
        }
    }

    /// Schedules a check for lapsed holds in about `after`, a little later if other nodes rank before this one; keeps
    /// an earlier one.
    pub fn remind(&self, show: &Arc<Show>, after: Duration) {
        let wait = reminders::rank_wait(&self.shared, show.id);
        self.shared.lanes.remind(show, Instant::now() + after + wait);
    }

    /// How many commands wait.
    pub fn waiting(&self) -> usize {
        self.shared.lanes.waiting()
    }

    /// How busy it is.
    pub fn load(&self) -> Load {
        self.shared.measured.load(self.shared.lanes.waiting())
    }

    /// Carries out the waiting commands and stops the threads.
    pub fn stop(&self) {
        self.shared.lanes.close();
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!("an executor thread panicked");
            }
        }
    }
}

impl Drop for Turnstile {
    fn drop(&mut self) {
        self.stop();
    }
}
