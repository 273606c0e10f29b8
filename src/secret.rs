//! Opens the office's secret: the first node to start makes it up, or the salt of it.

use diesel::pg::PgConnection;
use diesel::result::QueryResult;

use crate::identity::{Identity, KeptClock, Making, SecretError, SecretPart, SecretVersion, Secrets};
use crate::store::office::{FreshSecret, StoredSecrets, StoredVersion, read_or_write_secret};

/// What the database has of the secret. An office that is new gets one, made with this part of it if nodes are started with
/// one.
pub fn read_or_make(connection: &mut PgConnection, part: Option<&SecretPart>) -> QueryResult<StoredSecrets> {
    let bytes = rand::random();
    let fresh = FreshSecret {
        bytes,
        check_value: part.map(|part| part.check_value(&bytes)),
    };
    read_or_write_secret(connection, fresh)
}

/// The office's keys, if its secret and the settings belong together.
pub fn open(
    stored: &StoredSecrets,
    part: Option<SecretPart>,
    session_days: u16,
) -> Result<Identity, SecretError> {
    let making = Making::check(part, &stored.first.bytes, stored.check_value.as_deref())?;
    Ok(Identity::new(&of_stored(stored), making, session_days))
}

/// The secret as the database has it, for those who make keys of it.
pub fn of_stored(stored: &StoredSecrets) -> Secrets {
    Secrets {
        first: version(&stored.first),
        later: stored.later.iter().map(version).collect(),
        old_nodes_are_up: stored.old_nodes_are_up,
        clock: KeptClock {
            read_at: stored.read_at,
            unix_seconds: stored.unix_seconds,
        },
    }
}

fn version(stored: &StoredVersion) -> SecretVersion {
    SecretVersion {
        version: stored.version,
        stored: stored.bytes,
        age: stored.age,
        ends: stored.ends,
    }
}
