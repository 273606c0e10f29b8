//! Reading the journal and its head.

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use diesel::sql_types::{
    Array, BigInt, Bool, Integer, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid,
};

use super::row::{self, EventRow};
use super::statement::{self, statement};
use domain::event::Event;
use domain::id::{Offset, Revision, ShowId};
use domain::seat_map::Sale;
use domain::times::{Stage, Times};

/// Most events that one read of the journal gives.
pub const JOURNAL_PAGE_EVENTS_MAX: i64 = 1_000;

statement! {
    struct ReadJournal("journal/read.sql") {
        show: BigInt = i64,
        after: BigInt = i64,
        up_to: BigInt = i64,
    } -> (
        BigInt, Timestamptz, SmallInt, Nullable<BigInt>, Array<Integer>, Array<Integer>,
        Nullable<Array<SmallInt>>, Nullable<Integer>, Nullable<SqlUuid>, Nullable<Timestamptz>, Nullable<Timestamptz>,
        Nullable<Timestamptz>, Nullable<BigInt>, Nullable<BigInt>, Nullable<BigInt>, Nullable<Text>, Nullable<Text>,
    )
}

statement! {
    struct ReadHead("journal/read_head.sql") { show: BigInt = i64 } -> (BigInt, Bool, Bool, Integer)
}

statement! {
    struct ReadTimeline("journal/read_timeline.sql") {} -> (Nullable<Text>, Timestamptz)
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

/// The head of a show's journal: what moves on with its events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The last offset.
    pub offset: Offset,
    /// Whether the organiser has it open.
    pub sale: Sale,
    /// Whether the show is canceled, for ever.
    pub is_canceled: bool,
    /// The terms that are in force.
    pub revision: Revision,
}

impl Head {
    /// The head that a row of `journal_heads` says: its offset, whether it is open and canceled, and its terms' revision.
    pub fn of_row((offset, is_open, is_canceled, revision): (i64, bool, bool, i32)) -> Self {
        Self {
            offset: Offset(offset),
            sale: if is_open { Sale::Open } else { Sale::Closed },
            is_canceled,
            revision: Revision(revision),
        }
    }

    /// Where a show with this head and these times stands at an instant.
    pub fn stage(&self, times: &Times, now: DateTime<Utc>) -> Stage {
        match self.is_canceled {
            true => Stage::Canceled,
            false => times.stage(self.sale, now),
        }
    }
}

/// The head of a show's journal.
pub fn read_head(connection: &mut PgConnection, show: ShowId) -> QueryResult<Head> {
    Ok(Head::of_row(statement::one(
        connection,
        ReadHead { show: show.0 },
    )?))
}

/// The name of the database's timeline, and its clock. The timeline is another one after a failover, in which the last commits
/// may have been lost; `None` where there is no such thing.
pub fn read_timeline(connection: &mut PgConnection) -> QueryResult<(Option<String>, DateTime<Utc>)> {
    statement::one(connection, ReadTimeline {})
}
