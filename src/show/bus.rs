//! How nodes tell each other what they have committed. It may lose messages; missed events are read from the journal.

pub mod message;
pub mod redis;
mod seal;
mod tellers;

use crate::shares::Spent;
use domain::event::Event;
use domain::id::ShowId;

/// What the bus brings.
#[derive(Debug)]
pub enum News {
    /// Another node (or this one) has committed these.
    Events(ShowId, Vec<Event>),
    /// Messages on these shows may have been missed, for instance before their subscription began: compare their
    /// journals' heads.
    MissedSome(Vec<ShowId>),
    /// Messages on any show may have been missed.
    MissedAll,
}

/// Publishes committed events to other nodes. No call blocks or fails.
pub trait Bus: Send + Sync {
    /// Publishes committed events.
    fn publish(&self, show: ShowId, events: &[Event]);
    /// Starts receiving this show's events.
    fn subscribe(&self, show: ShowId);
    /// Stops receiving this show's events.
    fn unsubscribe(&self, show: ShowId);
    /// Tells other nodes what this one has counted of shares.
    fn tell(&self, spent: &[Spent]);
    /// Whether other nodes hear this one.
    fn is_heard(&self) -> bool;
}

/// The bus of a node that is alone: its live feed hears from its own turnstile already.
#[derive(Debug, Default)]
pub struct InProcessBus;

impl Bus for InProcessBus {
    fn publish(&self, _show: ShowId, _events: &[Event]) {}

    fn subscribe(&self, _show: ShowId) {}

    fn unsubscribe(&self, _show: ShowId) {}

    fn tell(&self, _spent: &[Spent]) {}

    fn is_heard(&self) -> bool {
        false
    }
}
