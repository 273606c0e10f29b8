//! What came of the buyers and of their requests, counted.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What a buyer asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// A session.
    Session,
    /// Places.
    Hold,
    /// To pay for them.
    Pay,
    /// To give them up.
    GiveUp,
}

impl Step {
    /// In a word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Hold => "hold",
            Self::Pay => "pay",
            Self::GiveUp => "give up",
        }
    }
}

/// How a buyer left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Left {
    /// With so many places.
    With(u32),
    /// They had places and gave them up.
    GaveUp,
    /// There was nothing for them.
    WithNothing,
    /// The office did not let them.
    Unserved,
}

/// The figures.
#[derive(Debug, Default)]
pub struct Figures {
    /// How long each answer took, in microseconds.
    pub answers: BTreeMap<Step, Vec<u32>>,
    /// How often what was refused, in which word.
    pub refusals: BTreeMap<String, u32>,
    /// Buyers who bought something.
    pub bought: u32,
    /// Places that they bought.
    pub places: u32,
    /// Buyers who gave their places up.
    pub gave_up: u32,
    /// Buyers who found nothing.
    pub with_nothing: u32,
    /// Buyers who were never let in.
    pub unserved: u32,
}

/// The figures while they grow.
#[derive(Debug, Default)]
pub struct Tally(Mutex<Figures>);

impl Tally {
    /// The figures so far.
    pub fn figures(&self) -> MutexGuard<'_, Figures> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An answer came.
    pub fn note_answer(&self, step: Step, after: Duration) {
        let after = u32::try_from(after.as_micros()).unwrap_or(u32::MAX);
        self.figures().answers.entry(step).or_default().push(after);
    }

    /// It was a refusal.
    pub fn note_refusal(&self, code: &str) {
        *self.figures().refusals.entry(code.to_owned()).or_default() += 1;
    }

    /// A buyer has left.
    pub fn note_left(&self, left: Left) {
        let mut figures = self.figures();
        match left {
            Left::With(places) => {
                figures.bought += 1;
                figures.places += places;
            }
            Left::GaveUp => figures.gave_up += 1,
            Left::WithNothing => figures.with_nothing += 1,
            Left::Unserved => figures.unserved += 1,
        }
    }

    /// How many have left.
    pub fn buyers_left(&self) -> u32 {
        let figures = self.figures();
        figures.bought + figures.gave_up + figures.with_nothing + figures.unserved
    }
}
