//! The turnstile: the one place where commands on a show pass, batched, into one transaction.
//!
//! Whoever waits when the batch before is done goes into the next one. A show has one batch under way at a time;
//! executor threads take the shows in turn. An idle show makes nobody wait.

mod batch;
mod desk;
mod executor;
mod queue;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use crate::store::batch::IdempotencyKey;
use crate::store::database::Database;
use domain::command::Command;
use domain::event::Event;
use domain::outcome::Decision;
use domain::show::Show;
use queue::{Queues, Waiting};

/// How long a command that is being carried out is waited for before its outcome is called unknown.
const BATCH_SECONDS_MAX: Duration = Duration::from_secs(5);

/// How long a command that finds the queue full is kept before it is turned away. To turn away costs a third of what a hold
/// does: clients that come back at once, whatever they are told, would else take the office's time from those inside.
const REFUSAL_PAUSE: Duration = Duration::from_millis(400);

/// The turnstile's limits.
#[derive(Debug, Clone)]
pub struct TurnstileSettings {
    /// Threads that carry batches out, each with a connection.
    pub executors: u32,
    /// Most commands in one batch.
    pub batch_commands_max: usize,
    /// Most commands that wait for one show.
    pub queue_commands_max: usize,
    /// Most commands that wait for all shows.
    pub queues_commands_max: usize,
    /// How long a command may wait before it is turned away.
    pub wait_max: Duration,
    /// Most seats of shows whose state is kept in memory between batches.
    pub kept_seats_max: usize,
    /// After how long an unfinished payment is looked at.
    pub resolve_payment_after: Duration,
}

/// What a command became, or why it didn't pass.
pub type Passed = Result<Decision, PassError>;

/// Why a command did not pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PassError {
    /// Too many wait already. Nothing happened.
    #[error("too many commands wait for this show")]
    QueueFull,
    /// It waited too long. Nothing happened.
    #[error("the command waited too long")]
    TimedOut,
    /// The database can't be reached. Nothing happened.
    #[error("the database can't be reached")]
    Unavailable,
    /// It may or may not have happened; the same idempotency key tells.
    #[error("the outcome is unknown")]
    OutcomeUnknown,
    /// There is no such show.
    #[error("no such show")]
    NoSuchShow,
    /// The same idempotency key came before with another request.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// Someone else ended the payment; its row tells how. Nothing happened.
    #[error("the payment has been ended already")]
    PaymentEnded,
    /// Another payment of the order is under way. Nothing happened.
    #[error("another payment of the order is under way")]
    PaymentInProgress,
    /// The rows were not what they must be; logged. Nothing happened.
    #[error("the command can't be carried out")]
    Internal,
}

/// What is told of each committed batch, in the order of a show's journal.
pub trait Feed: Send + Sync {
    /// `events` have been committed.
    fn committed(&self, show: &Arc<Show>, events: &[Event]);
}

/// The turnstile of one node.
pub struct Turnstile {
    queues: Arc<Queues>,
    settings: TurnstileSettings,
    threads: Mutex<Vec<std::thread::JoinHandle<()>>>,
}

impl Turnstile {
    /// Starts the executor threads.
    pub fn start(
        database: &Database,
        settings: TurnstileSettings,
        feed: Arc<dyn Feed>,
    ) -> std::io::Result<Self> {
        let queues = Arc::new(Queues::new(&settings));
        let executor = |number| {
            let executor =
                executor::Executor::new(queues.clone(), database.clone(), settings.clone(), feed.clone());
            std::thread::Builder::new()
                .name(format!("turnstile-{number}"))
                .spawn(move || executor.run())
        };
        let threads: Vec<_> = (0..settings.executors.max(1))
            .map(executor)
            .collect::<Result<_, _>>()?;
        Ok(Self {
            queues,
            settings,
            threads: Mutex::new(threads),
        })
    }

    /// Passes one command through. Waits its turn, for [`TurnstileSettings::wait_max`] at most, and then for its batch.
    pub async fn pass(&self, show: &Arc<Show>, command: Command, key: Option<IdempotencyKey>) -> Passed {
        let (reply, mut answer) = oneshot::channel();
        let deadline = Instant::now() + self.settings.wait_max;
        let waiting = Waiting::new(command, key, deadline, reply);
        let ticket = waiting.ticket();
        if let Err(refusal) = self.queues.push(show, waiting) {
            if refusal == PassError::QueueFull {
                tokio::time::sleep(REFUSAL_PAUSE).await;
            }
            return Err(refusal);
        }
        if let Ok(answer) = tokio::time::timeout_at(deadline.into(), &mut answer).await {
            return answer.unwrap_or(Err(PassError::OutcomeUnknown));
        }
        // Whoever claims the ticket first decides: the executor, that it is carried out, or this wait, that it isn't.
        if ticket.claim() {
            return Err(PassError::TimedOut);
        }
        match tokio::time::timeout(BATCH_SECONDS_MAX, answer).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) | Err(_) => Err(PassError::OutcomeUnknown),
        }
    }

    /// Has a show's lapsed holds journaled in about `after`, unless something earlier is already planned.
    pub fn remind(&self, show: &Arc<Show>, after: Duration) {
        self.queues.remind(show, Instant::now() + after);
    }

    /// How many commands wait.
    pub fn waiting(&self) -> usize {
        self.queues.waiting()
    }

    /// Lets the commands that wait pass and stops the threads.
    pub fn stop(&self) {
        self.queues.close();
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
