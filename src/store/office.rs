//! What all nodes of one database share: its secret.

use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use diesel::sql_types::Binary;

use super::statement::{self, statement};

statement! {
    struct ReadSecret("office/read_secret.sql") { fresh: Binary = Vec<u8> } -> (Binary,)
}

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
