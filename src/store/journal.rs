//! Reading the journal and its head.

use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use diesel::sql_types::{Array, BigInt, Integer, Nullable, SmallInt, Timestamptz, Uuid as SqlUuid};

use super::row::{self, EventRow};
use super::statement::{self, statement};
use domain::event::Event;
use domain::id::{Offset, ShowId};

/// Most events that one read of the journal gives.
pub const JOURNAL_PAGE_EVENTS_MAX: i64 = 1_000;

statement! {
    struct ReadJournal("journal/read.sql") {
        show: BigInt = i64,
        after: BigInt = i64,
        up_to: BigInt = i64,
    } -> (
        BigInt, Timestamptz, SmallInt, Nullable<BigInt>, Array<Integer>, Array<Integer>,
        Nullable<Array<SmallInt>>, Nullable<SqlUuid>, Nullable<Timestamptz>, Nullable<Timestamptz>,
    )
}

statement! {
    struct ReadHeads("journal/read_heads.sql") { shows: Array<BigInt> = Vec<i64> } -> (BigInt, BigInt)
}

/// The next events after an offset, `limit` or [`JOURNAL_PAGE_EVENTS_MAX`] of them at most.
pub fn read_journal(
    connection: &mut PgConnection,
    show: ShowId,
    after: Offset,
    limit: i64,
) -> QueryResult<Vec<Event>> {
    let up_to = after.0.saturating_add(limit.clamp(1, JOURNAL_PAGE_EVENTS_MAX));
    let rows: Vec<EventRow> = statement::load(
        connection,
        ReadJournal {
            show: show.0,
            after: after.0,
            up_to,
        },
    )?;
    rows.into_iter().map(row::event).collect()
}

/// The journal's last offset of each of these shows.
pub fn read_heads(connection: &mut PgConnection, shows: &[ShowId]) -> QueryResult<Vec<(ShowId, Offset)>> {
    let shows = shows.iter().map(|show| show.0).collect();
    let rows: Vec<(i64, i64)> = statement::load(connection, ReadHeads { shows })?;
    Ok(rows
        .into_iter()
        .map(|(show, offset)| (ShowId(show), Offset(offset)))
        .collect())
}
