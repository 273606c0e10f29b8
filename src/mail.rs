//! Mail to buyers: their tickets, what they get back, what has changed, and that a show is canceled.
//!
//! The journal is the outbox's source: a node follows it and makes a row for each mail (`store/mails.rs`), whoever leases the row reads
//! the order and the buyer's address, and hands the mail over to the mail server. No payment waits for it, what the server says
//! touches no order, and without the settings of a server nothing is written at all.

mod calendar;
pub mod letter;
mod post;
mod run;
mod send;
pub mod settings;
pub mod template;
mod words;

use std::sync::{Arc, Mutex};
use std::time::Instant;

use crate::identity::Identity;
use crate::moved::Moved;
use crate::store::database::Database;
use crate::store::order_reader::Orders;
use crate::store::show_cache::Shows;
use post::Post;
use settings::MailSettings;

/// The mail of one node.
pub struct Mails {
    database: Database,
    shows: Arc<Shows>,
    orders: Orders,
    identity: Arc<Identity>,
    /// Which shows have moved.
    moved: Arc<Moved>,
    post: Post,
    settings: MailSettings,
    /// When the log was last told that the server takes nothing.
    complained_at: Mutex<Option<Instant>>,
}

impl Mails {
    /// Mail that is told by `moved` which shows to look at. [`Mails::run`] must be running for anything to be sent.
    pub fn new(
        database: Database,
        shows: Arc<Shows>,
        orders: Orders,
        identity: Arc<Identity>,
        moved: Arc<Moved>,
        settings: MailSettings,
    ) -> Arc<Self> {
        Arc::new(Self {
            database,
            shows,
            orders,
            identity,
            moved,
            post: Post::new(&settings),
            settings,
            complained_at: Mutex::default(),
        })
    }
}
