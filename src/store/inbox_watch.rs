//! Held orders of sessions that have an inbox: when they lapse soon, and whether a payment of them fails, neither of which an event tells.

use chrono::{DateTime, Utc};
use diesel::connection::Connection;
use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use diesel::sql_types::{Array, BigInt, Bool, Double, Text, Timestamptz, Uuid as SqlUuid};
use std::collections::HashSet;
use uuid::Uuid;

use super::inbox::tell;
use super::statement::{self, statement};
use domain::id::{SessionId, ShowId};
use domain::inbox::HOLD_ENDING_SECONDS;
use domain::payment::WITHDRAWN;
use domain::reference::OrderNumber;

/// How often each is looked at, if nobody says that there is something to see, in seconds.
pub(super) const LOOK_SECONDS: f64 = 60.0;
/// Orders that are looked at together.
const LOOKED_AT_MAX: i64 = 200;

statement! {
    struct Hasten("inbox_watch/hasten.sql") { shows: Array<BigInt> = Vec<i64>, orders: Array<BigInt> = Vec<i64> } -> ()
}

statement! {
    struct Claim("inbox_watch/claim.sql") { limit: BigInt = i64 } -> (SqlUuid, BigInt, BigInt, Bool, Timestamptz)
}

statement! {
    struct Settle("inbox_watch/settle.sql") {
        sessions: Array<SqlUuid> = Vec<Uuid>,
        shows: Array<BigInt> = Vec<i64>,
        orders: Array<BigInt> = Vec<i64>,
        ending_seconds: Double = f64,
        look_seconds: Double = f64,
    } -> (BigInt, BigInt, Bool)
}

statement! {
    struct Tell("inbox_watch/tell.sql") {
        sessions: Array<SqlUuid> = Vec<Uuid>,
        shows: Array<BigInt> = Vec<i64>,
        orders: Array<BigInt> = Vec<i64>,
        are_ending: Array<Bool> = Vec<bool>,
        looked_at: Array<Timestamptz> = Vec<DateTime<Utc>>,
        withdrawn: Text = String,
    } -> (SqlUuid, Text)
}

/// What watching has told.
#[derive(Debug, Default)]
pub struct Watched {
    /// Whose inboxes have which last number now.
    pub heads: Vec<(SessionId, i64)>,
    /// Whether there may be more to look at.
    pub is_more_due: bool,
}

/// Has orders looked at now.
pub fn hasten_watches(connection: &mut PgConnection, ended: &[(ShowId, OrderNumber)]) -> QueryResult<()> {
    let hasten = Hasten {
        shows: ended.iter().map(|(show, _)| show.0).collect(),
        orders: ended.iter().map(|(_, order)| order.0).collect(),
    };
    statement::execute(connection, hasten).map(drop)
}

/// Looks at those that are due.
pub fn look_at_watches(connection: &mut PgConnection) -> QueryResult<Watched> {
    connection.transaction(|connection| {
        type Row = (Uuid, i64, i64, bool, DateTime<Utc>);
        let claimed: Vec<Row> = statement::load(connection, Claim { limit: LOOKED_AT_MAX })?;
        if claimed.is_empty() {
            return Ok(Watched::default());
        }
        let sessions: Vec<Uuid> = claimed.iter().map(|row| row.0).collect();
        let shows: Vec<i64> = claimed.iter().map(|row| row.1).collect();
        let orders: Vec<i64> = claimed.iter().map(|row| row.2).collect();
        let settle = Settle {
            sessions: sessions.clone(),
            shows: shows.clone(),
            orders: orders.clone(),
            ending_seconds: HOLD_ENDING_SECONDS.into(),
            look_seconds: LOOK_SECONDS,
        };
        let settled: Vec<(i64, i64, bool)> = statement::load(connection, settle)?;
        let reminded = settled.into_iter().filter(|(.., is_reminded)| *is_reminded);
        let reminded: HashSet<_> = reminded.map(|(show, order, _)| (show, order)).collect();
        let is_ending = |row: &Row| !row.3 && reminded.contains(&(row.1, row.2));
        let facts = Tell {
            sessions,
            shows,
            orders,
            are_ending: claimed.iter().map(is_ending).collect(),
            looked_at: claimed.iter().map(|row| row.4).collect(),
            withdrawn: WITHDRAWN.to_owned(),
        };
        let facts: Vec<(Uuid, String)> = statement::load(connection, facts)?;
        Ok(Watched {
            heads: tell(connection, facts)?,
            is_more_due: i64::try_from(claimed.len()) == Ok(LOOKED_AT_MAX),
        })
    })
}
