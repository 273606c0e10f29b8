//! An executor thread: takes shows in turn, carries their batches out on its own connection, and answers.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::commit::at_once::{Tried, commit_at_once, is_fit};
use super::commit::locked::commit_locked;
use super::commit::outcome::is_in_journal;
use super::commit::{Committed, Failed, Unknown};
use super::error::{PassError, Passed};
use super::lease::lease_numbers;
use super::reminders;
use super::shared::Shared;
use super::snapshots::take_if_due;
use super::turn::Turn;
use super::waiting::Waiting;
use crate::store::clock::Clock;

use crate::store::database::{Connection, STALE_CONNECTIONS_MAX};
use crate::store::error::StoreError;
use crate::store::inventory::load_state;

/// Between the first two tries of a batch whose connection was broken; twice as long before each further one.
const STALE_CONNECTION_PAUSE: Duration = Duration::from_millis(10);
/// After a failure, holds are checked again in this time.
const LAPSE_RETRY: Duration = Duration::from_secs(1);

/// An executor and its connection.
pub struct Executor {
    shared: Arc<Shared>,
    /// Kept from batch to batch; dropped after a failure.
    connection: Option<Connection>,
    clock: Clock,
}

impl Executor {
    /// An executor without a connection yet.
    pub fn new(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            connection: None,
            clock: Clock::default(),
        }
    }

    /// Works until the turnstile is closed.
    pub fn run(mut self) {
        let shared = self.shared.clone();
        while let Some((_under_way, taken)) = shared.lanes.next_turns(|| shared.batches_max()) {
            let begin = |taken: super::lanes::Taken| {
                let followed = shared.registry.follow(&taken.show);
                let numbers = shared.numbers.take(taken.show.id);
                Turn::new(taken, followed, numbers)
            };
            let turns: Vec<Turn> = taken.into_iter().map(begin).collect();
            let (commands, begin) = (count_batch(&turns), Instant::now());
            self.pass(turns);
            shared.measured.note(commands, begin.elapsed());
            shared.registry.make_room();
        }
    }

    /// Passes the turns. Shows whose state has to be loaded come last, so that no other show waits for that.
    fn pass(&mut self, turns: Vec<Turn>) {
        let turns = self.step(turns, Self::skip_vain_reminders);
        let is_known = |turn: &Turn| turn.followed.offset().is_some();
        let (known, unknown): (Vec<_>, Vec<_>) = turns.into_iter().partition(is_known);
        self.pass_known(known);
        let read = self.step(unknown, Self::load_shows);
        self.pass_known(read);
    }

    /// Passes turns in one call, as far as they can go so; then together; then one after the other.
    fn pass_known(&mut self, turns: Vec<Turn>) {
        let mut left = self.step(turns, Self::pass_at_once);
        if left.len() > 1 {
            left = self.step(left, Self::pass_together);
        }
        for turn in left {
            self.step(vec![turn], |executor, turns| {
                turns.iter_mut().for_each(|turn| executor.pass_alone(turn));
            });
        }
    }

    /// Runs one step on some turns and ends those that are over. Returns the others.
    fn step(&mut self, mut turns: Vec<Turn>, step: impl FnOnce(&mut Self, &mut [Turn])) -> Vec<Turn> {
        if turns.is_empty() {
            return turns;
        }
        // A panic on one show must not end the thread, which serves the other shows too.
        if catch_unwind(AssertUnwindSafe(|| step(self, &mut turns))).is_err() {
            self.discard_connection();
            for turn in turns.iter_mut().filter(|turn| turn.over.is_none()) {
                tracing::error!(show.id = %turn.show.id, "a batch panicked; its outcome is unknown");
                turn.followed.spoil();
                self.refuse(turn, PassError::OutcomeUnknown);
            }
        }
        let (over, left): (Vec<_>, Vec<_>) = turns.into_iter().partition(|turn| turn.over.is_some());
        for turn in over {
            self.shared.numbers.put(turn.show.id, turn.numbers);
            self.shared
                .lanes
                .end_turn(&turn.show, turn.kept, turn.over.flatten());
        }
        left
    }

    /// Ends the turns that only check for lapsed holds, where none has lapsed.
    fn skip_vain_reminders(&mut self, turns: &mut [Turn]) {
        for turn in turns.iter_mut().filter(|turn| turn.batch.is_empty()) {
            if reminders::is_vain(turn, &self.clock) {
                turn.end(reminders::next_look(&self.shared, turn, &self.clock));
            }
        }
    }

    /// Loads the states of shows before their locks are taken: later events are read under the lock.
    fn load_shows(&mut self, turns: &mut [Turn]) {
        for turn in turns {
            if let Err(failed) = self.load(turn) {
                self.give_up(turn, &failed);
            }
        }
    }

    /// Commits at once what can be. Turns that can't, or whose state was behind, go on.
    fn pass_at_once(&mut self, turns: &mut [Turn]) {
        let mut fit = Vec::new();
        for turn in turns.iter_mut().filter(|turn| is_fit(turn)) {
            if turn.kept.trust.is_due() {
                fit.push(turn);
            } else {
                turn.kept.trust.pass_over();
            }
        }
        if fit.is_empty() {
            return;
        }
        match self.with_connection(|connection, clock, resolve_seconds| {
            lease_numbers(connection, &mut fit)?;
            commit_at_once(connection, &mut fit, clock, resolve_seconds)
        }) {
            Ok(Tried::Committed(committed)) => {
                count_commit("at_once");
                for (turn, committed) in fit.into_iter().zip(committed) {
                    turn.kept.trust.confirm();
                    self.finish(turn, committed);
                }
            }
            Ok(Tried::Unfit) => {}
            Ok(Tried::Stale { fresh }) => {
                count_commit("stale");
                let behind = fit.into_iter().filter(|turn| !fresh.contains(&turn.show.id));
                behind.for_each(|turn| turn.kept.trust.lose());
            }
            Err(failed) => self.settle_together(&mut fit, failed),
        }
    }

    /// Carries out the commands of several shows in one transaction. A turn goes on if its show was locked elsewhere,
    /// or if its rows may have caused a failure of the whole batch.
    fn pass_together(&mut self, turns: &mut [Turn]) {
        let mut turns: Vec<&mut Turn> = turns.iter_mut().collect();
        match self.commit_locked(&mut turns) {
            Ok(all) => {
                for (turn, committed) in turns.into_iter().zip(all) {
                    if let Some(committed) = committed {
                        self.finish(turn, committed);
                    }
                }
            }
            Err(failed) => self.settle_together(&mut turns, failed),
        }
    }

    /// Handles a failure of several turns: either none of them can be at fault, or each is carried out alone.
    fn settle_together(&mut self, turns: &mut [&mut Turn], failed: Failed) {
        if let Failed::Unknown(unknown) = failed {
            match self.find_outcome(unknown) {
                Ok(found) => {
                    for (turn, committed) in turns.iter_mut().zip(found) {
                        if let Some(committed) = committed {
                            self.finish(turn, committed);
                        }
                    }
                }
                Err(failed) => self.settle_together_known(turns, &failed),
            }
        } else {
            self.settle_together_known(turns, &failed);
        }
    }

    fn settle_together_known(&mut self, turns: &mut [&mut Turn], failed: &Failed) {
        if let Some(error) = common_error(failed) {
            turns.iter_mut().for_each(|turn| self.refuse(turn, error));
        }
    }

    /// Carries out the commands of one show and answers all of them.
    fn pass_alone(&mut self, turn: &mut Turn) {
        let mut is_fresh = false;
        while turn.over.is_none() {
            match self.try_alone(turn) {
                Ok(committed) => self.finish(turn, committed),
                Err(Failed::Refused(refused)) if !is_fresh => {
                    tracing::warn!(show.id = %turn.show.id, refused = ?refused, "a show's state in memory was wrong; it is read anew");
                    turn.followed.spoil();
                    is_fresh = true;
                }
                Err(failed) => self.give_up(turn, &failed),
            }
        }
    }

    fn try_alone(&mut self, turn: &mut Turn) -> Result<Committed, Failed> {
        if turn.followed.offset().is_none() {
            self.load(turn)?;
        }
        let mut done = match self.commit_locked(&mut [turn]) {
            Err(Failed::Unknown(unknown)) => self.find_outcome(unknown),
            done => done,
        }?;
        done.pop().flatten().ok_or(Failed::NoSuchShow)
    }

    fn load(&mut self, turn: &Turn) -> Result<(), Failed> {
        let loaded = self.with_connection(|connection, _, _| {
            load_state(connection, &turn.show).map_err(|error| match error {
                diesel::result::Error::NotFound => Failed::NoSuchShow,
                error => error.into(),
            })
        })?;
        turn.followed.install(loaded);
        Ok(())
    }

    fn commit_locked(&mut self, turns: &mut [&mut Turn]) -> Result<Vec<Option<Committed>>, Failed> {
        let shared = self.shared.clone();
        let add_waiting = |turn: &mut Turn| {
            let room = turn.room(shared.settings.batch_commands_max);
            turn.batch.extend(shared.lanes.take_more(turn.show.id, room));
        };
        let (done, now) = self.with_connection(|connection, _, resolve_seconds| {
            lease_numbers(connection, turns)?;
            commit_locked(connection, turns, resolve_seconds, &shared.shows, add_waiting)
        })?;
        self.clock.note(now);
        count_commit("locked");
        Ok(done)
    }

    /// Finds out what became of a batch whose commit was not answered; tries again for a while, as the server may just be
    /// coming back.
    fn find_outcome(&mut self, unknown: Unknown) -> Result<Vec<Option<Committed>>, Failed> {
        self.discard_connection();
        let Some((show, expected)) = unknown.first_event() else {
            return Err(Failed::Unknown(unknown));
        };
        let mut tries = Tries::begin();
        loop {
            let looked = match self.shared.database.writer() {
                Ok(mut connection) => {
                    is_in_journal(&mut connection, show, &expected).inspect_err(|_| connection.discard())
                }
                Err(error) => Err(error),
            };
            match looked {
                Ok(true) => return Ok(unknown.happened()),
                Ok(false) => return Err(Failed::Store(StoreError::Unavailable)),
                Err(_) if tries.wait_for_next() => {}
                Err(_) => return Err(Failed::Unknown(unknown)),
            }
        }
    }

    /// Calls the database. Connections that broke while idle are replaced; nothing was committed on them.
    fn with_connection<T>(
        &mut self,
        mut call: impl FnMut(&mut diesel::pg::PgConnection, &mut Clock, f64) -> Result<T, Failed>,
    ) -> Result<T, Failed> {
        let mut tries = Tries::begin();
        let resolve_seconds = self.shared.settings.resolve_payment_after.as_secs_f64();
        loop {
            // Others found that sessions of its time have ended: it would only be silent.
            let kept = self.connection.take().filter(|kept| !kept.is_outdated());
            let mut connection = match kept {
                Some(connection) => connection,
                None => self.shared.database.writer()?,
            };
            let result = call(&mut connection, &mut self.clock, resolve_seconds);
            match &result {
                Err(Failed::Store(_) | Failed::Unknown(_)) => connection.discard(),
                _ => self.connection = Some(connection),
            }
            let is_stale = matches!(result, Err(Failed::Store(StoreError::Unavailable)));
            if !is_stale || !tries.wait_for_next() {
                return result;
            }
        }
    }

    /// Folds in what was committed, publishes it, and answers. The turn is over unless lapsed holds filled the batch
    /// and its commands need another one.
    fn finish(&mut self, turn: &mut Turn, committed: Committed) {
        let Committed {
            answers,
            events,
            terms,
            is_more_due,
        } = committed;
        turn.kept.is_more_due = is_more_due;
        if let Some(learned) = turn.learned.take() {
            self.shared.shows.note(&learned);
        }
        if let Some(terms) = terms {
            self.shared.shows.note(&terms);
            // Before the event that says so: the next batch finds both.
            turn.followed.learn(terms);
        }
        // Before the answers, so that a client finds its change on this node's map.
        self.publish(turn, &events);
        if answers.len() != turn.batch.len() {
            return;
        }
        let batch = std::mem::take(&mut turn.batch);
        for (waiting, answer) in batch.iter().zip(&answers) {
            if let (Some(key), Ok(decision)) = (&waiting.key, answer) {
                self.shared.answers.keep(turn.show.id, key, decision);
            }
        }
        let answered: Vec<(Waiting, Passed)> = batch.into_iter().zip(answers).collect();
        self.shared.lanes.answer(turn.show.id, answered);
        turn.end(reminders::next_look(&self.shared, turn, &self.clock));
    }

    fn publish(&self, turn: &mut Turn, events: &[domain::event::Event]) {
        if events.is_empty() {
            return;
        }
        let before = turn.followed.look(|_, at| at);
        self.shared.feed.committed(&turn.followed, events);
        take_if_due(&self.shared.snapshots, turn, before, events);
    }

    /// Answers a batch that could not be committed: command by command where one of them may be at fault.
    fn give_up(&mut self, turn: &mut Turn, failed: &Failed) {
        if let Some(error) = common_error(failed) {
            return self.refuse(turn, error);
        }
        if turn.batch.len() > 1 {
            for waiting in std::mem::take(&mut turn.batch) {
                turn.batch.push(waiting);
                turn.over = None;
                self.pass_alone(turn);
            }
            return;
        }
        let error = match failed {
            Failed::NoSuchShow => PassError::NoSuchShow,
            failed => {
                tracing::error!(show.id = %turn.show.id, failed = ?failed, "a command can't be carried out");
                PassError::Internal
            }
        };
        self.refuse(turn, error);
    }

    fn refuse(&self, turn: &mut Turn, error: PassError) {
        let batch = std::mem::take(&mut turn.batch);
        let answered = batch.into_iter().map(|waiting| (waiting, Err(error))).collect();
        self.shared.lanes.answer(turn.show.id, answered);
        turn.end(Some(Instant::now() + LAPSE_RETRY));
    }

    fn discard_connection(&mut self) {
        if let Some(mut connection) = self.connection.take() {
            connection.discard();
        }
    }
}

/// Tries of what met a broken connection.
struct Tries {
    begin: Instant,
    pause: Duration,
}

impl Tries {
    /// Before the first.
    fn begin() -> Self {
        Self {
            begin: Instant::now(),
            pause: STALE_CONNECTION_PAUSE,
        }
    }

    /// Waits before the next one; false if it has been tried for long enough.
    fn wait_for_next(&mut self) -> bool {
        if self.begin.elapsed() >= STALE_CONNECTIONS_MAX {
            return false;
        }
        std::thread::sleep(self.pause);
        self.pause *= 2;
        true
    }
}

/// The same answer for every command, where none of them can be at fault.
fn common_error(failed: &Failed) -> Option<PassError> {
    match failed {
        Failed::Unknown(_) => Some(PassError::OutcomeUnknown),
        Failed::Store(StoreError::Unavailable | StoreError::Busy) => Some(PassError::Unavailable),
        Failed::Store(StoreError::Internal) | Failed::Refused(_) | Failed::NoSuchShow => None,
    }
}

/// Counts a batch; says how many commands it has.
fn count_batch(turns: &[Turn]) -> usize {
    let count = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    metrics::histogram!("boxoffice_batch_shows").record(count(turns.len()));
    let commands = turns.iter().map(|turn| turn.batch.len()).sum();
    metrics::histogram!("boxoffice_batch_commands").record(count(commands));
    commands
}

fn count_commit(way: &'static str) {
    metrics::counter!("boxoffice_batches_total", "way" => way).increment(1);
}
