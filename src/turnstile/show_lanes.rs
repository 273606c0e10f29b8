//! The two lanes of one show, and the commands that are set aside behind others.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::error::{PassError, Passed};
use super::trust::Trust;
use super::waiting::Waiting;
use domain::command::Command;
use domain::reference::OrderNumber;
use domain::show::Show;

/// Most commands that ask for places in a batch of a show on which something was settled lately: a buyer who pays waits
/// for the batch under way and then for the next one.
const ASKS_BESIDE_MAX: usize = 64;
/// What lately is.
const SETTLED_LATELY: Duration = Duration::from_secs(1);

/// What is kept of a show between turns.
#[derive(Debug, Default, Clone, Copy)]
pub struct Kept {
    /// Whether its state in memory is likely to be right.
    pub trust: Trust,
    /// When this node last took a snapshot of it.
    pub snapshot_at: Option<Instant>,
    /// Whether the last batch has left something to the next one: offers to those who wait, or entries to be ended.
    pub is_more_due: bool,
}

/// The key's owner, and the key.
type KeyName = (u128, Arc<str>);

/// A lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lane {
    /// Commands that settle: payments, returns, the organiser's. They go first.
    Settle,
    /// Commands that ask for places.
    Ask,
}

impl Lane {
    fn of(command: &Command) -> Self {
        match command {
            Command::Hold { .. } | Command::Exchange(_) | Command::Join { .. } => Self::Ask,
            _ => Self::Settle,
        }
    }
}

/// Whether a command ends a payment that has begun. It is never turned away: money may be set aside for it. As a payment
/// ends once and an order has one at a time, there are no more of them than orders.
pub fn ends_payment(command: &Command) -> bool {
    matches!(
        command,
        Command::ConfirmPayment { .. }
            | Command::RejectPayment { .. }
            | Command::GiveUpPayment { .. }
            | Command::WithdrawPayment { .. }
    )
}

/// The lanes of one show.
pub struct ShowLanes {
    /// The show.
    pub show: Arc<Show>,
    /// When its holds are checked next, if no command comes before.
    pub reminder: Option<Instant>,
    /// Whether it is ready or with an executor: then nobody else may take it.
    pub taken: bool,
    /// What is kept of it between turns.
    pub kept: Kept,
    /// When a command that settles last had its turn.
    settled_at: Option<Instant>,
    settle: VecDeque<Waiting>,
    ask: VecDeque<Waiting>,
    /// For each key that is in a lane or under way: those that came later under the same key.
    by_key: HashMap<KeyName, VecDeque<Waiting>>,
    /// For each order that is in a lane or under way: what came later about the same order.
    by_order: HashMap<OrderNumber, VecDeque<Waiting>>,
    /// How many wait in the two lanes, those that are set aside included.
    settling: usize,
    asking: usize,
}

impl ShowLanes {
    /// Nobody waits.
    pub fn new(show: Arc<Show>) -> Self {
        Self {
            show,
            reminder: None,
            taken: false,
            kept: Kept::default(),
            settled_at: None,
            settle: VecDeque::new(),
            ask: VecDeque::new(),
            by_key: HashMap::new(),
            by_order: HashMap::new(),
            settling: 0,
            asking: 0,
        }
    }

    /// How many wait, those that are set aside included.
    pub fn waiting(&self) -> usize {
        self.settling + self.asking
    }

    /// Whether somebody is in a lane.
    pub fn is_lined_up(&self) -> bool {
        !self.settle.is_empty() || !self.ask.is_empty()
    }

    /// Whether there is nothing to keep of it.
    pub fn is_idle(&self) -> bool {
        !self.taken && self.reminder.is_none() && self.waiting() == 0
    }

    /// Whether the command's lane is full.
    pub fn is_full(&self, command: &Command, commands_max: usize) -> bool {
        let waiting = match Lane::of(command) {
            Lane::Settle => self.settling,
            Lane::Ask => self.asking,
        };
        waiting >= commands_max
    }

    /// Queues one more command: in its lane, or set aside.
    pub fn push(&mut self, waiting: Waiting) {
        *self.count(&waiting) += 1;
        if let Some(key) = key_name(&waiting) {
            if let Some(later) = self.by_key.get_mut(&key) {
                later.push_back(waiting);
                return;
            }
            self.by_key.insert(key, VecDeque::new());
        }
        self.line_up(waiting);
    }

    /// Takes the commands of a batch, those that settle first. Commands that have waited too long are answered and left out.
    pub fn take_batch(&mut self, commands_max: usize, now: Instant) -> Vec<Waiting> {
        if !self.settle.is_empty() {
            self.settled_at = Some(now);
        }
        let is_lately = |at: Instant| now.saturating_duration_since(at) < SETTLED_LATELY;
        let mut asks_left = match self.settled_at {
            Some(at) if is_lately(at) => ASKS_BESIDE_MAX,
            _ => commands_max,
        };
        let mut batch = Vec::new();
        while batch.len() < commands_max {
            let next = match self.settle.pop_front() {
                Some(settles) => settles,
                None if asks_left == 0 => break,
                None => {
                    asks_left -= 1;
                    let Some(asks) = self.ask.pop_front() else { break };
                    asks
                }
            };
            *self.count(&next) -= 1;
            // The client has hung up: to hold places for it would only keep others from them.
            let is_gone = Lane::of(&next.command) == Lane::Ask && next.is_abandoned();
            if is_gone || !next.claim() {
                self.release(&next, None, &mut Vec::new());
            } else if next.is_late(now) {
                self.release(&next, None, &mut Vec::new());
                next.answer(Err(PassError::TimedOut));
            } else {
                batch.push(next);
            }
        }
        batch
    }

    /// Releases the commands that were set aside behind this one. The next one about its order enters its lane; those
    /// under the same key get the same answer. If there is no answer, because nothing was done, the next one under the
    /// key takes its place.
    pub fn release(&mut self, done: &Waiting, answer: Option<&Passed>, replies: &mut Vec<(Waiting, Passed)>) {
        if let Some(order) = done.command.order() {
            match self.by_order.get_mut(&order).and_then(VecDeque::pop_front) {
                Some(next) => self.lane(&next).push_front(next),
                None => {
                    self.by_order.remove(&order);
                }
            }
        }
        let Some(mut later) = key_name(done).and_then(|key| self.by_key.remove(&key)) else {
            return;
        };
        // A key that was used for another request says nothing about those that came after.
        if let Some(answer) = answer.filter(|answer| **answer != Err(PassError::KeyReused)) {
            for waiting in later {
                *self.count(&waiting) -= 1;
                let answer = answer_to(&waiting, done, answer);
                replies.push((waiting, answer));
            }
        } else if let Some(next) = later.pop_front() {
            if let Some(key) = key_name(&next) {
                self.by_key.insert(key, later);
            }
            self.line_up(next);
        }
    }

    fn line_up(&mut self, waiting: Waiting) {
        if let Some(order) = waiting.command.order() {
            if let Some(later) = self.by_order.get_mut(&order) {
                later.push_back(waiting);
                return;
            }
            self.by_order.insert(order, VecDeque::new());
        }
        self.lane(&waiting).push_back(waiting);
    }

    fn lane(&mut self, waiting: &Waiting) -> &mut VecDeque<Waiting> {
        match Lane::of(&waiting.command) {
            Lane::Settle => &mut self.settle,
            Lane::Ask => &mut self.ask,
        }
    }

    fn count(&mut self, waiting: &Waiting) -> &mut usize {
        match Lane::of(&waiting.command) {
            Lane::Settle => &mut self.settling,
            Lane::Ask => &mut self.asking,
        }
    }
}

fn key_name(waiting: &Waiting) -> Option<KeyName> {
    waiting.key.as_ref().map(|key| (key.scope, key.key.clone()))
}

/// The answer to a command under the same key as one that was answered.
fn answer_to(waiting: &Waiting, done: &Waiting, answer: &Passed) -> Passed {
    let digest = |waiting: &Waiting| waiting.key.as_ref().map(|key| key.request_digest);
    if answer.is_ok() && digest(waiting) != digest(done) {
        return Err(PassError::KeyReused);
    }
    answer.clone()
}

#[cfg(test)]
pub mod tests;
