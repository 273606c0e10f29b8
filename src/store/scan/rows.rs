//! What of a show, its orders and its scans is needed to judge a scan, as the database has it; and what is written of it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use diesel::sql_types::{
    Array, BigInt, Binary, Bool, Double, Integer, Nullable, SmallInt, Text, Timestamptz,
};

use crate::store::order::OrderState;
use crate::store::row::{corrupt, places};
use crate::store::statement::{self, statement};
use domain::door::{Direction, ListNumber, PASSAGES_MAX, Passage, Reason, ScanResult, Since};
use domain::event::Places;
use domain::id::ShowId;
use domain::reference::{OrderNumber, TicketIndex};
use domain::times::USUAL_LENGTH;
use domain::transfers::Transfers;

statement! {
    struct LockJournal("lock_journal.sql") { show: BigInt = i64 } -> ()
}

statement! {
    struct LockOrders("lock_orders.sql") { show: BigInt = i64, orders: Array<BigInt> = Vec<i64> } -> (BigInt,)
}

statement! {
    struct ReadShow("read_show.sql") { show: BigInt = i64, usual_seconds: Double = f64 }
    -> (Bool, Nullable<Timestamptz>, Timestamptz)
}

statement! {
    struct ReadOrders("read_orders.sql") { show: BigInt = i64, orders: Array<BigInt> = Vec<i64> } -> (
        BigInt, SmallInt, Array<Integer>, Array<Integer>, Array<SmallInt>, Nullable<Timestamptz>, Nullable<Timestamptz>,
        Array<SmallInt>,
    )
}

statement! {
    struct ReadReturns("read_returns.sql") { show: BigInt = i64, orders: Array<BigInt> = Vec<i64> }
    -> (BigInt, Timestamptz, Array<SmallInt>)
}

statement! {
    struct ReadTransfers("read_transfers.sql") { show: BigInt = i64, orders: Array<BigInt> = Vec<i64> }
    -> (BigInt, Timestamptz, Array<SmallInt>)
}

statement! {
    struct FindRanges("find_ranges.sql") { orders: Array<BigInt> = Vec<i64> } -> (BigInt, BigInt)
}

statement! {
    struct FindKnown("find_known.sql") {
        show: BigInt = i64,
        devices: Array<Text> = Vec<String>,
        nonces: Array<Text> = Vec<String>,
    } -> (
        BigInt, Nullable<Binary>, BigInt, Nullable<BigInt>, Nullable<SmallInt>, Timestamptz, SmallInt, Nullable<SmallInt>,
    )
}

statement! {
    struct ReadPassages("read_passages.sql") {
        show: BigInt = i64,
        orders: Array<BigInt> = Vec<i64>,
        tickets: Array<SmallInt> = Vec<i16>,
        limit: BigInt = i64,
    } -> (
        BigInt, BigInt, Text, Text, SmallInt, Timestamptz, Bool, Nullable<SmallInt>, Nullable<SmallInt>, Nullable<SmallInt>, Bool,
        Nullable<SmallInt>,
    )
}

statement! {
    struct ReadVisits("read_visits.sql") {
        show: BigInt = i64,
        orders: Array<BigInt> = Vec<i64>,
        tickets: Array<SmallInt> = Vec<i16>,
    } -> (BigInt, Timestamptz)
}

/// A ticket of a show.
pub type TicketKey = (OrderNumber, TicketIndex);

/// A show, as far as its doors have to know it.
#[derive(Debug, Clone, Copy)]
pub struct ShowFacts {
    /// Whether it is canceled.
    pub canceled: Since,
    /// When it is over.
    pub over_at: DateTime<Utc>,
}

/// An order, as far as doors have to know it.
#[derive(Debug, Clone)]
pub struct OrderFacts {
    /// Where it stands.
    pub state: OrderState,
    /// Its places, as they were booked.
    pub places: Places,
    /// Its tickets that were given back while it stayed paid.
    pub returned: Vec<TicketIndex>,
    /// When it was paid, or ended.
    pub settled_at: Option<DateTime<Utc>>,
    /// Since when the buyer's bank has called its payment back.
    pub disputed: Since,
    /// Its tickets that were transferred.
    pub transferred: Transfers,
}

/// A scan that was taken in before.
#[derive(Debug, Clone)]
pub struct KnownScan {
    /// Its digest.
    pub digest: Vec<u8>,
    /// Its number.
    pub scan: i64,
    /// Its ticket, if it was one of this show's.
    pub ticket: Option<TicketKey>,
    /// When it was made.
    pub made_at: DateTime<Utc>,
    /// What was answered.
    pub result: ScanResult,
    /// And why.
    pub reason: Option<Reason>,
}

/// Somebody who went through a door, as it is kept.
#[derive(Debug, Clone)]
pub struct StoredPassage {
    /// The scan's number.
    pub scan: i64,
    /// What it was.
    pub passage: Passage,
    /// What came after it.
    pub came_after: Option<Reason>,
    /// What is wrong with it now.
    pub conflict: Option<Reason>,
    /// Whether it counts now.
    pub stands: bool,
    /// By which list.
    pub list: Option<ListNumber>,
}

/// Keeps the show's turnstile away until the end of the transaction: whoever locks several orders must not wait for somebody
/// who does the same.
pub fn lock_journal(connection: &mut PgConnection, show: ShowId) -> QueryResult<()> {
    statement::execute(connection, LockJournal { show: show.0 }).map(drop)
}

/// Locks orders of a show; says which of them there are.
pub fn lock_orders(
    connection: &mut PgConnection,
    show: ShowId,
    orders: &[OrderNumber],
) -> QueryResult<Vec<OrderNumber>> {
    let statement = LockOrders {
        show: show.0,
        orders: orders.iter().map(|order| order.0).collect(),
    };
    let rows: Vec<(i64,)> = statement::load(connection, statement)?;
    Ok(rows.into_iter().map(|(order,)| OrderNumber(order)).collect())
}

/// Reads the show.
pub fn read_show(connection: &mut PgConnection, show: ShowId) -> QueryResult<ShowFacts> {
    let statement = ReadShow {
        show: show.0,
        usual_seconds: USUAL_LENGTH.as_seconds_f64(),
    };
    let (is_canceled, requested_at, over_at): (bool, Option<DateTime<Utc>>, DateTime<Utc>) =
        statement::one(connection, statement)?;
    let canceled = match (is_canceled, requested_at) {
        (false, _) => Since::Never,
        (true, None) => Since::Always,
        (true, Some(at)) => Since::Instant(at),
    };
    Ok(ShowFacts { canceled, over_at })
}

/// Reads orders.
pub fn read_orders(
    connection: &mut PgConnection,
    show: ShowId,
    orders: &[OrderNumber],
) -> QueryResult<BTreeMap<OrderNumber, OrderFacts>> {
    type Row = (
        i64,
        i16,
        Vec<i32>,
        Vec<i32>,
        Vec<i16>,
        Option<DateTime<Utc>>,
        Option<DateTime<Utc>>,
        Vec<i16>,
    );
    let statement = ReadOrders {
        show: show.0,
        orders: orders.iter().map(|order| order.0).collect(),
    };
    let rows: Vec<Row> = statement::load(connection, statement)?;
    let read = rows.into_iter().map(
        |(order, state, seats, zones, returned, settled_at, disputed_at, transferred)| {
            let facts = OrderFacts {
                state: OrderState::from_number(state).ok_or_else(|| corrupt("an order's state"))?,
                places: places(&seats, &zones)?,
                returned: returned.into_iter().map(ticket_of).collect(),
                settled_at,
                disputed: Since::from_time(disputed_at),
                transferred: Transfers(transferred.into_iter().map(ticket_of).collect()),
            };
            Ok((OrderNumber(order), facts))
        },
    );
    read.collect()
}

/// When tickets of orders were given back, as far as the journal tells.
pub fn read_returns(
    connection: &mut PgConnection,
    show: ShowId,
    orders: &[OrderNumber],
) -> QueryResult<BTreeMap<TicketKey, DateTime<Utc>>> {
    let statement = ReadReturns {
        show: show.0,
        orders: orders.iter().map(|order| order.0).collect(),
    };
    let rows: Vec<(i64, DateTime<Utc>, Vec<i16>)> = statement::load(connection, statement)?;
    let each = rows.into_iter().flat_map(|(order, at, tickets)| {
        let key = move |ticket| ((OrderNumber(order), ticket_of(ticket)), at);
        tickets.into_iter().map(key)
    });
    Ok(each.collect())
}

/// When tickets of orders were transferred, as far as the journal tells.
pub fn read_transfers(
    connection: &mut PgConnection,
    show: ShowId,
    orders: &[OrderNumber],
) -> QueryResult<BTreeMap<TicketKey, Vec<DateTime<Utc>>>> {
    let statement = ReadTransfers {
        show: show.0,
        orders: orders.iter().map(|order| order.0).collect(),
    };
    let rows: Vec<(i64, DateTime<Utc>, Vec<i16>)> = statement::load(connection, statement)?;
    let mut transfers: BTreeMap<TicketKey, Vec<DateTime<Utc>>> = BTreeMap::new();
    for (order, at, tickets) in rows {
        for ticket in tickets {
            let key = (OrderNumber(order), ticket_of(ticket));
            transfers.entry(key).or_default().push(at);
        }
    }
    Ok(transfers)
}

/// The shows that orders are of, as far as their numbers tell.
pub fn find_shows(
    connection: &mut PgConnection,
    orders: &[OrderNumber],
) -> QueryResult<BTreeMap<OrderNumber, ShowId>> {
    let orders = orders.iter().map(|order| order.0).collect();
    let rows: Vec<(i64, i64)> = statement::load(connection, FindRanges { orders })?;
    let shows = rows.into_iter();
    Ok(shows
        .map(|(order, show)| (OrderNumber(order), ShowId(show)))
        .collect())
}

/// Those of some scans that were taken in before, by their places; each as a device and its nonce.
pub fn find_known(
    connection: &mut PgConnection,
    show: ShowId,
    scans: Vec<(String, String)>,
) -> QueryResult<BTreeMap<usize, KnownScan>> {
    type Row = (
        i64,
        Option<Vec<u8>>,
        i64,
        Option<i64>,
        Option<i16>,
        DateTime<Utc>,
        i16,
        Option<i16>,
    );
    let (devices, nonces) = scans.into_iter().unzip();
    let statement = FindKnown {
        show: show.0,
        devices,
        nonces,
    };
    let rows: Vec<Row> = statement::load(connection, statement)?;
    let known = rows
        .into_iter()
        .map(|(place, digest, scan, order, ticket, made_at, result, reason)| {
            let known = KnownScan {
                digest: digest.unwrap_or_default(),
                scan,
                ticket: order.map(OrderNumber).zip(ticket.map(ticket_of)),
                made_at,
                result: ScanResult::from_number(result).ok_or_else(|| corrupt("a scan's result"))?,
                reason: reason_of(reason)?,
            };
            Ok((place_of(place), known))
        });
    known.collect()
}

/// Who went through the doors with some tickets, by their places.
pub fn read_passages(
    connection: &mut PgConnection,
    show: ShowId,
    tickets: &[TicketKey],
) -> QueryResult<Vec<(usize, StoredPassage)>> {
    type Row = (
        i64,
        i64,
        String,
        String,
        i16,
        DateTime<Utc>,
        bool,
        Option<i16>,
        Option<i16>,
        Option<i16>,
        bool,
        Option<i16>,
    );
    let (orders, tickets) = columns_of(tickets);
    let statement = ReadPassages {
        show: show.0,
        orders,
        tickets,
        limit: i64::try_from(PASSAGES_MAX).unwrap_or(i64::MAX),
    };
    let rows: Vec<Row> = statement::load(connection, statement)?;
    let passages = rows.into_iter().map(
        |(
            place,
            scan,
            device,
            nonce,
            direction,
            at,
            may_reenter,
            fault,
            came_after,
            conflict,
            stands,
            list,
        )| {
            let direction = Direction::from_number(direction).ok_or_else(|| corrupt("a scan's direction"))?;
            let passage = Passage {
                at,
                device,
                nonce,
                direction,
                may_reenter,
                fault: reason_of(fault)?,
            };
            let stored = StoredPassage {
                scan,
                passage,
                came_after: reason_of(came_after)?,
                conflict: reason_of(conflict)?,
                stands,
                list: list.map(ListNumber),
            };
            Ok((place_of(place), stored))
        },
    );
    passages.collect()
}

/// When tickets were used first, by their places.
pub fn read_visits(
    connection: &mut PgConnection,
    show: ShowId,
    tickets: &[TicketKey],
) -> QueryResult<BTreeMap<usize, DateTime<Utc>>> {
    let (orders, tickets) = columns_of(tickets);
    let statement = ReadVisits {
        show: show.0,
        orders,
        tickets,
    };
    let rows: Vec<(i64, DateTime<Utc>)> = statement::load(connection, statement)?;
    Ok(rows
        .into_iter()
        .map(|(place, at)| (place_of(place), at))
        .collect())
}

/// Tickets as two columns.
pub fn columns_of(tickets: &[TicketKey]) -> (Vec<i64>, Vec<i16>) {
    let columns = tickets
        .iter()
        .map(|(order, ticket)| (order.0, ticket.0.cast_signed()));
    columns.unzip()
}

/// A reason as a column has it.
pub fn reason_of(number: Option<i16>) -> QueryResult<Option<Reason>> {
    let read = |number| Reason::from_number(number).ok_or_else(|| corrupt("a scan's reason"));
    number.map(read).transpose()
}

/// A ticket's number as a column has it.
pub fn ticket_of(number: i16) -> TicketIndex {
    TicketIndex(number.cast_unsigned())
}

/// The place of what is counted from 1.
fn place_of(place: i64) -> usize {
    usize::try_from(place - 1).unwrap_or(usize::MAX)
}
