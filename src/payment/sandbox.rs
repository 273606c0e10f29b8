//! The provider of the default run: no money, and cards that misbehave on request.
//!
//! | payment method | does |
//! | --- | --- |
//! | `card_ok` | is authorised at once |
//! | `card_declined` | is declined |
//! | `card_slow` | is authorised after a second |
//! | `card_late` | is authorised after four seconds |
//! | `card_error_after_effect` | is authorised, but the first answer is lost |

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::gateway::{Charge, Gateway, GatewayError};
use crate::domain::id::PaymentId;

/// Payments that the sandbox remembers; when it is full it forgets those that are over.
const BOOK_PAYMENTS_MAX: usize = 100_000;

/// Where a payment stands in the sandbox's book.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SandboxState {
    /// Money set aside.
    Authorised,
    /// Money taken.
    Captured,
    /// Money released.
    Voided,
    /// Money given back.
    Refunded,
}

/// A provider that lives in this process and forgets everything with it.
#[derive(Debug, Default)]
pub struct Sandbox {
    book: Mutex<HashMap<PaymentId, SandboxState>>,
}

impl Sandbox {
    /// Sets money aside unless that has been done; false if it has.
    fn write_authorised(&self, payment: PaymentId) -> bool {
        let mut book = self.lock();
        if book.len() >= BOOK_PAYMENTS_MAX {
            book.retain(|_, state| *state == SandboxState::Authorised);
        }
        book.insert(payment, SandboxState::Authorised)
            .inspect(|before| {
                book.insert(payment, *before);
            })
            .is_none()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<PaymentId, SandboxState>> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Gateway for Sandbox {
    fn name(&self) -> &'static str {
        "sandbox"
    }

    fn authorises_at_once(&self, payment_method: &str) -> bool {
        payment_method == "card_ok"
    }

    fn authorise<'a>(&'a self, charge: &'a Charge) -> BoxFuture<'a, Result<(), GatewayError>> {
        async move {
            match charge.payment_method.as_str() {
                "card_ok" | "card_error_after_effect" => {}
                "card_slow" => tokio::time::sleep(Duration::from_secs(1)).await,
                "card_late" => tokio::time::sleep(Duration::from_secs(4)).await,
                "card_declined" => return Err(GatewayError::Declined("card declined".into())),
                _ => return Err(GatewayError::Declined("unknown payment method".into())),
            }
            let first = self.write_authorised(charge.payment);
            if first && charge.payment_method == "card_error_after_effect" {
                return Err(GatewayError::Unavailable("the answer was lost".into()));
            }
            Ok(())
        }
        .boxed()
    }

    fn capture(&self, payment: PaymentId) -> BoxFuture<'_, Result<(), GatewayError>> {
        let mut book = self.lock();
        let state = book.entry(payment).or_insert(SandboxState::Authorised);
        let captured = match state {
            SandboxState::Authorised | SandboxState::Captured => {
                *state = SandboxState::Captured;
                Ok(())
            }
            SandboxState::Voided | SandboxState::Refunded => {
                Err(GatewayError::Declined("the payment was given back".into()))
            }
        };
        async { captured }.boxed()
    }

    fn void(&self, payment: PaymentId) -> BoxFuture<'_, Result<(), GatewayError>> {
        // Also of one that it doesn't know: a capture may still be on its way.
        let mut book = self.lock();
        let state = book.entry(payment).or_insert(SandboxState::Authorised);
        *state = match *state {
            SandboxState::Authorised | SandboxState::Voided => SandboxState::Voided,
            SandboxState::Captured | SandboxState::Refunded => SandboxState::Refunded,
        };
        async { Ok(()) }.boxed()
    }

    fn refund(&self, payment: PaymentId) -> BoxFuture<'_, Result<(), GatewayError>> {
        self.lock().insert(payment, SandboxState::Refunded);
        async { Ok(()) }.boxed()
    }
}
