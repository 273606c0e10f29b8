//! What buyers are to be told by mail, and how far that has come.
//!
//! The journal says what there is to tell: a node looks at the heads of the journals that have moved, reads on from where it, or
//! another node, has stopped, and makes a row for each mail. No row has an address: it is read when a mail is sent.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::connection::Connection;
use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use diesel::sql_types::{Array, BigInt, Bool, Double, Integer, Nullable, SmallInt, Text, Timestamptz};

use super::row::{self, corrupt};
use super::statement::{self, statement};
use domain::id::{Offset, ShowId};
use domain::mail::MailKind;
use domain::reference::{OrderNumber, TicketIndex};

/// Events of each show that are looked at together.
const FOLLOWED_EVENTS_MAX: i64 = 1_000;
/// Orders of a show that get rows together.
const FANNED_OUT_MAX: i64 = 1_000;
/// Stands for all paid orders of a show.
const ALL_ORDERS: i64 = -1;

statement! {
    struct Open("mails/open.sql") {} -> ()
}

statement! {
    struct WasAway("mails/was_away.sql") { away_seconds: Double = f64 } -> (Bool,)
}

statement! {
    struct Begin("mails/begin.sql") {} -> ()
}

statement! {
    struct Beat("mails/beat.sql") {} -> ()
}

statement! {
    struct AddCursors("mails/add_cursors.sql") { shows: Array<BigInt> = Vec<i64> } -> ()
}

statement! {
    struct Follow("mails/follow.sql") {
        shows: Array<BigInt> = Vec<i64>,
        events: BigInt = i64,
        age_seconds: Double = f64,
    } -> (BigInt, Bool)
}

statement! {
    struct FanOut("mails/fan_out.sql") {
        show: BigInt = i64,
        kind: SmallInt = i16,
        offset: BigInt = i64,
        after: BigInt = i64,
        limit: BigInt = i64,
    } -> (BigInt,)
}

statement! {
    struct IsAnyDue("mails/is_any_due.sql") {} -> (Bool,)
}

statement! {
    struct Claim("mails/claim.sql") {
        limit: BigInt = i64,
        per_second: Double = f64,
        lease_seconds: Double = f64,
    } -> (BigInt, BigInt, SmallInt, BigInt, Integer, Timestamptz, Double)
}

statement! {
    struct Finish("mails/finish.sql") {
        show: BigInt = i64,
        order: BigInt = i64,
        kind: SmallInt = i16,
        offset: BigInt = i64,
        lease: Timestamptz = DateTime<Utc>,
        state: SmallInt = i16,
        attempts: Integer = i32,
        status: Nullable<SmallInt> = Option<i16>,
        pause_seconds: Double = f64,
    } -> ()
}

statement! {
    struct ReadLetter("mails/read_letter.sql") {
        show: BigInt = i64,
        order: BigInt = i64,
        kind: SmallInt = i16,
        offset: BigInt = i64,
    } -> (
        Nullable<Text>, Nullable<Text>, Nullable<Text>, Text, Nullable<Text>, Nullable<Text>, Nullable<Text>, Bool,
        Nullable<Array<SmallInt>>, Nullable<BigInt>,
    )
}

statement! {
    struct Forget("mails/forget.sql") { days: Integer = i32, limit: BigInt = i64 } -> ()
}

/// What a mail is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cause {
    /// The show.
    pub show: ShowId,
    /// What happened.
    pub kind: MailKind,
    /// The event that says so.
    pub offset: Offset,
}

/// A leased mail.
#[derive(Debug, Clone, Copy)]
pub struct Claimed {
    /// What it is about.
    pub cause: Cause,
    /// Whose order it is; `None`: all paid orders of the show, each of which is to get a mail of its own.
    pub order: Option<OrderNumber>,
    /// How often it has failed.
    pub attempts: i32,
    /// The end of the lease, by which it is known.
    pub lease: DateTime<Utc>,
    /// How long ago its cause was.
    pub age: Duration,
}

/// How a lease ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The mail server has taken it.
    Sent,
    /// It will never take it.
    Refused,
    /// It has not taken it for too long.
    GivenUp,
    /// Nobody wants it any more, or there is no address.
    Dropped,
    /// It is tried again after a pause.
    Later(Duration),
}

impl Ended {
    const fn state(self) -> i16 {
        match self {
            Self::Later(_) => 1,
            Self::Sent => 2,
            Self::Refused => 3,
            Self::GivenUp => 4,
            Self::Dropped => 5,
        }
    }
}

/// What a letter needs that the show and the order don't say.
#[derive(Clone)]
pub struct Letter {
    /// What the buyer is called.
    pub buyer_name: Option<String>,
    /// Where it goes.
    pub buyer_email: Option<String>,
    /// The language that the buyer wants.
    pub locale: Option<String>,
    /// What the organiser is called.
    pub organiser: String,
    /// As whom it writes.
    pub sender: Sender,
    /// Whether a later letter of the same kind says more.
    pub is_superseded: bool,
    /// The tickets that its cause is about; none if all are meant, or the event is not kept any more.
    pub tickets: BTreeSet<TicketIndex>,
    /// What goes back with these tickets, in minor units. None: what they cost, of which nothing had been taken.
    pub refunded: Option<i64>,
}

/// As whom an organiser writes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sender {
    /// The name beside the office's address.
    pub name: Option<String>,
    /// Where answers go.
    pub reply_to: Option<String>,
    /// The language for buyers of whom it isn't known, by its code.
    pub language: Option<String>,
}

/// Says that a node is up that sends mail; where none has been for so long, mail begins anew with what happens from now on.
pub fn begin_mail(connection: &mut PgConnection, away: Duration) -> QueryResult<()> {
    let away_seconds = away.as_secs_f64();
    connection.transaction(|connection| {
        let is_new = statement::execute(connection, Open {})? > 0;
        // Nodes that start together take turns here.
        let (was_away,): (bool,) = statement::one(connection, WasAway { away_seconds })?;
        if is_new || was_away {
            statement::execute(connection, Begin {})?;
        }
        statement::execute(connection, Beat {}).map(drop)
    })
}

/// Makes rows for what has happened on these shows; says on which there is more to look at. What happened before `age_max` is
/// told to nobody.
pub fn follow_shows(
    connection: &mut PgConnection,
    shows: &[ShowId],
    age_max: Duration,
) -> QueryResult<Vec<ShowId>> {
    let shows: Vec<i64> = shows.iter().map(|show| show.0).collect();
    statement::execute(connection, AddCursors { shows: shows.clone() })?;
    let follow = Follow {
        shows,
        events: FOLLOWED_EVENTS_MAX,
        age_seconds: age_max.as_secs_f64(),
    };
    let rows: Vec<(i64, bool)> = statement::load(connection, follow)?;
    let behind = rows.into_iter().filter(|(_, is_behind)| *is_behind);
    Ok(behind.map(|(show, _)| ShowId(show)).collect())
}

/// Makes rows for paid orders of a show after one; gives the last of them, if there are any.
pub fn fan_out(
    connection: &mut PgConnection,
    cause: Cause,
    after: OrderNumber,
) -> QueryResult<Option<OrderNumber>> {
    let fan_out = FanOut {
        show: cause.show.0,
        kind: cause.kind as i16,
        offset: cause.offset.0,
        after: after.0,
        limit: FANNED_OUT_MAX,
    };
    let last: Option<(i64,)> = statement::first(connection, fan_out)?;
    Ok(last.map(|(order,)| OrderNumber(order)))
}

/// Whether there is any mail to be tried.
pub fn is_any_due(connection: &mut PgConnection) -> QueryResult<bool> {
    let (is_any,): (bool,) = statement::one(connection, IsAnyDue {})?;
    Ok(is_any)
}

/// Leases mails that are due, as many as all nodes together may send now.
pub fn claim_mails(
    connection: &mut PgConnection,
    limit: usize,
    per_second: u32,
    lease: Duration,
) -> QueryResult<Vec<Claimed>> {
    type Row = (i64, i64, i16, i64, i32, DateTime<Utc>, f64);
    let claim = Claim {
        limit: i64::try_from(limit).unwrap_or(i64::MAX),
        per_second: per_second.into(),
        lease_seconds: lease.as_secs_f64(),
    };
    let rows: Vec<Row> = statement::load(connection, claim)?;
    let claimed = rows
        .into_iter()
        .map(|(show, order, kind, offset, attempts, lease, age)| {
            Ok(Claimed {
                cause: Cause {
                    show: ShowId(show),
                    kind: MailKind::from_number(kind).ok_or_else(|| corrupt("a mail's kind"))?,
                    offset: Offset(offset),
                },
                order: (order != ALL_ORDERS).then_some(OrderNumber(order)),
                attempts,
                lease,
                age: Duration::try_from_secs_f64(age).unwrap_or_default(),
            })
        });
    claimed.collect()
}

/// Ends a lease: with what the mail server said last, and how often it was asked.
pub fn finish_mail(
    connection: &mut PgConnection,
    claimed: &Claimed,
    ended: Ended,
    attempts: i32,
    status: Option<u16>,
) -> QueryResult<()> {
    let pause = match ended {
        Ended::Later(pause) => pause,
        _ => Duration::ZERO,
    };
    let finish = Finish {
        show: claimed.cause.show.0,
        order: claimed.order.map_or(ALL_ORDERS, |order| order.0),
        kind: claimed.cause.kind as i16,
        offset: claimed.cause.offset.0,
        lease: claimed.lease,
        state: ended.state(),
        attempts,
        status: status.map(u16::cast_signed),
        pause_seconds: pause.as_secs_f64(),
    };
    statement::execute(connection, finish).map(drop)
}

/// What is needed to write a letter; `None` if nothing is known of the buyer any more.
pub fn read_letter(
    connection: &mut PgConnection,
    cause: Cause,
    order: OrderNumber,
) -> QueryResult<Option<Letter>> {
    type Text = Option<String>;
    type Row = (
        Text,
        Text,
        Text,
        String,
        Text,
        Text,
        Text,
        bool,
        Option<Vec<i16>>,
        Option<i64>,
    );
    let read = ReadLetter {
        show: cause.show.0,
        order: order.0,
        kind: cause.kind as i16,
        offset: cause.offset.0,
    };
    let found: Option<Row> = statement::first(connection, read)?;
    Ok(found.map(
        |(
            buyer_name,
            buyer_email,
            locale,
            organiser,
            name,
            reply_to,
            language,
            is_superseded,
            tickets,
            refunded,
        )| {
            Letter {
                buyer_name,
                buyer_email,
                locale,
                organiser,
                sender: Sender {
                    name,
                    reply_to,
                    language,
                },
                is_superseded,
                tickets: row::tickets(&tickets.unwrap_or_default()),
                refunded,
            }
        },
    ))
}

/// Forgets mails that ended so many days ago, the oldest first; says how many.
pub fn forget_mails(connection: &mut PgConnection, days: i32, limit: i64) -> QueryResult<usize> {
    statement::execute(connection, Forget { days, limit })
}
