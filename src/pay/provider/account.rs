//! An account at a provider, as the settings have it.

use std::time::Duration;

use secrecy::SecretString;

/// An account at a provider.
#[derive(Debug, Clone)]
pub struct Account {
    /// Where the provider's interface is.
    pub url: String,
    /// The key of the account.
    pub key: SecretString,
    /// What its notices are signed with; without it none is believed.
    pub webhook_secret: Option<SecretString>,
    /// How long a call may take in all.
    pub call_max: Duration,
}
