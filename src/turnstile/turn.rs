//! A show's turn: the state of one show while an executor carries out its batch.

use std::sync::Arc;
use std::time::Instant;

use super::lanes::Taken;
use super::numbers::ShowNumbers;
use super::show_lanes::Kept;
use super::waiting::Waiting;
use crate::show::Followed;
use domain::command::Command;
use domain::decide::BATCH_OFFERS_MAX;
use domain::show::Show;

/// A show's turn.
pub struct Turn {
    /// The show.
    pub show: Arc<Show>,
    /// Its state on this node.
    pub followed: Arc<Followed>,
    /// The commands of the batch; taken out as they are answered. May be empty from the start: then only lapsed holds are
    /// journaled.
    pub batch: Vec<Waiting>,
    /// Order numbers for its holds.
    pub numbers: ShowNumbers,
    /// What is kept of the show between turns.
    pub kept: Kept,
    /// Terms of another node that were read under the show's lock.
    pub learned: Option<Arc<Show>>,
    /// Set when the turn is over: when to check the show's holds again, if ever.
    pub over: Option<Option<Instant>>,
}

impl Turn {
    /// A turn that has just begun.
    pub fn new(taken: Taken, followed: Arc<Followed>, numbers: ShowNumbers) -> Self {
        Self {
            show: taken.show,
            followed,
            batch: taken.batch,
            numbers,
            kept: taken.kept,
            learned: None,
            over: None,
        }
    }

    /// The commands of the batch.
    pub fn commands(&self) -> impl Iterator<Item = &Command> {
        self.batch.iter().map(|waiting| &waiting.command)
    }

    /// How many order numbers its batch needs: for its commands, and for those who wait.
    pub fn numbers_needed(&self) -> usize {
        let waitlist = self.followed.decide(|show, _, _| show.waitlist().is_some());
        let offers = match waitlist {
            Some(true) => BATCH_OFFERS_MAX,
            _ => 0,
        };
        self.commands().filter(|command| command.needs_number()).count() + offers
    }

    /// How many more commands its batch has room for, each of which may need an order number.
    pub fn room(&self, commands_max: usize) -> usize {
        let numbers = self.numbers.left.left().saturating_sub(self.numbers_needed());
        numbers.min(commands_max.saturating_sub(self.batch.len()))
    }

    /// Ends the turn.
    pub fn end(&mut self, look_again: Option<Instant>) {
        self.over = Some(look_again);
    }
}
