//! The log of webhooks: what was sent, a row an attempt.

use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use diesel::sql_types::{BigInt, Integer, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

use super::statement::{self, statement};
use domain::id::{Offset, ShowId};
use domain::webhook::EndpointId;

type Columns = (
    BigInt,
    Timestamptz,
    Text,
    Text,
    Nullable<BigInt>,
    Nullable<BigInt>,
    Integer,
    Nullable<SmallInt>,
    Nullable<Text>,
    Integer,
    Nullable<Timestamptz>,
);

statement! {
    struct List("webhook_deliveries/list.sql") { endpoint: SqlUuid = Uuid, before: BigInt = i64, limit: BigInt = i64 }
    -> Columns
}

statement! {
    struct Find("webhook_deliveries/find.sql") { endpoint: SqlUuid = Uuid, delivery: BigInt = i64 } -> Columns
}

statement! {
    struct BeginTest("webhook_deliveries/begin_test.sql") {
        endpoint: SqlUuid = Uuid,
        message: Text = String,
        event_type: Text = &'static str,
    } -> (BigInt,)
}

statement! {
    struct EndTest("webhook_deliveries/end_test.sql") {
        endpoint: SqlUuid = Uuid,
        delivery: BigInt = i64,
        status: Nullable<SmallInt> = Option<i16>,
        error: Nullable<Text> = Option<String>,
        latency_ms: Integer = i32,
    } -> ()
}

statement! {
    struct Forget("webhook_deliveries/forget.sql") { days: Integer = i32, limit: BigInt = i64 } -> ()
}

/// An attempt to send something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Its number, which grows.
    pub number: i64,
    /// When it began.
    pub at: DateTime<Utc>,
    /// The message's id.
    pub message: String,
    /// What it says.
    pub event_type: String,
    /// The show and the event, unless it was a test.
    pub event: Option<(ShowId, Offset)>,
    /// Which attempt it was, from 1.
    pub attempt: i32,
    /// What was answered, if anything was.
    pub status: Option<i16>,
    /// Why it failed.
    pub error: Option<String>,
    /// How long it took, in milliseconds.
    pub latency_ms: i32,
    /// When it is tried again.
    pub next_attempt_at: Option<DateTime<Utc>>,
}

type Row = (
    i64,
    DateTime<Utc>,
    String,
    String,
    Option<i64>,
    Option<i64>,
    i32,
    Option<i16>,
    Option<String>,
    i32,
    Option<DateTime<Utc>>,
);

fn delivery(row: Row) -> Delivery {
    let (number, at, message, event_type, show, offset, attempt, status, error, latency_ms, next_attempt_at) =
        row;
    Delivery {
        number,
        at,
        message,
        event_type,
        event: show.map(ShowId).zip(offset.map(Offset)),
        attempt,
        status,
        error,
        latency_ms,
        next_attempt_at,
    }
}

/// Attempts to send something to an endpoint that have a smaller number, from new to old.
pub fn list_deliveries(
    connection: &mut PgConnection,
    endpoint: EndpointId,
    before: i64,
    limit: i64,
) -> QueryResult<Vec<Delivery>> {
    let list = List {
        endpoint: Uuid::from_u128(endpoint.0),
        before,
        limit,
    };
    let rows: Vec<Row> = statement::load(connection, list)?;
    Ok(rows.into_iter().map(delivery).collect())
}

/// One of them.
pub fn find_delivery(
    connection: &mut PgConnection,
    endpoint: EndpointId,
    number: i64,
) -> QueryResult<Option<Delivery>> {
    let find = Find {
        endpoint: Uuid::from_u128(endpoint.0),
        delivery: number,
    };
    Ok(statement::first(connection, find)?.map(delivery))
}

/// Writes down that a test is sent; gives its number.
pub fn begin_test(
    connection: &mut PgConnection,
    endpoint: EndpointId,
    message: String,
    event_type: &'static str,
) -> QueryResult<i64> {
    let begin = BeginTest {
        endpoint: Uuid::from_u128(endpoint.0),
        message,
        event_type,
    };
    let (number,): (i64,) = statement::one(connection, begin)?;
    Ok(number)
}

/// Writes down what became of a test.
pub fn end_test(
    connection: &mut PgConnection,
    endpoint: EndpointId,
    number: i64,
    status: Option<u16>,
    error: Option<String>,
    latency: Duration,
) -> QueryResult<()> {
    let end = EndTest {
        endpoint: Uuid::from_u128(endpoint.0),
        delivery: number,
        status: status.map(u16::cast_signed),
        error,
        latency_ms: i32::try_from(latency.as_millis()).unwrap_or(i32::MAX),
    };
    statement::execute(connection, end).map(drop)
}

/// Forgets attempts older than `days`, the oldest first; says how many.
pub fn forget_deliveries(connection: &mut PgConnection, days: i32, limit: i64) -> QueryResult<usize> {
    statement::execute(connection, Forget { days, limit })
}
