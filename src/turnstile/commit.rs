//! Committing a batch, of one show or of several: what the two ways to commit share.

pub mod at_once;
pub mod locked;
pub mod outcome;

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::error::{PassError, Passed};
use super::turn::Turn;
use super::waiting::Waiting;
use crate::store::batch::{IdempotencyKey, NewAnswer, Refused, ShowWrite, StoredAnswer};
use crate::store::error::StoreError;
use domain::command::Command;
use domain::decide::{Changes, KnownRows, decide};
use domain::event::Event;
use domain::id::{Offset, PaymentId, ShowId};
use domain::outcome::{Decision, Outcome};
use domain::show::Show;

/// What a committed batch did on one show.
#[derive(Debug)]
pub struct Committed {
    /// One answer for each command; none if lapsed holds filled the batch and the commands need another one.
    pub answers: Vec<Passed>,
    /// What was journaled.
    pub events: Vec<Event>,
    /// The terms that are in force now, if they were changed.
    pub terms: Option<Arc<Show>>,
    /// Whether more is due than one batch does.
    pub is_more_due: bool,
}

/// Why a batch was not committed.
#[derive(Debug)]
pub enum Failed {
    /// Nothing happened.
    Store(StoreError),
    /// There is no such show. Nothing happened.
    NoSuchShow,
    /// The rows differ from what the decision expected: a state in memory is wrong. Nothing happened.
    Refused(Refused),
    /// The commit was not answered. If it had events, the journal shows whether it was carried out.
    Unknown(Unknown),
}

/// A batch whose commit was not answered: by turn, what it did if it was committed.
#[derive(Debug)]
pub struct Unknown(pub Vec<Option<(ShowId, Committed)>>);

impl From<diesel::result::Error> for Failed {
    #[track_caller]
    fn from(error: diesel::result::Error) -> Self {
        Self::Store(StoreError::from(error))
    }
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// What was answered before under a command's key.
enum Before {
    /// No answer: the command is carried out now.
    Nothing,
    /// This one, which is given again.
    Answered(Passed),
}

/// The plan of a batch for one show.
pub struct Decided {
    /// The show, at the terms that were in force before.
    show: Arc<Show>,
    head: Offset,
    changes: Changes,
    /// By command.
    before: Vec<Before>,
}

impl Decided {
    /// Decides a turn's commands, all but those that were answered before, on the state that this node has of its show and the
    /// terms that it names. `None`, if it doesn't have both.
    fn on_state(
        turn: &mut Turn,
        known: &KnownRows,
        now: DateTime<Utc>,
        before: Vec<Before>,
    ) -> Result<Option<Self>, Failed> {
        let Turn {
            followed,
            batch,
            numbers,
            ..
        } = turn;
        let open = batch.iter().zip(&before);
        let open = open.filter(|(_, before)| matches!(before, Before::Nothing));
        let commands = open.map(|(waiting, _)| &waiting.command);
        let decided = followed.decide(|show, state, _| {
            let changes = decide(show, state, known, &mut numbers.left, now, commands);
            (show.clone(), state.offset(), changes)
        });
        let Some((show, head, changes)) = decided else {
            return Ok(None);
        };
        let changes = changes.map_err(|_out_of_numbers| {
            StoreError::internal("fewer order numbers were leased than there are holds")
        })?;
        Ok(Some(Self {
            show,
            head,
            changes,
            before,
        }))
    }

    /// Whether the batch includes the commands, rather than only lapsed holds.
    fn reached_commands(&self) -> bool {
        let is_open = |before: &&Before| matches!(before, Before::Nothing);
        self.changes.decisions.len() == self.before.iter().filter(is_open).count()
    }

    /// Whether a command was refused because places were taken, which a lapse may change.
    fn lacked_places(&self) -> bool {
        let lacks = |decision: &Decision| match &decision.outcome {
            Outcome::Refused(refusal) => refusal.is_for_want_of_places(),
            _ => false,
        };
        self.changes.decisions.iter().any(lacks)
    }

    /// What the batch did, once it is committed.
    fn into_committed(self) -> Committed {
        let mut answers = Vec::new();
        if self.reached_commands() {
            let mut decisions = self.changes.decisions.into_iter();
            let answer = |before| match before {
                Before::Answered(answer) => answer,
                Before::Nothing => decisions.next().map(Arc::new).ok_or(PassError::Internal),
            };
            answers = self.before.into_iter().map(answer).collect();
        }
        Committed {
            answers,
            events: self.changes.events,
            terms: self.changes.terms.into_iter().next_back(),
            is_more_due: self.changes.is_more_due,
        }
    }

    /// The rows to be written.
    fn as_write<'a>(&'a self, turn: &'a Turn) -> ShowWrite<'a> {
        let open = turn.batch.iter().zip(&self.before);
        let open = open.filter(|(_, before)| matches!(before, Before::Nothing));
        let decisions = &self.changes.decisions;
        let answers = open
            .zip(decisions)
            .filter_map(|((waiting, _), decision)| new_answer(waiting, decision));
        ShowWrite {
            show: turn.show.id,
            currency: self.show.currency,
            head: self.head,
            changes: &self.changes,
            answers: if self.reached_commands() {
                answers.collect()
            } else {
                Vec::new()
            },
            payment_keys: payment_keys(turn),
        }
    }
}

fn new_answer<'a>(waiting: &'a Waiting, decision: &Decision) -> Option<NewAnswer<'a>> {
    Some(NewAnswer {
        key: waiting.key.as_ref()?,
        decision: serde_json::to_string(decision).ok()?,
        is_final: !matches!(decision.outcome, Outcome::PaymentBegun(_)),
        is_refusal: matches!(decision.outcome, Outcome::Refused(_)),
    })
}

fn payment_keys(turn: &Turn) -> HashMap<PaymentId, &IdempotencyKey> {
    let begun = turn.batch.iter().filter_map(|waiting| match &waiting.command {
        Command::BeginPayment { tender, .. } => Some((tender.payment, waiting.key.as_ref()?)),
        _ => None,
    });
    begun.collect()
}

/// Interprets an answer found under a command's key.
fn answered_before(answer: &StoredAnswer, waiting: &Waiting) -> Before {
    let is_same = |key: &IdempotencyKey| key.request_digest.as_slice() == answer.request_digest.as_slice();
    if !waiting.key.as_ref().is_some_and(is_same) {
        return Before::Answered(Err(PassError::KeyReused));
    }
    let decision = serde_json::from_str(&answer.decision)
        .map(Arc::new)
        .map_err(|error| {
            tracing::error!(error = %error, "a stored answer can't be read");
            PassError::Internal
        });
    Before::Answered(decision)
}
