//! One batch, of one show or of several: lock, catch up, decide, write, commit.

pub mod at_once;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::connection::{Connection as _, TransactionManager};
use diesel::pg::PgConnection;

use super::queue::{Turn, Waiting};
use super::{PassError, Passed};
use crate::store::batch::{
    Draft, IdempotencyKey, NewAnswer, StoredAnswer, Written, lease_order_numbers, lock_shows, write_batch,
};
use crate::store::error::StoreError;
use crate::store::inventory::read_inventory;
use crate::store::journal::{JOURNAL_PAGE_EVENTS_MAX, read_journal};
use domain::batch::{Batch, PaymentBegin, decide};
use domain::command::Command;
use domain::event::Event;
use domain::id::{Offset, ShowId};
use domain::outcome::{Decision, Outcome, Refusal};
use domain::show::Show;
use domain::state::ShowState;

type Manager = <PgConnection as diesel::Connection>::TransactionManager;

/// Events behind which a state is read anew rather than caught up.
const CATCH_UP_EVENTS_MAX: i64 = 10_000;

/// What a committed batch did on one show.
#[derive(Debug)]
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
    /// A payment to be ended had been ended by someone else. Nothing happened.
    PaymentEnded,
    /// A payment to be settled at once met another one of its order, or tickets were to be given back whose money is
    /// just being taken. Nothing happened.
    PaymentInProgress,
    /// The connection broke during the commit. The events tell whether it had been carried out, if there are any.
    OutcomeUnknown(Undecided),
}

/// A batch whose commit was not answered: what it did, if it did, by show.
#[derive(Debug)]
pub struct Undecided(Vec<Option<(ShowId, Done)>>);

impl From<diesel::result::Error> for Failed {
    #[track_caller]
    fn from(error: diesel::result::Error) -> Self {
        Self::Store(StoreError::from(error))
    }
}

/// Carries the commands of `turns` out as one transaction. For each turn, tells what was done, or `None` if there are
/// several and someone else has this show's lock. Whatever fails, the desks are left fit for the next try.
pub fn carry_out(
    connection: &mut PgConnection,
    turns: &mut [Turn],
    resolve_seconds: f64,
) -> Result<Vec<Option<Done>>, Failed> {
    lease_numbers(connection, turns)?;
    Manager::begin_transaction(connection)?;
    let prepared = prepare(connection, turns, resolve_seconds);
    let (decided, now, written) = prepared.inspect_err(|_| roll_back(connection))?;
    let (inventories, done): (Vec<_>, Vec<_>) = decided
        .into_iter()
        .map(|decided| {
            decided
                .map(|decided| decided.finish(now, written.as_ref()))
                .unzip()
        })
        .unzip();
    if written.is_none() {
        roll_back(connection);
    } else if let Err(error) = Manager::commit_transaction(connection) {
        // Any error at COMMIT leaves the outcome unknown: the server may have committed and failed to say so.
        tracing::warn!(error = %error, "a commit was not answered");
        roll_back(connection);
        let shows = turns.iter().map(|turn| turn.show.id);
        let undecided = shows.zip(done).map(|(show, done)| Some((show, done?)));
        return Err(Failed::OutcomeUnknown(Undecided(undecided.collect())));
    }
    for (turn, inventory) in turns.iter_mut().zip(inventories) {
        if inventory.is_some() {
            turn.desk.inventory = inventory;
        }
    }
    Ok(done)
}

/// Sees to it that there is an order number for each hold.
fn lease_numbers(connection: &mut PgConnection, turns: &mut [Turn]) -> Result<(), Failed> {
    for turn in turns {
        let is_hold = |waiting: &&Waiting| matches!(waiting.command, Command::Hold { .. });
        let holds = turn.batch.iter().filter(is_hold).count();
        while turn.desk.numbers.left() < holds {
            let numbers = lease_order_numbers(connection, turn.show.id)?;
            turn.desk.numbers.add(numbers);
        }
    }
    Ok(())
}

/// Finds out what became of a batch whose commit was not answered. A show's lock makes sure that it has an end.
pub fn find_outcome(
    connection: &mut PgConnection,
    undecided: Undecided,
) -> Result<Vec<Option<Done>>, Failed> {
    let mut done = undecided.0.iter().flatten();
    let first = done.find_map(|(show, done)| Some((*show, done.events.first()?.clone())));
    let Some((show, expected)) = first else {
        return Err(Failed::OutcomeUnknown(undecided));
    };
    let found = connection.transaction(|connection| {
        lock_shows(connection, &[show], &[])?;
        read_journal(connection, show, Offset(expected.offset.0 - 1), 1)
    });
    match found {
        Ok(found)
            if found
                .first()
                .is_some_and(|event| event.at == expected.at && event.order == expected.order) =>
        {
            let done = undecided.0.into_iter();
            Ok(done.map(|done| Some(done?.1)).collect())
        }
        Ok(_) => Err(Failed::Store(StoreError::Unavailable)),
        Err(_) => Err(Failed::OutcomeUnknown(undecided)),
    }
}

/// What is about to be done on one show.
struct Decided {
    /// Taken from the desk, so that a failure on the way leaves no half-changed state behind.
    inventory: ShowState,
    head: Offset,
    batch: Batch,
    /// By command.
    before: Vec<Before>,
}

/// What was answered before under a command's key.
enum Before {
    /// Nothing.
    Nothing,
    /// That the payment has begun which the command ends.
    Begun,
    /// This, which is the answer again.
    Answered(Passed),
}

impl Before {
    /// Whether the command is to be carried out now.
    fn is_open(&self) -> bool {
        !matches!(self, Self::Answered(_))
    }
}

impl Decided {
    /// Whether the batch has come to the commands, and not only to lapsed holds.
    fn reached_commands(&self) -> bool {
        let open = self.before.iter().filter(|before| before.is_open()).count();
        self.batch.decisions.len() == open
    }

    fn finish(mut self, now: DateTime<Utc>, written: Option<&Written>) -> (ShowState, Done) {
        let mut answers = Vec::new();
        if self.reached_commands() {
            if let Some(written) = written {
                refuse_second_payments(&mut self.batch, written);
            }
            let mut decisions = self.batch.decisions.into_iter();
            let answer = |before| match before {
                Before::Answered(answer) => answer,
                Before::Nothing | Before::Begun => decisions.next().ok_or(PassError::Internal),
            };
            answers = self.before.into_iter().map(answer).collect();
        }
        let events = self.batch.events;
        (self.inventory, Done { answers, events, now })
    }
}

/// What was decided for each show that was locked, the clock, and what was written, if anything.
type Prepared = (Vec<Option<Decided>>, DateTime<Utc>, Option<Written>);

fn prepare(
    connection: &mut PgConnection,
    turns: &mut [Turn],
    resolve_seconds: f64,
) -> Result<Prepared, Failed> {
    let shows: Vec<ShowId> = turns.iter().map(|turn| turn.show.id).collect();
    let mut keys = Vec::new();
    let mut keyed = Vec::new();
    for (number, turn) in turns.iter().enumerate() {
        for (at, waiting) in turn.batch.iter().enumerate() {
            if let Some(key) = &waiting.key {
                keys.push((turn.show.id, key));
                keyed.push((number, at));
            }
        }
    }
    let locked = lock_shows(connection, &shows, &keys)?;
    if shows.len() == 1 && locked.heads.is_empty() {
        return Err(Failed::NoSuchShow);
    }
    let found = locked.answers.into_iter();
    let stored: HashMap<(usize, usize), StoredAnswer> = found
        .filter_map(|(position, answer)| Some((*keyed.get(position)?, answer)))
        .collect();
    let mut decided = Vec::with_capacity(turns.len());
    for (number, turn) in turns.iter_mut().enumerate() {
        let Some(head) = locked.heads.get(&turn.show.id) else {
            decided.push(None);
            continue;
        };
        let commands = turn.batch.iter().enumerate();
        let before = commands.map(|(at, waiting)| {
            let answer = stored.get(&(number, at));
            answer.map_or(Before::Nothing, |answer| answered_before(answer, waiting))
        });
        let before = before.collect();
        decided.push(Some(decide_turn(connection, turn, *head, locked.now, before)?));
    }
    let written = write(connection, turns, &decided, locked.now, resolve_seconds)?;
    Ok((decided, locked.now, written))
}

/// Decides what is to be done on a show whose lock has been had.
fn decide_turn(
    connection: &mut PgConnection,
    turn: &mut Turn,
    head: Offset,
    now: DateTime<Utc>,
    before: Vec<Before>,
) -> Result<Decided, Failed> {
    let show = &turn.show;
    let mut inventory = catch_up(connection, show, turn.desk.inventory.take(), head)?;
    let open = turn
        .batch
        .iter()
        .zip(&before)
        .filter(|(_, before)| before.is_open());
    let commands = open.map(|(waiting, _)| &waiting.command);
    let batch = decide(show, &mut inventory, &mut turn.desk.numbers, now, commands);
    let batch = batch.map_err(|error| {
        tracing::warn!(show.id = %show.id, error = ?error, "a show's state in memory was not right");
        Failed::Shortfall
    })?;
    Ok(Decided {
        inventory,
        head,
        batch,
        before,
    })
}

/// What an answer means that was found under a command's key: only a payment's end may come again under the key of its
/// begin.
fn answered_before(answer: &StoredAnswer, waiting: &Waiting) -> Before {
    let is_same = |key: &IdempotencyKey| key.request_digest.as_slice() == answer.request_digest.as_slice();
    if !waiting.key.as_ref().is_some_and(is_same) {
        return Before::Answered(Err(PassError::KeyReused));
    }
    let decision: Decision = match serde_json::from_str(&answer.decision) {
        Ok(decision) => decision,
        Err(error) => {
            tracing::error!(error = %error, "a stored answer can't be read");
            return Before::Answered(Err(PassError::Internal));
        }
    };
    let ends_payment = matches!(
        waiting.command,
        Command::ConfirmPayment { .. } | Command::RejectPayment { .. } | Command::GiveUpPayment { .. }
    );
    let is_begin = matches!(decision.outcome, Outcome::PaymentBegun(_));
    if ends_payment && is_begin {
        Before::Begun
    } else {
        Before::Answered(Ok(decision))
    }
}

/// Brings the state kept in memory up to the journal's head, which the lock now holds still.
fn catch_up(
    connection: &mut PgConnection,
    show: &Show,
    kept: Option<ShowState>,
    head: Offset,
) -> Result<ShowState, Failed> {
    let near = |inventory: &ShowState| (0..=CATCH_UP_EVENTS_MAX).contains(&(head.0 - inventory.offset().0));
    let mut inventory = match kept.filter(near) {
        Some(inventory) => inventory,
        None => read_inventory(connection, show)?.state,
    };
    while inventory.offset() < head {
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

/// Writes the batch; `None` if there is nothing to write.
fn write(
    connection: &mut PgConnection,
    turns: &[Turn],
    decided: &[Option<Decided>],
    now: DateTime<Utc>,
    resolve_seconds: f64,
) -> Result<Option<Written>, Failed> {
    let decided = turns.iter().zip(decided);
    let drafts = decided.filter_map(|(turn, decided)| Some(draft(turn, decided.as_ref()?)));
    let drafts: Vec<Draft<'_>> = drafts.filter(|draft| !draft.is_empty()).collect();
    if drafts.is_empty() {
        return Ok(None);
    }
    let written = write_batch(connection, &drafts, now, resolve_seconds)?;
    if !written.complete {
        return Err(Failed::Shortfall);
    }
    let new_payments = || drafts.iter().flat_map(|draft| &draft.batch.new_payments);
    let mut paid = new_payments().filter(|payment| payment.begin == PaymentBegin::Captured);
    if !paid.all(|payment| written.new_payments.contains(&payment.payment)) {
        return Err(Failed::PaymentInProgress);
    }
    let returns: usize = drafts.iter().map(|draft| draft.batch.returns.len()).sum();
    if written.returns != returns {
        return Err(Failed::PaymentInProgress);
    }
    let mut ended = drafts.iter().flat_map(|draft| &draft.batch.payments);
    if ended.all(|change| written.payments.contains(&change.payment)) {
        Ok(Some(written))
    } else {
        Err(Failed::PaymentEnded)
    }
}

fn draft<'a>(turn: &'a Turn, decided: &'a Decided) -> Draft<'a> {
    let commands = turn.batch.iter().zip(&decided.before);
    let open = commands.filter(|(_, before)| before.is_open());
    let keys = open.map(|(waiting, before)| (waiting.key.as_ref(), before));
    let answers = if decided.reached_commands() {
        new_answers(&decided.batch.decisions, keys)
    } else {
        Vec::new()
    };
    Draft {
        show: turn.show.id,
        currency: turn.show.currency,
        head: decided.head,
        batch: &decided.batch,
        answers,
    }
}

fn new_answers<'a>(
    decisions: &[Decision],
    keys: impl Iterator<Item = (Option<&'a IdempotencyKey>, &'a Before)>,
) -> Vec<NewAnswer<'a>> {
    let answers = decisions
        .iter()
        .zip(keys)
        .filter_map(|(decision, (key, before))| {
            let is_final = !matches!(decision.outcome, Outcome::PaymentBegun(_));
            Some(NewAnswer {
                key: key?,
                decision: serde_json::to_string(decision).ok()?,
                is_final,
                is_again: matches!(before, Before::Begun),
            })
        });
    answers.collect()
}

/// A payment that met another one of its order was not written; its command says so.
fn refuse_second_payments(batch: &mut Batch, written: &Written) {
    for payment in &batch.new_payments {
        if !written.new_payments.contains(&payment.payment)
            && let Some(decision) = batch.decisions.get_mut(payment.command)
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
