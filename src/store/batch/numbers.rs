//! Order numbers: leased in ranges, each of one show, so that a number alone tells its show and no index is needed for it.

use std::ops::Range;

use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use diesel::sql_types::{Array, BigInt};

use crate::store::statement::{self, statement};
use domain::id::ShowId;

/// The shortest range. All ranges are multiples of it, so that numbers can be told apart by it.
pub const RANGE_NUMBERS_MIN: i64 = 64;

statement! {
    struct LeaseOrderNumbers("lease_order_numbers.sql") {
        shows: Array<BigInt> = Vec<i64>,
        counts: Array<BigInt> = Vec<i64>,
    } -> (BigInt, BigInt, BigInt)
}

/// Leases a range of order numbers for each of these shows, of at least this many numbers. A transaction of its own: a
/// range lost in a crash is never used.
pub fn lease_order_numbers(
    connection: &mut PgConnection,
    wanted: &[(ShowId, i64)],
) -> QueryResult<Vec<(ShowId, Range<i64>)>> {
    let round_up = |count: &i64| (count + RANGE_NUMBERS_MIN - 1) / RANGE_NUMBERS_MIN * RANGE_NUMBERS_MIN;
    let statement = LeaseOrderNumbers {
        shows: wanted.iter().map(|(show, _)| show.0).collect(),
        counts: wanted.iter().map(|(_, count)| round_up(count)).collect(),
    };
    let rows: Vec<(i64, i64, i64)> = statement::load(connection, statement)?;
    Ok(rows
        .into_iter()
        .map(|(show, first, count)| (ShowId(show), first..first + count))
        .collect())
}
