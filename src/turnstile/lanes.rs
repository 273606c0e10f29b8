//! Commands that wait for each show, and the order in which shows take their turns.
//!
//! A show has two lanes. What settles (payments, returns, the organiser's commands) goes before what asks for places: a
//! buyer who pays must not queue behind those who are still choosing. Of the commands about one order, or under one
//! idempotency key, one is in a lane at a time; the others are set aside until it is answered, and delay nobody.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use foldhash::HashMap;

use super::error::{PassError, Passed};
use super::settings::TurnstileSettings;
use super::show_lanes::{Kept, ShowLanes, ends_payment};
use super::waiting::Waiting;
use domain::id::ShowId;
use domain::show::Show;

/// Most shows in one batch. Their locks are all held until the last of them is done.
const BATCH_SHOWS_MAX: usize = 64;

/// A batch that has been under way for longer than this doesn't count as one: it waits for a lock or for the network, and the
/// other shows are not to wait with it.
const STALLED_AFTER: Duration = Duration::from_millis(50);

/// A show whose turn it is, and its commands.
pub struct Taken {
    /// The show.
    pub show: Arc<Show>,
    /// The commands of the batch. Empty if the turn only checks for lapsed holds.
    pub batch: Vec<Waiting>,
    /// What is kept of the show between turns.
    pub kept: Kept,
}

/// The lanes of all shows.
pub struct Lanes {
    state: Mutex<State>,
    /// Wakes executors: a show is ready, a reminder is nearer, or the turnstile closes.
    wake: Condvar,
    batch_commands_max: usize,
    queue_commands_max: usize,
    queues_commands_max: usize,
}

#[derive(Default)]
struct State {
    shows: HashMap<ShowId, ShowLanes>,
    /// Shows whose turn it is, first come first served.
    ready: VecDeque<ShowId>,
    /// When to let holds lapse if no command comes before.
    reminders: BTreeSet<(Instant, ShowId)>,
    /// When the batches that are under way began.
    under_way: Vec<Instant>,
    waiting: usize,
    closed: bool,
}

/// A batch under way, for as long as this lives.
pub struct UnderWay<'a> {
    lanes: &'a Lanes,
    begin: Instant,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        let mut state = self.lanes.lock();
        let at = state.under_way.iter().position(|begin| *begin == self.begin);
        if let Some(at) = at {
            state.under_way.swap_remove(at);
        }
    }
}

impl Lanes {
    /// Empty lanes.
    pub fn new(settings: &TurnstileSettings) -> Self {
        Self {
            state: Mutex::default(),
            wake: Condvar::new(),
            batch_commands_max: settings.batch_commands_max.max(1),
            queue_commands_max: settings.queue_commands_max.max(1),
            queues_commands_max: settings.queues_commands_max.max(1),
        }
    }

    /// Queues a command.
    pub fn push(&self, show: &Arc<Show>, waiting: Waiting) -> Result<(), PassError> {
        let mut state = self.lock();
        if state.closed {
            return Err(PassError::Unavailable);
        }
        let is_full = state.waiting >= self.queues_commands_max;
        let lanes = state.lanes(show);
        let is_full = is_full || lanes.is_full(&waiting.command, self.queue_commands_max);
        if is_full && !ends_payment(&waiting.command) {
            state.drop_idle(show.id);
            return Err(PassError::QueueFull);
        }
        lanes.push(waiting);
        state.waiting += 1;
        if state.make_ready(show.id) {
            self.wake.notify_one();
        }
        Ok(())
    }

    /// Plans a turn without commands, unless an earlier one is planned.
    pub fn remind(&self, show: &Arc<Show>, at: Instant) {
        let mut state = self.lock();
        if state.closed || state.lanes(show).reminder.is_some_and(|planned| planned <= at) {
            return;
        }
        state.set_reminder(show.id, Some(at));
        if state.reminders.first().is_some_and(|(first, _)| *first == at) {
            self.wake.notify_one();
        }
    }

    /// The next shows' turns, as many as fit into one batch. Blocks while nobody waits, and while `batches_max` are under
    /// way, which may change meanwhile; `None` once the turnstile is closed and nobody waits.
    pub fn next_turns(&self, batches_max: impl Fn() -> usize) -> Option<(UnderWay<'_>, Vec<Taken>)> {
        let mut state = self.lock();
        loop {
            let now = Instant::now();
            if !state.closed {
                state.call_reminded(now);
            }
            let may_begin = state.moving(now) < batches_max();
            if may_begin {
                let turns = state.take_turns(self.batch_commands_max, now);
                if !turns.is_empty() {
                    state.under_way.push(now);
                    let begin = now;
                    return Some((UnderWay { lanes: self, begin }, turns));
                }
            }
            // Whoever carries out the last batch comes back for what is left.
            if state.closed {
                return None;
            }
            let reminder = state.reminders.first().map(|(at, _)| *at);
            let stalled = (!may_begin && !state.ready.is_empty()).then_some(now + STALLED_AFTER);
            state = match reminder.into_iter().chain(stalled).min() {
                Some(at) => {
                    let wait = at.saturating_duration_since(now);
                    self.wake
                        .wait_timeout(state, wait)
                        .unwrap_or_else(PoisonError::into_inner)
                        .0
                }
                None => self.wake.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    /// Further commands of a show whose turn it is already, `commands_max` at most.
    pub fn take_more(&self, show: ShowId, commands_max: usize) -> Vec<Waiting> {
        let mut state = self.lock();
        let taken = state.take_batch(show, commands_max, Instant::now());
        taken.map(|(_, more)| more).unwrap_or_default()
    }

    /// Answers commands of a show, and those set aside behind them that get the same answer.
    pub fn answer(&self, show: ShowId, answered: Vec<(Waiting, Passed)>) {
        let mut replies = Vec::with_capacity(answered.len());
        {
            let mut state = self.lock();
            let Some(lanes) = state.shows.get_mut(&show) else {
                return;
            };
            let before = lanes.waiting();
            for (waiting, answer) in answered {
                lanes.release(&waiting, Some(&answer), &mut replies);
                replies.push((waiting, answer));
            }
            let fewer = before - lanes.waiting();
            state.waiting -= fewer;
        }
        // Outside the lock: waking the callers takes longer than all the rest.
        for (waiting, answer) in replies {
            waiting.answer(answer);
        }
    }

    /// Ends a show's turn; its holds are looked at again at `look_again`.
    pub fn end_turn(&self, show: &Arc<Show>, kept: Kept, look_again: Option<Instant>) {
        let mut state = self.lock();
        let lanes = state.lanes(show);
        lanes.taken = false;
        lanes.kept = kept;
        let planned = lanes.reminder;
        let is_waited_for = lanes.is_lined_up();
        if let Some(at) = look_again.filter(|at| planned.is_none_or(|planned| *at < planned)) {
            state.set_reminder(show.id, Some(at));
        }
        if is_waited_for && state.make_ready(show.id) {
            self.wake.notify_one();
        }
        state.drop_idle(show.id);
    }

    /// How many commands wait.
    pub fn waiting(&self) -> usize {
        self.lock().waiting
    }

    /// Takes no more commands; those that wait are still carried out.
    pub fn close(&self) {
        self.lock().closed = true;
        self.wake.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn lanes(&mut self, show: &Arc<Show>) -> &mut ShowLanes {
        self.shows
            .entry(show.id)
            .or_insert_with(|| ShowLanes::new(show.clone()))
    }

    fn make_ready(&mut self, id: ShowId) -> bool {
        match self.shows.get_mut(&id) {
            Some(lanes) if !lanes.taken => {
                lanes.taken = true;
                self.ready.push_back(id);
                true
            }
            _ => false,
        }
    }

    fn set_reminder(&mut self, id: ShowId, at: Option<Instant>) {
        let Some(lanes) = self.shows.get_mut(&id) else {
            return;
        };
        if let Some(old) = std::mem::replace(&mut lanes.reminder, at) {
            self.reminders.remove(&(old, id));
        }
        if let Some(at) = at {
            self.reminders.insert((at, id));
        }
    }

    /// Makes the shows ready whose reminder has come.
    fn call_reminded(&mut self, now: Instant) {
        while let Some((_, id)) = self.reminders.first().copied().filter(|(at, _)| *at <= now) {
            self.set_reminder(id, None);
            self.make_ready(id);
        }
    }

    /// How many batches are under way and not stalled.
    fn moving(&self, now: Instant) -> usize {
        let moves = |begin: &&Instant| now.saturating_duration_since(**begin) < STALLED_AFTER;
        self.under_way.iter().filter(moves).count()
    }

    /// Takes commands of a show, `commands_max` at most; `None` if nothing is kept of it.
    fn take_batch(
        &mut self,
        id: ShowId,
        commands_max: usize,
        now: Instant,
    ) -> Option<(&ShowLanes, Vec<Waiting>)> {
        let lanes = self.shows.get_mut(&id)?;
        let before = lanes.waiting();
        let batch = lanes.take_batch(commands_max, now);
        self.waiting -= before - lanes.waiting();
        Some((lanes, batch))
    }

    fn take_turns(&mut self, commands_max: usize, now: Instant) -> Vec<Taken> {
        let mut turns = Vec::new();
        let mut room = commands_max;
        while room > 0
            && turns.len() < BATCH_SHOWS_MAX
            && let Some(id) = self.ready.pop_front()
        {
            let Some((lanes, batch)) = self.take_batch(id, room, now) else {
                continue;
            };
            room -= batch.len();
            turns.push(Taken {
                show: lanes.show.clone(),
                batch,
                kept: lanes.kept,
            });
        }
        turns
    }

    fn drop_idle(&mut self, id: ShowId) {
        if self.shows.get(&id).is_some_and(ShowLanes::is_idle) {
            self.shows.remove(&id);
        }
    }
}

#[cfg(test)]
mod tests;
