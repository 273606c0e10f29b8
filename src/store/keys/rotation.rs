//! Replacing a key by a new one that does the same, while both are good for a while.

use std::time::Duration;

use diesel::connection::Connection;
use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use diesel::sql_types::{Double, Uuid as SqlUuid};
use uuid::Uuid;

use super::{Added, KeyRecord, Lifetime, NewKey, add_key, find_key, lock_keys};
use crate::store::statement::{self, statement};
use domain::id::OrganiserId;
use domain::key::{KeyId, Role};

/// Longest time for which a key goes on beside the one that replaces it, in seconds: 30 days.
pub const OVERLAP_SECONDS_MAX: u64 = 2_592_000;

statement! {
    struct EndAfter("end_after.sql") { key: SqlUuid = Uuid, seconds: Double = f64 } -> ()
}

/// A key that is to replace another one.
#[derive(Debug, Clone)]
pub struct Rotation {
    /// The key that is replaced.
    pub former: KeyId,
    /// Whose it has to be; `None`: anybody's.
    pub of: Option<OrganiserId>,
    /// The new key's id.
    pub id: KeyId,
    /// Its SHA-256.
    pub digest: [u8; 32],
    /// How it begins.
    pub prefix: String,
    /// How long the former one goes on, unless it ends before.
    pub overlap: Duration,
}

/// What became of it.
#[derive(Debug)]
pub enum Rotated {
    /// The new key.
    Done(KeyRecord),
    /// There is no such key.
    NotFound,
    /// It has ended or was revoked.
    Ended,
    /// It stands in the settings of nodes, where a new one has to stand too.
    FromSettings,
    /// There are as many keys as may be.
    TooMany,
}

/// Replaces a key by one of the same name, role, organiser and end.
pub fn rotate_key(connection: &mut PgConnection, rotation: Rotation) -> QueryResult<Rotated> {
    connection.transaction(|connection| {
        lock_keys(connection)?;
        let former = find_key(connection, rotation.former)?;
        let former = former.filter(|key| rotation.of.is_none() || key.organiser == rotation.of);
        // What only a newer program knows, it alone can replace.
        let Some((former, role)) = former.and_then(|key| {
            let role = Role::of_word(&key.role)?;
            Some((key, role))
        }) else {
            return Ok(Rotated::NotFound);
        };
        if former.revoked_at.is_some() {
            return Ok(Rotated::Ended);
        }
        if former.is_from_settings {
            return Ok(Rotated::FromSettings);
        }
        let new = NewKey {
            id: rotation.id,
            digest: rotation.digest,
            organiser: former.organiser,
            prefix: Some(rotation.prefix),
            name: former.name,
            role,
            lifetime: former.expires_at.map_or(Lifetime::Endless, Lifetime::Until),
        };
        match add_key(connection, new)? {
            Added::Now(record) => {
                let end = EndAfter {
                    key: Uuid::from_u128(rotation.former.0),
                    seconds: rotation.overlap.as_secs_f64(),
                };
                statement::execute(connection, end)?;
                Ok(Rotated::Done(record))
            }
            Added::Ended => Ok(Rotated::Ended),
            Added::TooMany => Ok(Rotated::TooMany),
            Added::NoOrganiser => Ok(Rotated::NotFound),
        }
    })
}
