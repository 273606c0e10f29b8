//! Organisers' keys. The database has only their SHA-256.
//!
//! Changes of keys take turns behind a lock, so that two of them can't revoke the last two keys at once.

pub mod role;
pub mod rotation;

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use diesel::connection::Connection;
use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use diesel::sql_types::{Array, BigInt, Binary, Bool, Double, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::organisers::find_organiser;
use super::row::corrupt;
use super::statement::{self, statement};
use domain::id::OrganiserId;
use domain::key::{KeyId, Role};
use role::{role_of, word_of};

/// Most keys that are in force at a time.
pub const KEYS_MAX: i64 = 5_000;
/// Most of them that one organiser may have, so that no one takes those of the others.
pub const KEYS_OF_ORGANISER_MAX: i64 = 1_000;
/// What a key is called that nodes are started with. The version before has these names only.
pub const SETTINGS_KEY_NAME: &str = "from the settings";
/// The lock at which changes of keys take turns.
const CHANGES_LOCK: i64 = 0x626f_786b_6579;

statement! {
    struct ReadKeys("keys/read.sql") { keys_max: BigInt = i64, first: SqlUuid = Uuid } -> (
        Nullable<SqlUuid>, Nullable<SqlUuid>, Binary, Text, Nullable<Double>,
    )
}

statement! {
    struct TakeOver("keys/take_over.sql") { settings_name: Text = &'static str } -> ()
}

statement! {
    struct Lock("keys/lock.sql") { lock: BigInt = i64 } -> (Bool,)
}

statement! {
    struct Add("keys/add.sql") {
        key: SqlUuid = Uuid,
        organiser: Nullable<SqlUuid> = Option<Uuid>,
        digest: Binary = Vec<u8>,
        prefix: Nullable<Text> = Option<String>,
        name: Text = String,
        role: Text = &'static str,
        expires_at: Nullable<Timestamptz> = Option<DateTime<Utc>>,
        seconds: Nullable<Double> = Option<f64>,
    } -> ()
}

statement! {
    struct AddForOldNodes("keys/add_for_old_nodes.sql") { key: SqlUuid = Uuid } -> ()
}

statement! {
    struct Count("keys/count.sql") { organiser: Nullable<SqlUuid> = Option<Uuid> } -> (BigInt, BigInt)
}

statement! {
    struct CountOwners("keys/count_owners.sql") { organiser: Nullable<SqlUuid> = Option<Uuid>, other_than: SqlUuid = Uuid } -> (BigInt,)
}

statement! {
    struct Find("keys/find.sql") { key: SqlUuid = Uuid } -> (
        SqlUuid, Nullable<SqlUuid>, Nullable<Text>, Text, Text, Bool, Timestamptz, Nullable<Timestamptz>, Nullable<Timestamptz>,
        Nullable<Timestamptz>,
    )
}

statement! {
    struct List("keys/list.sql") {
        organiser: Nullable<SqlUuid> = Option<Uuid>,
        after: Nullable<SqlUuid> = Option<Uuid>,
        limit: BigInt = i64,
    } -> (
        SqlUuid, Nullable<SqlUuid>, Nullable<Text>, Text, Text, Bool, Timestamptz, Nullable<Timestamptz>, Nullable<Timestamptz>,
        Nullable<Timestamptz>,
    )
}

statement! {
    struct Revoke("keys/revoke.sql") { key: SqlUuid = Uuid } -> ()
}

statement! {
    struct NoteUse("keys/note_use.sql") { key: Array<SqlUuid> = Vec<Uuid> } -> ()
}

/// A key that is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyInForce {
    /// Its id.
    pub id: KeyId,
    /// Its SHA-256.
    pub digest: [u8; 32],
    /// What it is for.
    pub role: Role,
    /// Whose it is; `None` for the operator's.
    pub organiser: Option<OrganiserId>,
    /// When it ends, by a clock that goes on while the database is away.
    pub ends: Option<Instant>,
}

/// A key as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRecord {
    /// Its id.
    pub id: KeyId,
    /// Whose it is; `None` for the operator's.
    pub organiser: Option<OrganiserId>,
    /// How it begins, if that is known.
    pub prefix: Option<String>,
    /// What it is called.
    pub name: String,
    /// What it is for, also if this program doesn't know such a role.
    pub role: String,
    /// Whether it is one that nodes are started with, or was.
    pub is_from_settings: bool,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it ends.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
    /// When it was used for the last time, a minute or so ago.
    pub last_used_at: Option<DateTime<Utc>>,
}

type Row = (
    Uuid,
    Option<Uuid>,
    Option<String>,
    String,
    String,
    bool,
    DateTime<Utc>,
    Option<DateTime<Utc>>,
    Option<DateTime<Utc>>,
    Option<DateTime<Utc>>,
);

fn record(row: Row) -> KeyRecord {
    let (
        id,
        organiser,
        prefix,
        name,
        word,
        is_from_settings,
        created_at,
        expires_at,
        revoked_at,
        last_used_at,
    ) = row;
    KeyRecord {
        id: KeyId(id.as_u128()),
        organiser: organiser.map(|id| OrganiserId(id.as_u128())),
        prefix,
        name,
        role: role_of(&word).map_or(word, |role| role.word().to_owned()),
        is_from_settings,
        created_at,
        expires_at,
        revoked_at,
        last_used_at,
    }
}

/// How long a new key is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifetime {
    /// Until it is revoked.
    Endless,
    /// Until then.
    Until(DateTime<Utc>),
    /// For so long.
    For(Duration),
}

/// A key to be added.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// Its id.
    pub id: KeyId,
    /// Its SHA-256.
    pub digest: [u8; 32],
    /// Whose it is; `None` for the operator's.
    pub organiser: Option<OrganiserId>,
    /// How it begins, unless that would be too much of it.
    pub prefix: Option<String>,
    /// What it is called.
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// How long it is in force.
    pub lifetime: Lifetime,
}

/// What became of a key to be added.
#[derive(Debug)]
pub enum Added {
    /// It is there.
    Now(KeyRecord),
    /// It would have ended before it began.
    Ended,
    /// There are as many as may be.
    TooMany,
    /// There is no such organiser.
    NoOrganiser,
}

/// Whether a key may be revoked that is the last owner's key of its organiser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LastKey {
    /// It stays.
    Stays,
    /// It may go: at the command line, another one can be made.
    MayGo,
}

/// What became of a key to be revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Revoked {
    /// It is not in force any more, or was not before.
    Done,
    /// It is the last owner's key of its organiser, and stays.
    IsLast,
    /// There is no such key.
    NotFound,
}

/// Every key in force. Keys that a node of the version before has added are taken over first.
pub fn read_keys(connection: &mut PgConnection) -> QueryResult<Vec<KeyInForce>> {
    type Row = (Option<Uuid>, Option<Uuid>, Vec<u8>, String, Option<f64>);
    let read = || ReadKeys {
        keys_max: KEYS_MAX,
        first: Uuid::from_u128(OrganiserId::FIRST.0),
    };
    let mut asked = Instant::now();
    let mut rows: Vec<Row> = statement::load(connection, read())?;
    if rows.iter().any(|(id, ..)| id.is_none()) {
        let settings_name = SETTINGS_KEY_NAME;
        statement::execute(connection, TakeOver { settings_name })?;
        asked = Instant::now();
        rows = statement::load(connection, read())?;
    }
    let keys = rows
        .into_iter()
        .filter_map(|(id, organiser, digest, word, seconds_left)| {
            // A role that only a newer version knows may do nothing here. A key without an organiser is the operator's or nobody's.
            let (id, role) = id.zip(role_of(&word))?;
            if (role == Role::Operator) != organiser.is_none() {
                return None;
            }
            let digest = digest.try_into().map_err(|_bytes| corrupt("a key's digest"));
            Some(digest.map(|digest| KeyInForce {
                id: KeyId(id.as_u128()),
                digest,
                role,
                organiser: organiser.map(|id| OrganiserId(id.as_u128())),
                ends: seconds_left.and_then(|seconds| end_after(asked, seconds)),
            }))
        });
    keys.collect()
}

/// An end that is further off than the clock goes is none.
pub(super) fn end_after(asked: Instant, seconds: f64) -> Option<Instant> {
    let left = Duration::try_from_secs_f64(seconds.max(0.0)).ok()?;
    asked.checked_add(left)
}

/// Waits for its turn to change keys, for the rest of the transaction.
pub fn lock_keys(connection: &mut PgConnection) -> QueryResult<()> {
    let (_is_null,): (bool,) = statement::one(connection, Lock { lock: CHANGES_LOCK })?;
    Ok(())
}

/// Adds a key.
pub fn add_key(connection: &mut PgConnection, key: NewKey) -> QueryResult<Added> {
    connection.transaction(|connection| {
        lock_keys(connection)?;
        if let Some(id) = key.organiser
            && find_organiser(connection, id)?.is_none()
        {
            return Ok(Added::NoOrganiser);
        }
        let organiser = key.organiser.map(|id| Uuid::from_u128(id.0));
        let (in_force, of_organiser): (i64, i64) = statement::one(connection, Count { organiser })?;
        if in_force >= KEYS_MAX || of_organiser >= KEYS_OF_ORGANISER_MAX {
            return Ok(Added::TooMany);
        }
        let id = Uuid::from_u128(key.id.0);
        let (expires_at, seconds) = match key.lifetime {
            Lifetime::Endless => (None, None),
            Lifetime::Until(at) => (Some(at), None),
            Lifetime::For(duration) => (None, Some(duration.as_secs_f64())),
        };
        let add = Add {
            key: id,
            organiser,
            digest: key.digest.to_vec(),
            prefix: key.prefix,
            name: key.name,
            role: word_of(key.role, key.organiser),
            expires_at,
            seconds,
        };
        if statement::execute(connection, add)? == 0 {
            return Ok(Added::Ended);
        }
        add_for_old_nodes(connection, key.id)?;
        Ok(Added::Now(record(statement::one(connection, Find { key: id })?)))
    })
}

/// Lets nodes of the version before have a key, if it is the first organiser's own and never ends: they know of no other.
pub fn add_for_old_nodes(connection: &mut PgConnection, id: KeyId) -> QueryResult<()> {
    let key = Uuid::from_u128(id.0);
    statement::execute(connection, AddForOldNodes { key }).map(drop)
}

/// A key, whether it is in force or not.
pub fn find_key(connection: &mut PgConnection, id: KeyId) -> QueryResult<Option<KeyRecord>> {
    let key = Uuid::from_u128(id.0);
    Ok(statement::first(connection, Find { key })?.map(record))
}

/// Keys after one, in the order in which they were made: those of an organiser, or all.
pub fn list_keys(
    connection: &mut PgConnection,
    organiser: Option<OrganiserId>,
    after: Option<KeyId>,
    limit: i64,
) -> QueryResult<Vec<KeyRecord>> {
    let after = after.map(|key| Uuid::from_u128(key.0));
    let organiser = organiser.map(|id| Uuid::from_u128(id.0));
    let list = List {
        organiser,
        after,
        limit,
    };
    let rows: Vec<Row> = statement::load(connection, list)?;
    Ok(rows.into_iter().map(record).collect())
}

/// Revokes a key, for ever, if it is this organiser's or nobody asks whose it is. The last owner's key of an organiser may have
/// to stay.
pub fn revoke_key(
    connection: &mut PgConnection,
    organiser: Option<OrganiserId>,
    id: KeyId,
    last: LastKey,
) -> QueryResult<Revoked> {
    connection.transaction(|connection| {
        lock_keys(connection)?;
        let found = find_key(connection, id)?;
        let Some(key) = found.filter(|key| organiser.is_none() || key.organiser == organiser) else {
            return Ok(Revoked::NotFound);
        };
        let is_owners = key.role == Role::Owner.word() && key.revoked_at.is_none();
        if is_owners && last == LastKey::Stays {
            let count = CountOwners {
                organiser: key.organiser.map(|id| Uuid::from_u128(id.0)),
                other_than: Uuid::from_u128(id.0),
            };
            let (others,): (i64,) = statement::one(connection, count)?;
            if others == 0 {
                return Ok(Revoked::IsLast);
            }
        }
        let key = Uuid::from_u128(id.0);
        statement::execute(connection, Revoke { key })?;
        Ok(Revoked::Done)
    })
}

/// Notes that these keys have been used just now.
pub fn note_use(connection: &mut PgConnection, keys: &[KeyId]) -> QueryResult<()> {
    let key = keys.iter().map(|key| Uuid::from_u128(key.0)).collect();
    statement::execute(connection, NoteUse { key }).map(drop)
}
