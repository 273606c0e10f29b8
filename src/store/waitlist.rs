//! Who waits for places of a show. What changes of it is written with the batch that decides it.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use diesel::sql_types::{BigInt, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

use super::row::{self, corrupt};
use super::statement::{self, statement};
use domain::details::Buyer;
use domain::id::{Offset, SessionId, ShowId};
use domain::reference::OrderNumber;
use domain::waitlist::{EntryNumber, EntryState, Waitlist, Want};

statement! {
    struct ReadWaiting("waitlist/read_waiting.sql") { show: BigInt = i64, after: BigInt = i64, limit: BigInt = i64 }
    -> (BigInt, BigInt, SqlUuid, Text)
}

statement! {
    struct ReadOffers("waitlist/read_offers.sql") { show: BigInt = i64 } -> (BigInt,)
}

type EntryColumns = (
    BigInt,
    BigInt,
    SqlUuid,
    Text,
    SmallInt,
    Nullable<BigInt>,
    Timestamptz,
    BigInt,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Text>,
);

statement! {
    struct FindEntry("waitlist/find.sql") { show: BigInt = i64, entry: BigInt = i64 } -> EntryColumns
}

statement! {
    struct ListEntries("waitlist/list.sql") { show: BigInt = i64, after: BigInt = i64, limit: BigInt = i64 } -> EntryColumns
}

type EntryRow = (
    i64,
    i64,
    Uuid,
    String,
    i16,
    Option<i64>,
    DateTime<Utc>,
    i64,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
);

/// Entries that one statement reads of those who wait: a call must not be silent for long.
const WAITING_ROWS_MAX: i64 = 5_000;

/// An entry's row.
pub struct EntryRecord {
    /// The entry.
    pub entry: EntryNumber,
    /// Where it stands, or stood last.
    pub place: Offset,
    /// Whose it is.
    pub session: SessionId,
    /// What it wants.
    pub want: Want,
    /// Where it stands in its life.
    pub state: EntryState,
    /// The order that it got.
    pub order: Option<OrderNumber>,
    /// When it joined.
    pub joined_at: DateTime<Utc>,
    /// The journal's offset when the row was read alone.
    pub head: Offset,
    /// Who buys, as long as it waits.
    pub buyer: Buyer,
}

/// Those who wait, and the orders on offer that are held.
pub fn read_waitlist(
    connection: &mut PgConnection,
    show: ShowId,
) -> QueryResult<(Waitlist, Vec<OrderNumber>)> {
    let mut waitlist = Waitlist::default();
    // Many want the same.
    let mut wants: HashMap<String, Want> = HashMap::new();
    let mut after = 0;
    loop {
        let statement = ReadWaiting {
            show: show.0,
            after,
            limit: WAITING_ROWS_MAX,
        };
        let rows: Vec<(i64, i64, Uuid, String)> = statement::load(connection, statement)?;
        let Some((_, last, ..)) = rows.last() else { break };
        after = *last;
        for (entry, place, session, text) in rows {
            if !wants.contains_key(&text) {
                wants.insert(text.clone(), row::want_of(&text)?);
            }
            let want = wants.get(&text).ok_or_else(|| corrupt("what an entry wants"))?;
            let put = waitlist.put(EntryNumber(entry), Offset(place), row::session(session), want);
            put.ok_or_else(|| corrupt("an entry's place"))?;
        }
    }
    let offers: Vec<(i64,)> = statement::load(connection, ReadOffers { show: show.0 })?;
    let offers = offers.into_iter().map(|(order,)| OrderNumber(order));
    Ok((waitlist, offers.collect()))
}

/// An entry of a show.
pub fn find_entry(
    connection: &mut PgConnection,
    show: ShowId,
    entry: EntryNumber,
) -> QueryResult<Option<EntryRecord>> {
    let statement = FindEntry {
        show: show.0,
        entry: entry.0,
    };
    let row: Option<EntryRow> = statement::first(connection, statement)?;
    row.map(record).transpose()
}

/// Entries that wait behind a place, the first ones first.
pub fn list_entries(
    connection: &mut PgConnection,
    show: ShowId,
    after: Offset,
    limit: i64,
) -> QueryResult<Vec<EntryRecord>> {
    let statement = ListEntries {
        show: show.0,
        after: after.0,
        limit,
    };
    let rows: Vec<EntryRow> = statement::load(connection, statement)?;
    rows.into_iter().map(record).collect()
}

fn record(row: EntryRow) -> QueryResult<EntryRecord> {
    let (entry, place, session, want, state, order, joined_at, head, name, email, phone, locale) = row;
    Ok(EntryRecord {
        entry: EntryNumber(entry),
        place: Offset(place),
        session: row::session(session),
        want: row::want_of(&want)?,
        state: EntryState::from_number(state).ok_or_else(|| corrupt("an entry's state"))?,
        order: order.map(OrderNumber),
        joined_at,
        head: Offset(head),
        buyer: Buyer {
            name,
            email,
            phone,
            locale,
        },
    })
}
