//! The accounts of an office, and the gateways to them.

use std::sync::Arc;

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

impl Accounts {
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
