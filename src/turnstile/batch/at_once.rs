//! A batch in one call: it is decided on the state in memory before the locks are had, and its premises are checked under
//! them. Mostly they hold, and three round trips are saved; if not, nothing was written, and the batch takes the long way.

use std::time::{Duration, Instant};

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use diesel::pg::PgConnection;
use diesel::r2d2::R2D2Connection;

use super::{Before, Decided, Done, Failed, Undecided, draft, lease_numbers};
use crate::store::batch::{AtOnce, Draft, Premises, write_at_once};
use crate::store::error::{is_lock_timeout, is_unavailable};
use crate::turnstile::queue::Turn;
use domain::batch::decide;
use domain::command::Command;
use domain::state::ShowState;

/// How long a decision is good if nothing of its show has an end in sight.
const VALID_FOR: TimeDelta = TimeDelta::hours(1);
/// Digits of a second that the database keeps.
const CLOCK_DIGITS: u16 = 6;

/// After a silence of this length it is made sure that the database is there, before a batch is sent whose outcome would be
/// unknown if it isn't.
const SILENCE_MAX: Duration = Duration::from_millis(1);

/// The database's clock as it can be told between two looks at it: a little behind, by the time that an answer took. Of
/// all answers the quickest counts.
#[derive(Debug, Default)]
pub struct Clock {
    /// What an answer said, and when it came.
    read: Option<(DateTime<Utc>, Instant)>,
    /// When the last answer came.
    heard: Option<Instant>,
}

impl Clock {
    /// Notes what an answer says, unless an earlier one tells the time more nearly.
    pub fn note(&mut self, at: DateTime<Utc>) {
        if self.now().is_none_or(|now| now < at) {
            self.set(at);
        }
        self.heard = Some(Instant::now());
    }

    /// Believes this answer alone.
    fn set(&mut self, at: DateTime<Utc>) {
        let now = Instant::now();
        (self.read, self.heard) = (Some((at, now)), Some(now));
    }

    fn now(&self) -> Option<DateTime<Utc>> {
        let (at, noted) = self.read?;
        let elapsed = TimeDelta::from_std(noted.elapsed()).ok()?;
        Some((at + elapsed).trunc_subsecs(CLOCK_DIGITS))
    }

    fn is_silent(&self) -> bool {
        self.heard.is_none_or(|heard| heard.elapsed() > SILENCE_MAX)
    }
}

/// What became of a batch.
#[derive(Debug)]
pub enum Tried {
    /// It is committed.
    Done(Vec<Option<Done>>),
    /// It isn't one that can be carried out at once. Nothing happened.
    Unfit,
    /// Its premises did not hold. Nothing happened.
    Stale,
}

/// Carries the commands of `turns` out in one call, if that can be. Unless it fails, the desks are as they were or hold
/// what was done.
pub fn carry_out_at_once(
    connection: &mut PgConnection,
    turns: &mut [Turn],
    clock: &mut Clock,
    resolve_seconds: f64,
) -> Result<Tried, Failed> {
    if !turns.iter().all(is_fit) {
        return Ok(Tried::Unfit);
    }
    if clock.is_silent() {
        connection.ping()?;
    }
    let Some(now) = clock.now() else {
        return Ok(Tried::Unfit);
    };
    // Another executor may have had a better look at the clock: a journal's times don't go back.
    let changes = turns.iter().filter_map(|turn| turn.desk.changed_at);
    let now = changes.fold(now, DateTime::max);
    let ends = turns.iter().flat_map(|turn| ends_of(turn, now));
    let valid_until = ends.min().unwrap_or(now + VALID_FOR);
    if valid_until <= now {
        return Ok(Tried::Unfit);
    }
    lease_numbers(connection, turns)?;
    let mut decided = Vec::with_capacity(turns.len());
    for turn in &mut *turns {
        decided.push(decide_in_memory(turn, now)?);
    }
    if decided.iter().all(|decided| decided.batch.events.is_empty()) {
        take_back(turns, decided);
        return Ok(Tried::Unfit);
    }
    let shows = turns.iter().map(|turn| turn.show.id);
    let heads: Vec<_> = shows.zip(decided.iter().map(|decided| decided.head)).collect();
    let drafts: Vec<Draft<'_>> = turns
        .iter()
        .zip(&decided)
        .map(|(turn, decided)| draft(turn, decided))
        .filter(|draft| !draft.is_empty())
        .collect();
    let premises = Premises {
        heads: &heads,
        now,
        valid_until,
    };
    match write_at_once(connection, &drafts, &premises, resolve_seconds) {
        Ok(AtOnce::Written { written, clock: read }) => {
            clock.note(read);
            let done = turns.iter_mut().zip(decided).map(|(turn, decided)| {
                let (inventory, done) = decided.finish(now, Some(&written));
                turn.desk.inventory = Some(inventory);
                Some(done)
            });
            Ok(Tried::Done(done.collect()))
        }
        Ok(AtOnce::Stale { clock: read }) => {
            if let Some(read) = read {
                clock.set(read);
            }
            take_back(turns, decided);
            Ok(Tried::Stale)
        }
        Err(error) if is_unavailable(&error) && !is_lock_timeout(&error) => {
            tracing::warn!(error = %error, "a batch was not answered");
            let shows = turns.iter().map(|turn| turn.show.id);
            let undecided = shows
                .zip(decided)
                .map(|(show, decided)| Some((show, decided.finish(now, None).1)));
            Err(Failed::OutcomeUnknown(Undecided(undecided.collect())))
        }
        Err(error) => Err(error.into()),
    }
}

/// Only what can be taken back from the state in memory: holds, and payments in one step.
fn is_fit(turn: &Turn) -> bool {
    let mut commands = turn.batch.iter().map(|waiting| &waiting.command);
    turn.desk.inventory.is_some()
        && !turn.batch.is_empty()
        && commands.all(|command| matches!(command, Command::Hold { .. } | Command::Pay { .. }))
}

/// The instants from which on another decision might have to be made.
fn ends_of(turn: &Turn, now: DateTime<Utc>) -> impl Iterator<Item = DateTime<Utc>> + use<> {
    let ahead = |at: &DateTime<Utc>| *at > now;
    let lapse = turn.desk.inventory.as_ref().and_then(ShowState::next_lapse);
    let on_sale = turn.show.on_sale_at.filter(ahead);
    let closes = turn.show.closes_at.filter(ahead);
    [lapse, on_sale, closes].into_iter().flatten()
}

fn decide_in_memory(turn: &mut Turn, now: DateTime<Utc>) -> Result<Decided, Failed> {
    let Some(mut inventory) = turn.desk.inventory.take() else {
        return Err(Failed::Shortfall);
    };
    let head = inventory.offset();
    let commands = turn.batch.iter().map(|waiting| &waiting.command);
    let batch = decide(&turn.show, &mut inventory, &mut turn.desk.numbers, now, commands)
        .map_err(|_contradiction| Failed::Shortfall)?;
    Ok(Decided {
        inventory,
        head,
        batch,
        before: turn.batch.iter().map(|_| Before::Nothing).collect(),
    })
}

/// Gives the desks the state back that they had.
fn take_back(turns: &mut [Turn], decided: Vec<Decided>) {
    for (turn, decided) in turns.iter_mut().zip(decided) {
        let mut inventory = decided.inventory;
        let mut events = decided.batch.events.iter().rev();
        if events.all(|event| inventory.take_back(event).is_some()) {
            turn.desk.inventory = Some(inventory);
        }
    }
}
