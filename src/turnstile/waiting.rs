//! A command that waits, and the right to decide whether it is carried out.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use tokio::sync::oneshot;

use super::error::Passed;
use crate::store::batch::IdempotencyKey;
use domain::command::Command;

/// The right to decide whether a command is carried out. It is taken once: by the executor, or by the caller that gives
/// up waiting.
#[derive(Clone)]
pub struct Ticket(Arc<AtomicBool>);

impl Ticket {
    /// Whether this call is the one that took it.
    pub fn claim(&self) -> bool {
        !self.0.swap(true, Ordering::AcqRel)
    }
}

/// A command that waits.
pub struct Waiting {
    /// The command.
    pub command: Command,
    /// Its idempotency key.
    pub key: Option<IdempotencyKey>,
    deadline: Instant,
    ticket: Ticket,
    reply: oneshot::Sender<Passed>,
}

impl Waiting {
    /// A command with the deadline of its wait and the place for its answer.
    pub fn new(
        command: Command,
        key: Option<IdempotencyKey>,
        deadline: Instant,
        reply: oneshot::Sender<Passed>,
    ) -> Self {
        Self {
            command,
            key,
            deadline,
            ticket: Ticket(Arc::default()),
            reply,
        }
    }

    /// The right to decide it.
    pub fn ticket(&self) -> Ticket {
        self.ticket.clone()
    }

    /// Whether it has waited too long.
    pub fn is_late(&self, now: Instant) -> bool {
        self.deadline <= now
    }

    /// Whether its caller has gone before the command was started.
    pub fn is_abandoned(&self) -> bool {
        self.reply.is_closed()
    }

    /// Takes the right to decide it; false if the caller has given up.
    pub fn claim(&self) -> bool {
        self.ticket.claim()
    }

    /// Answers. The caller may be gone; the outcome stands.
    pub fn answer(self, answer: Passed) {
        let _gone = self.reply.send(answer);
    }
}
