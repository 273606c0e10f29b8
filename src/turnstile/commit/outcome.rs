//! Batches whose commit was not answered.

use diesel::connection::Connection as _;
use diesel::pg::PgConnection;

use super::{Committed, Failed, Unknown};
use crate::store::batch::{NamedRows, ShowToLock, lock_shows};
use crate::store::error::StoreError;
use crate::store::journal::read_journal;
use domain::id::Offset;

/// Finds out what became of a batch whose commit was not answered. Taking one show's lock waits for the old transaction to
/// finish; then its first event is in the journal, or the batch never was.
pub fn find_outcome(
    connection: &mut PgConnection,
    unknown: Unknown,
) -> Result<Vec<Option<Committed>>, Failed> {
    let mut done = unknown.0.iter().flatten();
    let first = done.find_map(|(show, done)| Some((*show, done.events.first()?.clone())));
    let Some((show, expected)) = first else {
        return Err(Failed::Unknown(unknown));
    };
    let found = connection.transaction(|connection| {
        let show_to_lock = ShowToLock { show, known: None };
        lock_shows(connection, &[show_to_lock], &NamedRows::default())?;
        read_journal(connection, show, Offset(expected.offset.0 - 1), 1)
    });
    match found {
        Ok(found)
            if found
                .first()
                .is_some_and(|event| event.at == expected.at && event.order == expected.order) =>
        {
            let done = unknown.0.into_iter();
            Ok(done.map(|done| Some(done?.1)).collect())
        }
        Ok(_) => Err(Failed::Store(StoreError::Unavailable)),
        Err(_) => Err(Failed::Unknown(unknown)),
    }
}
