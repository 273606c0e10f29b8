//! *Locked first*: the locks are taken, then everything that the decision may rest on is read under them, then it is
//! decided, written and committed.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use diesel::connection::TransactionManager;
use diesel::pg::PgConnection;

use super::{Before, Committed, Decided, Failed, Unknown, answered_before};
use crate::show::{Accepted, Followed};
use crate::store::batch::{
    LockedBatch, LockedShow, NamedRows, ShowToLock, ShowWrite, WriteError, count_emails, lock_show,
    lock_shows, write_locked,
};
use crate::store::catalogue::read_numbered_plan;
use crate::store::error::StoreError;
use crate::store::inventory::read_state;
use crate::store::journal::{JOURNAL_PAGE_EVENTS_MAX, read_journal};
use crate::store::show_cache::Shows;
use crate::store::terms::{PlanIds, read_terms};
use crate::turnstile::turn::Turn;
use chrono::{DateTime, Utc};
use domain::command::Command;
use domain::id::{Offset, PaymentId, ShowId};
use domain::show::Show;

type Manager = <PgConnection as diesel::Connection>::TransactionManager;

/// A state that is further behind than this many events is loaded again instead of caught up.
const CATCH_UP_EVENTS_MAX: i64 = 10_000;

/// Carries out the commands of `turns` in one transaction. Returns what was done for each turn; `None` if there are
/// several turns and this show is locked elsewhere. `add_waiting` adds to a turn the commands that wait by now.
pub fn commit_locked(
    connection: &mut PgConnection,
    turns: &mut [&mut Turn],
    resolve_seconds: f64,
    shows: &Shows,
    add_waiting: impl FnOnce(&mut Turn),
) -> Result<(Vec<Option<Committed>>, DateTime<Utc>), Failed> {
    Manager::begin_transaction(connection)?;
    let gathered = gather(connection, turns, add_waiting);
    let written = gathered.and_then(|()| decide_and_write(connection, turns, resolve_seconds, shows));
    let Written {
        decided,
        now,
        is_empty,
    } = written.inspect_err(|_| roll_back(connection))?;
    let done = decided
        .into_iter()
        .map(|decided| decided.map(|decided| decided.into_committed()));
    let done: Vec<_> = done.collect();
    if is_empty {
        roll_back(connection);
    } else if let Err(error) = Manager::commit_transaction(connection) {
        // Any error at COMMIT leaves the outcome unknown: the server may have committed and failed to say so.
        tracing::warn!(error = %error, "a commit was not answered");
        roll_back(connection);
        let shows = turns.iter().map(|turn| turn.show.id);
        let unknown = shows.zip(done).map(|(show, done)| Some((show, done?)));
        return Err(Failed::Unknown(Unknown(unknown.collect())));
    }
    Ok((done, now))
}

/// Where other nodes write to the same show, most of a batch's time is the wait for its lock. The commands that came
/// meanwhile go with it: else each node would take its turn with the few that were there when it began to wait.
fn gather(
    connection: &mut PgConnection,
    turns: &mut [&mut Turn],
    add_waiting: impl FnOnce(&mut Turn),
) -> Result<(), Failed> {
    if let [turn] = turns
        && turn.kept.trust.is_lost()
    {
        lock_show(connection, turn.show.id)?;
        add_waiting(turn);
    }
    Ok(())
}

/// What was decided for each show that was locked, and is written but not committed yet.
struct Written {
    decided: Vec<Option<Decided>>,
    now: DateTime<Utc>,
    is_empty: bool,
}

fn decide_and_write(
    connection: &mut PgConnection,
    turns: &mut [&mut Turn],
    resolve_seconds: f64,
    shows: &Shows,
) -> Result<Written, Failed> {
    let (locked, mut before) = lock(connection, turns)?;
    let LockedBatch {
        now,
        shows: mut heads,
        ..
    } = locked;
    if turns.len() == 1 && heads.is_empty() {
        return Err(Failed::NoSuchShow);
    }
    let mut decided = Vec::with_capacity(turns.len());
    for (turn, before) in turns.iter_mut().zip(&mut before) {
        let Some(mut locked) = heads.remove(&turn.show.id) else {
            decided.push(None);
            continue;
        };
        catch_up(connection, &turn.followed, &locked)?;
        if turn.followed.lacks_terms() {
            let terms = read_present_terms(connection, shows, &turn.show)?;
            turn.followed.learn(terms.clone());
            turn.learned = Some(terms);
        }
        let emails = limited_emails(turn);
        if !emails.is_empty() {
            locked.known.email_places = count_emails(connection, turn.show.id, emails, None, Some(now))?;
        }
        let on_state = Decided::on_state(turn, &locked.known, now, std::mem::take(before))?;
        if on_state
            .as_ref()
            .is_none_or(|decided| decided.head != locked.head)
        {
            return Err(StoreError::internal("a show's state moved under its lock").into());
        }
        decided.push(on_state);
    }
    let writes = turns.iter().zip(&decided);
    let writes = writes.filter_map(|(turn, decided)| Some(decided.as_ref()?.as_write(turn)));
    let writes: Vec<ShowWrite<'_>> = writes.filter(|write| !write.is_empty()).collect();
    let is_empty = writes.is_empty();
    if !is_empty {
        write_locked(connection, writes, now, resolve_seconds).map_err(|error| match error {
            WriteError::Refused(refused) => Failed::Refused(refused),
            WriteError::Database(error) => error.into(),
        })?;
    }
    Ok(Written {
        decided,
        now,
        is_empty,
    })
}

/// Takes the locks. Returns the earlier answers under the keys of each turn's commands too.
fn lock(
    connection: &mut PgConnection,
    turns: &[&mut Turn],
) -> Result<(LockedBatch, Vec<Vec<Before>>), Failed> {
    let shows: Vec<_> = turns
        .iter()
        .map(|turn| ShowToLock {
            show: turn.show.id,
            known: turn.followed.offset(),
        })
        .collect();
    let mut named = NamedRows::default();
    // Where each key of the call comes from: turn and command.
    let mut places = Vec::new();
    for (number, turn) in turns.iter().enumerate() {
        for (at, waiting) in turn.batch.iter().enumerate() {
            if let Some(key) = &waiting.key {
                named.keys.push((turn.show.id, key));
                places.push((number, at));
            }
            name_rows(&mut named, turn.show.id, &waiting.command);
        }
    }
    let locked = lock_shows(connection, &shows, &named)?;
    let mut stored: HashMap<_, _> = locked
        .answers
        .iter()
        .filter_map(|(place, answer)| Some((*places.get(*place)?, answer)))
        .collect();
    let before = turns.iter().enumerate().map(|(number, turn)| {
        let commands = turn.batch.iter().enumerate();
        let before = commands.map(|(at, waiting)| {
            let answer = stored.remove(&(number, at));
            answer.map_or(Before::Nothing, |answer| answered_before(answer, waiting))
        });
        before.collect()
    });
    let before = before.collect();
    Ok((locked, before))
}

/// Names the rows that a command's decision rests on besides the state.
fn name_rows<'a>(named: &mut NamedRows<'a>, show: ShowId, command: &'a Command) {
    let mut payment = |payment: PaymentId| named.payments.push((show, payment));
    match command {
        Command::ConfirmPayment { payment: id, .. }
        | Command::RejectPayment { payment: id, .. }
        | Command::GiveUpPayment { payment: id, .. }
        | Command::WithdrawPayment { payment: id, .. } => payment(*id),
        Command::Drop { .. }
        | Command::Pay { .. }
        | Command::BeginPayment { .. }
        | Command::Return { .. }
        | Command::Transfer { .. } => {}
        Command::Hold { wish, .. } => {
            named.codes.extend(wish.code.as_ref().map(|word| (show, word)));
            return;
        }
        Command::Exchange(exchange) => {
            let word = exchange.wish.code.as_ref();
            named.codes.extend(word.map(|word| (show, word)));
        }
        Command::Join { .. }
        | Command::ChangeWant { .. }
        | Command::Leave { .. }
        | Command::Offer { .. }
        | Command::Abort { .. }
        | Command::Block { .. }
        | Command::Unblock { .. }
        | Command::Open
        | Command::Close
        | Command::Change { .. } => return,
    }
    named.orders.extend(command.order().map(|order| (show, order)));
}

/// The addresses of buyers who want places, where the show's terms have a limit for them, or are given one.
fn limited_emails(turn: &Turn) -> Vec<String> {
    let has_limit = |show: &Show| show.places_per_email_max.is_some();
    let sets_limit =
        |command: &Command| matches!(command, Command::Change { terms: Some(terms), .. } if has_limit(terms));
    let present = turn.followed.decide(|show, _, _| has_limit(show));
    if present != Some(true) && !turn.commands().any(sets_limit) {
        return Vec::new();
    }
    let emails = turn.commands().filter_map(|command| {
        let details = match command {
            Command::Hold { details, .. } | Command::Join { details, .. } => details,
            Command::Exchange(exchange) => &exchange.details,
            _ => return None,
        };
        details.as_ref()?.buyer.email.clone()
    });
    emails.collect::<HashSet<String>>().into_iter().collect()
}

/// Brings the state in memory up to the journal's head, which can't move while the lock is held.
fn catch_up(connection: &mut PgConnection, followed: &Followed, locked: &LockedShow) -> Result<(), Failed> {
    if !locked.missed.is_empty() {
        followed.accept(&locked.missed);
    }
    // The head went back: commits were lost in a failover.
    if followed.offset().is_some_and(|offset| offset > locked.head) {
        tracing::error!(show.id = %followed.show().id, journal.offset = %locked.head, "a journal is shorter than it was; its state is read anew");
        followed.spoil();
    }
    let is_near = |offset: &Offset| locked.head.0 - offset.0 <= CATCH_UP_EVENTS_MAX;
    while let Some(offset) = followed
        .offset()
        .filter(is_near)
        .filter(|offset| *offset < locked.head)
    {
        let page = read_journal(connection, followed.show().id, offset, JOURNAL_PAGE_EVENTS_MAX)?;
        if page.is_empty() {
            return Err(StoreError::internal("the journal ends before its head").into());
        }
        if followed.accept(&page) == Accepted::Spoilt {
            break;
        }
    }
    if followed.offset() != Some(locked.head) {
        followed.install(read_state(connection, followed.show())?);
    }
    Ok(())
}

/// The terms that are in force while the show's lock is held.
fn read_present_terms(
    connection: &mut PgConnection,
    shows: &Shows,
    show: &Show,
) -> Result<Arc<Show>, Failed> {
    let terms = read_terms(connection, show.id, None)?.ok_or(Failed::NoSuchShow)?;
    let of_show = |ids: &PlanIds| {
        let mut known = [show, show.first_terms()].into_iter();
        Some(known.find(|known| known.plans() == *ids)?.plan.clone())
    };
    let mut plans = Vec::new();
    for ids in terms.plans() {
        let plan = match of_show(&ids).or_else(|| shows.known_plan(&ids)) {
            Some(plan) => Some(plan),
            // This node has not met it yet, which it does once.
            None => read_numbered_plan(connection, &ids)?,
        };
        plans.push((ids, plan));
    }
    let plan = |ids: &PlanIds| plans.iter().find(|(known, _)| known == ids)?.1.clone();
    Ok(Arc::new(terms.into_show(plan)?))
}

fn roll_back(connection: &mut PgConnection) {
    if let Err(error) = Manager::rollback_transaction(connection) {
        // If the rollback fails the connection is broken, and the server rolls back by itself.
        tracing::debug!(error = %error, "a rollback was not answered");
    }
}
