//! An executor thread: takes shows in turn, carries their batches out on its own connection, and answers.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::batch::{Done, Failed, Undecided, carry_out, find_outcome};
use super::desk::Desk;
use super::queue::{Queues, Turn, Waiting};
use super::{Feed, PassError, TurnstileSettings};
use crate::domain::inventory::Inventory;
use crate::domain::show::Show;
use crate::store::database::{Connection, Database, STALE_CONNECTIONS_MAX};
use crate::store::error::StoreError;
use crate::store::snapshot::{Snapshot, write_snapshot};

/// Holds lapse in steps of this length at the least, however close together their ends are.
const LAPSE_STEP: Duration = Duration::from_millis(250);
/// Between two tries of a batch whose connection was broken.
const STALE_CONNECTION_PAUSE: Duration = Duration::from_millis(10);
/// How long to wait before trying again to let holds lapse while the database is away.
const LAPSE_RETRY: Duration = Duration::from_secs(1);

/// An executor and its connection.
pub struct Executor {
    queues: Arc<Queues>,
    database: Database,
    settings: TurnstileSettings,
    feed: Arc<dyn Feed>,
    /// Kept from batch to batch; dropped after a failure.
    connection: Option<Connection>,
}

/// What a try came to, as far as the batch is concerned.
enum Tried {
    Done(Done),
    Failed(Failed),
}

impl Executor {
    /// An executor without a connection yet.
    pub fn new(
        queues: Arc<Queues>,
        database: Database,
        settings: TurnstileSettings,
        feed: Arc<dyn Feed>,
    ) -> Self {
        Self {
            queues,
            database,
            settings,
            feed,
            connection: None,
        }
    }

    /// Works until the turnstile is closed.
    pub fn run(mut self) {
        while let Some(Turn { show, batch, desk }) = self.queues.next_turn() {
            let mut desk = desk.unwrap_or_else(|| Desk::new(show.plan.seats().len()));
            metrics::histogram!("boxoffice_batch_commands")
                .record(f64::from(u32::try_from(batch.len()).unwrap_or(u32::MAX)));
            let turn = AssertUnwindSafe(|| {
                let next_lapse = self.pass(&show, &mut desk, batch);
                self.write_snapshot(&show, &mut desk);
                next_lapse
            });
            // A defect met by one show must not take the thread, and with it the other shows, away.
            let (desk, next_lapse) = match catch_unwind(turn) {
                Ok(next_lapse) => (Some(desk), next_lapse),
                Err(_) => {
                    tracing::error!(show.id = %show.id, "a batch panicked; its outcome is unknown");
                    self.discard_connection();
                    (None, Some(Instant::now() + LAPSE_RETRY))
                }
            };
            self.queues.end_turn(&show, desk, next_lapse);
        }
    }

    /// Passes a batch and answers everyone in it. Returns when to look at the show's lapses again.
    fn pass(&mut self, show: &Arc<Show>, desk: &mut Desk, batch: Vec<Waiting>) -> Option<Instant> {
        let reused = desk.inventory.is_some();
        let failed = match self.try_batch(show, desk, &batch) {
            Tried::Done(done) => return self.finish(show, desk, batch, done),
            Tried::Failed(failed) => failed,
        };
        // Nothing was committed, so the whole batch may be tried again: on rows read anew, or on a new connection.
        let failed = match failed {
            Failed::Shortfall if reused => match self.try_batch(show, desk, &batch) {
                Tried::Done(done) => return self.finish(show, desk, batch, done),
                Tried::Failed(failed) => failed,
            },
            failed => failed,
        };
        self.give_up(show, desk, batch, failed)
    }

    fn try_batch(&mut self, show: &Arc<Show>, desk: &mut Desk, batch: &[Waiting]) -> Tried {
        let begin = Instant::now();
        loop {
            match self.try_once(show, desk, batch) {
                // Kept connections may have gone stale while nobody asked anything. Nothing was committed.
                Tried::Failed(Failed::Store(StoreError::Unavailable))
                    if begin.elapsed() < STALE_CONNECTIONS_MAX =>
                {
                    std::thread::sleep(STALE_CONNECTION_PAUSE);
                }
                tried => return tried,
            }
        }
    }

    /// Batches until one has taken the commands: those before it only let holds lapse.
    fn try_once(&mut self, show: &Arc<Show>, desk: &mut Desk, batch: &[Waiting]) -> Tried {
        let waiting: Vec<&Waiting> = batch.iter().collect();
        let resolve_seconds = self.settings.resolve_payment_after.as_secs_f64();
        loop {
            let connection = match self.connect() {
                Ok(connection) => connection,
                Err(error) => return Tried::Failed(Failed::Store(error)),
            };
            match carry_out(connection, show, desk, &waiting, resolve_seconds) {
                Ok(done) if done.answers.len() < waiting.len() => self.publish(show, &done),
                Ok(done) => return Tried::Done(done),
                Err(Failed::OutcomeUnknown(undecided)) => {
                    self.discard_connection();
                    return self.find_outcome(show, *undecided);
                }
                Err(failed) => {
                    if matches!(failed, Failed::Store(_)) {
                        self.discard_connection();
                    }
                    return Tried::Failed(failed);
                }
            }
        }
    }

    fn find_outcome(&mut self, show: &Arc<Show>, undecided: Undecided) -> Tried {
        let found = match self.connect() {
            Ok(connection) => find_outcome(connection, show.id, undecided),
            Err(_) => Err(Failed::OutcomeUnknown(Box::new(undecided))),
        };
        match found {
            Ok(done) => Tried::Done(done),
            Err(failed) => Tried::Failed(failed),
        }
    }

    fn finish(&self, show: &Arc<Show>, desk: &mut Desk, batch: Vec<Waiting>, done: Done) -> Option<Instant> {
        // Before the answers, so that whoever is answered finds it on this node's map.
        self.publish(show, &done);
        for (waiting, answer) in batch.into_iter().zip(done.answers) {
            waiting.answer(answer);
        }
        desk.changed_at = Some(done.now);
        let next = desk.inventory.as_ref().and_then(Inventory::next_lapse)?;
        let wait = (next - done.now).to_std().unwrap_or_default();
        Some(Instant::now() + wait.max(LAPSE_STEP))
    }

    fn publish(&self, show: &Arc<Show>, done: &Done) {
        if !done.events.is_empty() {
            self.feed.committed(show, &done.events);
        }
    }

    /// Answers a batch that could not be committed as a whole: command by command where one of them may be at fault.
    fn give_up(
        &mut self,
        show: &Arc<Show>,
        desk: &mut Desk,
        batch: Vec<Waiting>,
        failed: Failed,
    ) -> Option<Instant> {
        let error = match failed {
            Failed::NoSuchShow => PassError::NoSuchShow,
            Failed::OutcomeUnknown(_) => PassError::OutcomeUnknown,
            Failed::Store(StoreError::Internal) | Failed::Shortfall | Failed::PaymentEnded
                if batch.len() > 1 =>
            {
                let mut next_lapse = None;
                for waiting in batch {
                    next_lapse = self.pass(show, desk, vec![waiting]);
                }
                return next_lapse;
            }
            Failed::PaymentEnded => PassError::PaymentEnded,
            Failed::Store(StoreError::Unavailable | StoreError::Busy) => PassError::Unavailable,
            Failed::Store(StoreError::Internal) | Failed::Shortfall => {
                tracing::error!(show.id = %show.id, failed = ?failed, "a command can't be carried out");
                PassError::Internal
            }
        };
        for waiting in batch {
            waiting.answer(Err(error));
        }
        Some(Instant::now() + LAPSE_RETRY)
    }

    fn write_snapshot(&mut self, show: &Arc<Show>, desk: &mut Desk) {
        if !desk.take_snapshot_turn() {
            return;
        }
        let (Some(connection), Some(inventory), Some(at)) =
            (self.connection.as_mut(), desk.inventory.as_ref(), desk.changed_at)
        else {
            return;
        };
        let snapshot = Snapshot {
            map: inventory.map().clone(),
            at,
        };
        if let Err(error) = write_snapshot(connection, show.id, &snapshot) {
            tracing::warn!(show.id = %show.id, error = %error, "a snapshot could not be written");
            self.discard_connection();
        }
    }

    fn discard_connection(&mut self) {
        if let Some(mut connection) = self.connection.take() {
            connection.discard();
        }
    }

    fn connect(&mut self) -> Result<&mut Connection, StoreError> {
        match self.connection.take() {
            Some(connection) => Ok(self.connection.insert(connection)),
            None => Ok(self.connection.insert(self.database.writer()?)),
        }
    }
}
