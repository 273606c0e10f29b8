//! The audit: what was asked for with organisers' keys. A row is written before anything is done, and says nothing of what
//! became of it. No secret, no body, nothing of a buyer is in it.

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use diesel::sql_types::{Array, BigInt, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

use super::statement::{self, statement};
use domain::id::OrganiserId;
use domain::key::KeyId;

/// The lock behind which rows get their numbers.
const NUMBERS_LOCK: i64 = 0x626f_7861_7564;

statement! {
    struct WriteEntries("audit/write.sql") {
        lock: BigInt = i64,
        organiser: Array<Nullable<SqlUuid>> = Vec<Option<Uuid>>,
        key: Array<Nullable<SqlUuid>> = Vec<Option<Uuid>>,
        operation: Array<Text> = Vec<String>,
        subject: Array<Nullable<Text>> = Vec<Option<String>>,
        came_from: Array<Text> = Vec<String>,
        request: Array<Nullable<SqlUuid>> = Vec<Option<Uuid>>,
    } -> ()
}

statement! {
    struct ListEntries("audit/list.sql") { after: BigInt = i64, limit: BigInt = i64 } -> (
        BigInt, Timestamptz, Nullable<SqlUuid>, Text, Nullable<Text>, Text, Nullable<SqlUuid>, Nullable<SqlUuid>,
    )
}

statement! {
    struct ListOwnEntries("audit/list_own.sql") { organiser: SqlUuid = Uuid, after: BigInt = i64, limit: BigInt = i64 } -> (
        BigInt, Timestamptz, Nullable<SqlUuid>, Text, Nullable<Text>, Text, Nullable<SqlUuid>, Nullable<SqlUuid>,
    )
}

statement! {
    struct ForgetEntries("audit/forget.sql") { days: Integer = i32, limit: BigInt = i64 } -> ()
}

/// Where something was asked for, other than at an address.
pub const COMMAND_LINE: &str = "command line";
/// The settings of a node that starts.
pub const SETTINGS: &str = "settings";

/// Something that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEntry {
    /// With which key, if with any.
    pub key: Option<KeyId>,
    /// Whose key it is, or whom it is about where no key was needed; `None`: the operator alone.
    pub organiser: Option<OrganiserId>,
    /// The operation's id in the OpenAPI document, or what is like it.
    pub operation: String,
    /// The ids of what it is about, as in `show/1024`.
    pub subject: Option<String>,
    /// The client's address, [`COMMAND_LINE`] or [`SETTINGS`].
    pub came_from: String,
    /// The request, as the log names it.
    pub request: Option<Uuid>,
}

impl NewEntry {
    /// Something that no request asks for: [`COMMAND_LINE`] or [`SETTINGS`] does.
    pub fn without_key(operation: &str, subject: String, came_from: &str) -> Self {
        Self {
            key: None,
            organiser: None,
            operation: operation.to_owned(),
            subject: Some(subject),
            came_from: came_from.to_owned(),
            request: None,
        }
    }

    /// About something of this organiser, which sees it then.
    pub fn about(self, organiser: Option<OrganiserId>) -> Self {
        Self { organiser, ..self }
    }
}

/// Something that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its number.
    pub number: i64,
    /// When, by the database's clock.
    pub at: DateTime<Utc>,
    /// What.
    pub asked: NewEntry,
}

/// Writes entries in the order given.
pub fn write_entries(connection: &mut PgConnection, entries: Vec<NewEntry>) -> QueryResult<()> {
    let mut statement = WriteEntries {
        lock: NUMBERS_LOCK,
        organiser: Vec::new(),
        key: Vec::new(),
        operation: Vec::new(),
        subject: Vec::new(),
        came_from: Vec::new(),
        request: Vec::new(),
    };
    for entry in entries {
        let organiser = entry.organiser.map(|id| Uuid::from_u128(id.0));
        statement.organiser.push(organiser);
        statement.key.push(entry.key.map(|key| Uuid::from_u128(key.0)));
        statement.operation.push(entry.operation);
        statement.subject.push(entry.subject);
        statement.came_from.push(entry.came_from);
        statement.request.push(entry.request);
    }
    statement::execute(connection, statement).map(drop)
}

/// Entries after a number, from old to new: those of an organiser, or all.
pub fn list_entries(
    connection: &mut PgConnection,
    organiser: Option<OrganiserId>,
    after: i64,
    limit: i64,
) -> QueryResult<Vec<Entry>> {
    type Row = (
        i64,
        DateTime<Utc>,
        Option<Uuid>,
        String,
        Option<String>,
        String,
        Option<Uuid>,
        Option<Uuid>,
    );
    let rows: Vec<Row> = match organiser.map(|id| Uuid::from_u128(id.0)) {
        None => statement::load(connection, ListEntries { after, limit })?,
        Some(organiser) => {
            let list = ListOwnEntries {
                organiser,
                after,
                limit,
            };
            statement::load(connection, list)?
        }
    };
    let entries = rows.into_iter().map(
        |(number, at, key, operation, subject, came_from, request, organiser)| Entry {
            number,
            at,
            asked: NewEntry {
                key: key.map(|key| KeyId(key.as_u128())),
                organiser: organiser.map(|id| OrganiserId(id.as_u128())),
                operation,
                subject,
                came_from,
                request,
            },
        },
    );
    Ok(entries.collect())
}

/// Forgets some entries older than `days`, of the `limit` oldest; says how many.
pub fn forget_entries(connection: &mut PgConnection, days: i32, limit: i64) -> QueryResult<usize> {
    statement::execute(connection, ForgetEntries { days, limit })
}
