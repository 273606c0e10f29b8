//! What must be true of a database at every instant, asked of the database itself.
//!
//! `boxoffice check` runs it on a live database; every integration test ends with it.

use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use diesel::sql_types::{BigInt, Text};

use super::database::WHOLE_TABLES_SESSION;
use super::inventory::read_state;
use super::journal::{JOURNAL_PAGE_EVENTS_MAX, read_journal};
use super::snapshot::read_snapshot;
use super::statement::{self, statement};
use domain::event::Event;
use domain::id::{Offset, ShowId};
use domain::seat_map::{FoldError, SeatMap};
use domain::show::Show;
use domain::state::ShowState;

statement! {
    struct FindViolations("invariants/find_violations.sql") {} -> (Text, BigInt, Text)
}

statement! {
    struct NextSnapshot("invariants/next_snapshot.sql") { show: BigInt = i64, after: BigInt = i64 } -> (BigInt,)
}

statement! {
    struct FirstEvent("invariants/first_event.sql") { show: BigInt = i64 } -> (BigInt,)
}

/// Something that must not be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The name of the invariant.
    pub invariant: String,
    /// The show it is broken in.
    pub show: ShowId,
    /// What is wrong.
    pub detail: String,
}

impl std::fmt::Display for Violation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} (show {}): {}", self.invariant, self.show, self.detail)
    }
}

/// The invariants that SQL alone can tell, over all shows, in one snapshot. At most a thousand rows are given.
pub fn find_violations(connection: &mut PgConnection) -> QueryResult<Vec<Violation>> {
    connection.batch_execute(WHOLE_TABLES_SESSION)?;
    let rows: Vec<(String, i64, String)> = statement::load(connection, FindViolations {})?;
    let violation = |(invariant, show, detail)| Violation {
        invariant,
        show: ShowId(show),
        detail,
    };
    Ok(rows.into_iter().map(violation).collect())
}

/// Folds a show's journal, from its beginning or the snapshot with which it begins, and compares the result with the rows, and
/// with each snapshot on the way.
pub fn check_fold(connection: &mut PgConnection, show: &Show) -> QueryResult<Vec<Violation>> {
    connection
        .build_transaction()
        .read_only()
        .repeatable_read()
        .run(|connection| {
            let mut violations = Vec::new();
            let mut violated = |invariant: &str, detail: String| {
                violations.push(Violation {
                    invariant: invariant.to_owned(),
                    show: show.id,
                    detail,
                });
            };
            let rows = read_state(connection, show)?.state;
            let Some(mut folded) = begin_fold(connection, show, &rows)? else {
                violated(
                    "a journal begins with its first event or a snapshot",
                    String::new(),
                );
                return Ok(violations);
            };
            let mut next_snapshot = next_snapshot_after(connection, show.id, folded.offset())?;
            'journal: loop {
                let page = read_journal(connection, show.id, folded.offset(), JOURNAL_PAGE_EVENTS_MAX)?;
                if page.is_empty() {
                    break;
                }
                for event in page {
                    if let Err(error) = folded.fold(&event) {
                        violated("the journal can be folded", error.to_string());
                        break 'journal;
                    }
                    if next_snapshot == Some(event.offset) {
                        let snapshot = read_snapshot(connection, show, event.offset)?;
                        if snapshot.is_none_or(|snapshot| snapshot.map != *folded.map()) {
                            violated(
                                "a snapshot is the fold of the journal",
                                format!("snapshot {}", event.offset),
                            );
                        }
                        next_snapshot = next_snapshot_after(connection, show.id, event.offset)?;
                    }
                }
            }
            if !folded.is(&rows) {
                let detail = format!("journal at {}, rows at {}", folded.offset(), rows.offset());
                violated("the rows are the fold of the journal", detail);
            }
            Ok(violations)
        })
}

/// What a journal is folded into.
enum Folded {
    /// From its first event on: all of the state, orders too.
    State(Box<ShowState>),
    /// From a snapshot on: the map alone, as orders that were made before are not in the journal any more.
    Map(SeatMap),
}

impl Folded {
    fn fold(&mut self, event: &Event) -> Result<(), FoldError> {
        match self {
            Self::State(state) => state.fold(event),
            Self::Map(map) => map.fold(event),
        }
    }

    fn map(&self) -> &SeatMap {
        match self {
            Self::State(state) => state.map(),
            Self::Map(map) => map,
        }
    }

    fn offset(&self) -> Offset {
        self.map().offset
    }

    fn is(&self, rows: &ShowState) -> bool {
        match self {
            Self::State(state) => **state == *rows,
            Self::Map(map) => map == rows.map(),
        }
    }
}

/// Where the fold begins; `None` if there is neither the first event nor a snapshot.
fn begin_fold(connection: &mut PgConnection, show: &Show, rows: &ShowState) -> QueryResult<Option<Folded>> {
    let first: Option<(i64,)> = statement::first(connection, FirstEvent { show: show.id.0 })?;
    let first = first.map_or(rows.offset().next(), |(first,)| Offset(first));
    if first == Offset(1) {
        return Ok(Some(Folded::State(Box::new(ShowState::before_all(show)))));
    }
    // What was forgotten before it is in it.
    let Some(begin) = next_snapshot_after(connection, show.id, Offset(first.0 - 2))? else {
        return Ok(None);
    };
    let snapshot = read_snapshot(connection, show, begin)?;
    Ok(snapshot.map(|snapshot| Folded::Map(snapshot.map)))
}

fn next_snapshot_after(
    connection: &mut PgConnection,
    show: ShowId,
    after: Offset,
) -> QueryResult<Option<Offset>> {
    let row: Option<(i64,)> = statement::first(
        connection,
        NextSnapshot {
            show: show.0,
            after: after.0,
        },
    )?;
    Ok(row.map(|(offset,)| Offset(offset)))
}
