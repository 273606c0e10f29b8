//! Checking tickets in: each lets one visitor in, once, and a key that comes again gets the answer that it got before.

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::result::{Error, QueryResult};
use diesel::sql_types::{BigInt, Bool, Double, Nullable, SmallInt, Timestamptz};
use serde::{Deserialize, Serialize};

use super::door::lock_door;
use super::order::OrderState;
use super::row;
use super::statement::{self, statement};
use domain::id::ShowId;
use domain::plan::CategoryIndex;
use domain::reference::{OrderNumber, TicketIndex};
use domain::times::USUAL_LENGTH;

statement! {
    struct UseTicket("check_in/use_ticket.sql") {
        show: BigInt = i64,
        order: BigInt = i64,
        ticket: SmallInt = i16,
        transfers: SmallInt = i16,
        category: Nullable<SmallInt> = Option<i16>,
        scan: BigInt = i64,
        usual_seconds: Double = f64,
    }
    -> (Timestamptz,)
}

statement! {
    struct WhyRefused("check_in/why_refused.sql") {
        show: BigInt = i64, order: BigInt = i64, ticket: SmallInt = i16, transfers: SmallInt = i16, usual_seconds: Double = f64,
    }
    -> (SmallInt, Bool, Bool, Bool, Nullable<Timestamptz>, Bool, Bool)
}

/// A ticket at a door.
#[derive(Debug, Clone, Copy)]
pub struct Scan {
    /// The ticket's show.
    pub show: ShowId,
    /// Its order.
    pub order: OrderNumber,
    /// Which of the order's.
    pub ticket: TicketIndex,
    /// How often it had been transferred when it had the code that is shown.
    pub transfers: u8,
    /// Its category.
    pub category: Option<CategoryIndex>,
    /// The show that the door is for, if it says so.
    pub door: Option<ShowId>,
}

/// What became of a check-in. Kept as JSON under the key that it was asked for with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckedIn {
    /// The ticket is used now.
    Now(DateTime<Utc>),
    /// It was used before.
    Before(DateTime<Utc>),
    /// The door is another show's.
    WrongShow,
    /// Its show is canceled.
    ShowCanceled,
    /// Its show is over.
    ShowOver,
    /// Its order is held, and not paid.
    NotPaid,
    /// It was given back, or its order was.
    Refunded,
    /// It was passed on, and has another code.
    Transferred,
    /// The buyer's bank has called its payment back.
    Disputed,
    /// Its order was given up.
    Canceled,
    /// Its order lapsed.
    TimedOut,
}

impl CheckedIn {
    /// Whether nobody was let in.
    pub const fn is_refusal(self) -> bool {
        !matches!(self, Self::Now(_))
    }
}

/// Uses a ticket, once.
pub fn check_in(connection: &mut PgConnection, scan: Scan) -> QueryResult<CheckedIn> {
    if scan.door.is_some_and(|door| door != scan.show) {
        return Ok(CheckedIn::WrongShow);
    }
    // As whoever takes scans in: a use is one of them.
    let door = lock_door(connection, scan.show, 1)?.ok_or(Error::NotFound)?;
    let (show, order, ticket) = (scan.show.0, scan.order.0, scan.ticket.0.cast_signed());
    let transfers = scan.transfers.into();
    let usual_seconds = USUAL_LENGTH.as_seconds_f64();
    let try_it = UseTicket {
        show,
        order,
        ticket,
        transfers,
        category: scan.category.map(|category| category.0.cast_signed()),
        scan: door.last_scan + 1,
        usual_seconds,
    };
    let ask_why = WhyRefused {
        show,
        order,
        ticket,
        transfers,
        usual_seconds,
    };
    let used: Option<(DateTime<Utc>,)> = statement::first(connection, try_it)?;
    match used {
        Some((at,)) => Ok(CheckedIn::Now(at)),
        None => refuse(statement::one(connection, ask_why)?),
    }
}

fn refuse(row: (i16, bool, bool, bool, Option<DateTime<Utc>>, bool, bool)) -> QueryResult<CheckedIn> {
    let (state, is_returned, is_canceled, is_over, used_at, is_disputed, is_transferred) = row;
    let state = OrderState::from_number(state).ok_or_else(|| row::corrupt("an order's state"))?;
    Ok(match (state, used_at) {
        _ if is_canceled => CheckedIn::ShowCanceled,
        (OrderState::Refunded, _) => CheckedIn::Refunded,
        (OrderState::Canceled, _) => CheckedIn::Canceled,
        (OrderState::TimedOut, _) => CheckedIn::TimedOut,
        (OrderState::Held, _) => CheckedIn::NotPaid,
        (OrderState::Paid, _) if is_returned => CheckedIn::Refunded,
        (OrderState::Paid, _) if is_transferred => CheckedIn::Transferred,
        (OrderState::Paid, _) if is_over => CheckedIn::ShowOver,
        (OrderState::Paid, Some(at)) => CheckedIn::Before(at),
        (OrderState::Paid, None) if is_disputed => CheckedIn::Disputed,
        // It became good between the two looks: the next scan lets the visitor in.
        (OrderState::Paid, None) => CheckedIn::NotPaid,
    })
}
