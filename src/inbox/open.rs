//! Inboxes as they stand: opened, read and acknowledged.

use std::sync::Arc;

use crate::moved::Moved;
use crate::store::database::{Database, WriteKind};
use crate::store::error::StoreError;
use crate::store::inbox::{Acknowledged, InboxPage, acknowledge, open_inbox, read_inbox};
use domain::id::SessionId;

/// The inboxes in the database.
pub struct OpenInboxes {
    database: Database,
    /// Woken when there is an inbox to be told.
    moved: Arc<Moved>,
}

impl OpenInboxes {
    /// Those of a database.
    pub fn new(database: Database, moved: Arc<Moved>) -> Self {
        Self { database, moved }
    }

    /// Reads an inbox, which is opened if it was not: the notices after one, or after those that are acknowledged.
    pub async fn read(
        &self,
        session: SessionId,
        after: Option<i64>,
        limit: i64,
    ) -> Result<InboxPage, StoreError> {
        let read = move |connection: &mut _| Ok(read_inbox(connection, session, after, limit)?);
        let known = self.database.read(read).await?;
        match known.filter(|page| page.is_filled) {
            Some(page) if page.is_seen => Ok(page),
            // What is known is read also while nothing can be written.
            Some(page) => {
                if let Err(error) = self.open(session).await {
                    tracing::debug!(error = %error, "it can't be noted that an inbox is read");
                }
                Ok(page)
            }
            None => {
                self.open(session).await?;
                Ok(self.database.read(read).await?.unwrap_or_default())
            }
        }
    }

    async fn open(&self, session: SessionId) -> Result<(), StoreError> {
        let open = move |connection: &mut _| open_inbox(connection, session);
        self.database.write(WriteKind::Buyers, open).await?;
        self.moved.wake();
        Ok(())
    }

    /// Notes that a session has all notices up to one.
    pub async fn acknowledge(&self, session: SessionId, through: i64) -> Result<Acknowledged, StoreError> {
        let write = move |connection: &mut _| Ok(acknowledge(connection, session, through)?);
        self.database.write(WriteKind::Buyers, write).await
    }
}
