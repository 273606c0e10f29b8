//! What is told to inboxes of what happens: the journals are read from where this or another node has stopped, and the cursor moves in the
//! transaction that writes the notices. So each is written once, whoever reads and whoever stops in the middle.

use chrono::{DateTime, Utc};
use diesel::connection::Connection;
use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use diesel::sql_types::{
    Array, BigInt, Bool, Double, Integer, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid,
};
use serde_json::json;
use uuid::Uuid;

use super::inbox::{front, milestones, tell};
use super::inbox_watch::LOOK_SECONDS;
use super::statement::{self, statement};
use domain::id::{SessionId, ShowId};
use domain::inbox::{HOLD_ENDING_SECONDS, NoticeKind};

/// Events of each show that are read together.
const FED_EVENTS_MAX: i64 = 1_000;
/// Shows whose events are read together.
const FED_SHOWS_MAX: i64 = 50;
/// Orders, or entries, of a show that are told together of what all are told.
const FANNED_OUT_MAX: i64 = 1_000;

statement! {
    struct AddCursors("inbox_feed/add_cursors.sql") { shows: Array<BigInt> = Vec<i64> } -> ()
}

statement! {
    struct Claim("inbox_feed/claim.sql") { shows: Array<BigInt> = Vec<i64>, events: BigInt = i64, limit: BigInt = i64 }
    -> (BigInt, BigInt, BigInt, Bool)
}

statement! {
    struct Behind("inbox_feed/behind.sql") { shows: Array<BigInt> = Vec<i64> } -> (BigInt,)
}

statement! {
    struct TellOrders("inbox_feed/tell_orders.sql") {
        shows: Array<BigInt> = Vec<i64>,
        after: Array<BigInt> = Vec<i64>,
        up_to: Array<BigInt> = Vec<i64>,
    } -> (SqlUuid, Text)
}

statement! {
    struct WatchHolds("inbox_feed/watch.sql") {
        shows: Array<BigInt> = Vec<i64>,
        after: Array<BigInt> = Vec<i64>,
        up_to: Array<BigInt> = Vec<i64>,
        ending_seconds: Double = f64,
        look_seconds: Double = f64,
    } -> ()
}

statement! {
    struct TellLines("inbox_feed/tell_lines.sql") {
        shows: Array<BigInt> = Vec<i64>,
        after: Array<BigInt> = Vec<i64>,
        up_to: Array<BigInt> = Vec<i64>,
        front: BigInt = i64,
        milestones: Array<Integer> = Vec<i32>,
    } -> (SqlUuid, Text)
}

statement! {
    struct AddFanouts("inbox_feed/add_fanouts.sql") {
        shows: Array<BigInt> = Vec<i64>,
        after: Array<BigInt> = Vec<i64>,
        up_to: Array<BigInt> = Vec<i64>,
        canceled: Array<BigInt> = Vec<i64>,
    } -> ()
}

statement! {
    struct Finish("inbox_feed/finish.sql") {
        shows: Array<BigInt> = Vec<i64>,
        up_to: Array<BigInt> = Vec<i64>,
        canceled: Array<BigInt> = Vec<i64>,
    } -> ()
}

statement! {
    struct ClaimFanout("inbox_feed/claim_fanout.sql") {} -> (BigInt, SmallInt, BigInt, Timestamptz, SmallInt, BigInt)
}

statement! {
    struct FanOutOrders("inbox_feed/fan_out_orders.sql") {
        show: BigInt = i64,
        after: BigInt = i64,
        at: Timestamptz = DateTime<Utc>,
        fact: Text = String,
        limit: BigInt = i64,
    } -> (BigInt, Nullable<SqlUuid>, Nullable<Text>)
}

statement! {
    struct FanOutEntries("inbox_feed/fan_out_entries.sql") {
        show: BigInt = i64,
        after: BigInt = i64,
        at: Timestamptz = DateTime<Utc>,
        fact: Text = String,
        limit: BigInt = i64,
    } -> (BigInt, Nullable<SqlUuid>, Nullable<Text>)
}

statement! {
    struct MoveFanout("inbox_feed/move_fanout.sql") {
        show: BigInt = i64,
        kind: SmallInt = i16,
        cause: BigInt = i64,
        stage: SmallInt = i16,
        after: BigInt = i64,
    } -> ()
}

statement! {
    struct EndFanout("inbox_feed/end_fanout.sql") { show: BigInt = i64, kind: SmallInt = i16, cause: BigInt = i64 } -> ()
}

/// What was told.
#[derive(Debug, Default)]
pub struct Told {
    /// Whose inboxes have which last number now.
    pub heads: Vec<(SessionId, i64)>,
    /// Shows on which there is more to look at.
    pub behind: Vec<ShowId>,
}

/// Tells what has happened on these shows.
pub fn feed_inboxes(connection: &mut PgConnection, shows: &[ShowId]) -> QueryResult<Told> {
    let shows: Vec<i64> = shows.iter().map(|show| show.0).collect();
    statement::execute(connection, AddCursors { shows: shows.clone() })?;
    let heads = connection.transaction(|connection| {
        let claim = Claim {
            shows: shows.clone(),
            events: FED_EVENTS_MAX,
            limit: FED_SHOWS_MAX,
        };
        let claimed: Vec<(i64, i64, i64, bool)> = statement::load(connection, claim)?;
        match claimed.as_slice() {
            [] => Ok(Vec::new()),
            claimed => feed(connection, claimed),
        }
    })?;
    // Also of a show at which another node was just then, and which has moved on meanwhile.
    let behind: Vec<(i64,)> = statement::load(connection, Behind { shows })?;
    Ok(Told {
        heads,
        behind: behind.into_iter().map(|(show,)| ShowId(show)).collect(),
    })
}

fn feed(
    connection: &mut PgConnection,
    claimed: &[(i64, i64, i64, bool)],
) -> QueryResult<Vec<(SessionId, i64)>> {
    let shows: Vec<i64> = claimed.iter().map(|claim| claim.0).collect();
    let after: Vec<i64> = claimed.iter().map(|claim| claim.1).collect();
    let up_to: Vec<i64> = claimed.iter().map(|claim| claim.2).collect();
    let canceled = claimed.iter().filter(|claim| claim.3);
    let canceled: Vec<i64> = canceled.map(|claim| claim.0).collect();
    let watch = WatchHolds {
        shows: shows.clone(),
        after: after.clone(),
        up_to: up_to.clone(),
        ending_seconds: HOLD_ENDING_SECONDS.into(),
        look_seconds: LOOK_SECONDS,
    };
    statement::execute(connection, watch)?;
    let fanouts = AddFanouts {
        shows: shows.clone(),
        after: after.clone(),
        up_to: up_to.clone(),
        canceled: canceled.clone(),
    };
    statement::execute(connection, fanouts)?;
    let orders = TellOrders {
        shows: shows.clone(),
        after: after.clone(),
        up_to: up_to.clone(),
    };
    let mut facts: Vec<(Uuid, String)> = statement::load(connection, orders)?;
    let lines = TellLines {
        shows: shows.clone(),
        after,
        up_to: up_to.clone(),
        front: front(),
        milestones: milestones(),
    };
    let positions: Vec<(Uuid, String)> = statement::load(connection, lines)?;
    facts.extend(positions);
    let heads = tell(connection, facts)?;
    let finish = Finish {
        shows,
        up_to,
        canceled,
    };
    statement::execute(connection, finish)?;
    Ok(heads)
}

/// Who is told what all are told.
const ORDERS: i16 = 1;
const ENTRIES: i16 = 2;

/// Tells some more of what all of a show are told; `None` if there is nothing to tell.
pub fn fan_out(connection: &mut PgConnection) -> QueryResult<Option<Vec<(SessionId, i64)>>> {
    connection.transaction(|connection| {
        type Row = (i64, i16, i64, DateTime<Utc>, i16, i64);
        let claimed: Option<Row> = statement::first(connection, ClaimFanout {})?;
        let Some((show, kind, cause, at, stage, after)) = claimed else {
            return Ok(None);
        };
        let revision = (kind == NoticeKind::ShowChanged as i16).then_some(cause);
        let fact = json!({"kind": kind, "show_id": show, "about": 0, "cause": cause, "at": at, "revision": revision});
        let (fact, limit) = (fact.to_string(), FANNED_OUT_MAX);
        let rows: Vec<(i64, Option<Uuid>, Option<String>)> = if stage == ORDERS {
            statement::load(connection, FanOutOrders { show, after, at, fact, limit })?
        } else {
            statement::load(connection, FanOutEntries { show, after, at, fact, limit })?
        };
        let last = rows.last().map(|row| row.0);
        let facts = rows.into_iter().filter_map(|(_, session, fact)| session.zip(fact));
        let heads = tell(connection, facts.collect())?;
        let next = match (last, stage) {
            (Some(last), stage) => Some((stage, last)),
            (None, ORDERS) => Some((ENTRIES, 0)),
            (None, _) => None,
        };
        match next {
            Some((stage, after)) => statement::execute(
                connection,
                MoveFanout {
                    show,
                    kind,
                    cause,
                    stage,
                    after,
                },
            )?,
            None => statement::execute(connection, EndFanout { show, kind, cause })?,
        };
        Ok(Some(heads))
    })
}
