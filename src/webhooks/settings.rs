//! How patient a node is with the endpoints of webhooks.

use std::time::Duration;

use super::address::Reach;

/// The limits of webhooks.
#[derive(Debug, Clone, Copy)]
pub struct WebhookSettings {
    /// Where endpoints may be.
    pub reach: Reach,
    /// How long a call may take in all.
    pub call_max: Duration,
    /// The pause after the first failure; each further one is thrice as long.
    pub first_pause: Duration,
    /// For how long an event may fail before its endpoint is disabled.
    pub failing_max: Duration,
}
