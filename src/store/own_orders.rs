//! A session's own orders, of all shows, the newest first.

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use diesel::sql_types::{BigInt, Nullable, SmallInt, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

use super::order::{OrderRecord, OrderState, read_orders};
use super::order_details::read_all_details;
use super::statement::{self, statement};
use domain::details::Details;
use domain::id::{SessionId, ShowId};
use domain::reference::OrderNumber;

/// Most orders of a session that are looked at.
const LOOKED_AT_MAX: i64 = 5_000;

statement! {
    struct ListOwn("own_orders/list.sql") {
        session: SqlUuid = Uuid,
        before: Nullable<Timestamptz> = Option<DateTime<Utc>>,
        before_order: Nullable<BigInt> = Option<i64>,
        looked_at_max: BigInt = i64,
        show: Nullable<BigInt> = Option<i64>,
        state: Nullable<SmallInt> = Option<i16>,
        limit: BigInt = i64,
    } -> (BigInt, BigInt, Timestamptz)
}

/// Where an order stands in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListPlace {
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Its number: some may have been made at the same instant.
    pub number: OrderNumber,
}

/// Which orders are wanted.
#[derive(Debug, Clone, Copy)]
pub struct OwnWanted {
    /// Whose.
    pub session: SessionId,
    /// Behind this one; from the newest on, if not set.
    pub after: Option<ListPlace>,
    /// Of this show alone.
    pub show: Option<ShowId>,
    /// In this state alone.
    pub state: Option<OrderState>,
}

/// Orders with who bought them, and behind which place the next page begins.
pub type OwnPage = (Vec<(OrderRecord, Details)>, Option<ListPlace>);

/// A page of orders, and behind which place the next one begins; `None` on the last.
pub fn list_own_orders(connection: &mut PgConnection, wanted: OwnWanted, limit: i64) -> QueryResult<OwnPage> {
    let list = ListOwn {
        session: Uuid::from_u128(wanted.session.0),
        before: wanted.after.map(|place| place.created_at),
        before_order: wanted.after.map(|place| place.number.0),
        looked_at_max: LOOKED_AT_MAX,
        show: wanted.show.map(|show| show.0),
        state: wanted.state.map(|state| state as i16),
        limit: limit + 1,
    };
    let mut rows: Vec<(i64, i64, DateTime<Utc>)> = statement::load(connection, list)?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    let last = rows.last().map(|&(_, number, created_at)| ListPlace {
        created_at,
        number: OrderNumber(number),
    });
    let named: Vec<_> = rows
        .iter()
        .map(|&(show, number, _)| (ShowId(show), OrderNumber(number)))
        .collect();
    let details = read_all_details(connection, &named)?;
    let records = read_orders(connection, &named)?.into_iter().zip(details);
    // One that is forgotten just now is passed over.
    let orders = records.filter_map(|(record, details)| Some((record?, details.unwrap_or_default())));
    Ok((orders.collect(), last.filter(|_| has_more)))
}
