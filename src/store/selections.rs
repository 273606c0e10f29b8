//! Selections of places: written once, read by whoever has the id, deleted by who made them.

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use diesel::sql_types::{Array, BigInt, Bool, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

use super::row::corrupt;
use super::statement::{self, statement};
use domain::event::{Places, ZonePlaces};
use domain::id::{SessionId, ShowId};
use domain::plan::{SeatIndex, ZoneIndex};
use domain::selection::SelectionId;

/// Most selections of a session at a time, about: those that are added at the same moment don't count one another.
pub const SELECTIONS_OF_SESSION_MAX: i64 = 100;
/// How long one is kept, in days.
pub const SELECTION_DAYS: i32 = 90;

statement! {
    struct Add("selections/add.sql") {
        show: BigInt = i64,
        word: Text = String,
        session: SqlUuid = Uuid,
        seats: Array<Integer> = Vec<i32>,
        zones: Array<Integer> = Vec<i32>,
        selections_max: BigInt = i64,
    } -> ()
}

statement! {
    struct Find("selections/find.sql") { show: BigInt = i64, word: Text = String } -> (
        BigInt, Text, Array<Integer>, Array<Integer>, Timestamptz, Bool,
    )
}

statement! {
    struct List("selections/list.sql") {
        session: SqlUuid = Uuid,
        show: Nullable<BigInt> = Option<i64>,
        word: Nullable<Text> = Option<String>,
        limit: BigInt = i64,
    } -> (BigInt, Text, Array<Integer>, Array<Integer>, Timestamptz, Bool)
}

statement! {
    struct Delete("selections/delete.sql") { show: BigInt = i64, word: Text = String, session: SqlUuid = Uuid } -> ()
}

statement! {
    struct Forget("selections/forget.sql") { days: Integer = i32, limit: BigInt = i64 } -> ()
}

/// A selection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelectionRecord {
    /// Its id.
    pub id: SelectionId,
    /// The places; none of one that was deleted.
    pub places: Places,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Whether who made it has deleted it.
    pub is_deleted: bool,
}

type Row = (i64, String, Vec<i32>, Vec<i32>, DateTime<Utc>, bool);

fn record((show, word, seats, zones, created_at, is_deleted): Row) -> QueryResult<SelectionRecord> {
    let number = |number: &i32| u32::try_from(*number).map_err(|_negative| corrupt("a selection's place"));
    let seats = seats.iter().map(|seat| number(seat).map(SeatIndex));
    let zone = |part: &[i32]| match part {
        [zone, count] => Ok(ZonePlaces {
            zone: ZoneIndex(u16::try_from(*zone).map_err(|_too_large| corrupt("a selection's zone"))?),
            count: number(count)?,
        }),
        _ => Err(corrupt("a selection's zones")),
    };
    Ok(SelectionRecord {
        id: SelectionId {
            show: ShowId(show),
            word,
        },
        places: Places {
            seats: seats.collect::<QueryResult<_>>()?,
            zones: zones.chunks(2).map(zone).collect::<QueryResult<_>>()?,
        },
        created_at,
        is_deleted,
    })
}

/// Writes one, unless the session has as many as may be: says whether it is there now.
pub fn add_selection(
    connection: &mut PgConnection,
    id: &SelectionId,
    session: SessionId,
    places: &Places,
) -> QueryResult<bool> {
    let number = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
    let zone = |part: &ZonePlaces| [i32::from(part.zone.0), number(part.count)];
    let add = Add {
        show: id.show.0,
        word: id.word.clone(),
        session: Uuid::from_u128(session.0),
        seats: places.seats.iter().map(|seat| number(seat.0)).collect(),
        zones: places.zones.iter().flat_map(zone).collect(),
        selections_max: SELECTIONS_OF_SESSION_MAX,
    };
    Ok(statement::execute(connection, add)? == 1)
}

/// One, also if it was deleted.
pub fn find_selection(
    connection: &mut PgConnection,
    id: &SelectionId,
) -> QueryResult<Option<SelectionRecord>> {
    let find = Find {
        show: id.show.0,
        word: id.word.clone(),
    };
    statement::first(connection, find)?.map(record).transpose()
}

/// A session's own, the oldest first, but for those that it has deleted.
pub fn list_selections(
    connection: &mut PgConnection,
    session: SessionId,
    after: Option<SelectionId>,
    limit: i64,
) -> QueryResult<Vec<SelectionRecord>> {
    let list = List {
        session: Uuid::from_u128(session.0),
        show: after.as_ref().map(|id| id.show.0),
        word: after.map(|id| id.word),
        limit,
    };
    let rows: Vec<Row> = statement::load(connection, list)?;
    rows.into_iter().map(record).collect()
}

/// Deletes one of a session's: its places are forgotten, its name is not. Says whether the session has such a one, deleted
/// before or not.
pub fn delete_selection(
    connection: &mut PgConnection,
    id: &SelectionId,
    session: SessionId,
) -> QueryResult<bool> {
    let delete = Delete {
        show: id.show.0,
        word: id.word.clone(),
        session: Uuid::from_u128(session.0),
    };
    Ok(statement::execute(connection, delete)? == 1)
}

/// Forgets those that have been kept for long enough, `limit` at most. Says how many.
pub fn forget_selections(connection: &mut PgConnection, limit: i64) -> QueryResult<usize> {
    let days = SELECTION_DAYS;
    statement::execute(connection, Forget { days, limit })
}
