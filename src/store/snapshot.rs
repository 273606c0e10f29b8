//! Snapshots: the immutable state of a show at an offset.

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use diesel::sql_types::{Array, BigInt, Binary, Bool, Integer, Nullable, Timestamptz};

use super::journal::{JOURNAL_PAGE_EVENTS_MAX, read_head, read_journal};
use super::row::corrupt;
use super::statement::{self, statement};
use domain::id::{Offset, Revision, ShowId};
use domain::seat_map::{Sale, SeatMap, SeatState, ZoneCount};
use domain::show::Show;

/// Pages of the journal that are folded onto a snapshot at most. There is a snapshot for each page, about.
const FOLDED_PAGES_MAX: usize = 5;

statement! {
    struct WriteSnapshot("snapshot/write.sql") {
        show: BigInt = i64,
        offset: BigInt = i64,
        at: Timestamptz = DateTime<Utc>,
        is_open: Bool = bool,
        seats: Binary = Vec<u8>,
        zones: Array<Integer> = Vec<i32>,
        blocked: Array<Integer> = Vec<i32>,
        revision: Integer = i32,
        capacities: Array<Integer> = Vec<i32>,
    } -> ()
}

statement! {
    struct ThinOut("snapshot/thin_out.sql") { limit: BigInt = i64 } -> ()
}

statement! {
    struct ReadSnapshot("snapshot/read.sql") { show: BigInt = i64, up_to: BigInt = i64 }
    -> (
        BigInt, Timestamptz, Bool, Binary, Array<Integer>, Nullable<Array<Integer>>, Nullable<Integer>, Nullable<Array<Integer>>,
    )
}

/// The state of a show at an offset, and when the last event in it happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The state, with its offset.
    pub map: SeatMap,
    /// When it was taken.
    pub at: DateTime<Utc>,
}

/// Writes a snapshot; one of the same offset is the same, and stays.
pub fn write_snapshot(connection: &mut PgConnection, show: ShowId, snapshot: &Snapshot) -> QueryResult<()> {
    let map = &snapshot.map;
    let statement = WriteSnapshot {
        show: show.0,
        offset: map.offset.0,
        at: snapshot.at,
        is_open: map.sale == Sale::Open,
        seats: map.seats.iter().map(|state| *state as u8).collect(),
        zones: map
            .zones
            .iter()
            .flat_map(|zone| [zone.held.cast_signed(), zone.sold.cast_signed()])
            .collect(),
        blocked: map.zones.iter().map(|zone| zone.blocked.cast_signed()).collect(),
        revision: map.revision.0,
        capacities: map
            .capacities
            .iter()
            .map(|capacity| capacity.cast_signed())
            .collect(),
    };
    statement::execute(connection, statement).map(drop)
}

/// Forgets snapshots of a day ago and older, but for the last of each ten thousand events; `limit` at most. Says how many.
pub fn thin_out_snapshots(connection: &mut PgConnection, limit: i64) -> QueryResult<usize> {
    statement::execute(connection, ThinOut { limit })
}

/// The last snapshot at an offset or before it.
pub fn read_snapshot(
    connection: &mut PgConnection,
    show: &Show,
    up_to: Offset,
) -> QueryResult<Option<Snapshot>> {
    type Row = (
        i64,
        DateTime<Utc>,
        bool,
        Vec<u8>,
        Vec<i32>,
        Option<Vec<i32>>,
        Option<i32>,
        Option<Vec<i32>>,
    );
    let row: Option<Row> = statement::first(
        connection,
        ReadSnapshot {
            show: show.id.0,
            up_to: up_to.0,
        },
    )?;
    let Some((offset, at, is_open, seats, zones, blocked, revision, capacities)) = row else {
        return Ok(None);
    };
    let seats = seats
        .into_iter()
        .map(|state| SeatState::from_number(i16::from(state)));
    // Where nobody has written it down, nothing was blocked.
    let blocked = blocked
        .unwrap_or_default()
        .into_iter()
        .chain(std::iter::repeat(0));
    let zones = zones.chunks(2).zip(blocked).map(|zone| match zone {
        ([held, sold], blocked) => Some(ZoneCount {
            held: held.cast_unsigned(),
            sold: sold.cast_unsigned(),
            blocked: blocked.cast_unsigned(),
        }),
        _ => None,
    });
    // Who writes down neither knows of no terms but the first.
    let capacities = match capacities {
        Some(capacities) => capacities.into_iter().map(i32::cast_unsigned).collect(),
        None => show.first_terms().zone_capacities.clone(),
    };
    let map = SeatMap {
        offset: Offset(offset),
        revision: revision.map_or(Revision::FIRST, Revision),
        capacities,
        sale: if is_open { Sale::Open } else { Sale::Closed },
        seats: seats
            .collect::<Option<_>>()
            .ok_or_else(|| corrupt("a snapshot's seats"))?,
        zones: zones
            .collect::<Option<_>>()
            .ok_or_else(|| corrupt("a snapshot's zones"))?,
    };
    Ok(Some(Snapshot { map, at }))
}

/// The map of a show at an offset, folded from the last snapshot before it; `None` if the journal has not reached it, or
/// is not kept so far back.
pub fn read_map_at(
    connection: &mut PgConnection,
    show: &Show,
    offset: Offset,
) -> QueryResult<Option<SeatMap>> {
    let head = read_head(connection, show.id)?.offset;
    if !(Offset(0)..=head).contains(&offset) {
        return Ok(None);
    }
    let mut map = match read_snapshot(connection, show, offset)? {
        Some(snapshot) => snapshot.map,
        None => show.map_before_all(),
    };
    for _ in 0..FOLDED_PAGES_MAX {
        if map.offset == offset {
            return Ok(Some(map));
        }
        let missing = (offset.0 - map.offset.0).min(JOURNAL_PAGE_EVENTS_MAX);
        let page = read_journal(connection, show.id, map.offset, missing)?;
        if page.first().map(|event| event.offset) != Some(map.offset.next()) {
            // The journal is not kept so far back.
            return Ok(None);
        }
        for event in page {
            map.fold(&event).map_err(|_contradiction| corrupt("an event"))?;
        }
    }
    if map.offset == offset {
        Ok(Some(map))
    } else {
        Err(corrupt("a journal without snapshots"))
    }
}
