//! How far each endpoint of webhooks has been told of each show: a row for both, which a node leases while it sends.
//!
//! Nothing is written for an event that happens. A node looks at the heads of the journals that have moved, and then reads on from
//! where the row says.

use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use diesel::sql_types::{
    Array, BigInt, Binary, Bool, Double, Integer, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid,
};
use uuid::Uuid;

use super::statement::{self, statement};
use super::webhook_endpoints::Receiver;
use domain::id::{Offset, ShowId};
use domain::webhook::EndpointId;

/// Cursors of an endpoint that is back which are pulled forward at a time.
const HASTENED_MAX: i64 = 100;

statement! {
    struct Awaken("webhook_cursors/awaken.sql") { shows: Array<BigInt> = Vec<i64> } -> ()
}

statement! {
    struct Claim("webhook_cursors/claim.sql") {
        room: BigInt = i64,
        failing_room: BigInt = i64,
        endpoint_room: BigInt = i64,
        failing_endpoint_room: BigInt = i64,
        busy_endpoint: Array<SqlUuid> = Vec<Uuid>,
        busy_failing: Array<Bool> = Vec<bool>,
        busy_calls: Array<BigInt> = Vec<i64>,
        lease_seconds: Double = f64,
    } -> (
        BigInt, SqlUuid, BigInt, Integer, Timestamptz, Double, Text, Array<Text>, Binary, Nullable<Binary>,
    )
}

statement! {
    struct FirstKept("webhook_cursors/first_kept.sql") { show: BigInt = i64, after: BigInt = i64 }
    -> (BigInt, Nullable<BigInt>)
}

statement! {
    struct Finish("webhook_cursors/finish.sql") {
        show: BigInt = i64,
        endpoint: SqlUuid = Uuid,
        lease: Timestamptz = DateTime<Utc>,
        offset: BigInt = i64,
        attempts: Integer = i32,
        pause_seconds: Nullable<Double> = Option<f64>,
        message: Array<Text> = Vec<String>,
        event_type: Array<Text> = Vec<String>,
        journal_offset: Array<BigInt> = Vec<i64>,
        attempt: Array<Integer> = Vec<i32>,
        status: Array<Nullable<SmallInt>> = Vec<Option<i16>>,
        error: Array<Nullable<Text>> = Vec<Option<String>>,
        latency_ms: Array<Integer> = Vec<i32>,
        age_seconds: Array<Double> = Vec<f64>,
        next_seconds: Array<Nullable<Double>> = Vec<Option<f64>>,
    } -> ()
}

statement! {
    struct Hasten("webhook_cursors/hasten.sql") {
        endpoint: SqlUuid = Uuid,
        limit: BigInt = i64,
    } -> ()
}

statement! {
    struct Replay("webhook_cursors/replay.sql") {
        show: BigInt = i64,
        endpoint: SqlUuid = Uuid,
        offset: BigInt = i64,
    } -> ()
}

/// How many calls there may be at a time.
#[derive(Debug, Clone, Copy)]
pub struct Rooms {
    /// To endpoints that take what they are sent.
    pub all: usize,
    /// To those that failed the last time.
    pub failing: usize,
    /// To one endpoint.
    pub endpoint: usize,
    /// To one endpoint, for shows with which it failed the last time.
    pub failing_endpoint: usize,
}

/// Calls under way to one endpoint.
#[derive(Debug, Clone, Copy)]
pub struct Busy {
    /// The endpoint.
    pub endpoint: EndpointId,
    /// Whether it failed the last time.
    pub is_failing: bool,
    /// How many.
    pub calls: usize,
}

/// A leased cursor.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// The show.
    pub show: ShowId,
    /// The endpoint.
    pub endpoint: EndpointId,
    /// The last event that it was told of.
    pub offset: Offset,
    /// How often the next one has failed.
    pub attempts: i32,
    /// The end of the lease, by which it is known.
    pub lease: DateTime<Utc>,
    /// For how long it has failed.
    pub failing: Duration,
    /// Where to send what.
    pub receiver: Receiver,
}

/// An attempt to send something, to be written down.
#[derive(Debug, Clone)]
pub struct Sent {
    /// The message's id.
    pub message: String,
    /// What it says.
    pub event_type: String,
    /// The event, or the first one that is kept.
    pub offset: Offset,
    /// Which attempt it was, from 1.
    pub attempt: i32,
    /// What was answered, if anything was.
    pub status: Option<u16>,
    /// Why it failed.
    pub error: Option<String>,
    /// How long it took.
    pub latency: Duration,
    /// How long ago it began.
    pub age: Duration,
    /// After what pause it is tried again.
    pub next: Option<Duration>,
}

/// Where a lease ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reached {
    /// The last event that need not be sent again.
    pub offset: Offset,
    /// How often the next one has failed.
    pub attempts: i32,
    /// When to go on; if left out, when there is more to tell.
    pub pause: Option<Duration>,
}

/// Has the endpoints come due that have not been told of all that happened on these shows.
pub fn awaken(connection: &mut PgConnection, shows: &[ShowId]) -> QueryResult<()> {
    let shows = shows.iter().map(|show| show.0).collect();
    statement::execute(connection, Awaken { shows }).map(drop)
}

/// Leases cursors that are due, as many as there is room for beside those under way.
pub fn claim(
    connection: &mut PgConnection,
    rooms: Rooms,
    busy: &[Busy],
    lease: Duration,
) -> QueryResult<Vec<Claimed>> {
    type Row = (
        i64,
        Uuid,
        i64,
        i32,
        DateTime<Utc>,
        f64,
        String,
        Vec<String>,
        Vec<u8>,
        Option<Vec<u8>>,
    );
    let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let claim = Claim {
        room: count(rooms.all),
        failing_room: count(rooms.failing),
        endpoint_room: count(rooms.endpoint),
        failing_endpoint_room: count(rooms.failing_endpoint),
        busy_endpoint: busy.iter().map(|busy| Uuid::from_u128(busy.endpoint.0)).collect(),
        busy_failing: busy.iter().map(|busy| busy.is_failing).collect(),
        busy_calls: busy.iter().map(|busy| count(busy.calls)).collect(),
        lease_seconds: lease.as_secs_f64(),
    };
    let rows: Vec<Row> = statement::load(connection, claim)?;
    let claimed = rows.into_iter().map(
        |(show, endpoint, offset, attempts, lease, failing, url, event_types, salt, former_salt)| Claimed {
            show: ShowId(show),
            endpoint: EndpointId(endpoint.as_u128()),
            offset: Offset(offset),
            attempts,
            lease,
            failing: Duration::try_from_secs_f64(failing).unwrap_or_default(),
            receiver: Receiver {
                url,
                event_types,
                salt,
                former_salt,
            },
        },
    );
    Ok(claimed.collect())
}

/// The head of a show's journal, and the first event after an offset that is still kept; `None` if there is no such show.
pub fn first_kept(
    connection: &mut PgConnection,
    show: ShowId,
    after: Offset,
) -> QueryResult<Option<(Offset, Option<Offset>)>> {
    let find = FirstKept {
        show: show.0,
        after: after.0,
    };
    let row: Option<(i64, Option<i64>)> = statement::first(connection, find)?;
    Ok(row.map(|(head, first)| (Offset(head), first.map(Offset))))
}

/// Ends a lease, and writes down what was sent in it.
pub fn finish(
    connection: &mut PgConnection,
    claimed: &Claimed,
    reached: Reached,
    sent: Vec<Sent>,
) -> QueryResult<()> {
    let milliseconds = |duration: Duration| i32::try_from(duration.as_millis()).unwrap_or(i32::MAX);
    let mut statement = Finish {
        show: claimed.show.0,
        endpoint: Uuid::from_u128(claimed.endpoint.0),
        lease: claimed.lease,
        offset: reached.offset.0,
        attempts: reached.attempts,
        pause_seconds: reached.pause.map(|pause| pause.as_secs_f64()),
        message: Vec::new(),
        event_type: Vec::new(),
        journal_offset: Vec::new(),
        attempt: Vec::new(),
        status: Vec::new(),
        error: Vec::new(),
        latency_ms: Vec::new(),
        age_seconds: Vec::new(),
        next_seconds: Vec::new(),
    };
    for sent in sent {
        statement.message.push(sent.message);
        statement.event_type.push(sent.event_type);
        statement.journal_offset.push(sent.offset.0);
        statement.attempt.push(sent.attempt);
        statement.status.push(sent.status.map(u16::cast_signed));
        statement.error.push(sent.error);
        statement.latency_ms.push(milliseconds(sent.latency));
        statement.age_seconds.push(sent.age.as_secs_f64());
        statement
            .next_seconds
            .push(sent.next.map(|next| next.as_secs_f64()));
    }
    statement::execute(connection, statement).map(drop)
}

/// Has an endpoint that is back tried at once for other shows too, with which it failed.
pub fn hasten(connection: &mut PgConnection, endpoint: EndpointId) -> QueryResult<()> {
    let hasten = Hasten {
        endpoint: Uuid::from_u128(endpoint.0),
        limit: HASTENED_MAX,
    };
    statement::execute(connection, hasten).map(drop)
}

/// What became of a replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replayed {
    /// The endpoint is told of all that happened after the offset, up to this head and on.
    From(Offset),
    /// Some of it is not kept any more.
    Forgotten,
    /// The journal is not that long: this is its head.
    Ahead(Offset),
    /// There is no such show any more.
    NoShow,
}

/// Sends an endpoint back, or on, to an offset of a show's journal. Within a transaction.
pub fn replay(
    connection: &mut PgConnection,
    endpoint: EndpointId,
    show: ShowId,
    after: Offset,
) -> QueryResult<Replayed> {
    let Some((head, first)) = first_kept(connection, show, after)? else {
        return Ok(Replayed::NoShow);
    };
    if after > head {
        return Ok(Replayed::Ahead(head));
    }
    if first.is_some_and(|first| first != after.next()) {
        return Ok(Replayed::Forgotten);
    }
    let replay = Replay {
        show: show.0,
        endpoint: Uuid::from_u128(endpoint.0),
        offset: after.0,
    };
    statement::execute(connection, replay)?;
    Ok(Replayed::From(head))
}
