//! What every payment provider can do. Each call carries the payment's id, under which the provider does it once.

use futures_util::future::BoxFuture;

use crate::domain::id::PaymentId;
use crate::domain::money::Money;

/// What is to be authorised.
#[derive(Debug, Clone)]
pub struct Charge {
    /// The payment, as both sides know it.
    pub payment: PaymentId,
    /// How much.
    pub amount: Money,
    /// The buyer's means of payment, in the provider's words.
    pub payment_method: String,
}

/// Why a provider did not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GatewayError {
    /// It refuses, and would again.
    #[error("the provider refuses: {0}")]
    Declined(String),
    /// It can't be reached or has failed: it may or may not have been done, and may be asked again.
    #[error("the provider did not answer: {0}")]
    Unavailable(String),
}

/// A payment provider. Every call may be repeated and has its effect once.
pub trait Gateway: Send + Sync {
    /// Its name in requests and tables.
    fn name(&self) -> &'static str;
    /// Whether the provider authorises this means of payment without being asked: no call can hang or get lost then,
    /// so that the order is paid in one step. Nothing is set aside before the payment is captured.
    fn authorises_at_once(&self, _payment_method: &str) -> bool {
        false
    }
    /// Sets the money aside.
    fn authorise<'a>(&'a self, charge: &'a Charge) -> BoxFuture<'a, Result<(), GatewayError>>;
    /// Takes money that was set aside.
    fn capture(&self, payment: PaymentId) -> BoxFuture<'_, Result<(), GatewayError>>;
    /// Releases money that was set aside; money that has been taken goes back. Unknown payments count as released.
    fn void(&self, payment: PaymentId) -> BoxFuture<'_, Result<(), GatewayError>>;
    /// Gives money back that has been taken.
    fn refund(&self, payment: PaymentId) -> BoxFuture<'_, Result<(), GatewayError>>;
}
