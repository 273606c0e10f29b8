//! Reading orders.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use diesel::sql_types::{Array, BigInt, Integer, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

use super::row;
use super::statement::{self, statement};
pub use domain::decide::OrderState;
use domain::event::Places;
use domain::exchange::ExchangeTerms;
use domain::id::{Offset, PaymentId, Revision, SessionId, ShowId};
use domain::reference::{OrderNumber, TicketIndex};
use domain::tariff::Bill;
use domain::transfers::Transfers;

statement! {
    struct FindShow("order/find_show.sql") { order: BigInt = i64 } -> (BigInt,)
}

statement! {
    struct ReadOrders("order/read.sql") { shows: Array<BigInt> = Vec<i64>, orders: Array<BigInt> = Vec<i64> } -> (
        BigInt, SqlUuid, SmallInt, Timestamptz, Timestamptz, BigInt, Nullable<SqlUuid>, Nullable<BigInt>, BigInt, BigInt,
        Array<Integer>, Array<Integer>, Array<SmallInt>, Array<SmallInt>, Timestamptz, Nullable<Array<BigInt>>,
        Nullable<Text>, Integer, Nullable<BigInt>, Nullable<Array<SmallInt>>, Nullable<BigInt>, Nullable<BigInt>,
        Array<SmallInt>, Nullable<Array<Nullable<Text>>>,
    )
}

/// An order as it stands.
#[derive(Debug, Clone)]
pub struct OrderRecord {
    /// Its show.
    pub show: ShowId,
    /// Its number.
    pub number: OrderNumber,
    /// Whose it is.
    pub session: SessionId,
    /// Where it stands. A lapsed hold is timed out here whether or not that has been journaled.
    pub state: OrderState,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// The end of the hold that the buyer is shown.
    pub expires_at: DateTime<Utc>,
    /// Its price in minor units of the show's currency.
    pub total_minor_units: i64,
    /// The price of each ticket, by their numbers, in minor units. None: what the terms say that the show was made with.
    pub prices: Option<Vec<i64>>,
    /// What there is besides, if there is anything.
    pub bill: Option<Bill>,
    /// The revision of the show's terms that is in force.
    pub revision: Revision,
    /// The payment that paid it, and the offset of the event that says so.
    pub paid: Option<(PaymentId, Offset)>,
    /// The journal's offset of its `booked` event.
    pub booked_offset: Offset,
    /// The journal's last offset.
    pub head: Offset,
    /// Its places, as they were booked.
    pub places: Places,
    /// The end of the hold.
    pub kept_until: DateTime<Utc>,
    /// Its tickets that were given back.
    pub returned: BTreeSet<TicketIndex>,
    /// Its tickets that were transferred.
    pub transferred: Transfers,
    /// Its tickets that have been checked in.
    pub checked_in: BTreeSet<TicketIndex>,
    /// What it is in exchange for, if it is.
    pub exchange: Option<ExchangeTerms>,
    /// The last order that was paid in exchange for tickets of it.
    pub exchanged_for: Option<OrderNumber>,
    /// Who comes with its tickets, by their numbers, as far as that is said; not for everybody to know.
    pub attendees: Vec<Option<String>>,
}

impl OrderRecord {
    /// What its payment takes, in minor units.
    pub fn due(&self) -> i64 {
        let total = self.total_minor_units;
        let exchange = self.exchange.as_ref();
        exchange.map_or(total, |exchange| exchange.due(total))
    }
}

/// The show that an order number belongs to.
pub fn find_show(connection: &mut PgConnection, order: OrderNumber) -> QueryResult<Option<ShowId>> {
    let row: Option<(i64,)> = statement::first(connection, FindShow { order: order.0 })?;
    Ok(row.map(|(show,)| ShowId(show)))
}

/// Orders as they stand now, by the database's clock: one for each that was asked for, in that order.
pub fn read_orders(
    connection: &mut PgConnection,
    wanted: &[(ShowId, OrderNumber)],
) -> QueryResult<Vec<Option<OrderRecord>>> {
    type Row = (
        i64,
        Uuid,
        i16,
        DateTime<Utc>,
        DateTime<Utc>,
        i64,
        Option<Uuid>,
        Option<i64>,
        i64,
        i64,
        Vec<i32>,
        Vec<i32>,
        Vec<i16>,
        Vec<i16>,
        DateTime<Utc>,
        Option<Vec<i64>>,
        Option<String>,
        i32,
        Option<i64>,
        Option<Vec<i16>>,
        Option<i64>,
        Option<i64>,
        Vec<i16>,
        Option<Vec<Option<String>>>,
    );
    let statement = ReadOrders {
        shows: wanted.iter().map(|(show, _)| show.0).collect(),
        orders: wanted.iter().map(|(_, number)| number.0).collect(),
    };
    let mut records = vec![None; wanted.len()];
    for row in statement::load::<_, Row>(connection, statement)? {
        let (
            position,
            session,
            state,
            created_at,
            expires_at,
            total_minor_units,
            payment,
            paid_offset,
            booked,
            head,
            seats,
            zones,
            checked_in,
            returned,
            kept_until,
            prices,
            bill,
            revision,
            exchange_of,
            exchange_tickets,
            exchange_credit,
            exchanged_for,
            transferred,
            attendees,
        ) = row;
        let position = usize::try_from(position - 1).unwrap_or(usize::MAX);
        let (Some(record), Some((show, number))) = (records.get_mut(position), wanted.get(position)) else {
            return Err(row::corrupt("an order's position"));
        };
        *record = Some(OrderRecord {
            show: *show,
            number: *number,
            session: row::session(session),
            state: OrderState::from_number(state).ok_or_else(|| row::corrupt("an order's state"))?,
            created_at,
            expires_at,
            total_minor_units,
            prices,
            bill: row::bill(bill)?,
            revision: Revision(revision),
            paid: payment
                .map(|id| PaymentId(id.as_u128()))
                .zip(paid_offset.map(Offset)),
            booked_offset: Offset(booked),
            head: Offset(head),
            places: row::places(&seats, &zones)?,
            checked_in: row::tickets(&checked_in),
            returned: row::tickets(&returned),
            transferred: Transfers(row::tickets(&transferred)),
            kept_until,
            exchange: row::exchange(exchange_of, exchange_tickets, exchange_credit),
            exchanged_for: exchanged_for.map(OrderNumber),
            attendees: attendees.unwrap_or_default(),
        });
    }
    Ok(records)
}
