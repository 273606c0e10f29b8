//! Shows that are canceled, and how far that has come.

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use diesel::sql_types::{BigInt, Double, Nullable, SmallInt, Timestamptz};

use super::order::OrderState;
use super::row::corrupt;
use super::statement::{self, statement};
use domain::id::ShowId;
use domain::reference::OrderNumber;

statement! {
    struct Request("cancellation/request.sql") { show: BigInt = i64 } -> ()
}

statement! {
    struct Read("cancellation/read.sql") { show: BigInt = i64 } -> (Timestamptz, Nullable<Timestamptz>, BigInt, BigInt)
}

statement! {
    struct Lease("cancellation/lease.sql") { lease_seconds: Double = f64 } -> (BigInt,)
}

statement! {
    struct LiveOrders("cancellation/live_orders.sql") { show: BigInt = i64, after: BigInt = i64, limit: BigInt = i64 }
    -> (BigInt, SmallInt)
}

statement! {
    struct Finish("cancellation/finish.sql") { show: BigInt = i64 } -> ()
}

/// How far a show's cancellation has come.
#[derive(Debug, Clone, Copy)]
pub struct Cancellation {
    /// When it was asked for.
    pub requested_at: DateTime<Utc>,
    /// When the last order had been ended.
    pub finished_at: Option<DateTime<Utc>>,
    /// Orders that are still held or paid.
    pub orders_left: i64,
    /// Payments and refunds that providers have not been told of yet.
    pub payments_left: i64,
}

/// Cancels a show: from now on it can't be opened, and its orders are ended one after the other.
pub fn request_cancellation(connection: &mut PgConnection, show: ShowId) -> QueryResult<()> {
    statement::execute(connection, Request { show: show.0 }).map(drop)
}

/// A show's cancellation; `None` if it isn't canceled.
pub fn read_cancellation(connection: &mut PgConnection, show: ShowId) -> QueryResult<Option<Cancellation>> {
    type Row = (DateTime<Utc>, Option<DateTime<Utc>>, i64, i64);
    let row: Option<Row> = statement::first(connection, Read { show: show.0 })?;
    Ok(row.map(
        |(requested_at, finished_at, orders_left, payments_left)| Cancellation {
            requested_at,
            finished_at,
            orders_left,
            payments_left,
        },
    ))
}

/// Takes a show whose cancellation isn't finished, for `lease_seconds`; no other node gets it in that time.
pub fn lease_cancellation(connection: &mut PgConnection, lease_seconds: f64) -> QueryResult<Option<ShowId>> {
    let row: Option<(i64,)> = statement::first(connection, Lease { lease_seconds })?;
    Ok(row.map(|(show,)| ShowId(show)))
}

/// Held and paid orders after one, in the order of their numbers, `limit` at most.
pub fn live_orders(
    connection: &mut PgConnection,
    show: ShowId,
    after: OrderNumber,
    limit: i64,
) -> QueryResult<Vec<(OrderNumber, OrderState)>> {
    let statement = LiveOrders {
        show: show.0,
        after: after.0,
        limit,
    };
    let rows: Vec<(i64, i16)> = statement::load(connection, statement)?;
    let orders = rows.into_iter().map(|(number, state)| {
        let state = OrderState::from_number(state).ok_or_else(|| corrupt("an order's state"))?;
        Ok((OrderNumber(number), state))
    });
    orders.collect()
}

/// Writes down that no order is left; false if there is one.
pub fn finish_cancellation(connection: &mut PgConnection, show: ShowId) -> QueryResult<bool> {
    Ok(statement::execute(connection, Finish { show: show.0 })? == 1)
}
