//! Reading a show's whole state from its rows.

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::result::{Error, QueryResult};
use diesel::sql_types::{
    Array, BigInt, Bool, Integer, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid,
};
use uuid::Uuid;

use super::journal::read_head;
use super::row::{self, corrupt};
use super::statement::{self, statement};
use super::waitlist::read_waitlist;
use domain::code::CodeId;
use domain::event::{HoldTerms, Places};
use domain::id::{Offset, Revision, ShowId};
use domain::label::Label;
use domain::labeled::Labeled;
use domain::plan::{SeatIndex, ZoneIndex};
use domain::reference::OrderNumber;
use domain::seat_map::{Sale, SeatMap, SeatState, ZoneCount};
use domain::show::Show;
use domain::state::{LiveOrder, Phase, ShowState};

statement! {
    struct ReadHead("inventory/read_head.sql") { show: BigInt = i64 } -> (Timestamptz, BigInt, Bool, Integer, Integer)
}

statement! {
    struct ReadSeats("inventory/read_seats.sql") { show: BigInt = i64 } -> (Integer, SmallInt)
}

statement! {
    struct ReadZones("inventory/read_zones.sql") { show: BigInt = i64 } -> (SmallInt, Integer, Integer, Integer, Integer)
}

statement! {
    struct ReadOrders("inventory/read_orders.sql") { show: BigInt = i64 }
    -> (
        BigInt, SmallInt, SqlUuid, Timestamptz, Timestamptz, Timestamptz, BigInt, BigInt, Array<Integer>, Array<Integer>,
        Array<SmallInt>, Nullable<BigInt>, Nullable<Text>,
    )
}

statement! {
    struct ReadLabels("inventory/read_labels.sql") { show: BigInt = i64 } -> (Text, Integer, SmallInt, Integer)
}

statement! {
    struct ReadHolds("inventory/read_holds.sql") { show: BigInt = i64, after: BigInt = i64, limit: BigInt = i64 }
    -> (BigInt, Array<Integer>, Array<Integer>, Timestamptz)
}

/// A show's state and the instant of the database's clock at which it was read.
#[derive(Debug)]
pub struct Loaded {
    /// The state.
    pub state: ShowState,
    /// When, by the database's clock.
    pub at: DateTime<Utc>,
}

/// Reads a show's state at one offset, in a transaction of its own.
pub fn load_state(connection: &mut PgConnection, show: &Show) -> QueryResult<Loaded> {
    connection
        .build_transaction()
        .read_only()
        .repeatable_read()
        .run(|connection| read_state(connection, show))
}

/// Reads a show's state inside a transaction that holds its lock or a single snapshot.
pub fn read_state(connection: &mut PgConnection, show: &Show) -> QueryResult<Loaded> {
    let (map, at) = read_map(connection, show)?;
    let orders: Vec<OrderRow> = statement::load(connection, ReadOrders { show: show.id.0 })?;
    let orders: Vec<_> = orders.into_iter().map(live_order).collect::<Result<_, _>>()?;
    let state = ShowState::from_parts(map, read_labels(connection, show)?, orders);
    let (waitlist, offers) = read_waitlist(connection, show.id)?;
    Ok(Loaded {
        state: state.with_waitlist(waitlist, &offers),
        at,
    })
}

fn read_labels(connection: &mut PgConnection, show: &Show) -> QueryResult<Labeled> {
    let mut labeled = Labeled::default();
    let rows = statement::load::<_, (String, i32, i16, i32)>(connection, ReadLabels { show: show.id.0 })?;
    for (label, seat, zone, places) in rows {
        let label = Label::try_from(label).map_err(|_another| corrupt("a label"))?;
        // Below 0 is what the row is not about.
        match (u32::try_from(seat), u16::try_from(zone)) {
            (Ok(seat), _) => drop(labeled.seats.insert(SeatIndex(seat), label)),
            (_, Ok(zone)) => drop(
                labeled
                    .zones
                    .insert((ZoneIndex(zone), label), places.cast_unsigned()),
            ),
            _ => return Err(corrupt("a label's place")),
        }
    }
    Ok(labeled)
}

/// Reads a show's map alone at one offset, in a transaction of its own: its orders, of which there may be many more, are
/// for those who decide on it.
pub fn load_map(connection: &mut PgConnection, show: &Show) -> QueryResult<SeatMap> {
    connection
        .build_transaction()
        .read_only()
        .repeatable_read()
        .run(|connection| Ok(read_map(connection, show)?.0))
}

fn read_map(connection: &mut PgConnection, show: &Show) -> QueryResult<(SeatMap, DateTime<Utc>)> {
    let show_id = show.id.0;
    let (at, offset, is_open, revision, seats): (DateTime<Utc>, i64, bool, i32, i32) =
        statement::one(connection, ReadHead { show: show_id })?;
    let mut map = show.map_before_all();
    // What other plans have brought: their numbers are never taken back.
    map.seats
        .resize(usize::try_from(seats).unwrap_or_default(), SeatState::Free);
    map.offset = Offset(offset);
    map.revision = Revision(revision);
    map.sale = if is_open { Sale::Open } else { Sale::Closed };
    for (seat, state) in statement::load::<_, (i32, i16)>(connection, ReadSeats { show: show_id })? {
        let cell = usize::try_from(seat)
            .ok()
            .and_then(|seat| map.seats.get_mut(seat));
        *cell.ok_or_else(|| corrupt("a seat's number"))? =
            SeatState::from_number(state).ok_or_else(|| corrupt("a seat's state"))?;
    }
    type ZoneRow = (i16, i32, i32, i32, i32);
    for (zone, capacity, held, sold, blocked) in
        statement::load::<_, ZoneRow>(connection, ReadZones { show: show_id })?
    {
        let number = usize::try_from(zone).map_err(|_negative| corrupt("a zone's number"))?;
        let known = map.zones.len().max(number + 1);
        map.zones.resize(known, ZoneCount::default());
        map.capacities.resize(known, 0);
        let cells = map.zones.get_mut(number).zip(map.capacities.get_mut(number));
        let (count, places) = cells.ok_or_else(|| corrupt("a zone's number"))?;
        *places = capacity.cast_unsigned();
        *count = ZoneCount {
            held: held.cast_unsigned(),
            sold: sold.cast_unsigned(),
            blocked: blocked.cast_unsigned(),
        };
    }
    Ok((map, at))
}

/// What one order holds.
#[derive(Debug)]
pub struct Hold {
    /// The offset at which it was first booked.
    pub booked: Offset,
    /// Its places.
    pub places: Places,
    /// The end of the hold that its buyer is shown.
    pub expires_at: DateTime<Utc>,
}

type HoldRow = (i64, Vec<i32>, Vec<i32>, DateTime<Utc>);

/// The holds that were first booked after an offset and have not lapsed, in the order of that; the journal's offset and the
/// revision of the terms that are in force.
pub fn read_holds(
    connection: &mut PgConnection,
    show: ShowId,
    after: Offset,
    limit: i64,
) -> QueryResult<(Offset, Revision, Vec<Hold>)> {
    let read = |connection: &mut PgConnection| {
        let head = read_head(connection, show)?;
        let statement = ReadHolds {
            show: show.0,
            after: after.0,
            limit,
        };
        let rows: Vec<HoldRow> = statement::load(connection, statement)?;
        let holds = rows.into_iter().map(|(booked, seats, zones, expires_at)| {
            Ok(Hold {
                booked: Offset(booked),
                places: row::places(&seats, &zones)?,
                expires_at,
            })
        });
        Ok((head.offset, head.revision, holds.collect::<QueryResult<_>>()?))
    };
    connection
        .build_transaction()
        .read_only()
        .repeatable_read()
        .run(read)
}

type OrderRow = (
    i64,
    i16,
    Uuid,
    DateTime<Utc>,
    DateTime<Utc>,
    DateTime<Utc>,
    i64,
    i64,
    Vec<i32>,
    Vec<i32>,
    Vec<i16>,
    Option<i64>,
    Option<String>,
);

fn live_order(row: OrderRow) -> Result<(OrderNumber, LiveOrder), Error> {
    let (
        number,
        state,
        session,
        expires_at,
        kept_until,
        created_at,
        total,
        booked,
        seats,
        zones,
        returned,
        code,
        label,
    ) = row;
    let phase = match state {
        1 => Phase::Held,
        2 => Phase::Paid,
        _ => return Err(corrupt("a live order's state")),
    };
    let terms = HoldTerms {
        session: row::session(session),
        expires_at,
        kept_until,
        created_at,
        total,
        code: code.map(CodeId),
    };
    Ok((
        OrderNumber(number),
        LiveOrder {
            phase,
            booked: Offset(booked),
            terms,
            places: row::places(&seats, &zones)?,
            returned: row::tickets(&returned),
            label: row::label(label)?,
        },
    ))
}
