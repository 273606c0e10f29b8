//! A show's doors together: whoever takes scans in has their lock. And how many are inside.

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use diesel::sql_types::{BigInt, Bool, Nullable, SmallInt, Timestamptz};

use super::statement::{self, statement};
use domain::door::ListNumber;
use domain::id::ShowId;
use domain::plan::CategoryIndex;

statement! {
    struct LockDoor("door/lock.sql") { show: BigInt = i64, count: BigInt = i64 } -> (BigInt, Timestamptz)
}

statement! {
    struct CountVisits("door/count_visits.sql") { show: BigInt = i64 } -> (Nullable<SmallInt>, Nullable<SmallInt>, Bool, BigInt)
}

statement! {
    struct CountConflicts("door/count_conflicts.sql") { show: BigInt = i64 } -> (BigInt,)
}

/// The doors of a show, locked until the end of the transaction.
#[derive(Debug, Clone, Copy)]
pub struct LockedDoor {
    /// The number of its last scan; those after it are the caller's.
    pub last_scan: i64,
    /// The database's clock behind the lock.
    pub now: DateTime<Utc>,
}

/// Locks a show's doors, and sets numbers aside for so many scans. `None` if there is no such show.
pub fn lock_door(
    connection: &mut PgConnection,
    show: ShowId,
    scans: usize,
) -> QueryResult<Option<LockedDoor>> {
    let statement = LockDoor {
        show: show.0,
        count: i64::try_from(scans).unwrap_or(i64::MAX),
    };
    let locked: Option<(i64, DateTime<Utc>)> = statement::first(connection, statement)?;
    Ok(locked.map(|(last_scan, now)| LockedDoor { last_scan, now }))
}

/// Tickets that were used, of one list and category.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Visitors {
    /// By which list they came in first; `None` for the one that admits all.
    pub list: Option<ListNumber>,
    /// Their category; `None` where a node of the version before has let them in.
    pub category: Option<CategoryIndex>,
    /// Whether they are inside.
    pub are_inside: bool,
    /// How many.
    pub count: i64,
}

/// What the doors of a show have counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DoorCounts {
    /// Tickets that were used.
    pub visitors: Vec<Visitors>,
    /// Scans that the organiser should look at.
    pub conflicts: i64,
}

/// Counts them.
pub fn count_visitors(connection: &mut PgConnection, show: ShowId) -> QueryResult<DoorCounts> {
    type Row = (Option<i16>, Option<i16>, bool, i64);
    let (conflicts,): (i64,) = statement::one(connection, CountConflicts { show: show.0 })?;
    let rows: Vec<Row> = statement::load(connection, CountVisits { show: show.0 })?;
    let visitors = rows
        .into_iter()
        .map(|(list, category, are_inside, count)| Visitors {
            list: list.map(ListNumber),
            category: category.map(|category| CategoryIndex(category.cast_unsigned())),
            are_inside,
            count,
        });
    Ok(DoorCounts {
        visitors: visitors.collect(),
        conflicts,
    })
}
