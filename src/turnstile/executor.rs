//! An executor thread: takes shows in turn, carries their batches out on its own connection, and answers.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel::pg::PgConnection;

use super::batch::at_once::{Clock, Tried, carry_out_at_once};
use super::batch::{Done, Failed, carry_out, find_outcome};
use super::queue::{Over, Queues, Turn};
use super::{Feed, PassError, TurnstileSettings};
use crate::store::database::{Connection, Database, STALE_CONNECTIONS_MAX};
use crate::store::error::StoreError;
use crate::store::snapshot::{Snapshot, write_snapshot};
use domain::show::Show;
use domain::state::ShowState;

/// Holds lapse in steps of this length at the least, however close together their ends are.
const LAPSE_STEP: Duration = Duration::from_millis(250);
/// Between two tries of a batch whose connection was broken.
const STALE_CONNECTION_PAUSE: Duration = Duration::from_millis(10);
/// How long to wait before trying again to let holds lapse while the database is away.
const LAPSE_RETRY: Duration = Duration::from_secs(1);

/// Stale batches up to which the pause after them doubles: 63 batches at most.
const STALE_MAX: u32 = 6;

/// An executor and its connection.
pub struct Executor {
    queues: Arc<Queues>,
    database: Database,
    settings: TurnstileSettings,
    feed: Arc<dyn Feed>,
    /// Kept from batch to batch; dropped after a failure.
    connection: Option<Connection>,
    clock: Clock,
    trust: Trust,
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
            clock: Clock::default(),
            trust: Trust::default(),
        }
    }

    /// Works until the turnstile is closed.
    pub fn run(mut self) {
        while let Some(turns) = self.queues.next_turns() {
            let count = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
            metrics::histogram!("boxoffice_batch_shows").record(count(turns.len()));
            let commands = turns.iter().map(|turn| turn.batch.len()).sum();
            metrics::histogram!("boxoffice_batch_commands").record(count(commands));
            let alone = if turns.len() > 1 {
                self.take(turns, Self::pass_together)
            } else {
                turns
            };
            for turn in alone {
                self.take(vec![turn], |executor, turns| {
                    turns.iter_mut().for_each(|turn| executor.pass_alone(turn));
                });
            }
        }
    }

    /// Takes one step with some turns and gives those back to the queues that are over then. Returns the others.
    fn take(&mut self, mut turns: Vec<Turn>, step: fn(&mut Self, &mut [Turn])) -> Vec<Turn> {
        // A defect met by one show must not take the thread, and with it the other shows, away.
        if catch_unwind(AssertUnwindSafe(|| step(self, &mut turns))).is_err() {
            self.discard_connection();
            for turn in turns.iter_mut().filter(|turn| turn.over.is_none()) {
                tracing::error!(show.id = %turn.show.id, "a batch panicked; its outcome is unknown");
                turn.batch.clear();
                turn.over = Some(Over::Spoilt(Instant::now() + LAPSE_RETRY));
            }
        }
        let (over, left): (Vec<_>, Vec<_>) = turns.into_iter().partition(|turn| turn.over.is_some());
        for turn in over {
            self.queues.end_turn(turn);
        }
        left
    }

    /// Passes the commands of several shows in one transaction. A turn is not over then if someone else had its show's
    /// lock, or if its commands may have been at fault for the failure of all.
    fn pass_together(&mut self, turns: &mut [Turn]) {
        match self.try_batch(turns) {
            Ok(all) => {
                for (turn, done) in turns.iter_mut().zip(all) {
                    match done {
                        Some(done) if done.answers.len() == turn.batch.len() => self.finish(turn, done),
                        Some(done) => self.publish(&turn.show, &done),
                        None => {}
                    }
                }
            }
            Err(failed) => {
                if let Some(error) = common_error(&failed) {
                    turns.iter_mut().for_each(|turn| refuse(turn, error));
                }
            }
        }
    }

    /// Passes the commands of one show and answers everyone.
    fn pass_alone(&mut self, turn: &mut Turn) {
        let reused = turn.desk.inventory.is_some();
        let mut result = self.try_alone(turn);
        if reused && matches!(result, Err(Failed::Shortfall)) {
            // Nothing was committed, and the rows are read anew now.
            result = self.try_alone(turn);
        }
        match result {
            Ok(done) => self.finish(turn, done),
            Err(failed) => self.give_up(turn, &failed),
        }
    }

    /// Batches until one has taken the commands: those before it only let holds lapse.
    fn try_alone(&mut self, turn: &mut Turn) -> Result<Done, Failed> {
        loop {
            let done = self.try_batch(std::slice::from_mut(turn))?;
            let done = done.into_iter().flatten().next().ok_or(Failed::NoSuchShow)?;
            if done.answers.len() == turn.batch.len() {
                return Ok(done);
            }
            self.publish(&turn.show, &done);
        }
    }

    fn try_batch(&mut self, turns: &mut [Turn]) -> Result<Vec<Option<Done>>, Failed> {
        let begin = Instant::now();
        loop {
            match self.try_once(turns) {
                // Kept connections may have gone stale while nobody asked anything. Nothing was committed.
                Err(Failed::Store(StoreError::Unavailable)) if begin.elapsed() < STALE_CONNECTIONS_MAX => {
                    std::thread::sleep(STALE_CONNECTION_PAUSE);
                }
                result => return result,
            }
        }
    }

    fn try_once(&mut self, turns: &mut [Turn]) -> Result<Vec<Option<Done>>, Failed> {
        let resolve_seconds = self.settings.resolve_payment_after.as_secs_f64();
        let (mut clock, mut trust) = (std::mem::take(&mut self.clock), std::mem::take(&mut self.trust));
        let connection = self.connect().map_err(Failed::Store)?;
        let carried_out = carry_out_somehow(connection, turns, &mut clock, &mut trust, resolve_seconds);
        (self.clock, self.trust) = (clock, trust);
        match carried_out {
            Err(Failed::OutcomeUnknown(undecided)) => {
                self.discard_connection();
                match self.connect() {
                    Ok(connection) => find_outcome(connection, undecided),
                    Err(_) => Err(Failed::OutcomeUnknown(undecided)),
                }
            }
            Err(failed) => {
                if matches!(failed, Failed::Store(_)) {
                    self.discard_connection();
                }
                Err(failed)
            }
            done => done,
        }
    }

    fn finish(&mut self, turn: &mut Turn, done: Done) {
        // Before the answers, so that whoever is answered finds it on this node's map.
        self.publish(&turn.show, &done);
        for (waiting, answer) in turn.batch.drain(..).zip(done.answers) {
            waiting.answer(answer);
        }
        turn.desk.changed_at = Some(done.now);
        let next_lapse = turn.desk.inventory.as_ref().and_then(ShowState::next_lapse);
        let look_again = next_lapse.map(|next| {
            let wait = (next - done.now).to_std().unwrap_or_default();
            Instant::now() + wait.max(LAPSE_STEP)
        });
        turn.over = Some(Over::Kept(look_again));
        self.write_snapshot(turn);
    }

    fn publish(&self, show: &Arc<Show>, done: &Done) {
        if !done.events.is_empty() {
            self.feed.committed(show, &done.events);
        }
    }

    /// Answers a batch that could not be committed as a whole: command by command where one of them may be at fault.
    fn give_up(&mut self, turn: &mut Turn, failed: &Failed) {
        if let Some(error) = common_error(failed) {
            return refuse(turn, error);
        }
        if turn.batch.len() > 1 {
            for waiting in std::mem::take(&mut turn.batch) {
                turn.batch.push(waiting);
                self.pass_alone(turn);
            }
            return;
        }
        let error = match failed {
            Failed::NoSuchShow => PassError::NoSuchShow,
            Failed::PaymentEnded => PassError::PaymentEnded,
            Failed::PaymentInProgress => PassError::PaymentInProgress,
            failed => {
                tracing::error!(show.id = %turn.show.id, failed = ?failed, "a command can't be carried out");
                PassError::Internal
            }
        };
        refuse(turn, error);
    }

    fn write_snapshot(&mut self, turn: &mut Turn) {
        let (show, desk) = (&turn.show, &mut turn.desk);
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

/// Carries a batch out at once, if it is fit for that and the last ones weren't stale; else under locks had first.
fn carry_out_somehow(
    connection: &mut PgConnection,
    turns: &mut [Turn],
    clock: &mut Clock,
    trust: &mut Trust,
    resolve_seconds: f64,
) -> Result<Vec<Option<Done>>, Failed> {
    if trust.is_due() {
        match carry_out_at_once(connection, turns, clock, resolve_seconds)? {
            Tried::Done(done) => {
                trust.confirm();
                count_batch("at_once");
                return Ok(done);
            }
            Tried::Stale => {
                trust.lose();
                count_batch("stale");
            }
            Tried::Unfit => {}
        }
    }
    let done = carry_out(connection, turns, resolve_seconds)?;
    count_batch("locked");
    if let Some(done) = done.iter().flatten().next() {
        clock.note(done.now);
    }
    Ok(done)
}

fn count_batch(way: &'static str) {
    metrics::counter!("boxoffice_batches_total", "way" => way).increment(1);
}

/// Whether the state in memory is likely to be the rows': where other nodes write to the same shows it rarely is, and to
/// try is a call for nothing.
#[derive(Debug, Default)]
struct Trust {
    /// Stale batches since the last that wasn't.
    stale: u32,
    /// Batches for which it isn't tried.
    pause: u32,
}

impl Trust {
    fn is_due(&mut self) -> bool {
        let due = self.pause == 0;
        self.pause = self.pause.saturating_sub(1);
        due
    }

    fn confirm(&mut self) {
        self.stale = 0;
    }

    fn lose(&mut self) {
        self.stale = (self.stale + 1).min(STALE_MAX);
        self.pause = (1 << self.stale) - 1;
    }
}

/// The answer to every command alike, where none of them can be at fault.
fn common_error(failed: &Failed) -> Option<PassError> {
    match failed {
        Failed::OutcomeUnknown(_) => Some(PassError::OutcomeUnknown),
        Failed::Store(StoreError::Unavailable | StoreError::Busy) => Some(PassError::Unavailable),
        Failed::Store(StoreError::Internal)
        | Failed::Shortfall
        | Failed::PaymentEnded
        | Failed::PaymentInProgress
        | Failed::NoSuchShow => None,
    }
}

fn refuse(turn: &mut Turn, error: PassError) {
    for waiting in turn.batch.drain(..) {
        waiting.answer(Err(error));
    }
    turn.over = Some(Over::Kept(Some(Instant::now() + LAPSE_RETRY)));
}
