//! Who waits for which show, and which show's turn it is.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::oneshot;

use super::desk::Desk;
use super::{PassError, Passed, TurnstileSettings};
use crate::store::batch::IdempotencyKey;
use domain::command::Command;
use domain::id::ShowId;
use domain::show::Show;

/// Most shows in one batch. Their locks are all held until the last of them is done.
const BATCH_SHOWS_MAX: usize = 64;

/// The right to decide a command's fate, taken once: by the executor or by the one who gave up waiting.
#[derive(Clone)]
pub struct Ticket(Arc<AtomicBool>);

impl Ticket {
    /// Whether this call is the one that took it.
    pub fn claim(&self) -> bool {
        !self.0.swap(true, Ordering::AcqRel)
    }
}

/// A command that waits.
pub struct Waiting {
    /// The command.
    pub command: Command,
    /// Its idempotency key.
    pub key: Option<IdempotencyKey>,
    deadline: Instant,
    ticket: Ticket,
    reply: oneshot::Sender<Passed>,
}

impl Waiting {
    /// A command with the deadline of its wait and the place for its answer.
    pub fn new(
        command: Command,
        key: Option<IdempotencyKey>,
        deadline: Instant,
        reply: oneshot::Sender<Passed>,
    ) -> Self {
        Self {
            command,
            key,
            deadline,
            ticket: Ticket(Arc::default()),
            reply,
        }
    }

    /// The right to decide it.
    pub fn ticket(&self) -> Ticket {
        self.ticket.clone()
    }

    /// Answers. The one who asked may be gone; the deed stands.
    pub fn answer(self, answer: Passed) {
        let _gone = self.reply.send(answer);
    }
}

/// A show's turn: its waiting commands and what is kept of it.
pub struct Turn {
    /// The show.
    pub show: Arc<Show>,
    /// The commands of the batch; taken out as they are answered. May be empty from the start: then only lapsed holds are
    /// journaled.
    pub batch: Vec<Waiting>,
    /// What is kept of the show between batches.
    pub desk: Desk,
    /// Set when the turn is over.
    pub over: Option<Over>,
}

/// How a turn ended.
pub enum Over {
    /// The desk is good for the next turn; then the show's holds are looked at again.
    Kept(Option<Instant>),
    /// The desk can't be trusted.
    Spoilt(Instant),
}

/// The queues of all shows.
pub struct Queues {
    state: Mutex<State>,
    /// Wakes executors: a show is ready, a reminder is nearer, or the turnstile closes.
    wake: Condvar,
    batch_commands_max: usize,
    queue_commands_max: usize,
    queues_commands_max: usize,
    kept_seats_max: usize,
}

#[derive(Default)]
struct State {
    shows: HashMap<ShowId, ShowQueue>,
    /// Shows whose turn it is, first come first served.
    ready: VecDeque<ShowId>,
    /// When to let holds lapse though nobody asks anything.
    reminders: BTreeSet<(Instant, ShowId)>,
    waiting: usize,
    kept_seats: usize,
    closed: bool,
}

struct ShowQueue {
    show: Arc<Show>,
    waiting: VecDeque<Waiting>,
    reminder: Option<Instant>,
    /// In `ready`, or with an executor: then nobody else may take it.
    taken: bool,
    /// With an executor, the desk is there and not here.
    desk: Option<Desk>,
    used: Instant,
}

impl Queues {
    /// Empty queues.
    pub fn new(settings: &TurnstileSettings) -> Self {
        Self {
            state: Mutex::default(),
            wake: Condvar::new(),
            batch_commands_max: settings.batch_commands_max.max(1),
            queue_commands_max: settings.queue_commands_max.max(1),
            queues_commands_max: settings.queues_commands_max.max(1),
            kept_seats_max: settings.kept_seats_max,
        }
    }

    /// Queues a command.
    pub fn push(&self, show: &Arc<Show>, waiting: Waiting) -> Result<(), PassError> {
        let mut state = self.lock();
        if state.closed {
            return Err(PassError::Unavailable);
        }
        if state.waiting >= self.queues_commands_max {
            return Err(PassError::QueueFull);
        }
        let queue = state.queue(show);
        if queue.waiting.len() >= self.queue_commands_max {
            return Err(PassError::QueueFull);
        }
        queue.waiting.push_back(waiting);
        state.waiting += 1;
        if state.make_ready(show.id) {
            self.wake.notify_one();
        }
        Ok(())
    }

    /// Plans a turn without commands, unless an earlier one is planned.
    pub fn remind(&self, show: &Arc<Show>, at: Instant) {
        let mut state = self.lock();
        if state.closed || state.queue(show).reminder.is_some_and(|planned| planned <= at) {
            return;
        }
        state.set_reminder(show.id, Some(at));
        if state.reminders.first().is_some_and(|(first, _)| *first == at) {
            self.wake.notify_one();
        }
    }

    /// The next shows' turns, as many as fit into one batch. Blocks; `None` once the turnstile is closed and nobody waits.
    pub fn next_turns(&self) -> Option<Vec<Turn>> {
        let mut state = self.lock();
        loop {
            let now = Instant::now();
            if !state.closed {
                state.call_reminded(now);
            }
            let turns = state.take_turns(self.batch_commands_max);
            if !turns.is_empty() {
                return Some(turns);
            }
            if state.closed {
                return None;
            }
            state = match state.reminders.first() {
                Some((at, _)) => {
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

    /// Gives a show back after its turn.
    pub fn end_turn(&self, turn: Turn) {
        let (desk, look_again) = match turn.over {
            Some(Over::Kept(look_again)) => (Some(turn.desk), look_again),
            Some(Over::Spoilt(look_again)) => (None, Some(look_again)),
            None => (None, None),
        };
        let show = &turn.show;
        let mut state = self.lock();
        let kept_before = state.kept_seats;
        let queue = state.queue(show);
        queue.taken = false;
        queue.used = Instant::now();
        queue.desk = desk;
        let kept = queue.desk.as_ref().map_or(0, Desk::seats);
        let planned = queue.reminder;
        state.kept_seats = kept_before + kept;
        if let Some(at) = look_again.filter(|at| planned.is_none_or(|planned| *at < planned)) {
            state.set_reminder(show.id, Some(at));
        }
        if state
            .shows
            .get(&show.id)
            .is_some_and(|queue| !queue.waiting.is_empty())
            && state.make_ready(show.id)
        {
            self.wake.notify_one();
        }
        state.drop_oldest(self.kept_seats_max);
        state.drop_empty(show.id);
    }

    /// How many commands wait.
    pub fn waiting(&self) -> usize {
        self.lock().waiting
    }

    /// Takes no more commands; those that wait still pass.
    pub fn close(&self) {
        self.lock().closed = true;
        self.wake.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn queue(&mut self, show: &Arc<Show>) -> &mut ShowQueue {
        self.shows.entry(show.id).or_insert_with(|| ShowQueue {
            show: show.clone(),
            waiting: VecDeque::new(),
            reminder: None,
            taken: false,
            desk: None,
            used: Instant::now(),
        })
    }

    fn make_ready(&mut self, id: ShowId) -> bool {
        match self.shows.get_mut(&id) {
            Some(queue) if !queue.taken => {
                queue.taken = true;
                self.ready.push_back(id);
                true
            }
            _ => false,
        }
    }

    fn set_reminder(&mut self, id: ShowId, at: Option<Instant>) {
        let Some(queue) = self.shows.get_mut(&id) else {
            return;
        };
        if let Some(old) = std::mem::replace(&mut queue.reminder, at) {
            self.reminders.remove(&(old, id));
        }
        if let Some(at) = at {
            self.reminders.insert((at, id));
        }
    }

    fn call_reminded(&mut self, now: Instant) {
        while let Some((_, id)) = self.reminders.first().copied().filter(|(at, _)| *at <= now) {
            self.set_reminder(id, None);
            self.make_ready(id);
        }
    }

    fn take_turns(&mut self, commands_max: usize) -> Vec<Turn> {
        let mut turns = Vec::new();
        let mut commands = 0;
        while turns.len() < BATCH_SHOWS_MAX
            && commands < commands_max
            && let Some(id) = self.ready.pop_front()
        {
            let turn = self.take_turn(id, commands_max - commands);
            commands += turn.batch.len();
            turns.push(turn);
        }
        turns
    }

    fn take_turn(&mut self, id: ShowId, commands_max: usize) -> Turn {
        // A ready show has a queue until its turn is over.
        #[expect(clippy::expect_used, reason = "a queue is only dropped while it is not taken")]
        let queue = self.shows.get_mut(&id).expect("a ready show has a queue");
        let before = queue.waiting.len();
        let batch = fill_batch(&mut queue.waiting, commands_max);
        self.waiting -= before - queue.waiting.len();
        let desk = queue.desk.take();
        self.kept_seats -= desk.as_ref().map_or(0, Desk::seats);
        Turn {
            show: queue.show.clone(),
            batch,
            desk: desk.unwrap_or_else(|| Desk::new(queue.show.plan.seats().len())),
            over: None,
        }
    }

    /// Forgets the shows longest unused until what is kept is within the limit.
    fn drop_oldest(&mut self, kept_seats_max: usize) {
        while self.kept_seats > kept_seats_max {
            let kept = self.shows.values().filter(|queue| queue.desk.is_some());
            let Some(oldest) = kept.min_by_key(|queue| queue.used).map(|queue| queue.show.id) else {
                break;
            };
            if let Some(queue) = self.shows.get_mut(&oldest) {
                let dropped = queue.desk.take();
                self.kept_seats -= dropped.as_ref().map_or(0, Desk::seats);
            }
            self.drop_empty(oldest);
        }
    }

    fn drop_empty(&mut self, id: ShowId) {
        let empty = self.shows.get(&id).is_some_and(|queue| {
            !queue.taken && queue.desk.is_none() && queue.reminder.is_none() && queue.waiting.is_empty()
        });
        if empty {
            self.shows.remove(&id);
        }
    }
}

/// Takes the commands of a batch from the front: those not given up, until one that must wait for another in the
/// batch, because it is about the same order or carries the same key.
fn fill_batch(waiting: &mut VecDeque<Waiting>, commands_max: usize) -> Vec<Waiting> {
    let now = Instant::now();
    let mut batch = Vec::new();
    let mut orders = HashSet::new();
    let mut keys = HashSet::new();
    while batch.len() < commands_max
        && let Some(next) = waiting.front()
    {
        let key = next.key.as_ref().map(|key| (key.scope, key.key.clone()));
        if next.command.order().is_some_and(|order| orders.contains(&order))
            || key.as_ref().is_some_and(|key| keys.contains(key))
        {
            break;
        }
        let Some(next) = waiting.pop_front() else { break };
        if next.ticket.claim() {
            if next.deadline <= now {
                next.answer(Err(PassError::TimedOut));
                continue;
            }
            orders.extend(next.command.order());
            keys.extend(key);
            batch.push(next);
        }
    }
    batch
}
