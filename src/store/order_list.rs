//! A show's orders, page by page, for whoever runs it.

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use diesel::sql_types::{Array, BigInt, Integer, Nullable, SmallInt, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

use super::order::OrderState;
use super::row;
use super::statement::{self, statement};
use domain::event::Places;
use domain::id::{Offset, SessionId, ShowId};
use domain::reference::OrderNumber;

/// Orders that are looked at for a page.
const LOOKED_AT_MAX: i64 = 5_000;

statement! {
    struct ListOrders("order_list/list.sql") {
        show: BigInt = i64,
        after: BigInt = i64,
        looked_at_max: BigInt = i64,
        state: Nullable<SmallInt> = Option<i16>,
        session: Nullable<SqlUuid> = Option<Uuid>,
        limit: BigInt = i64,
    } -> (
        BigInt, Nullable<BigInt>, Nullable<BigInt>, Nullable<BigInt>, Nullable<SqlUuid>, Nullable<SmallInt>, Nullable<Timestamptz>,
        Nullable<Timestamptz>, Nullable<BigInt>, Nullable<Array<Integer>>, Nullable<Array<Integer>>,
    )
}

type Row = (
    i64,
    Option<i64>,
    Option<i64>,
    Option<i64>,
    Option<Uuid>,
    Option<i16>,
    Option<DateTime<Utc>>,
    Option<DateTime<Utc>>,
    Option<i64>,
    Option<Vec<i32>>,
    Option<Vec<i32>>,
);

/// Which orders are wanted.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// Booked after this offset.
    pub after: Offset,
    /// In this state alone.
    pub state: Option<OrderState>,
    /// Of this session alone.
    pub session: Option<SessionId>,
}

/// An order in the list.
#[derive(Debug, Clone)]
pub struct Listed {
    /// Its number.
    pub number: OrderNumber,
    /// The offset at which it was booked.
    pub booked: Offset,
    /// Whose it is.
    pub session: SessionId,
    /// Where it stands.
    pub state: OrderState,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// The end of the hold that the buyer is shown.
    pub expires_at: DateTime<Utc>,
    /// Its price, in minor units.
    pub total_minor_units: i64,
    /// Its places, as they were booked.
    pub places: Places,
}

/// A page of orders in the order in which they were booked, and after which offset the next one begins; `None` on the last. A
/// page may be short, or empty, and have a next one.
pub fn list_orders(
    connection: &mut PgConnection,
    show: ShowId,
    wanted: Wanted,
    limit: i64,
) -> QueryResult<(Vec<Listed>, Option<Offset>)> {
    let statement = ListOrders {
        show: show.0,
        after: wanted.after.0,
        looked_at_max: LOOKED_AT_MAX,
        state: wanted.state.map(|state| state as i16),
        session: wanted.session.map(|session| Uuid::from_u128(session.0)),
        limit: limit + 1,
    };
    let rows: Vec<Row> = statement::load(connection, statement)?;
    let looked_at = rows
        .first()
        .and_then(|row| row.1.filter(|_| row.0 == LOOKED_AT_MAX));
    let mut orders = Vec::with_capacity(rows.len());
    for row in rows {
        orders.extend(listed(row)?);
    }
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = orders.len() > limit;
    orders.truncate(limit);
    let next = match orders.last() {
        Some(last) if has_more => Some(last.booked),
        _ => looked_at.map(Offset),
    };
    Ok((orders, next))
}

fn listed(row: Row) -> QueryResult<Option<Listed>> {
    let (_, _, number, booked, session, state, created_at, expires_at, total, seats, zones) = row;
    let Some(number) = number else { return Ok(None) };
    let parts = || {
        Some(Listed {
            number: OrderNumber(number),
            booked: Offset(booked?),
            session: SessionId(session?.as_u128()),
            state: OrderState::from_number(state?)?,
            created_at: created_at?,
            expires_at: expires_at?,
            total_minor_units: total?,
            places: row::places(&seats?, &zones?).ok()?,
        })
    };
    parts().map(Some).ok_or_else(|| row::corrupt("an order"))
}
