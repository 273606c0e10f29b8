//! The shows that are looked at for what they have to tell: those that have moved, and all others in turn, as a node that ended has
//! told nobody what moved.

use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use diesel::sql_types::BigInt;

use super::statement::{self, statement};
use domain::id::ShowId;

/// Shows that are looked at in each step of the walk, whether they have moved or not.
const WALK_SHOWS: i64 = 500;

statement! {
    struct NextShows("show_walk/next_shows.sql") { after: BigInt = i64, limit: BigInt = i64 } -> (BigInt,)
}

/// The shows that have moved and, if the walk goes on `after` one, the next of all, none twice; and the last of these, `None` at the
/// end of the walk.
pub fn shows_to_look_at(
    connection: &mut PgConnection,
    moved: &[ShowId],
    after: Option<ShowId>,
) -> QueryResult<(Vec<ShowId>, Option<ShowId>)> {
    let mut shows = moved.to_vec();
    let mut walked = None;
    if let Some(ShowId(after)) = after {
        let next = NextShows {
            after,
            limit: WALK_SHOWS,
        };
        let rows: Vec<(i64,)> = statement::load(connection, next)?;
        walked = rows.last().map(|(show,)| ShowId(*show));
        shows.extend(rows.into_iter().map(|(show,)| ShowId(show)));
        shows.sort_unstable();
        shows.dedup();
    }
    Ok((shows, walked))
}
