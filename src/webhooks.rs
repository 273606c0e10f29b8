//! Webhooks: organisers' programs are told of what happens on their shows, as Standard Webhooks say
//! (<https://www.standardwebhooks.com>).
//!
//! An endpoint has a place in each journal of its organiser (`store/webhook_cursors.rs`). A node leases such a place, sends the
//! events behind it one after the other, and moves it on: at least once, in order. Nothing waits for it and nothing is written for
//! an event that happens: the turnstile only notes in memory which shows have moved.

pub mod address;
mod deliver;
pub mod message;
mod resolver;
mod run;
pub mod secret;
pub mod sender;
pub mod settings;

use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::identity::Identity;
use crate::live::Live;
use crate::moved::Moved;
use crate::store::database::Database;
use crate::store::show_cache::Shows;
use crate::store::webhook_endpoints::Receiver;
use message::Message;
use secret::Secret;
use sender::{Answer, Sender};
use settings::WebhookSettings;

/// Tests that are sent at a time.
const TESTS_MAX: usize = 4;

/// The webhooks of one node.
pub struct Webhooks {
    database: Database,
    shows: Arc<Shows>,
    live: Arc<Live>,
    identity: Arc<Identity>,
    /// Which shows have moved.
    moved: Arc<Moved>,
    sender: Sender,
    tests: Semaphore,
    settings: WebhookSettings,
}

impl Webhooks {
    /// Webhooks that are told by `moved` which shows to look at. [`Webhooks::run`] must be running for anything to be sent.
    pub fn new(
        database: Database,
        shows: Arc<Shows>,
        live: Arc<Live>,
        identity: Arc<Identity>,
        moved: Arc<Moved>,
        settings: WebhookSettings,
    ) -> Arc<Self> {
        Arc::new(Self {
            database,
            shows,
            live,
            identity,
            moved,
            sender: Sender::new(settings.reach, settings.call_max),
            tests: Semaphore::new(TESTS_MAX),
            settings,
        })
    }

    /// The limits.
    pub fn settings(&self) -> &WebhookSettings {
        &self.settings
    }

    /// Says that there may be something to send that no event tells of: an endpoint is new, or is sent back.
    pub fn wake(&self) {
        self.moved.wake();
    }

    /// The secret that is made of a salt.
    pub fn secret(&self, salt: &[u8]) -> Secret {
        Secret::new(self.identity.webhook_secret(salt))
    }

    /// Sends a test, once; `None` if many are being sent.
    pub async fn send_test(&self, receiver: &Receiver, message: &Message) -> Option<Answer> {
        let _permit = self.tests.try_acquire().ok()?;
        Some(self.send(receiver, message).await)
    }

    /// Sends a message, signed with the secret and, for a while, with the one before it.
    async fn send(&self, receiver: &Receiver, message: &Message) -> Answer {
        let salts = std::iter::once(&receiver.salt).chain(&receiver.former_salt);
        let secrets: Vec<_> = salts.map(|salt| self.secret(salt)).collect();
        self.sender.send(&receiver.url, &secrets, message).await
    }
}
