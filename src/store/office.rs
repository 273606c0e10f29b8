//! What all nodes of one database share: its secret, in versions.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use diesel::connection::Connection;
use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use diesel::sql_types::{Binary, Bool, Double, Integer, Nullable, SmallInt, Timestamptz};

use super::audit::{COMMAND_LINE, NewEntry, write_entries};
use super::keys::{end_after, lock_keys};
use super::nodes::SEEN_WITHIN_SECONDS;
use super::row::corrupt;
use super::statement::{self, statement};

/// Versions that there can be: a token has eight bits for its own.
pub const VERSIONS_MAX: usize = u8::MAX as usize;

statement! {
    struct ReadSecret("office/read_secret.sql") { fresh: Binary = Vec<u8> } -> (Binary,)
}

statement! {
    struct NoteFirstVersion("office/note_first_version.sql") {
        check_value: Nullable<Binary> = Option<Vec<u8>>,
        is_new: Bool = bool,
    } -> ()
}

statement! {
    struct ReadSecrets("office/read_secrets.sql") { seen_within_seconds: Integer = i32 } -> (
        SmallInt, Binary, Nullable<Binary>, Nullable<Double>, Nullable<Double>, Double, Bool,
    )
}

statement! {
    struct ListVersions("office/list_versions.sql") {} -> (SmallInt, Nullable<Timestamptz>, Nullable<Timestamptz>)
}

statement! {
    struct AddVersion("office/add_version.sql") { secret: Binary = Vec<u8> } -> (SmallInt,)
}

statement! {
    struct EndFormerVersions("office/end_former_versions.sql") {
        version: SmallInt = i16,
        accepted_days: Integer = i32,
    } -> ()
}

/// A secret that a node brings to an office that has none yet.
#[derive(Clone)]
pub struct FreshSecret {
    /// The secret, or the salt of one.
    pub bytes: [u8; 32],
    /// With a salt: what proves another node's part of the secret.
    pub check_value: Option<[u8; 32]>,
}

/// What the database has of a version of the secret.
#[derive(Clone)]
pub struct StoredVersion {
    /// From 1.
    pub version: u8,
    /// The secret, or its salt.
    pub bytes: [u8; 32],
    /// How long it has been there. `None` if nobody knows: for long.
    pub age: Option<Duration>,
    /// When its tokens end, by a clock that goes on while the database is away.
    pub ends: Option<Instant>,
}

/// What the database has of the secret, and its clock.
#[derive(Clone)]
pub struct StoredSecrets {
    /// The first version, which every office has.
    pub first: StoredVersion,
    /// Later ones, from old to new.
    pub later: Vec<StoredVersion>,
    /// If the bytes are salts: what proves the part of the secret that nodes are started with.
    pub check_value: Option<Vec<u8>>,
    /// Whether nodes are up that know of the first version alone.
    pub old_nodes_are_up: bool,
    /// When the database was asked.
    pub read_at: Instant,
    /// What its clock said then, in seconds since 1970.
    pub unix_seconds: f64,
}

/// A version as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionRecord {
    /// From 1.
    pub version: i16,
    /// When it was made, if that is known.
    pub created_at: Option<DateTime<Utc>>,
    /// When its tokens end; `None` for the newest.
    pub accepted_until: Option<DateTime<Utc>>,
}

/// What became of a rotation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rotated {
    /// There is a new version; the former ones end.
    Done {
        /// The newest version before.
        former: VersionRecord,
        /// The new one.
        newest: VersionRecord,
    },
    /// Nodes are up that know of the first version alone.
    OldNodes,
    /// No node has ever opened the office.
    NoOffice,
    /// There are as many versions as can be.
    TooMany,
}

/// The office's secret, from which all keys are derived. The first node to ask writes the one it brought.
pub fn read_or_write_secret(connection: &mut PgConnection, fresh: FreshSecret) -> QueryResult<StoredSecrets> {
    connection.transaction(|connection| {
        let brought = fresh.bytes.to_vec();
        let statement = ReadSecret {
            fresh: brought.clone(),
        };
        let (secret,): (Vec<u8>,) = statement::one(connection, statement)?;
        if secret == brought {
            let check_value = fresh.check_value.map(Into::into);
            note_first_version(connection, check_value, true)?;
        }
        read_secrets(connection)
    })
}

fn note_first_version(
    connection: &mut PgConnection,
    check_value: Option<Vec<u8>>,
    is_new: bool,
) -> QueryResult<()> {
    let note = NoteFirstVersion { check_value, is_new };
    statement::execute(connection, note).map(drop)
}

/// Every version of the office's secret.
pub fn read_secrets(connection: &mut PgConnection) -> QueryResult<StoredSecrets> {
    type Row = (i16, Vec<u8>, Option<Vec<u8>>, Option<f64>, Option<f64>, f64, bool);
    let read_at = Instant::now();
    let rows: Vec<Row> = statement::load(
        connection,
        ReadSecrets {
            seen_within_seconds: SEEN_WITHIN_SECONDS,
        },
    )?;
    let heads = rows.first().map(|row| (row.2.clone(), row.5, row.6));
    let (check_value, unix_seconds, old_nodes_are_up) =
        heads.ok_or_else(|| corrupt("an office without a secret"))?;
    let versions = rows
        .into_iter()
        .map(|(version, bytes, _, age, seconds_left, ..)| {
            Ok(StoredVersion {
                version: u8::try_from(version).map_err(|_large| corrupt("a secret's version"))?,
                bytes: bytes.try_into().map_err(|_bytes| corrupt("a secret"))?,
                age: age.and_then(|age| Duration::try_from_secs_f64(age.max(0.0)).ok()),
                ends: seconds_left.and_then(|seconds| end_after(read_at, seconds)),
            })
        });
    let mut versions = versions.collect::<QueryResult<Vec<_>>>()?.into_iter();
    Ok(StoredSecrets {
        first: versions
            .next()
            .ok_or_else(|| corrupt("an office without a secret"))?,
        later: versions.collect(),
        check_value,
        old_nodes_are_up,
        read_at,
        unix_seconds,
    })
}

/// Every version of the secret, without the secrets.
pub fn list_versions(connection: &mut PgConnection) -> QueryResult<Vec<VersionRecord>> {
    type Row = (i16, Option<DateTime<Utc>>, Option<DateTime<Utc>>);
    let rows: Vec<Row> = statement::load(connection, ListVersions {})?;
    let records = rows
        .into_iter()
        .map(|(version, created_at, accepted_until)| VersionRecord {
            version,
            created_at,
            accepted_until,
        });
    Ok(records.collect())
}

/// Adds a version of the secret. Tokens of the former ones end after so many days, or when they would have ended anyway.
pub fn rotate_secret(
    connection: &mut PgConnection,
    fresh: [u8; 32],
    accepted_days: i32,
) -> QueryResult<Rotated> {
    connection.transaction(|connection| {
        lock_keys(connection)?;
        let count = list_versions(connection)?.len();
        if count == 0 {
            return Ok(Rotated::NoOffice);
        }
        if count >= VERSIONS_MAX {
            return Ok(Rotated::TooMany);
        }
        if read_secrets(connection)?.old_nodes_are_up {
            return Ok(Rotated::OldNodes);
        }
        note_first_version(connection, None, false)?;
        let secret = fresh.to_vec();
        let (version,): (i16,) = statement::one(connection, AddVersion { secret })?;
        let end = EndFormerVersions {
            version,
            accepted_days,
        };
        statement::execute(connection, end)?;
        let subject = format!("office_secret/{version}");
        let entry = NewEntry::without_key("rotate_office_secret", subject, COMMAND_LINE);
        write_entries(connection, vec![entry])?;
        let mut versions = list_versions(connection)?.into_iter().rev();
        let newest = versions.next();
        let rotated = newest.zip(versions.next());
        let (newest, former) = rotated.ok_or_else(|| corrupt("an office without a secret"))?;
        Ok(Rotated::Done { former, newest })
    })
}
