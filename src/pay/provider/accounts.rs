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

impl Accounts {
    /// Whether money is taken.
    pub fn till(&self) -> Till {
        let is_test = |account: &Account| {
            let key = account.key.expose_secret();
            STRIPE_TEST_KEYS.iter().any(|begin| key.starts_with(begin))
        };
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
            gateways.push(Arc::new(Stripe::new(account)?));
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
