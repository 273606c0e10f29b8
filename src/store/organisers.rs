//! Organisers: whose plans and shows they are. None is ever taken away, as what was sold names it.

use chrono::{DateTime, Utc};
use diesel::connection::Connection;
use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use diesel::sql_types::{BigInt, Bool, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

use super::nodes::SEEN_WITHIN_SECONDS;
use super::statement::{self, statement};
use domain::id::OrganiserId;

/// Most organisers of an office.
pub const ORGANISERS_MAX: i64 = 1_000;
/// The lock at which new organisers take turns.
const NEW_ORGANISERS_LOCK: i64 = 0x626f_786f_7267;

statement! {
    struct TakeTurn("organisers/take_turn.sql") { lock: BigInt = i64 } -> (Bool,)
}

statement! {
    struct Count("organisers/count.sql") { seen_within_seconds: Integer = i32 } -> (BigInt, Bool)
}

statement! {
    struct Add("organisers/add.sql") { organiser: SqlUuid = Uuid, name: Text = String } -> (SqlUuid, Text, Timestamptz)
}

statement! {
    struct Find("organisers/find.sql") { organiser: SqlUuid = Uuid } -> (SqlUuid, Text, Timestamptz)
}

statement! {
    struct List("organisers/list.sql") { after: Nullable<SqlUuid> = Option<Uuid>, limit: BigInt = i64 } -> (SqlUuid, Text, Timestamptz)
}

statement! {
    struct Rename("organisers/rename.sql") { organiser: SqlUuid = Uuid, name: Text = String } -> (SqlUuid, Text, Timestamptz)
}

/// An organiser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganiserRecord {
    /// Its id.
    pub id: OrganiserId,
    /// What it is called.
    pub name: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

type Row = (Uuid, String, DateTime<Utc>);

fn record((id, name, created_at): Row) -> OrganiserRecord {
    OrganiserRecord {
        id: OrganiserId(id.as_u128()),
        name,
        created_at,
    }
}

/// What became of an organiser to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrganiserAdded {
    /// It is there.
    Now(OrganiserRecord),
    /// There are as many as may be.
    TooMany,
    /// Nodes are up that know of one organiser alone, and would show its things to others.
    OldNodes,
}

/// Makes an organiser.
pub fn add_organiser(
    connection: &mut PgConnection,
    id: OrganiserId,
    name: String,
) -> QueryResult<OrganiserAdded> {
    connection.transaction(|connection| {
        let lock = NEW_ORGANISERS_LOCK;
        let (_is_null,): (bool,) = statement::one(connection, TakeTurn { lock })?;
        let seen_within_seconds = SEEN_WITHIN_SECONDS;
        let (count, old_nodes_are_up): (i64, bool) =
            statement::one(connection, Count { seen_within_seconds })?;
        if count >= ORGANISERS_MAX {
            return Ok(OrganiserAdded::TooMany);
        }
        if old_nodes_are_up {
            return Ok(OrganiserAdded::OldNodes);
        }
        let organiser = Uuid::from_u128(id.0);
        let added = statement::one(connection, Add { organiser, name })?;
        Ok(OrganiserAdded::Now(record(added)))
    })
}

/// An organiser.
pub fn find_organiser(
    connection: &mut PgConnection,
    id: OrganiserId,
) -> QueryResult<Option<OrganiserRecord>> {
    let organiser = Uuid::from_u128(id.0);
    Ok(statement::first(connection, Find { organiser })?.map(record))
}

/// Organisers after one, in the order in which they were made.
pub fn list_organisers(
    connection: &mut PgConnection,
    after: Option<OrganiserId>,
    limit: i64,
) -> QueryResult<Vec<OrganiserRecord>> {
    let after = after.map(|id| Uuid::from_u128(id.0));
    let rows: Vec<Row> = statement::load(connection, List { after, limit })?;
    Ok(rows.into_iter().map(record).collect())
}

/// Gives an organiser another name; `None` if there is no such organiser.
pub fn rename_organiser(
    connection: &mut PgConnection,
    id: OrganiserId,
    name: String,
) -> QueryResult<Option<OrganiserRecord>> {
    let organiser = Uuid::from_u128(id.0);
    Ok(statement::first(connection, Rename { organiser, name })?.map(record))
}
