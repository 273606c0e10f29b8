//! How patient the payments of a node are.

use std::time::Duration;

use super::provider::ProviderSettings;

/// Payment's limits.
#[derive(Debug, Clone)]
pub struct PaymentSettings {
    /// How patient it is with a provider.
    pub provider: ProviderSettings,
    /// How long a task of the outbox is leased; longer than a provider may take.
    pub lease: Duration,
    /// How often the outbox is polled without a signal.
    pub poll: Duration,
    /// Most tasks under way at a time.
    pub tasks_max: usize,
    /// How long a provider's search may lag behind its records.
    pub search_lag: Duration,
    /// How often a task is tried before it waits for the operator.
    pub attempts_max: i32,
    /// How long a payment that this node has begun or confirmed is its alone.
    pub resolve_after: Duration,
}
