//! Who bought orders and who comes with them. It changes no place, so that it passes no turnstile: the order's own lock keeps it
//! right, which whoever ends or pays the order takes too.

use std::collections::BTreeMap;

use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use diesel::sql_types::{Array, BigInt, Integer, Nullable, Text};
use serde::{Deserialize, Serialize};

use super::batch::{count_emails, lock_show};
use super::order::{OrderRecord, OrderState, read_orders};
use super::row::{corrupt, metadata_column};
use super::statement::{self, statement};
use domain::details::{Buyer, Details, DetailsChange, DetailsFault};
use domain::id::ShowId;
use domain::reference::{OrderNumber, TicketIndex};

statement! {
    struct Lock("order_details/lock.sql") { show: BigInt = i64, order: BigInt = i64 } -> ()
}

statement! {
    struct Read("order_details/read.sql") { shows: Array<BigInt> = Vec<i64>, orders: Array<BigInt> = Vec<i64> } -> (
        BigInt, Nullable<Text>, Nullable<Text>, Nullable<Text>, Nullable<Text>, Array<Nullable<Text>>, Text,
    )
}

statement! {
    struct ReadEmailLimit("order_details/read_email_limit.sql") { show: BigInt = i64 } -> (Nullable<Integer>,)
}

statement! {
    struct Put("order_details/put.sql") {
        show: BigInt = i64,
        order: BigInt = i64,
        booked: BigInt = i64,
        name: Nullable<Text> = Option<String>,
        email: Nullable<Text> = Option<String>,
        phone: Nullable<Text> = Option<String>,
        locale: Nullable<Text> = Option<String>,
        attendees: Array<Nullable<Text>> = Vec<Option<String>>,
        metadata: Text = String,
    } -> ()
}

statement! {
    struct Erase("order_details/erase.sql") { show: BigInt = i64, order: BigInt = i64 } -> ()
}

/// Who wants to change what an order says of people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Describer {
    /// Whose order it is: as long as it is held.
    Buyer,
    /// Who sells it: at any time.
    Organiser,
}

/// What came of it. Kept with the request's key: nobody is named in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Described {
    /// It is done. The order as it stood then.
    Done {
        /// Its state, by its number.
        state: i16,
        /// The journal's offset.
        offset: i64,
        /// Its tickets that had been given back.
        returned: Vec<u16>,
    },
    /// The order is in this state, by its number: what is said of it stays.
    Refused(i16),
    /// It has fewer tickets: so many.
    TooManyAttendees(usize),
    /// The show sells to buyers alone who have left an address.
    EmailRequired,
    /// The address would have too many places on the show.
    EmailLimit {
        /// It may have so many.
        max: u32,
        /// It may have so many more.
        left: u32,
    },
    /// It would have more metadata than an order may have.
    TooMuchMetadata,
    /// There is no such order any more.
    Missing,
}

/// What is said of an order; nothing, if nothing is.
fn read_details(connection: &mut PgConnection, show: ShowId, order: OrderNumber) -> QueryResult<Details> {
    let mut read = read_all_details(connection, &[(show, order)])?;
    Ok(read.pop().flatten().unwrap_or_default())
}

/// The same of several orders: one for each, in that order.
pub fn read_all_details(
    connection: &mut PgConnection,
    wanted: &[(ShowId, OrderNumber)],
) -> QueryResult<Vec<Option<Details>>> {
    type Row = (
        i64,
        Option<String>,
        Option<String>,
        Option<String>,
        Option<String>,
        Vec<Option<String>>,
        String,
    );
    let statement = Read {
        shows: wanted.iter().map(|(show, _)| show.0).collect(),
        orders: wanted.iter().map(|(_, order)| order.0).collect(),
    };
    let mut read = vec![None; wanted.len()];
    for (position, name, email, phone, locale, attendees, metadata) in
        statement::load::<_, Row>(connection, statement)?
    {
        let position = usize::try_from(position - 1).unwrap_or(usize::MAX);
        let place = read
            .get_mut(position)
            .ok_or_else(|| corrupt("an order's position"))?;
        let metadata: Result<BTreeMap<String, String>, _> = serde_json::from_str(&metadata);
        *place = Some(Details {
            buyer: Buyer {
                name,
                email,
                phone,
                locale,
            },
            attendees,
            metadata: metadata.map_err(|_other| corrupt("an order's metadata"))?,
        });
    }
    Ok(read)
}

/// Changes what is said of an order. Within a transaction.
pub fn change_details(
    connection: &mut PgConnection,
    show: ShowId,
    order: OrderNumber,
    by: Describer,
    change: DetailsChange,
) -> QueryResult<Described> {
    let limit = match change.email {
        Some(_) if by == Describer::Buyer => lock_for_email(connection, show)?,
        _ => None,
    };
    let Some(record) = lock_order(connection, show, order)? else {
        return Ok(Described::Missing);
    };
    if by == Describer::Buyer && record.state != OrderState::Held {
        return Ok(Described::Refused(record.state as i16));
    }
    if let (Some(max), Some(email)) = (limit, &change.email)
        && let Some(refused) = check_email(connection, &record, email.as_deref(), max)?
    {
        return Ok(refused);
    }
    let before = read_details(connection, show, order)?;
    let details = match change.apply(before, &record.places, &record.returned) {
        Ok(details) => details,
        Err(DetailsFault::TooManyAttendees(tickets)) => return Ok(Described::TooManyAttendees(tickets)),
        Err(DetailsFault::TooMuchMetadata) => return Ok(Described::TooMuchMetadata),
    };
    if details.is_empty() {
        erase(connection, show, order)?;
    } else {
        put(connection, &record, details)?;
    }
    Ok(done(&record))
}

/// Forgets whoever an order names, and what is noted of it. Within a transaction.
pub fn erase_details(
    connection: &mut PgConnection,
    show: ShowId,
    order: OrderNumber,
    by: Describer,
) -> QueryResult<Described> {
    let Some(record) = lock_order(connection, show, order)? else {
        return Ok(Described::Missing);
    };
    // Whoever sold the tickets may have to reach those who come.
    if by == Describer::Buyer && record.state == OrderState::Paid {
        return Ok(Described::Refused(record.state as i16));
    }
    // Without its address it would count for nobody.
    let is_held = record.state == OrderState::Held;
    if by == Describer::Buyer && is_held && read_email_limit(connection, show)?.is_some() {
        return Ok(Described::EmailRequired);
    }
    erase(connection, show, order)?;
    Ok(done(&record))
}

/// The limit for an address's places, if the show has one: then with the lock under which they are counted, which comes before orders'.
fn lock_for_email(connection: &mut PgConnection, show: ShowId) -> QueryResult<Option<u32>> {
    if read_email_limit(connection, show)?.is_none() {
        return Ok(None);
    }
    lock_show(connection, show)?;
    read_email_limit(connection, show)
}

fn read_email_limit(connection: &mut PgConnection, show: ShowId) -> QueryResult<Option<u32>> {
    let row: Option<(Option<i32>,)> = statement::first(connection, ReadEmailLimit { show: show.0 })?;
    Ok(row.and_then(|(max,)| max).map(i32::cast_unsigned))
}

/// Why a held order can't have this address.
fn check_email(
    connection: &mut PgConnection,
    record: &OrderRecord,
    email: Option<&str>,
    max: u32,
) -> QueryResult<Option<Described>> {
    let Some(email) = email else {
        return Ok(Some(Described::EmailRequired));
    };
    let others = count_emails(
        connection,
        record.show,
        vec![email.to_owned()],
        Some(record.number),
        None,
    )?;
    let left = max.saturating_sub(others.values().sum());
    let is_too_much = record.places.count() > left;
    Ok(is_too_much.then_some(Described::EmailLimit { max, left }))
}

/// An order as it stands under its lock. In a statement of its own, so that its clock is read after the lock is taken.
fn lock_order(
    connection: &mut PgConnection,
    show: ShowId,
    order: OrderNumber,
) -> QueryResult<Option<OrderRecord>> {
    let lock = Lock {
        show: show.0,
        order: order.0,
    };
    statement::execute(connection, lock)?;
    Ok(read_orders(connection, &[(show, order)])?.pop().flatten())
}

fn done(record: &OrderRecord) -> Described {
    Described::Done {
        state: record.state as i16,
        offset: record.head.0,
        returned: record
            .returned
            .iter()
            .map(|ticket: &TicketIndex| ticket.0)
            .collect(),
    }
}

fn put(connection: &mut PgConnection, record: &OrderRecord, details: Details) -> QueryResult<()> {
    let Details {
        buyer,
        attendees,
        metadata,
    } = details;
    let put = Put {
        show: record.show.0,
        order: record.number.0,
        booked: record.booked_offset.0,
        name: buyer.name,
        email: buyer.email,
        phone: buyer.phone,
        locale: buyer.locale,
        attendees,
        metadata: metadata_column(&metadata),
    };
    statement::execute(connection, put).map(drop)
}

fn erase(connection: &mut PgConnection, show: ShowId, order: OrderNumber) -> QueryResult<()> {
    let erase = Erase {
        show: show.0,
        order: order.0,
    };
    statement::execute(connection, erase).map(drop)
}
