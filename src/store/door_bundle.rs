//! What a door takes along that works without a network: a show's tickets, page by page, or what has changed of them.

use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use diesel::sql_types::{Array, BigInt, Bool, Integer, Nullable, SmallInt};

use super::order::OrderState;
use super::row::{corrupt, places, tickets};
use super::statement::{self, statement};
use domain::event::Place;
use domain::id::{Offset, ShowId};
use domain::reference::{OrderNumber, TicketIndex};
use domain::transfers::{Transfers, number_in_code};

/// Orders that are looked at for a page.
const LOOKED_AT_MAX: i64 = 2_000;
/// Events that are looked at for a page of changes.
const EVENTS_MAX: i64 = 1_000;
/// Tickets on a page; the first order's are always on it.
const TICKETS_MAX: usize = 10_000;
/// Orders whose money the buyer's bank has called back, of which a page of changes tells: the newest.
const DISPUTED_MAX: i64 = 500;

statement! {
    struct ReadHead("door_bundle/read_head.sql") { show: BigInt = i64 } -> (BigInt, BigInt)
}

statement! {
    struct ListOrders("door_bundle/list_orders.sql") {
        show: BigInt = i64,
        after: BigInt = i64,
        looked_at_max: BigInt = i64,
        revoked_alone: Bool = bool,
    } -> (BigInt, Nullable<BigInt>, Nullable<BigInt>, Nullable<BigInt>)
}

statement! {
    struct ListEvents("door_bundle/list_events.sql") { show: BigInt = i64, after: BigInt = i64, limit: BigInt = i64 }
    -> (BigInt, SmallInt, Nullable<BigInt>)
}

statement! {
    struct ListDisputed("door_bundle/list_disputed.sql") { show: BigInt = i64, limit: BigInt = i64 } -> (BigInt,)
}

statement! {
    struct ReadTickets("door_bundle/read_tickets.sql") { show: BigInt = i64, orders: Array<BigInt> = Vec<i64> } -> (
        BigInt, SmallInt, Array<Integer>, Array<Integer>, Array<SmallInt>, Bool, Array<SmallInt>, Array<SmallInt>,
    )
}

/// Which tickets are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// All that were ever sold.
    All,
    /// Those that let nobody in any more.
    Revoked,
}

/// How a ticket is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TicketState {
    /// It lets somebody in.
    Valid,
    /// It was given back, or has another name by now, as it was passed on: devices that know of no other state refuse it so.
    GivenBack,
    /// The buyer's bank has called its payment back.
    Disputed,
}

/// A ticket, as a door takes it along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BundledTicket {
    /// Its order.
    pub order: OrderNumber,
    /// Which of the order's: its number in its code.
    pub ticket: TicketIndex,
    /// What it is for.
    pub place: Place,
    /// How it is.
    pub state: TicketState,
    /// Whether it has been used.
    pub is_used: bool,
}

/// A page of tickets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TicketsPage {
    /// The tickets.
    pub tickets: Vec<BundledTicket>,
    /// The journal's offset at which it was so, or which the changes go up to.
    pub offset: Offset,
    /// Where the next page begins, if there is one.
    pub next: Option<Offset>,
}

/// A page of a show's tickets: of the orders that were booked after an offset.
pub fn read_page(
    connection: &mut PgConnection,
    show: ShowId,
    which: Which,
    after: Offset,
) -> QueryResult<TicketsPage> {
    // First: what changes while pages are read is among the changes after it.
    let (head, _) = read_head(connection, show)?;
    let statement = ListOrders {
        show: show.0,
        after: after.0,
        looked_at_max: LOOKED_AT_MAX,
        revoked_alone: which == Which::Revoked,
    };
    type Row = (i64, Option<i64>, Option<i64>, Option<i64>);
    let rows: Vec<Row> = statement::load(connection, statement)?;
    let looked_at = rows.first().filter(|row| row.0 == LOOKED_AT_MAX);
    let looked_at_last = looked_at.and_then(|row| row.1).map(Offset);
    let orders: Vec<_> = rows
        .iter()
        .filter_map(|(_, _, order, booked)| Some((OrderNumber((*order)?), Offset((*booked)?))))
        .collect();
    let (mut tickets, last) = read_tickets(connection, show, &orders)?;
    if which == Which::Revoked {
        tickets.retain(|ticket| ticket.state != TicketState::Valid);
    }
    Ok(TicketsPage {
        tickets,
        offset: head,
        next: last.or(looked_at_last),
    })
}

/// What became of a page of changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changes {
    /// The page.
    Page(TicketsPage),
    /// The events after that offset are not kept any more.
    Forgotten,
}

/// Tickets of which the journal tells something after an offset, as they are now.
pub fn read_changes(connection: &mut PgConnection, show: ShowId, after: Offset) -> QueryResult<Changes> {
    let (head, first) = read_head(connection, show)?;
    if after < head && after.next() < first {
        return Ok(Changes::Forgotten);
    }
    let statement = ListEvents {
        show: show.0,
        after: after.0,
        limit: EVENTS_MAX,
    };
    let rows: Vec<(i64, i16, Option<i64>)> = statement::load(connection, statement)?;
    let end = rows.last().map_or(after, |(offset, ..)| Offset(*offset));
    let mut orders: Vec<(OrderNumber, Offset)> = Vec::new();
    for (offset, kind, order) in &rows {
        // Paid, returned, and transferred.
        let Some(order) = order.filter(|_| [4, 5, 12].contains(kind)).map(OrderNumber) else {
            continue;
        };
        if !orders.iter().any(|(known, _)| *known == order) {
            orders.push((order, Offset(*offset)));
        }
    }
    let (tickets, last) = read_tickets(connection, show, &orders)?;
    let offset = last.unwrap_or(end);
    Ok(Changes::Page(TicketsPage {
        tickets,
        offset,
        next: (offset < head).then_some(offset),
    }))
}

/// Tickets whose money the buyer's bank has now.
pub fn read_disputed(connection: &mut PgConnection, show: ShowId) -> QueryResult<Vec<BundledTicket>> {
    let statement = ListDisputed {
        show: show.0,
        limit: DISPUTED_MAX,
    };
    let rows: Vec<(i64,)> = statement::load(connection, statement)?;
    let orders: Vec<_> = rows
        .into_iter()
        .map(|(order,)| (OrderNumber(order), Offset(0)))
        .collect();
    let (mut tickets, _) = read_tickets(connection, show, &orders)?;
    tickets.retain(|ticket| ticket.state == TicketState::Disputed);
    Ok(tickets)
}

/// The journal's last offset, and its first one that is kept.
fn read_head(connection: &mut PgConnection, show: ShowId) -> QueryResult<(Offset, Offset)> {
    let (head, first) = statement::one::<_, (i64, i64)>(connection, ReadHead { show: show.0 })?;
    Ok((Offset(head), Offset(first)))
}

/// The tickets of some orders, in that order, as many as fit on a page; and where the last one is that did, if not all have.
fn read_tickets(
    connection: &mut PgConnection,
    show: ShowId,
    orders: &[(OrderNumber, Offset)],
) -> QueryResult<(Vec<BundledTicket>, Option<Offset>)> {
    type Row = (i64, i16, Vec<i32>, Vec<i32>, Vec<i16>, bool, Vec<i16>, Vec<i16>);
    let mut all = Vec::new();
    if orders.is_empty() {
        return Ok((all, None));
    }
    let statement = ReadTickets {
        show: show.0,
        orders: orders.iter().map(|(order, _)| order.0).collect(),
    };
    let rows: Vec<Row> = statement::load(connection, statement)?;
    let mut last = None;
    for ((order, state, seats, zones, returned, is_disputed, used, transferred), (_, at)) in
        rows.into_iter().zip(orders)
    {
        if last.is_some() && all.len() >= TICKETS_MAX {
            return Ok((all, last));
        }
        last = Some(*at);
        let state = OrderState::from_number(state).ok_or_else(|| corrupt("an order's state"))?;
        let (returned, used): (Vec<TicketIndex>, Vec<TicketIndex>) = (tickets(&returned), tickets(&used));
        let is_returned = |ticket| state == OrderState::Refunded || returned.contains(&ticket);
        if !matches!(state, OrderState::Paid | OrderState::Refunded) {
            continue;
        }
        let transferred = Transfers(tickets(&transferred));
        for (ticket, place) in places(&seats, &zones)?.tickets() {
            let state = match is_disputed {
                _ if is_returned(ticket) => TicketState::GivenBack,
                true => TicketState::Disputed,
                false => TicketState::Valid,
            };
            let bundled = BundledTicket {
                order: OrderNumber(order),
                ticket: transferred.in_code(ticket),
                place,
                state,
                is_used: used.contains(&ticket),
            };
            // The names that it had before let nobody in.
            all.extend((0..transferred.count(ticket)).map(|before| BundledTicket {
                ticket: number_in_code(ticket, before),
                state: TicketState::GivenBack,
                is_used: false,
                ..bundled
            }));
            all.push(bundled);
        }
    }
    Ok((all, None))
}
