//! Batches whose commit was not answered.

use diesel::connection::Connection as _;
use diesel::pg::PgConnection;

use super::{Committed, Unknown};
use crate::store::batch::{NamedRows, ShowToLock, lock_shows};
use crate::store::error::StoreError;
use crate::store::journal::read_journal;
use domain::event::Event;
use domain::id::{Offset, ShowId};

impl Unknown {
    /// An event by which it can be told whether the batch was committed; none if it had none.
    pub fn first_event(&self) -> Option<(ShowId, Event)> {
        let mut done = self.0.iter().flatten();
        done.find_map(|(show, done)| Some((*show, done.events.first()?.clone())))
    }

    /// What the batch did, once it is known that it was committed.
    pub fn happened(self) -> Vec<Option<Committed>> {
        self.0.into_iter().map(|done| Some(done?.1)).collect()
    }
}

/// Whether a batch with this event was committed. Taking one show's lock waits for the old transaction to finish; then its
/// first event is in the journal, or the batch never was.
pub fn is_in_journal(
    connection: &mut PgConnection,
    show: ShowId,
    expected: &Event,
) -> Result<bool, StoreError> {
    let found = connection.transaction(|connection| {
        let show = ShowToLock { show, known: None };
        lock_shows(connection, &[show], &NamedRows::default())?;
        read_journal(connection, show.show, Offset(expected.offset.0 - 1), 1)
    })?;
    Ok(found
        .first()
        .is_some_and(|event| event.at == expected.at && event.order == expected.order))
}
