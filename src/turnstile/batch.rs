//! One batch: lock, catch up, decide, write, commit.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::connection::{Connection as _, TransactionManager};
use diesel::pg::PgConnection;

use super::desk::Desk;
use super::queue::Waiting;
use super::{PassError, Passed};
use crate::domain::batch::{Batch, PaymentStep, decide};
use crate::domain::command::Command;
use crate::domain::event::Event;
use crate::domain::id::{Offset, ShowId};
use crate::domain::inventory::Inventory;
use crate::domain::outcome::{Decision, Outcome, Refusal};
use crate::domain::show::Show;
use crate::store::batch::{
    IdempotencyKey, Locked, NewAnswer, StoredAnswer, Terms, Written, lease_order_numbers, lock_show,
    write_batch,
};
use crate::store::error::StoreError;
use crate::store::inventory::read_inventory;
use crate::store::journal::{JOURNAL_PAGE_EVENTS_MAX, read_journal};

type Manager = <PgConnection as diesel::Connection>::TransactionManager;

/// Events behind which a state is read anew rather than caught up.
const CATCH_UP_EVENTS_MAX: i64 = 10_000;

/// What a committed batch did.
pub struct Done {
    /// One answer for each command; none when so many holds lapsed that the commands need another batch.
    pub answers: Vec<Passed>,
    /// What was journaled.
    pub events: Vec<Event>,
    /// The database's clock during the batch.
    pub now: DateTime<Utc>,
}

/// Why a batch was not committed.
#[derive(Debug)]
pub enum Failed {
    /// Nothing happened.
    Store(StoreError),
    /// There is no such show. Nothing happened.
    NoSuchShow,
    /// Rows were not as the state kept in memory had it. Nothing happened; the state must be read anew.
    Shortfall,
    /// A payment to be confirmed had been ended by someone else. Nothing happened.
    PaymentEnded,
    /// The connection broke during the commit. The events tell whether it had been carried out, if there are any.
    OutcomeUnknown(Box<Undecided>),
}

/// A batch whose commit was not answered.
#[derive(Debug)]
pub struct Undecided {
    answers: Vec<Passed>,
    events: Vec<Event>,
    now: DateTime<Utc>,
}

impl From<diesel::result::Error> for Failed {
    #[track_caller]
    fn from(error: diesel::result::Error) -> Self {
        Self::Store(StoreError::from(error))
    }
}

/// Carries `waiting` out as one transaction. Whatever fails, `desk` is left fit for the next try.
pub fn carry_out(
    connection: &mut PgConnection,
    show: &Show,
    desk: &mut Desk,
    waiting: &[&Waiting],
    resolve_seconds: f64,
) -> Result<Done, Failed> {
    let holds = waiting
        .iter()
        .filter(|waiting| matches!(waiting.command, Command::Hold { .. }))
        .count();
    while desk.numbers.left() < holds {
        desk.numbers.add(lease_order_numbers(connection, show.id)?);
    }
    Manager::begin_transaction(connection)?;
    // Taken out, so that a failure on the way leaves no half-changed state behind.
    let mut inventory = desk.inventory.take();
    let prepared = prepare(connection, show, &mut inventory, desk, waiting, resolve_seconds);
    let prepared = prepared.inspect_err(|_| roll_back(connection))?;
    let Prepared {
        answers,
        events,
        now,
        changed,
    } = prepared;
    if !changed {
        roll_back(connection);
    } else if let Err(error) = Manager::commit_transaction(connection) {
        return Err(commit_failed(
            connection,
            &error,
            Undecided { answers, events, now },
        ));
    }
    desk.inventory = inventory;
    Ok(Done { answers, events, now })
}

/// Finds out what became of a batch whose commit was not answered. The show's lock makes sure that it has an end.
pub fn find_outcome(
    connection: &mut PgConnection,
    show: ShowId,
    undecided: Undecided,
) -> Result<Done, Failed> {
    let unknown = |undecided| Failed::OutcomeUnknown(Box::new(undecided));
    let Some(expected) = undecided.events.first().cloned() else {
        return Err(unknown(undecided));
    };
    let found = connection.transaction(|connection| {
        lock_show(connection, show, &[])?;
        read_journal(connection, show, Offset(expected.offset.0 - 1), 1)
    });
    match found {
        Ok(found)
            if found
                .first()
                .is_some_and(|event| event.at == expected.at && event.order == expected.order) =>
        {
            Ok(Done {
                answers: undecided.answers,
                events: undecided.events,
                now: undecided.now,
            })
        }
        Ok(_) => Err(Failed::Store(StoreError::Unavailable)),
        Err(_) => Err(unknown(undecided)),
    }
}

struct Prepared {
    answers: Vec<Passed>,
    events: Vec<Event>,
    now: DateTime<Utc>,
    changed: bool,
}

fn prepare(
    connection: &mut PgConnection,
    show: &Show,
    kept: &mut Option<Inventory>,
    desk: &mut Desk,
    waiting: &[&Waiting],
    resolve_seconds: f64,
) -> Result<Prepared, Failed> {
    let keyed: Vec<usize> = (0..waiting.len())
        .filter(|at| key_of(waiting, *at).is_some())
        .collect();
    let keys: Vec<&IdempotencyKey> = keyed.iter().filter_map(|at| key_of(waiting, *at)).collect();
    let locked = lock_show(connection, show.id, &keys)?.ok_or(Failed::NoSuchShow)?;
    let inventory = catch_up(connection, show, kept, &locked)?;

    let stored: HashMap<usize, &StoredAnswer> = locked
        .answers
        .iter()
        .filter_map(|(position, answer)| Some((*keyed.get(*position)?, answer)))
        .collect();
    let old = |at: usize| stored.get(&at).and_then(|answer| old_answer(answer, waiting, at));
    let fresh: Vec<usize> = (0..waiting.len()).filter(|at| old(*at).is_none()).collect();
    let commands = fresh
        .iter()
        .filter_map(|at| waiting.get(*at))
        .map(|waiting| &waiting.command);
    let batch = decide(show, inventory, &mut desk.numbers, locked.now, commands).map_err(|error| {
        tracing::warn!(show.id = %show.id, error = ?error, "a show's state in memory was not right");
        Failed::Shortfall
    })?;

    let mut decisions = batch.decisions.clone();
    if decisions.len() == fresh.len() {
        let new_answers = new_answers(&decisions, &fresh, waiting);
        let written = write(connection, show, &batch, &locked, &new_answers, resolve_seconds)?;
        if let Some(written) = &written {
            refuse_second_payments(&batch, written, &mut decisions);
        }
        let mut decisions = decisions.into_iter();
        let answers = (0..waiting.len())
            .map(|at| {
                old(at)
                    .or_else(|| decisions.next().map(Ok))
                    .unwrap_or(Err(PassError::Internal))
            })
            .collect();
        return Ok(Prepared {
            answers,
            events: batch.events,
            now: locked.now,
            changed: written.is_some(),
        });
    }
    let written = write(connection, show, &batch, &locked, &[], resolve_seconds)?;
    Ok(Prepared {
        answers: Vec::new(),
        events: batch.events,
        now: locked.now,
        changed: written.is_some(),
    })
}

fn key_of<'a>(waiting: &[&'a Waiting], at: usize) -> Option<&'a IdempotencyKey> {
    waiting.get(at).and_then(|waiting| waiting.key.as_ref())
}

/// What was answered before under a command's key; `None` if it is to be carried out now: only a payment's end may
/// come again under the key of its begin.
fn old_answer(answer: &StoredAnswer, waiting: &[&Waiting], at: usize) -> Option<Passed> {
    let waiting = waiting.get(at)?;
    if waiting.key.as_ref()?.request_digest.as_slice() != answer.request_digest.as_slice() {
        return Some(Err(PassError::KeyReused));
    }
    let decision: Decision = match serde_json::from_str(&answer.decision) {
        Ok(decision) => decision,
        Err(error) => {
            tracing::error!(error = %error, "a stored answer can't be read");
            return Some(Err(PassError::Internal));
        }
    };
    let ends_payment = matches!(
        waiting.command,
        Command::ConfirmPayment { .. } | Command::RejectPayment { .. }
    );
    let is_begin = matches!(decision.outcome, Outcome::PaymentBegun(_));
    (!(ends_payment && is_begin)).then_some(Ok(decision))
}

/// Brings the state kept in memory up to the journal's head, which the lock now holds still.
fn catch_up<'a>(
    connection: &mut PgConnection,
    show: &Show,
    kept: &'a mut Option<Inventory>,
    locked: &Locked,
) -> Result<&'a mut Inventory, Failed> {
    let near =
        |inventory: &Inventory| (0..=CATCH_UP_EVENTS_MAX).contains(&(locked.head.0 - inventory.offset().0));
    let inventory = match kept.take().filter(near) {
        Some(inventory) => inventory,
        None => read_inventory(connection, show)?.inventory,
    };
    let inventory = kept.insert(inventory);
    while inventory.offset() < locked.head {
        let page = read_journal(connection, show.id, inventory.offset(), JOURNAL_PAGE_EVENTS_MAX)?;
        if page.is_empty() {
            return Err(Failed::Store(StoreError::internal(
                "the journal ends before its head",
            )));
        }
        for event in &page {
            inventory
                .fold(event)
                .map_err(|_contradiction| Failed::Shortfall)?;
        }
    }
    Ok(inventory)
}

fn new_answers<'a>(decisions: &[Decision], fresh: &[usize], waiting: &[&'a Waiting]) -> Vec<NewAnswer<'a>> {
    let keyed = decisions
        .iter()
        .zip(fresh)
        .filter_map(|(decision, at)| Some((decision, key_of(waiting, *at)?)));
    let answers = keyed.filter_map(|(decision, key)| {
        let is_final = !matches!(decision.outcome, Outcome::PaymentBegun(_));
        Some(NewAnswer {
            key,
            decision: serde_json::to_string(decision).ok()?,
            is_final,
        })
    });
    answers.collect()
}

/// Writes the batch; `None` if there is nothing to write.
fn write(
    connection: &mut PgConnection,
    show: &Show,
    batch: &Batch,
    locked: &Locked,
    answers: &[NewAnswer<'_>],
    resolve_seconds: f64,
) -> Result<Option<Written>, Failed> {
    let idle = batch.events.is_empty() && batch.new_payments.is_empty() && batch.payments.is_empty();
    if idle && answers.is_empty() {
        return Ok(None);
    }
    let terms = Terms {
        show: show.id,
        currency: show.currency,
        now: locked.now,
        head: locked.head,
        resolve_seconds,
        answers,
    };
    let written = write_batch(connection, batch, &terms)?;
    if !written.complete {
        return Err(Failed::Shortfall);
    }
    let confirmed = batch
        .payments
        .iter()
        .filter(|change| change.step == PaymentStep::Confirm);
    let all_confirmed = confirmed
        .map(|change| change.payment)
        .all(|payment| written.payments.contains(&payment));
    if all_confirmed {
        Ok(Some(written))
    } else {
        Err(Failed::PaymentEnded)
    }
}

/// A payment that met another one of its order was not written; its command says so.
fn refuse_second_payments(batch: &Batch, written: &Written, decisions: &mut [Decision]) {
    for payment in &batch.new_payments {
        if !written.new_payments.contains(&payment.payment)
            && let Some(decision) = decisions.get_mut(payment.command)
        {
            decision.outcome = Outcome::Refused(Refusal::PaymentInProgress);
        }
    }
}

fn roll_back(connection: &mut PgConnection) {
    if let Err(error) = Manager::rollback_transaction(connection) {
        // The connection is broken then, and the server rolls back by itself.
        tracing::debug!(error = %error, "a rollback was not answered");
    }
}

/// Any error at COMMIT leaves the outcome unknown: the server may have committed and failed to say so.
fn commit_failed(
    connection: &mut PgConnection,
    error: &diesel::result::Error,
    undecided: Undecided,
) -> Failed {
    tracing::warn!(error = %error, "a commit was not answered");
    roll_back(connection);
    Failed::OutcomeUnknown(Box::new(undecided))
}
