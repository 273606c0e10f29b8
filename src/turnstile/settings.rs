//! The turnstile's limits.

use std::time::Duration;

/// The turnstile's limits.
#[derive(Debug, Clone)]
pub struct TurnstileSettings {
    /// Threads that carry batches out, each with a connection.
    pub executors: u32,
    /// Most commands in one batch.
    pub batch_commands_max: usize,
    /// Most commands that wait in one lane of a show.
    pub queue_commands_max: usize,
    /// Most commands that wait for all shows.
    pub queues_commands_max: usize,
    /// How long a command may wait before it is turned away.
    pub wait_max: Duration,
    /// After how long an unfinished payment is looked at.
    pub resolve_payment_after: Duration,
}
