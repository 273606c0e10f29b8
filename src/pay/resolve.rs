//! Payments whose driver is gone, or of which a provider has news: what its book says decides.

use std::sync::Arc;
use std::time::Duration;

use super::provider::gateway::{Phase, Standing};
use super::provider::{NotDone, Provider};
use super::settle::Told;
use super::{Driven, Payments, charge_of};
use crate::store::error::StoreError;
use crate::store::order::OrderState;
use crate::store::outbox::OutboxTask;
use crate::store::payment::{PaymentRecord, PaymentState};
use domain::command::Command;
use domain::show::Show;

/// How often a buyer who has to do something at the bank is looked after, if the provider sends no word.
const ACTION_LOOK_INTERVAL: Duration = Duration::from_secs(5);

/// A payment can't be resolved now.
enum NotNow {
    Store(StoreError),
    Provider(NotDone),
}

impl From<StoreError> for NotNow {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<NotDone> for NotNow {
    fn from(not_done: NotDone) -> Self {
        Self::Provider(not_done)
    }
}

impl Payments {
    /// Looks a payment up and drives it on.
    pub(super) async fn resolve(&self, task: &OutboxTask, provider: &Provider) -> Told {
        let payment = &task.payment;
        let resolved = if payment.state == PaymentState::Authorising {
            self.drive_on(payment, provider).await
        } else {
            inspect(payment, provider).await
        };
        match resolved {
            Ok(told) => told,
            Err(NotNow::Store(error)) => Told::Failed(error.to_string()),
            Err(NotNow::Provider(NotDone::Declined(reason))) => Told::Failed(reason),
            Err(NotNow::Provider(not_done)) => not_done.into(),
        }
    }

    async fn drive_on(&self, payment: &PaymentRecord, provider: &Provider) -> Result<Told, NotNow> {
        let Some(show) = self.shows.show(payment.show).await? else {
            return Ok(Told::Refused("there is no such show".into()));
        };
        let Some(charge) = charge_of(payment) else {
            return Ok(Told::Refused("there is no such currency".into()));
        };
        let order = payment.order;
        let is_held = || async {
            let record = self.orders.read(payment.show, order).await?;
            Ok::<_, StoreError>(record.is_some_and(|record| record.state == OrderState::Held))
        };
        let standing = look_up(payment, provider).await?;
        let Some(Standing { phase, reference, .. }) = standing else {
            // It never got there, or the answer is on its way. For an order that is gone nothing needs to be set aside.
            if !is_held().await? {
                return Ok(self.give_up(&show, payment).await);
            }
            let driven = self.drive(&show, order, &charge, provider).await;
            return Ok(told(driven));
        };
        match phase {
            Phase::ActionRequired(url) if url.is_empty() => {
                Ok(Told::Waits(ACTION_LOOK_INTERVAL, "the bank is busy with it"))
            }
            Phase::ActionRequired(url) => {
                if !is_held().await? {
                    return Ok(self.give_up(&show, payment).await);
                }
                if payment.action_url.as_deref() != Some(&url) {
                    self.note_action(payment.show, payment.id, reference, url).await?;
                }
                Ok(Told::Waits(ACTION_LOOK_INTERVAL, "the buyer has to do something"))
            }
            Phase::Authorised | Phase::Captured => {
                let driven = self.confirm(&show, order, &charge, provider, reference).await;
                Ok(told(driven))
            }
            Phase::Declined(reason) => Ok(self.reject(&show, payment, reason).await),
            Phase::Voided => Ok(self
                .reject(&show, payment, "the payment was given up".into())
                .await),
        }
    }

    async fn reject(&self, show: &Arc<Show>, payment: &PaymentRecord, reason: String) -> Told {
        let reject = Command::RejectPayment {
            order: payment.order,
            payment: payment.id,
            reason,
        };
        told(Driven::Passed(self.turnstile.pass(show, reject, None).await))
    }

    /// Stops waiting for a buyer who wants to pay otherwise. If that doesn't get through, the payment goes on waiting.
    pub async fn stop_waiting(&self, show: &Arc<Show>, payment: &PaymentRecord) {
        let _told = self.give_up(show, payment).await;
    }

    /// Gives a payment up; whatever is set aside is released.
    async fn give_up(&self, show: &Arc<Show>, payment: &PaymentRecord) -> Told {
        let give_up = Command::GiveUpPayment {
            order: payment.order,
            payment: payment.id,
        };
        let passed = self.turnstile.pass(show, give_up, None).await;
        self.wake();
        told(Driven::Passed(passed))
    }
}

/// Looks whether a payment that has ended without money has ended so at the provider too.
async fn inspect(payment: &PaymentRecord, provider: &Provider) -> Result<Told, NotNow> {
    let ended_without = matches!(
        payment.state,
        PaymentState::Voiding | PaymentState::Voided | PaymentState::Rejected
    );
    Ok(match look_up(payment, provider).await? {
        Some(standing) if ended_without && standing.phase == Phase::Captured => Told::Taken(standing),
        Some(standing) if ended_without && standing.phase == Phase::Authorised => Told::SetAside(standing),
        _ => Told::AllWell,
    })
}

async fn look_up(payment: &PaymentRecord, provider: &Provider) -> Result<Option<Standing>, NotDone> {
    let look_up = provider
        .gateway()
        .look_up(payment.id, payment.reference.as_deref());
    provider.ask(look_up).await
}

fn told(driven: Driven) -> Told {
    match driven {
        Driven::Passed(Ok(_)) => Told::Ended,
        Driven::Passed(Err(error)) => Told::Failed(error.to_string()),
        Driven::ActionRequired(_) => Told::Waits(ACTION_LOOK_INTERVAL, "the buyer has to do something"),
        Driven::Unknown => Told::Failed("the provider did not answer".into()),
    }
}
