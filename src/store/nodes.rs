//! The nodes that are up: each says so every few seconds.

use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use diesel::sql_types::{BigInt, Integer, Uuid as SqlUuid};
use uuid::Uuid;

use super::statement::{self, statement};

/// A node that has said nothing for this long, in seconds, is not up.
pub(super) const SEEN_WITHIN_SECONDS: i32 = 8;
/// A node that has said nothing for this long, in seconds, is forgotten.
const FORGOTTEN_AFTER_SECONDS: i32 = 3_600;
/// Most nodes that are listed.
const NODES_MAX: i64 = 1_000;

statement! {
    struct Beat("nodes/beat.sql") { node: SqlUuid = Uuid } -> ()
}

statement! {
    struct ListNodes("nodes/list.sql") { seen_within_seconds: Integer = i32, nodes_max: BigInt = i64 } -> (SqlUuid,)
}

statement! {
    struct Forget("nodes/forget.sql") { after_seconds: Integer = i32 } -> ()
}

/// Says that `node` is up, and lists all that are. Those that were not heard of for long are forgotten.
pub fn beat(connection: &mut PgConnection, node: u128) -> QueryResult<Vec<u128>> {
    let node = Uuid::from_u128(node);
    statement::execute(connection, Beat { node })?;
    let forget = Forget {
        after_seconds: FORGOTTEN_AFTER_SECONDS,
    };
    statement::execute(connection, forget)?;
    let list = ListNodes {
        seen_within_seconds: SEEN_WITHIN_SECONDS,
        nodes_max: NODES_MAX,
    };
    let nodes: Vec<(Uuid,)> = statement::load(connection, list)?;
    Ok(nodes.into_iter().map(|(node,)| node.as_u128()).collect())
}
