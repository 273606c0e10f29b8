//! *At once*: a batch is decided on the state in memory, before the shows' locks are taken. A single call then takes
//! the locks, checks the premises of the decision, writes and commits. This saves three round trips.
//!
//! Why this is sound. The decision depends on the state, the show's terms and the instant. The state is the fold of the
//! journal up to its offset, and the rows are the fold of the journal up to its head; only the holder of a show's lock
//! writes its journal. So if, under the lock, the head is the state's offset, the state is what the rows say. It says which
//! revision of the terms is in force, as they change by an event alone; a node that doesn't know that one goes the other way. Time is checked twice: nothing that the decision depends on may end between the instant of the decision
//! and the clock read under the lock (`valid_until`), and the instant may be 50 ms old at the most, so that journal times
//! stay near the truth and a call that the network delivers late does nothing. What ends is the sale, the time in which those who wait collect places, a hold that a command
//! pays or gives up, and, where places were refused, the next hold of anybody: its places might be free by then. A hold of
//! others that lapses meanwhile takes nothing from places that were granted. What memory does not know,
//! answers under the same key and other payments of an order, is held by unique indexes; a payment of an order that is in exchange for
//! another is never written so. If a premise does not hold
//! nothing is written, and the batch goes the other way. Every update states what it expects of its row besides.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::pg::PgConnection;
use diesel::r2d2::R2D2Connection;

use super::{Before, Committed, Decided, Failed, Unknown};
use crate::store::batch::{AtOnce, Premises, ShowWrite, WriteError, write_at_once};
use crate::store::clock::Clock;
use crate::store::error::StoreError;
use crate::turnstile::turn::Turn;
use domain::command::{Booking, Command};
use domain::decide::KnownRows;
use domain::id::ShowId;

/// How long a decision is valid if nothing in its show ends sooner.
const VALID_FOR: TimeDelta = TimeDelta::hours(1);

/// The outcome of a batch.
#[derive(Debug)]
pub enum Tried {
    /// It is committed.
    Committed(Vec<Committed>),
    /// Nothing happened: the time is not known yet, or there was nothing to do.
    Unfit,
    /// Its premises did not hold. Nothing happened.
    Stale {
        /// The shows whose state was right.
        fresh: std::collections::HashSet<ShowId>,
    },
}

/// Whether a turn's decision depends only on the state, the terms and the time.
pub fn is_fit(turn: &Turn) -> bool {
    // How many places an address has is told by rows.
    let counts_emails = turn
        .followed
        .decide(|show, _, _| show.places_per_email_max.is_some());
    turn.followed.offset().is_some()
        && !turn.followed.lacks_terms()
        && turn
            .commands()
            .all(|command| rests_on_state(command, counts_emails == Some(true)))
}

fn rests_on_state(command: &Command, counts_emails: bool) -> bool {
    match command {
        // A code is told by its row; and whether the show is canceled only the lock call tells.
        Command::Hold { wish, booking, .. } => {
            wish.code.is_none() && *booking == Booking::Public && !counts_emails
        }
        Command::Join { .. } => !counts_emails,
        Command::ChangeWant { .. }
        | Command::Leave { .. }
        | Command::Offer { .. }
        | Command::Abort { .. }
        | Command::Pay { .. }
        | Command::Block { .. }
        | Command::Unblock { .. }
        | Command::Close => true,
        Command::Drop { .. }
        | Command::BeginPayment { .. }
        | Command::ConfirmPayment { .. }
        | Command::RejectPayment { .. }
        | Command::GiveUpPayment { .. }
        | Command::WithdrawPayment { .. }
        | Command::Return { .. }
        | Command::Exchange(_)
        | Command::Transfer { .. }
        | Command::Open
        | Command::Change { .. } => false,
    }
}

/// Carries out the commands of suitable turns in one call.
pub fn commit_at_once(
    connection: &mut PgConnection,
    turns: &mut [&mut Turn],
    clock: &mut Clock,
    resolve_seconds: f64,
) -> Result<Tried, Failed> {
    if clock.is_silent() {
        connection.ping()?;
    }
    let Some(now) = clock.now() else {
        return Ok(Tried::Unfit);
    };
    // Another executor or node may have read the clock more precisely: a journal's times never go back.
    let changes = turns.iter().filter_map(|turn| turn.followed.look(|_, at| at));
    let now = changes.fold(now, DateTime::max);
    let mut decided = Vec::with_capacity(turns.len());
    for turn in turns.iter_mut() {
        let before = turn.batch.iter().map(|_| Before::Nothing).collect();
        match Decided::on_state(turn, &KnownRows::default(), now, before)? {
            Some(on_state) => decided.push(on_state),
            // The state was dropped meanwhile: rows contradicted it, or the journal's head went back.
            None => return Ok(Tried::Unfit),
        }
    }
    let ends = turns.iter().zip(&decided);
    let valid_until = ends
        .filter_map(|(turn, decided)| next_end(turn, decided, now))
        .min();
    let premises = Premises {
        instant: now,
        valid_until: valid_until.unwrap_or(now + VALID_FOR),
    };
    let writes: Vec<ShowWrite<'_>> = turns
        .iter()
        .zip(&decided)
        .map(|(turn, decided)| decided.as_write(turn))
        .collect();
    match write_at_once(connection, writes, premises, resolve_seconds) {
        Ok(AtOnce::Committed(read)) => {
            clock.note(read);
            let committed = decided.into_iter().map(|decided| decided.into_committed());
            Ok(Tried::Committed(committed.collect()))
        }
        Ok(AtOnce::Stale { clock: read, fresh }) => {
            if let Some(read) = read {
                clock.set(read);
            }
            Ok(Tried::Stale { fresh })
        }
        Err(WriteError::Refused(refused)) => Err(Failed::Refused(refused)),
        // The session is still there: the server has refused the whole call, and nothing was committed.
        Err(WriteError::Database(error)) if connection.ping().is_ok() => Err(error.into()),
        Err(WriteError::Database(error)) => {
            let error = StoreError::from(error);
            tracing::warn!(error = %error, "a batch was not answered");
            let shows = turns.iter().map(|turn| turn.show.id);
            let unknown = shows
                .zip(decided)
                .map(|(show, decided)| Some((show, decided.into_committed())));
            Err(Failed::Unknown(Unknown(unknown.collect())))
        }
    }
}

/// The next instant at which the decision might differ.
fn next_end(turn: &Turn, decided: &Decided, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let show = &decided.show;
    let times = &show.times;
    let collect_end = show
        .waitlist()
        .map(|rules| rules.collect_ends_at(times.sale_ends_at()));
    let of_terms = [
        times.on_sale_at,
        Some(times.sale_ends_at()),
        show.returns_until,
        collect_end,
    ];
    let of_state = turn.followed.look(|state, _| {
        let named = turn.commands().filter_map(Command::order);
        let of_orders = named.filter_map(|order| Some(state.order(order)?.terms.kept_until));
        let of_others = decided.lacked_places().then(|| state.next_lapse_after(now));
        of_orders
            .chain(of_others.flatten())
            .filter(|end| *end > now)
            .min()
    });
    let ends = of_terms.into_iter().flatten().filter(|end| *end > now);
    ends.chain(of_state.flatten()).min()
}
