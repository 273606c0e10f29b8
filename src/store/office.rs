//! What all nodes of one database share: its secret and the organiser's keys.

use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use diesel::sql_types::{Binary, Text};

use super::statement::{self, statement};

statement! {
    struct ReadSecret("office/read_secret.sql") { fresh: Binary = Vec<u8> } -> (Binary,)
}

statement! {
    struct AddOrganiserKey("office/add_organiser_key.sql") { digest: Binary = Vec<u8>, name: Text = String } -> ()
}

statement! {
    struct ReadOrganiserKeys("office/read_organiser_keys.sql") {} -> (Binary,)
}

/// Most organiser keys that an office has.
pub const ORGANISER_KEYS_MAX: usize = 1_000;

/// The office's secret, from which all keys are derived. The first node to ask writes the one it brought.
pub fn read_or_write_secret(connection: &mut PgConnection, fresh: [u8; 32]) -> QueryResult<Vec<u8>> {
    let (secret,): (Vec<u8>,) = statement::one(
        connection,
        ReadSecret {
            fresh: fresh.to_vec(),
        },
    )?;
    Ok(secret)
}

/// Adds an organiser's key by its SHA-256; a key that is there stays as it is.
pub fn add_organiser_key(connection: &mut PgConnection, digest: [u8; 32], name: &str) -> QueryResult<()> {
    let statement = AddOrganiserKey {
        digest: digest.to_vec(),
        name: name.to_owned(),
    };
    statement::execute(connection, statement).map(drop)
}

/// SHA-256 of every organiser's key.
pub fn read_organiser_keys(connection: &mut PgConnection) -> QueryResult<Vec<Vec<u8>>> {
    let rows: Vec<(Vec<u8>,)> = statement::load(connection, ReadOrganiserKeys {})?;
    Ok(rows.into_iter().map(|(digest,)| digest).collect())
}
