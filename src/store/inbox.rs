//! Inboxes: what each session is told, numbered without a gap.
//!
//! An inbox is opened by its session's first read, and is written to from then on. Whoever writes has locked its row, so that numbers
//! become visible in order. What a notice tells is a fact, as JSON with the columns of its row: it is told once.

use chrono::{DateTime, Utc};
use diesel::connection::Connection;
use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use diesel::sql_types::{
    Array, BigInt, Bool, Integer, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid,
};
use uuid::Uuid;

use super::error::StoreError;
use super::row::{self, corrupt};
use super::statement::{self, statement};
use domain::id::{SessionId, ShowId};
use domain::inbox::{MILESTONES, NoticeKind, PaymentEnd};
use domain::money::Money;
use domain::reference::OrderNumber;
use domain::waitlist::EntryNumber;

/// Most notices of a session that are kept: the oldest go.
pub const INBOX_NOTICES_MAX: i64 = 200;
/// How long notices are kept, and an inbox that nobody reads, in days.
pub const INBOX_DAYS: i32 = 30;
/// Orders of a session that are looked at when it opens its inbox, the newest.
const OPENING_ORDERS_MAX: i64 = 100;
/// Lines in which a session stands that are looked at then.
const OPENING_LINES_MAX: i64 = 20;

statement! {
    struct Read("inbox/read.sql") { session: SqlUuid = Uuid, after: Nullable<BigInt> = Option<i64>, limit: BigInt = i64 } -> (
        BigInt, BigInt, BigInt, Bool, Bool,
        Nullable<BigInt>, Nullable<SmallInt>, Nullable<BigInt>, Nullable<Timestamptz>, Nullable<BigInt>, Nullable<BigInt>,
        Nullable<Timestamptz>, Nullable<Integer>, Nullable<SmallInt>, Nullable<BigInt>, Nullable<Text>, Nullable<Integer>,
    )
}

statement! {
    struct Heads("inbox/heads.sql") { sessions: Array<SqlUuid> = Vec<Uuid> } -> (SqlUuid, BigInt)
}

statement! {
    struct IsAnyOpen("inbox/is_any_open.sql") {} -> (Bool,)
}

statement! {
    struct LockCursors("inbox/lock_cursors.sql") {} -> ()
}

statement! {
    struct Begin("inbox/begin.sql") {} -> ()
}

statement! {
    struct Open("inbox/open.sql") { session: SqlUuid = Uuid } -> ()
}

statement! {
    struct Lock("inbox/lock.sql") { sessions: Array<SqlUuid> = Vec<Uuid> } -> (SqlUuid,)
}

statement! {
    struct Present("inbox/present.sql") {
        session: SqlUuid = Uuid,
        orders_max: BigInt = i64,
        lines_max: BigInt = i64,
        front: BigInt = i64,
        milestones: Array<Integer> = Vec<i32>,
    } -> (SqlUuid, Text)
}

statement! {
    struct WatchHeld("inbox/watch_held.sql") { session: SqlUuid = Uuid, orders_max: BigInt = i64 } -> ()
}

statement! {
    struct Filled("inbox/filled.sql") { session: SqlUuid = Uuid } -> ()
}

statement! {
    struct Add("inbox/add.sql") { facts: Array<Text> = Vec<String>, notices_max: BigInt = i64 } -> (SqlUuid, BigInt)
}

statement! {
    struct Trim("inbox/trim.sql") { sessions: Array<SqlUuid> = Vec<Uuid> } -> ()
}

statement! {
    struct Acknowledge("inbox/acknowledge.sql") { session: SqlUuid = Uuid, through: BigInt = i64 } -> (BigInt, BigInt)
}

statement! {
    struct ForgetNotices("inbox/forget_notices.sql") { days: Integer = i32, limit: BigInt = i64 } -> ()
}

statement! {
    struct Forget("inbox/forget.sql") { days: Integer = i32, limit: BigInt = i64 } -> ()
}

/// A notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeRecord {
    /// Its number in the inbox.
    pub number: i64,
    /// What it is about.
    pub kind: NoticeKind,
    /// When that happened.
    pub at: DateTime<Utc>,
    /// The show.
    pub show: ShowId,
    /// The order that it is about, if it is about one.
    pub order: Option<OrderNumber>,
    /// The entry of the waitlist that it is about, if it is about one.
    pub entry: Option<EntryNumber>,
    /// Until when the order's places are held.
    pub expires_at: Option<DateTime<Utc>>,
    /// Where the entry stands, 1 for the first.
    pub position: Option<i32>,
    /// How a payment has ended.
    pub payment: Option<PaymentEnd>,
    /// How much was paid, or comes back.
    pub amount: Option<Money>,
    /// The show's terms as they are now.
    pub revision: Option<i32>,
}

/// How an inbox stands, with some of its notices.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InboxPage {
    /// Whether it has what was so when it was opened.
    pub is_filled: bool,
    /// Whether it is known that it is read.
    pub is_seen: bool,
    /// The number of the last notice.
    pub last: i64,
    /// The number of the first that is kept.
    pub first: i64,
    /// Up to which the session has them.
    pub acknowledged: i64,
    /// The notices, in order.
    pub notices: Vec<NoticeRecord>,
}

/// What an acknowledgement has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Acknowledged {
    /// The session has all up to here.
    Through(i64),
    /// There is no such notice yet: this is the last one.
    Beyond(i64),
}

type Row = (
    i64,
    i64,
    i64,
    bool,
    bool,
    Option<i64>,
    Option<i16>,
    Option<i64>,
    Option<DateTime<Utc>>,
    Option<i64>,
    Option<i64>,
    Option<DateTime<Utc>>,
    Option<i32>,
    Option<i16>,
    Option<i64>,
    Option<String>,
    Option<i32>,
);

/// Reads an inbox: the notices after one, or after those that are acknowledged; `None` if it was never opened.
pub fn read_inbox(
    connection: &mut PgConnection,
    session: SessionId,
    after: Option<i64>,
    limit: i64,
) -> QueryResult<Option<InboxPage>> {
    let session = Uuid::from_u128(session.0);
    let rows: Vec<Row> = statement::load(
        connection,
        Read {
            session,
            after,
            limit,
        },
    )?;
    let Some(&(last, first, acknowledged, is_filled, is_seen, ..)) = rows.first() else {
        return Ok(None);
    };
    let notices = rows.into_iter().filter_map(|row| notice(row).transpose());
    Ok(Some(InboxPage {
        is_filled,
        is_seen,
        last,
        first,
        acknowledged,
        notices: notices.collect::<QueryResult<_>>()?,
    }))
}

fn notice(row: Row) -> QueryResult<Option<NoticeRecord>> {
    let (.., number, kind, show, at, order, entry, expires_at, position, payment, amount, currency, revision) =
        row;
    let (Some(number), Some(kind), Some(show), Some(at)) = (number, kind, show, at) else {
        return Ok(None);
    };
    let amount = amount.zip(currency.map(row::currency).transpose()?);
    let payment = payment.map(|end| PaymentEnd::from_number(end).ok_or_else(|| corrupt("a payment's end")));
    Ok(Some(NoticeRecord {
        number,
        kind: NoticeKind::from_number(kind).ok_or_else(|| corrupt("a notice's kind"))?,
        at,
        show: ShowId(show),
        order: order.map(OrderNumber),
        entry: entry.map(EntryNumber),
        expires_at,
        position,
        payment: payment.transpose()?,
        amount: amount.map(|(amount, currency)| Money { amount, currency }),
        revision,
    }))
}

/// The numbers of the last notices of some sessions.
pub fn read_heads(
    connection: &mut PgConnection,
    sessions: &[SessionId],
) -> QueryResult<Vec<(SessionId, i64)>> {
    let sessions = sessions
        .iter()
        .map(|session| Uuid::from_u128(session.0))
        .collect();
    let rows: Vec<(Uuid, i64)> = statement::load(connection, Heads { sessions })?;
    Ok(heads(rows))
}

fn heads(rows: Vec<(Uuid, i64)>) -> Vec<(SessionId, i64)> {
    let head = |(session, last): (Uuid, i64)| (SessionId(session.as_u128()), last);
    rows.into_iter().map(head).collect()
}

/// Whether there is any inbox.
pub fn is_any_open(connection: &mut PgConnection) -> QueryResult<bool> {
    let (is_open,): (bool,) = statement::one(connection, IsAnyOpen {})?;
    Ok(is_open)
}

/// Opens an inbox, or notes that it is read.
///
/// First there is the inbox, then what is so by then is told: whatever happens before that and is not told by the journal's follower, as
/// it has not seen the inbox yet, is so by then.
pub fn open_inbox(connection: &mut PgConnection, session: SessionId) -> Result<(), StoreError> {
    let session = Uuid::from_u128(session.0);
    connection.transaction(|connection| {
        if !is_any_open(connection)? {
            // Of several that are the first, one begins.
            statement::execute(connection, LockCursors {})?;
            if !is_any_open(connection)? {
                statement::execute(connection, Begin {})?;
            }
        }
        statement::execute(connection, Open { session })
    })?;
    connection.transaction(|connection| {
        let _locked: Vec<(Uuid,)> = statement::load(
            connection,
            Lock {
                sessions: vec![session],
            },
        )?;
        let held = WatchHeld {
            session,
            orders_max: OPENING_ORDERS_MAX,
        };
        statement::execute(connection, held)?;
        let facts: Vec<(Uuid, String)> = statement::load(connection, present(session))?;
        tell(connection, facts)?;
        statement::execute(connection, Filled { session })
    })?;
    Ok(())
}

fn present(session: Uuid) -> Present {
    Present {
        session,
        orders_max: OPENING_ORDERS_MAX,
        lines_max: OPENING_LINES_MAX,
        front: front(),
        milestones: milestones(),
    }
}

/// How many of a line are looked at: none behind the last milestone is told of one.
pub(super) fn front() -> i64 {
    MILESTONES.iter().copied().max().unwrap_or_default().into()
}

/// The milestones as a parameter.
pub(super) fn milestones() -> Vec<i32> {
    MILESTONES
        .iter()
        .map(|milestone| milestone.cast_signed())
        .collect()
}

/// Writes notices, in a transaction; says whose inboxes have which last number now. What was told is passed over.
pub(super) fn tell(
    connection: &mut PgConnection,
    facts: Vec<(Uuid, String)>,
) -> QueryResult<Vec<(SessionId, i64)>> {
    if facts.is_empty() {
        return Ok(Vec::new());
    }
    let (mut sessions, facts): (Vec<_>, Vec<_>) = facts.into_iter().unzip();
    sessions.sort_unstable();
    sessions.dedup();
    let lock = Lock {
        sessions: sessions.clone(),
    };
    let _locked: Vec<(Uuid,)> = statement::load(connection, lock)?;
    let add = Add {
        facts,
        notices_max: INBOX_NOTICES_MAX,
    };
    let told: Vec<(Uuid, i64)> = statement::load(connection, add)?;
    statement::execute(connection, Trim { sessions })?;
    Ok(heads(told))
}

/// Notes that a session has all notices up to one. It never goes back.
pub fn acknowledge(
    connection: &mut PgConnection,
    session: SessionId,
    through: i64,
) -> QueryResult<Acknowledged> {
    let session = Uuid::from_u128(session.0);
    let row: Option<(i64, i64)> = statement::first(connection, Acknowledge { session, through })?;
    let (acknowledged, last) = row.unwrap_or_default();
    Ok(match through <= last {
        true => Acknowledged::Through(acknowledged),
        false => Acknowledged::Beyond(last),
    })
}

/// Forgets notices and inboxes that have been kept for long enough, about `limit` of each at most. Says how many of the most.
pub fn forget_inboxes(connection: &mut PgConnection, days: i32, limit: i64) -> QueryResult<usize> {
    let notices = statement::execute(connection, ForgetNotices { days, limit })?;
    let inboxes = statement::execute(connection, Forget { days, limit })?;
    Ok(notices.max(inboxes))
}
