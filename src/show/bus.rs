//! How nodes tell each other what they have committed. It may lose messages: the journal makes up for it.

mod message;
pub mod redis;

use domain::event::Event;
use domain::id::ShowId;

/// What the bus brings.
#[derive(Debug)]
pub enum News {
    /// Another node (or this one) has committed these.
    Events(ShowId, Vec<Event>),
    /// Messages on these shows may have been missed, before their subscription began, say: their journals' heads tell.
    MissedSome(Vec<ShowId>),
    /// Messages on any show may have been missed.
    MissedAll,
}

/// A way to tell the other nodes. No call blocks or fails.
pub trait Bus: Send + Sync {
    /// Tells that `events` have been committed.
    fn publish(&self, show: ShowId, events: &[Event]);
    /// From now on this show's events are wanted.
    fn subscribe(&self, show: ShowId);
    /// This show's events are no longer wanted.
    fn unsubscribe(&self, show: ShowId);
}

/// The bus of a node that is alone: its live feed hears from its own turnstile already.
#[derive(Debug, Default)]
pub struct InProcessBus;

impl Bus for InProcessBus {
    fn publish(&self, _show: ShowId, _events: &[Event]) {}

    fn subscribe(&self, _show: ShowId) {}

    fn unsubscribe(&self, _show: ShowId) {}
}
