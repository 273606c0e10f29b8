//! Whether a connection keeps its session. A pooler in transaction mode gives each transaction another one: prepared
//! statements, settings and locks of a session then belong to another client.

use std::sync::Arc;
use std::time::Duration;

use diesel::dsl::sql;
use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use diesel::sql_types::Integer;
use diesel::{Connection, RunQueryDsl};

use super::migrations::SchemaError;
use super::silence::connect;

/// How often it is tried. A pooler may give the same session to the same client again and again.
const TRIES: u32 = 5;
/// How long the server may be silent to that.
const SILENCE_MAX: Duration = Duration::from_secs(2);

/// Whether a pooler in transaction mode stands before the database: two clients that are there at once then share a session,
/// or one client meets several.
pub fn is_shared(url: &str) -> Result<bool, SchemaError> {
    let mut first = connect(url, SILENCE_MAX, Arc::default())?.0;
    let mut second = connect(url, SILENCE_MAX, Arc::default())?.0;
    let own = read_session(&mut first)?;
    for _ in 0..TRIES {
        let (others, owns) = second.transaction(|second| {
            Ok::<_, diesel::result::Error>((read_session(second)?, read_session(&mut first)?))
        })?;
        if others == own || owns != own || read_session(&mut first)? != own {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The session's number at the server. Asked by a statement that is prepared under no name, in a transaction: behind such a
/// pooler the name may be taken, or unknown.
fn read_session(connection: &mut PgConnection) -> QueryResult<i32> {
    connection
        .transaction(|connection| diesel::select(sql::<Integer>("pg_backend_pid()")).get_result(connection))
}
