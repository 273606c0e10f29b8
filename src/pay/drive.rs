//! Drives a payment to its end: authorise it, then sell the places or record why not. Every step may be repeated, by
//! this node or another: the provider knows the payment by its id, and the turnstile ends it once.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::provider::gateway::{Authorisation, Charge};
use super::provider::{Provider, ProviderError, Urgency};
use super::{Confirmed, OWN_SHARE, Payments};
use crate::store::database::WriteKind;
use crate::store::error::StoreError;
use crate::store::payment::{PaymentRecord, PaymentState, note_action, note_decline};
use crate::turnstile::Passed;
use domain::command::Command;
use domain::id::{PaymentId, ShowId};
use domain::outcome::Outcome;
use domain::payment::Decline;
use domain::reference::OrderNumber;
use domain::show::Show;

/// How often a call that a buyer waits for is made if it is turned away unread.
const AUTHORISE_TRIES: usize = 3;
/// The longest pause before it is made again.
const AUTHORISE_PAUSE_MAX: Duration = Duration::from_secs(1);

/// How far a payment was driven.
#[derive(Debug)]
pub enum PaymentProgress {
    /// What the turnstile made of it.
    Passed(Passed),
    /// The buyer has to do something on this page first.
    ActionRequired(String),
    /// The bank is busy with it, and will say later.
    Processing,
    /// This call has done nothing at the provider: it wasn't made, or was turned away unread.
    NotAsked {
        /// When it may be made again.
        retry_after: Duration,
    },
    /// The provider didn't answer, so it isn't known; the outbox goes on with it.
    Unknown,
}

impl Payments {
    /// Drives a payment on. The key that began it gets the final answer, no matter who ends it in the turnstile.
    pub(super) async fn drive(
        &self,
        show: &Arc<Show>,
        order: OrderNumber,
        charge: &Charge,
        provider: &Provider,
    ) -> PaymentProgress {
        let payment = charge.payment;
        match authorise(provider, charge).await {
            Ok(Authorisation::Authorised { reference }) => {
                self.confirm(show, order, charge, provider, reference).await
            }
            Ok(Authorisation::ActionRequired { reference, url }) => {
                if url.is_empty() {
                    // The outbox looks again.
                    return PaymentProgress::Processing;
                }
                match self.note_action(show.id, payment, reference, url.clone()).await {
                    Ok(()) => PaymentProgress::ActionRequired(url),
                    Err(_logged) => PaymentProgress::Unknown,
                }
            }
            Err(ProviderError::Declined(decline)) => self.reject(show, order, payment, decline).await,
            Err(ProviderError::Unknown(error)) => {
                tracing::warn!(payment.id = %payment, error, "a provider's answer is unknown");
                PaymentProgress::Unknown
            }
            Err(ProviderError::NotAsked { retry_after }) => PaymentProgress::NotAsked { retry_after },
        }
    }

    /// Sells the order's places, now that its money is set aside; or has it released.
    pub(super) async fn confirm(
        &self,
        show: &Arc<Show>,
        order: OrderNumber,
        charge: &Charge,
        provider: &Provider,
        reference: String,
    ) -> PaymentProgress {
        let confirm = Command::ConfirmPayment {
            order,
            payment: charge.payment,
            reference: Some(reference.clone()),
        };
        let passed = self.turnstile.pass(show, confirm, None).await;
        match passed.as_ref().map(|decision| &decision.outcome) {
            Ok(Outcome::PaymentConfirmed(_)) => {
                self.capture_soon(show, order, charge, provider.name(), reference);
            }
            Ok(Outcome::PaymentLate(_)) => self.wake(),
            _ => {}
        }
        PaymentProgress::Passed(passed)
    }

    /// Ends a payment that the provider refuses.
    pub(super) async fn reject(
        &self,
        show: &Arc<Show>,
        order: OrderNumber,
        payment: PaymentId,
        decline: Decline,
    ) -> PaymentProgress {
        let (of, code) = (show.id, decline.code);
        let note = move |connection: &mut _| Ok(note_decline(connection, of, payment, code)?);
        // Before it ends: the row of a payment that has ended doesn't change any more.
        if self.database.write(WriteKind::Outbox, note).await.is_err() {
            return PaymentProgress::Unknown;
        }
        let reject = Command::RejectPayment {
            order,
            payment,
            decline,
        };
        let passed = self.turnstile.pass(show, reject, None).await;
        self.failed.note((of, order));
        PaymentProgress::Passed(passed)
    }

    pub(super) async fn note_action(
        &self,
        show: ShowId,
        payment: PaymentId,
        reference: String,
        url: String,
    ) -> Result<(), StoreError> {
        self.database
            .write(WriteKind::Outbox, move |connection| {
                Ok(note_action(connection, show, payment, reference, url)?)
            })
            .await
    }

    /// Has a payment captured that has just been confirmed.
    fn capture_soon(
        &self,
        show: &Show,
        order: OrderNumber,
        charge: &Charge,
        provider: &str,
        reference: String,
    ) {
        let payment = PaymentRecord {
            show: show.id,
            id: charge.payment,
            order,
            provider: provider.to_owned(),
            payment_method: charge.payment_method.clone(),
            amount_minor_units: charge.amount.amount,
            currency: charge.amount.currency,
            state: PaymentState::Confirmed,
            decline: None,
            reference: Some(reference),
            action_url: None,
            return_url: None,
            is_authorised: true,
        };
        let until = Instant::now() + self.settings.resolve_after.mul_f64(OWN_SHARE);
        let _full = self.confirmed.try_send(Confirmed { payment, until });
    }
}

/// Has the money set aside; again, if the provider had too much to do and wants but a moment.
async fn authorise(provider: &Provider, charge: &Charge) -> Result<Authorisation, ProviderError> {
    for _ in 1..AUTHORISE_TRIES {
        match provider
            .ask(Urgency::Buyer, provider.gateway().authorise(charge))
            .await
        {
            Err(ProviderError::NotAsked { retry_after }) if retry_after <= AUTHORISE_PAUSE_MAX => {
                tokio::time::sleep(retry_after).await;
            }
            answer => return answer,
        }
    }
    provider
        .ask(Urgency::Buyer, provider.gateway().authorise(charge))
        .await
}
