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
    /// How often the outbox is looked at when nobody has said that there is something in it.
    pub poll: Duration,
    /// Most tasks under way at a time.
    pub tasks_max: usize,
    /// For so long a provider may not find a payment that it has: its search is behind its book.
    pub search_lag: Duration,
    /// How often a task is tried before it waits for the operator.
    pub attempts_max: i32,
    /// For so long a payment is this node's alone once it has begun it or confirmed it.
    pub resolve_after: Duration,
}
