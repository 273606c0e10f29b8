//! Lines of shows: a row each. Who draws is counted in its sketch; who comes later gets numbers from blocks that nodes lease; one node at a
//! time paces it.

use chrono::{DateTime, Utc};
use diesel::connection::Connection as _;
use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use diesel::sql_types::{
    Array, BigInt, Binary, Bool, Double, Integer, Jsonb, Nullable, Timestamptz, Uuid as SqlUuid,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

use super::row::corrupt;
use super::statement::{self, statement};
use domain::id::{Offset, Revision, ShowId};
use domain::line::{Flow, History, Pace, Sketch};

/// Events of the journal that one step of the pace takes in.
const FLOW_EVENTS_MAX: i64 = 20_000;
/// A node that has not paced its line for so long has lost it, in seconds.
pub const LEASE_SECONDS: f64 = 3.0;

statement! {
    struct Begin("lines/begin.sql") { show: BigInt = i64, salt: Binary = Vec<u8>, commitment: Binary = Vec<u8> } -> ()
}

statement! {
    struct Read("lines/read.sql") { shows: Array<BigInt> = Vec<i64> } -> (
        BigInt, Binary, Binary, Nullable<Binary>, Nullable<BigInt>, Nullable<Timestamptz>, BigInt, BigInt, Jsonb, Jsonb,
        Nullable<SqlUuid>, Nullable<Timestamptz>, BigInt, Integer, Bool, Timestamptz,
    )
}

statement! {
    struct Lock("lines/lock.sql") { show: BigInt = i64 } -> (Nullable<Binary>,)
}

statement! {
    struct NoteDrawn("lines/note_drawn.sql") { show: BigInt = i64, sketch: Binary = Vec<u8> } -> ()
}

statement! {
    struct Open("lines/open.sql") { show: BigInt = i64, drawn: BigInt = i64, opens_at: Timestamptz = DateTime<Utc> } -> ()
}

statement! {
    struct Lease("lines/lease.sql") { show: BigInt = i64, leased_to: BigInt = i64, used_to: BigInt = i64, count: BigInt = i64 } -> (BigInt,)
}

statement! {
    struct SetPace("lines/pace.sql") {
        show: BigInt = i64,
        admitted: BigInt = i64,
        pace: Jsonb = Value,
        history: Jsonb = Value,
        node: SqlUuid = Uuid,
        offset: BigInt = i64,
        seen: Nullable<Timestamptz> = Option<DateTime<Utc>>,
        lease_seconds: Double = f64,
    } -> ()
}

statement! {
    struct ReadFlow("lines/read_flow.sql") { show: BigInt = i64, after: BigInt = i64, up_to: BigInt = i64 } -> (
        BigInt, BigInt, BigInt, BigInt, BigInt,
    )
}

type Row = (
    i64,
    Vec<u8>,
    Vec<u8>,
    Option<Vec<u8>>,
    Option<i64>,
    Option<DateTime<Utc>>,
    i64,
    i64,
    Value,
    Value,
    Option<Uuid>,
    Option<DateTime<Utc>>,
    i64,
    i32,
    bool,
    DateTime<Utc>,
);

/// A line as its row says.
#[derive(Debug, Clone, PartialEq)]
pub struct LineRecord {
    /// Whose it is.
    pub show: ShowId,
    /// What its keys are made of.
    pub salt: Vec<u8>,
    /// The hash of the key of the draw.
    pub commitment: Vec<u8>,
    /// Who has drawn, until it opens.
    pub sketch: Option<Sketch>,
    /// What became of it at the opening.
    pub opening: Option<Opening>,
    /// The last number that may have been given out.
    pub last_number: u64,
    /// Numbers up to this one are admitted.
    pub admitted: u64,
    /// How fast it moves.
    pub pace: Pace,
    /// Who was admitted when.
    pub history: History,
    /// Which node paced it last, and when.
    pub paced: Option<(u128, DateTime<Utc>)>,
    /// Up to where that node had read the journal.
    pub paced_offset: Offset,
    /// Which terms of the show are in force.
    pub revision: Revision,
    /// Whether the show is canceled.
    pub is_canceled: bool,
    /// When it was read.
    pub read_at: DateTime<Utc>,
}

/// A line's opening.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opening {
    /// When that was.
    pub at: DateTime<Utc>,
    /// How many had drawn, about.
    pub drawn: u64,
}

/// One step of a line's pace.
#[derive(Debug, Clone, PartialEq)]
pub struct PaceStep {
    /// Whose it is.
    pub show: ShowId,
    /// Numbers up to this one are admitted.
    pub admitted: u64,
    /// How fast it moves.
    pub pace: Pace,
    /// Who was admitted when.
    pub history: History,
    /// Up to where the journal was read.
    pub offset: Offset,
    /// When the line was paced before.
    pub seen: Option<DateTime<Utc>>,
}

fn record(row: Row) -> QueryResult<LineRecord> {
    let (
        show,
        salt,
        commitment,
        sketch,
        drawn,
        opened_at,
        last_number,
        admitted,
        pace,
        history,
        paced_by,
        paced_at,
        paced_offset,
        revision,
        is_canceled,
        read_at,
    ) = row;
    let sketch = sketch.map(|bytes| Sketch::from_bytes(&bytes).ok_or_else(|| corrupt("a line's sketch")));
    Ok(LineRecord {
        show: ShowId(show),
        salt,
        commitment,
        sketch: sketch.transpose()?,
        opening: match (opened_at, drawn) {
            (Some(at), Some(drawn)) => Some(Opening {
                at,
                drawn: number(drawn)?,
            }),
            _ => None,
        },
        last_number: number(last_number)?,
        admitted: number(admitted)?,
        pace: read_json(pace)?,
        history: read_json(history)?,
        paced: paced_by.map(|node| node.as_u128()).zip(paced_at),
        paced_offset: Offset(paced_offset),
        revision: Revision(revision),
        is_canceled,
        read_at,
    })
}

fn number(number: i64) -> QueryResult<u64> {
    u64::try_from(number).map_err(|_negative| corrupt("a number of a line"))
}

/// No line has more places than the database can count.
fn stored(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn read_json<T: DeserializeOwned>(value: Value) -> QueryResult<T> {
    serde_json::from_value(value).map_err(|_other| corrupt("a line's pace"))
}

fn to_json<T: Serialize>(value: &T) -> QueryResult<Value> {
    serde_json::to_value(value).map_err(|error| diesel::result::Error::SerializationError(error.into()))
}

/// Makes the row of a show's line, unless there is one.
pub fn begin_line(
    connection: &mut PgConnection,
    show: ShowId,
    salt: Vec<u8>,
    commitment: Vec<u8>,
) -> QueryResult<()> {
    let begin = Begin {
        show: show.0,
        salt,
        commitment,
    };
    statement::execute(connection, begin).map(drop)
}

/// The lines of these shows, as far as there are any.
pub fn read_lines(connection: &mut PgConnection, shows: &[ShowId]) -> QueryResult<Vec<LineRecord>> {
    let shows = shows.iter().map(|show| show.0).collect();
    let rows: Vec<Row> = statement::load(connection, Read { shows })?;
    rows.into_iter().map(record).collect()
}

/// Adds those who drew at a node to all who did, until the line opens.
pub fn note_drawn(connection: &mut PgConnection, show: ShowId, drawn: &Sketch) -> QueryResult<()> {
    connection.transaction(|connection| {
        if let Some(mut all) = lock(connection, show)? {
            all.merge(drawn);
            let sketch = all.bytes().to_vec();
            statement::execute(connection, NoteDrawn { show: show.0, sketch })?;
        }
        Ok(())
    })
}

/// Opens a line whose time has come, unless it is open: from now on it is known how many drew.
pub fn open_line(
    connection: &mut PgConnection,
    show: ShowId,
    drawn: &Sketch,
    opens_at: DateTime<Utc>,
) -> QueryResult<()> {
    connection.transaction(|connection| {
        if let Some(mut all) = lock(connection, show)? {
            all.merge(drawn);
            let open = Open {
                show: show.0,
                drawn: stored(all.estimate()),
                opens_at,
            };
            statement::execute(connection, open)?;
        }
        Ok(())
    })
}

/// Who has drawn so far; `None` if the line is open.
fn lock(connection: &mut PgConnection, show: ShowId) -> QueryResult<Option<Sketch>> {
    let row: Option<(Option<Vec<u8>>,)> = statement::first(connection, Lock { show: show.0 })?;
    let Some((bytes,)) = row else { return Ok(None) };
    match bytes {
        Some(bytes) => Sketch::from_bytes(&bytes)
            .map(Some)
            .ok_or_else(|| corrupt("a line's sketch")),
        None => Ok(Some(Sketch::default())),
    }
}

/// Leases the next `count` numbers of an open line, and gives back what is left of the node's last block: those behind `used_to` up to
/// `leased_to`. Says which number is the last of the new block; `None` if the line is not open.
pub fn lease_block(
    connection: &mut PgConnection,
    show: ShowId,
    (used_to, leased_to): (u64, u64),
    count: u64,
) -> QueryResult<Option<u64>> {
    let lease = Lease {
        show: show.0,
        leased_to: stored(leased_to),
        used_to: stored(used_to),
        count: stored(count),
    };
    let row: Option<(i64,)> = statement::first(connection, lease)?;
    row.map(|(last,)| number(last)).transpose()
}

/// What happened on a show behind an offset, and up to which one.
pub fn read_flow(connection: &mut PgConnection, show: ShowId, after: Offset) -> QueryResult<(Flow, Offset)> {
    let read = ReadFlow {
        show: show.0,
        after: after.0,
        up_to: after.0.saturating_add(FLOW_EVENTS_MAX),
    };
    let (orders, places, paid, lapsed, offset): (i64, i64, i64, i64, i64) = statement::one(connection, read)?;
    let flow = Flow {
        orders: number(orders)?,
        places: number(places)?,
        paid: number(paid)?,
        lapsed: number(lapsed)?,
    };
    Ok((flow, Offset(offset)))
}

/// Admits more of a line, as `node`; false if another node paces it, or has since it was read.
pub fn set_pace(connection: &mut PgConnection, node: u128, step: &PaceStep) -> QueryResult<bool> {
    let set = SetPace {
        show: step.show.0,
        admitted: stored(step.admitted),
        pace: to_json(&step.pace)?,
        history: to_json(&step.history)?,
        node: Uuid::from_u128(node),
        offset: step.offset.0,
        seen: step.seen,
        lease_seconds: LEASE_SECONDS,
    };
    Ok(statement::execute(connection, set)? == 1)
}
