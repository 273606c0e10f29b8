//! A show's orders, page by page, for whoever runs it: all of them, or those that are searched for. Each way to them has its index.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::result::{Error, QueryResult};
use diesel::sql_types::{Array, BigInt, Integer, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

use super::order::OrderState;
use super::order_details::read_all_details;
use super::row;
use super::statement::{self, statement};
use domain::details::Details;
use domain::event::Places;
use domain::id::{Offset, SessionId, ShowId};
use domain::reference::{OrderNumber, TicketIndex};
use domain::transfers::Transfers;

/// Orders that are looked at for a page.
const LOOKED_AT_MAX: i64 = 5_000;

statement! {
    struct ListOrders("order_list/list.sql") {
        show: BigInt = i64,
        above: BigInt = i64,
        below: BigInt = i64,
        direction: BigInt = i64,
        looked_at_max: BigInt = i64,
        state: Nullable<SmallInt> = Option<i16>,
        limit: BigInt = i64,
    } -> (Nullable<BigInt>, Nullable<BigInt>, Nullable<BigInt>, Nullable<BigInt>)
}

statement! {
    struct ListOfEmail("order_list/list_of_email.sql") {
        show: BigInt = i64,
        above: BigInt = i64,
        below: BigInt = i64,
        direction: BigInt = i64,
        looked_at_max: BigInt = i64,
        email: Text = String,
        session: Nullable<SqlUuid> = Option<Uuid>,
        state: Nullable<SmallInt> = Option<i16>,
        limit: BigInt = i64,
    } -> (Nullable<BigInt>, Nullable<BigInt>, Nullable<BigInt>, Nullable<BigInt>)
}

statement! {
    struct ListOfSession("order_list/list_of_session.sql") {
        show: BigInt = i64,
        above: BigInt = i64,
        below: BigInt = i64,
        direction: BigInt = i64,
        looked_at_max: BigInt = i64,
        session: SqlUuid = Uuid,
        state: Nullable<SmallInt> = Option<i16>,
        limit: BigInt = i64,
    } -> (Nullable<BigInt>, Nullable<BigInt>, Nullable<BigInt>, Nullable<BigInt>)
}

statement! {
    struct FindFirstSince("order_list/find_first_since.sql") { show: BigInt = i64, at: Timestamptz = DateTime<Utc> } -> (BigInt,)
}

statement! {
    struct ReadListed("order_list/read.sql") { show: BigInt = i64, orders: Array<BigInt> = Vec<i64> } -> (
        BigInt, BigInt, SqlUuid, SmallInt, Timestamptz, Timestamptz, BigInt, Array<Integer>, Array<Integer>, Array<SmallInt>,
        Nullable<Array<BigInt>>, Array<SmallInt>,
    )
}

/// From which end a list is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the oldest order on.
    OldestFirst,
    /// From the newest order on.
    NewestFirst,
}

/// Which orders are wanted.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// From which end.
    pub direction: Direction,
    /// Behind the order that was booked at this offset; from the first one on, if not set.
    pub after: Option<Offset>,
    /// Booked at this offset at the latest.
    pub until: Option<Offset>,
    /// In this state alone.
    pub state: Option<OrderState>,
    /// Of this session alone.
    pub session: Option<SessionId>,
    /// Of a buyer of this e-mail address alone.
    pub email: Option<String>,
    /// This one alone.
    pub number: Option<OrderNumber>,
    /// Made then or later.
    pub made_from: Option<DateTime<Utc>>,
    /// Made before.
    pub made_before: Option<DateTime<Utc>>,
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
    /// Its tickets that were given back.
    pub returned: BTreeSet<TicketIndex>,
    /// Its tickets that were transferred.
    pub transferred: Transfers,
    /// The price of each ticket, by their numbers, in minor units. None: what the terms say that the show was made with.
    pub prices: Option<Vec<i64>>,
    /// Who bought it and who comes.
    pub details: Details,
}

/// A page of orders in the order in which they were booked, or the other way round, and behind which offset the next one begins;
/// `None` on the last. A page may be short, or empty, and have a next one.
pub fn list_orders(
    connection: &mut PgConnection,
    show: ShowId,
    wanted: &Wanted,
    limit: i64,
) -> QueryResult<(Vec<Listed>, Option<Offset>)> {
    let found = find_orders(connection, show, wanted, limit + 1)?;
    let looked_at = found
        .first()
        .and_then(|row| row.1.filter(|_| row.0 == Some(LOOKED_AT_MAX)));
    let mut found: Vec<_> = found.iter().filter_map(|row| row.2.zip(row.3)).collect();
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = found.len() > limit;
    found.truncate(limit);
    let next = match found.last() {
        Some((_, booked)) if has_more => Some(*booked),
        _ => looked_at,
    };
    let numbers = found.into_iter().map(|(number, _)| number).collect();
    Ok((read_listed(connection, show, numbers)?, next.map(Offset)))
}

/// How many were looked at and the last of them, if that counts; number and offset of one that is wanted.
type Found = (Option<i64>, Option<i64>, Option<i64>, Option<i64>);

fn find_orders(
    connection: &mut PgConnection,
    show: ShowId,
    wanted: &Wanted,
    limit: i64,
) -> QueryResult<Vec<Found>> {
    let (above, below) = bounds(connection, show, wanted)?;
    let show = show.0;
    // Where all are wanted, none is looked at in vain.
    let takes_all = wanted.state.is_none() && (wanted.session.is_none() || wanted.email.is_none());
    let looked_at_max = if takes_all { limit } else { LOOKED_AT_MAX };
    let direction = match wanted.direction {
        Direction::OldestFirst => 1,
        Direction::NewestFirst => -1,
    };
    let state = wanted.state.map(|state| state as i16);
    let session = wanted.session.map(|session| Uuid::from_u128(session.0));
    if let Some(number) = wanted.number {
        return find_one(connection, ShowId(show), number, wanted, above..below);
    }
    match (&wanted.email, session) {
        (Some(email), session) => statement::load(
            connection,
            ListOfEmail {
                show,
                above,
                below,
                direction,
                looked_at_max,
                email: email.clone(),
                session,
                state,
                limit,
            },
        ),
        (None, Some(session)) => statement::load(
            connection,
            ListOfSession {
                show,
                above,
                below,
                direction,
                looked_at_max: LOOKED_AT_MAX,
                session,
                state,
                limit,
            },
        ),
        (None, None) => statement::load(
            connection,
            ListOrders {
                show,
                above,
                below,
                direction,
                looked_at_max,
                state,
                limit,
            },
        ),
    }
}

/// The offsets between which the wanted orders were booked.
fn bounds(connection: &mut PgConnection, show: ShowId, wanted: &Wanted) -> QueryResult<(i64, i64)> {
    let mut first_since = |at: Option<DateTime<Utc>>| match at {
        Some(at) => {
            let (offset,): (i64,) = statement::one(connection, FindFirstSince { show: show.0, at })?;
            Ok(Some(offset))
        }
        None => Ok::<_, Error>(None),
    };
    let (mut above, mut below) = (0, i64::MAX);
    if let Some(from) = first_since(wanted.made_from)? {
        above = from;
    }
    if let Some(end) = first_since(wanted.made_before)? {
        below = end + 1;
    }
    if let Some(until) = wanted.until {
        below = below.min(until.0 + 1);
    }
    match (wanted.direction, wanted.after) {
        (_, None) => {}
        (Direction::OldestFirst, Some(after)) => above = above.max(after.0),
        (Direction::NewestFirst, Some(after)) => below = below.min(after.0),
    }
    Ok((above, below))
}

/// The order of this number, if it is one of those that are wanted.
fn find_one(
    connection: &mut PgConnection,
    show: ShowId,
    number: OrderNumber,
    wanted: &Wanted,
    above_below: std::ops::Range<i64>,
) -> QueryResult<Vec<Found>> {
    let listed = read_listed(connection, show, vec![number.0])?;
    let is_wanted = |order: &&Listed| {
        let email = order.details.buyer.email.as_ref();
        let has_email =
            |wanted: &String| email.is_some_and(|email| email.to_lowercase() == wanted.to_lowercase());
        order.booked.0 > above_below.start
            && order.booked.0 < above_below.end
            && wanted.state.is_none_or(|state| order.state == state)
            && wanted.session.is_none_or(|session| order.session == session)
            && wanted.email.as_ref().is_none_or(has_email)
    };
    let found = listed.iter().filter(is_wanted);
    Ok(found
        .map(|order| (None, None, Some(order.number.0), Some(order.booked.0)))
        .collect())
}

fn read_listed(connection: &mut PgConnection, show: ShowId, orders: Vec<i64>) -> QueryResult<Vec<Listed>> {
    type Row = (
        i64,
        i64,
        Uuid,
        i16,
        DateTime<Utc>,
        DateTime<Utc>,
        i64,
        Vec<i32>,
        Vec<i32>,
        Vec<i16>,
        Option<Vec<i64>>,
        Vec<i16>,
    );
    if orders.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<Row> = statement::load(connection, ReadListed { show: show.0, orders })?;
    let named: Vec<_> = rows.iter().map(|row| (show, OrderNumber(row.0))).collect();
    let details = read_all_details(connection, &named)?;
    let listed = rows.into_iter().zip(details).map(|(row, details)| {
        let (
            number,
            booked,
            session,
            state,
            created_at,
            expires_at,
            total,
            seats,
            zones,
            returned,
            prices,
            transferred,
        ) = row;
        Ok(Listed {
            number: OrderNumber(number),
            booked: Offset(booked),
            session: row::session(session),
            state: OrderState::from_number(state).ok_or_else(|| row::corrupt("an order's state"))?,
            created_at,
            expires_at,
            total_minor_units: total,
            places: row::places(&seats, &zones)?,
            returned: row::tickets(&returned),
            transferred: Transfers(row::tickets(&transferred)),
            prices,
            details: details.unwrap_or_default(),
        })
    });
    listed.collect()
}
