//! Organisers' keys. The database has only their SHA-256.
//!
//! Changes of keys take turns behind a lock, so that two of them can't revoke the last two keys at once.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use diesel::connection::Connection;
use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use diesel::sql_types::{Array, BigInt, Binary, Bool, Double, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::row::corrupt;
use super::statement::{self, statement};
use domain::key::{KeyId, Role};

/// Most keys that are in force at a time.
pub const KEYS_MAX: i64 = 1_000;
/// What a key is called that nodes are started with. The version before has these names only.
pub const SETTINGS_KEY_NAME: &str = "from the settings";
/// The lock at which changes of keys take turns.
const CHANGES_LOCK: i64 = 0x626f_786b_6579;

statement! {
    struct ReadKeys("keys/read.sql") { keys_max: BigInt = i64 } -> (Nullable<SqlUuid>, Binary, Text, Nullable<Double>)
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
        digest: Binary = Vec<u8>,
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
    struct Count("keys/count.sql") { other_than: Nullable<SqlUuid> = Option<Uuid> } -> (BigInt, BigInt)
}

statement! {
    struct Find("keys/find.sql") { key: SqlUuid = Uuid } -> (
        SqlUuid, Text, Text, Bool, Timestamptz, Nullable<Timestamptz>, Nullable<Timestamptz>, Nullable<Timestamptz>,
    )
}

statement! {
    struct List("keys/list.sql") { after: Nullable<SqlUuid> = Option<Uuid>, limit: BigInt = i64 } -> (
        SqlUuid, Text, Text, Bool, Timestamptz, Nullable<Timestamptz>, Nullable<Timestamptz>, Nullable<Timestamptz>,
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
    /// When it ends, by a clock that goes on while the database is away.
    pub ends: Option<Instant>,
}

/// A key as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRecord {
    /// Its id.
    pub id: KeyId,
    /// What it is called.
    pub name: String,
    /// What it is for, also if this program doesn't know such a role.
    pub role: String,
    /// Whether it is the one that nodes are started with, or was.
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
    String,
    String,
    bool,
    DateTime<Utc>,
    Option<DateTime<Utc>>,
    Option<DateTime<Utc>>,
    Option<DateTime<Utc>>,
);

fn record(row: Row) -> KeyRecord {
    let (id, name, role, is_from_settings, created_at, expires_at, revoked_at, last_used_at) = row;
    KeyRecord {
        id: KeyId(id.as_u128()),
        name,
        role,
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
}

/// Whether a key may be revoked that is the last of those that may do everything.
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
    /// It is the last of those that may do everything, and stays.
    IsLast,
    /// There is no such key.
    NotFound,
}

/// Every key in force. Keys that a node of the version before has added are taken over first.
pub fn read_keys(connection: &mut PgConnection) -> QueryResult<Vec<KeyInForce>> {
    type Row = (Option<Uuid>, Vec<u8>, String, Option<f64>);
    let mut asked = Instant::now();
    let mut rows: Vec<Row> = statement::load(connection, ReadKeys { keys_max: KEYS_MAX })?;
    if rows.iter().any(|(id, ..)| id.is_none()) {
        let settings_name = SETTINGS_KEY_NAME;
        statement::execute(connection, TakeOver { settings_name })?;
        asked = Instant::now();
        rows = statement::load(connection, ReadKeys { keys_max: KEYS_MAX })?;
    }
    let keys = rows.into_iter().filter_map(|(id, digest, role, seconds_left)| {
        // A role that only a newer version knows may do nothing here.
        let (id, role) = id.zip(Role::of_word(&role))?;
        let digest = digest.try_into().map_err(|_bytes| corrupt("a key's digest"));
        Some(digest.map(|digest| KeyInForce {
            id: KeyId(id.as_u128()),
            digest,
            role,
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
        let (in_force, _): (i64, i64) = statement::one(connection, Count { other_than: None })?;
        if in_force >= KEYS_MAX {
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
            digest: key.digest.to_vec(),
            name: key.name,
            role: key.role.word(),
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

/// Lets nodes of the version before have a key, if it may do everything and never ends: they know of no other.
pub fn add_for_old_nodes(connection: &mut PgConnection, id: KeyId) -> QueryResult<()> {
    let key = Uuid::from_u128(id.0);
    statement::execute(connection, AddForOldNodes { key }).map(drop)
}

/// A key, whether it is in force or not.
pub fn find_key(connection: &mut PgConnection, id: KeyId) -> QueryResult<Option<KeyRecord>> {
    let key = Uuid::from_u128(id.0);
    Ok(statement::first(connection, Find { key })?.map(record))
}

/// Keys after one, in the order in which they were made.
pub fn list_keys(
    connection: &mut PgConnection,
    after: Option<KeyId>,
    limit: i64,
) -> QueryResult<Vec<KeyRecord>> {
    let after = after.map(|key| Uuid::from_u128(key.0));
    let rows: Vec<Row> = statement::load(connection, List { after, limit })?;
    Ok(rows.into_iter().map(record).collect())
}

/// Revokes a key, for ever.
pub fn revoke_key(connection: &mut PgConnection, id: KeyId, last: LastKey) -> QueryResult<Revoked> {
    connection.transaction(|connection| {
        lock_keys(connection)?;
        let Some(key) = find_key(connection, id)? else {
            return Ok(Revoked::NotFound);
        };
        let other_than = Some(Uuid::from_u128(id.0));
        let (_, others): (i64, i64) = statement::one(connection, Count { other_than })?;
        let is_last = key.role == Role::All.word() && key.revoked_at.is_none() && others == 0;
        if is_last && last == LastKey::Stays {
            return Ok(Revoked::IsLast);
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
