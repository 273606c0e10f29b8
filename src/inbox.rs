//! Inboxes: each session is told what it should know, in order, once, and for as long as it has not said that it has it.
//!
//! A feeder follows the journals (`store/inbox_feed.rs`) and writes notices for those sessions that have opened an inbox; nothing is
//! written for others. Whoever reads is woken by the node that writes, and on other nodes by a look at the inboxes that are being read.

pub mod event_stream;
mod feed;
mod open;
mod reader;
mod readers;
pub mod web_socket;

use std::sync::Arc;

use crate::moved::Moved;
use crate::store::database::Database;
use crate::store::error::StoreError;
use crate::store::inbox::InboxPage;
use domain::id::{SessionId, ShowId};
use domain::reference::OrderNumber;
use open::OpenInboxes;
use readers::Readers;

pub use reader::{Message, Reader};
pub use readers::SESSION_READERS_MAX;

/// The inboxes of one node.
pub struct Inboxes {
    database: Database,
    /// Which shows have moved.
    moved: Arc<Moved>,
    /// Orders whose payments have failed.
    failed: Arc<Moved<(ShowId, OrderNumber)>>,
    open: Arc<OpenInboxes>,
    readers: Arc<Readers>,
}

impl Inboxes {
    /// Inboxes that are told by `moved` which shows to look at, and by `failed` which orders. [`Inboxes::run`] must be running for
    /// anything to be told.
    pub fn new(
        database: Database,
        moved: Arc<Moved>,
        failed: Arc<Moved<(ShowId, OrderNumber)>>,
    ) -> Arc<Self> {
        Arc::new(Self {
            open: Arc::new(OpenInboxes::new(database.clone(), moved.clone())),
            database,
            moved,
            failed,
            readers: Arc::default(),
        })
    }

    /// Reads an inbox, which is opened if it was not: the notices after one, or after those that are acknowledged.
    pub async fn read(
        &self,
        session: SessionId,
        after: Option<i64>,
        limit: i64,
    ) -> Result<InboxPage, StoreError> {
        self.open.read(session, after, limit).await
    }

    /// How many readers there are.
    pub fn readers(&self) -> usize {
        self.readers.count()
    }

    /// A reader of what comes after one notice, which the session has; `None` if the session has as many readers as it may.
    pub fn reader(&self, session: SessionId, after: i64) -> Option<Reader> {
        let reading = self.readers.enter(session)?;
        Some(Reader::new(self.open.clone(), session, after, reading))
    }
}
