//! The accounts of an office, and the gateways to them.

use std::sync::Arc;

use secrecy::ExposeSecret;

use super::account::Account;
use super::client::ClientError;
use super::gateway::Gateway;
use super::hosted::Hosted;
use super::sandbox::Sandbox;
use super::stripe::Stripe;

/// The accounts that an office has.
#[derive(Debug, Clone)]
pub struct Accounts {
    /// At Stripe, or at what speaks like it.
    pub stripe: Option<Account>,
    /// The key by which Stripe's script, on the office's page, is known to be that account's.
    pub stripe_publishable_key: Option<String>,
    /// At a provider with a page of its own.
    pub hosted: Option<Account>,
    /// Whether the sandbox in this process takes payments, with which there is no money.
    pub sandbox: bool,
}

/// Whether an office's payments take anybody's money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Till {
    /// They do.
    Real,
    /// Some don't: everything that it sells is for trial.
    Test,
}

/// What Stripe's keys for its test mode begin with.
const STRIPE_TEST_KEYS: [&str; 2] = ["sk_test_", "rk_test_"];

/// What its publishable keys begin with, and those for that mode.
const STRIPE_PUBLISHABLE: &str = "pk_";
const STRIPE_TEST_PUBLISHABLE: &str = "pk_test_";

/// Why a publishable key is refused. It is not repeated: it may be a secret one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadPublishableKey {
    /// It is another kind of key.
    #[error("Stripe's publishable key must begin with {STRIPE_PUBLISHABLE}: everybody is shown it")]
    Other,
    /// One of the two keys is for Stripe's test mode and the other is not: what buyers type in could never be charged.
    #[error(
        "Stripe's publishable key and the secret one are not of one mode: both must be test keys, or neither"
    )]
    MixedModes,
}

/// Whether an account is one for Stripe's test mode.
fn is_test(account: &Account) -> bool {
    let key = account.key.expose_secret();
    STRIPE_TEST_KEYS.iter().any(|begin| key.starts_with(begin))
}

impl Accounts {
    /// Refuses a publishable key that is none, or doesn't go with the secret one.
    pub fn check_publishable_key(&self) -> Result<(), BadPublishableKey> {
        let Some((account, key)) = self.stripe.as_ref().zip(self.stripe_publishable_key.as_ref()) else {
            return Ok(());
        };
        if !key.starts_with(STRIPE_PUBLISHABLE) {
            Err(BadPublishableKey::Other)
        } else if is_test(account) != key.starts_with(STRIPE_TEST_PUBLISHABLE) {
            Err(BadPublishableKey::MixedModes)
        } else {
            Ok(())
        }
    }

    /// Whether money is taken.
    pub fn till(&self) -> Till {
        if self.sandbox || self.stripe.as_ref().is_some_and(is_test) {
            Till::Test
        } else {
            Till::Real
        }
    }

    /// Whether nobody takes payments.
    pub const fn is_empty(&self) -> bool {
        self.stripe.is_none() && self.hosted.is_none() && !self.sandbox
    }

    /// The gateways to them, in order of preference when one has to replace another.
    pub fn open(self) -> Result<Vec<Arc<dyn Gateway>>, ClientError> {
        let mut gateways: Vec<Arc<dyn Gateway>> = Vec::new();
        if let Some(account) = self.stripe {
            let stripe = Stripe::new(account)?;
            gateways.push(Arc::new(stripe.with_publishable_key(self.stripe_publishable_key)));
        }
        if let Some(account) = self.hosted {
            gateways.push(Arc::new(Hosted::new(account)?));
        }
        if self.sandbox {
            gateways.push(Arc::new(Sandbox::default()));
        }
        Ok(gateways)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[track_caller]
    fn check(key: &str, publishable_key: &str, expected: Result<(), BadPublishableKey>) {
        let accounts = Accounts {
            stripe: Some(Account {
                url: "https://api.stripe.com".to_owned(),
                key: key.to_owned().into(),
                webhook_secret: None,
                call_max: Duration::from_secs(1),
            }),
            stripe_publishable_key: Some(publishable_key.to_owned()),
            hosted: None,
            sandbox: false,
        };
        assert_eq!(
            accounts.check_publishable_key(),
            expected,
            "{key} {publishable_key}"
        );
    }

    #[test]
    fn a_publishable_key_is_one_and_of_the_same_mode() {
        check("sk_test_1", "pk_test_1", Ok(()));
        check("rk_test_1", "pk_test_1", Ok(()));
        check("sk_live_1", "pk_live_1", Ok(()));
        check("sk_live_1", "pk_test_1", Err(BadPublishableKey::MixedModes));
        check("sk_test_1", "pk_live_1", Err(BadPublishableKey::MixedModes));
        check("sk_test_1", "sk_test_1", Err(BadPublishableKey::Other));
    }
}
