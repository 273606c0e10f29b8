//! Payments whose driver is gone, or that a provider has sent a notice about: the provider's book decides.

use std::sync::Arc;
use std::time::Duration;

use super::drive::PaymentProgress;
use super::provider::adaptor::given_up;
use super::provider::gateway::{ProviderPhase, ProviderRecord};
use super::provider::{Provider, ProviderError};
use super::task::TaskOutcome;
use super::{Payments, charge_of};
use crate::store::error::StoreError;
use crate::store::order::OrderState;
use crate::store::outbox::OutboxTask;
use crate::store::payment::{PaymentRecord, PaymentState};
use domain::command::Command;
use domain::id::PaymentId;
use domain::payment::Decline;
use domain::reference::OrderNumber;
use domain::show::Show;

/// How often a payment that waits for its buyer is looked up, if the provider sends no notice.
const ACTION_LOOK_INTERVAL: Duration = Duration::from_secs(5);

impl Payments {
    /// Looks a payment up and drives it on.
    pub(super) async fn resolve(&self, task: &OutboxTask, provider: &Provider) -> TaskOutcome {
        let payment = &task.payment;
        let resolved = if payment.state == PaymentState::Authorising {
            self.drive_on(payment, provider).await
        } else {
            self.inspect(payment, provider).await
        };
        resolved.unwrap_or_else(|not_now| not_now)
    }

    async fn drive_on(
        &self,
        payment: &PaymentRecord,
        provider: &Provider,
    ) -> Result<TaskOutcome, TaskOutcome> {
        let Some(show) = self.shows.show(payment.show).await? else {
            return Ok(TaskOutcome::Refused("there is no such show".into()));
        };
        let charge = charge_of(payment);
        let order = payment.order;
        let is_held = || async {
            let record = self.orders.read(payment.show, order).await?;
            Ok::<_, StoreError>(record.is_some_and(|record| record.state == OrderState::Held))
        };
        let record = look_up(payment, provider).await?;
        let Some(ProviderRecord { phase, reference, .. }) = record else {
            // The call never arrived, or its answer is on the way. An order that has ended needs no money set aside.
            if !is_held().await? {
                return Ok(self.give_up(&show, order, payment.id).await);
            }
            let progress = self.drive(&show, order, &charge, provider).await;
            return Ok(outcome_of(progress));
        };
        match phase {
            ProviderPhase::ActionRequired(url) if url.is_empty() => Ok(TaskOutcome::Waits(
                ACTION_LOOK_INTERVAL,
                "the bank is busy with it",
            )),
            ProviderPhase::ActionRequired(url) => {
                if !is_held().await? {
                    return Ok(self.give_up(&show, order, payment.id).await);
                }
                if payment.action_url.as_deref() != Some(&url) {
                    self.note_action(payment.show, payment.id, reference, url).await?;
                }
                Ok(TaskOutcome::Waits(
                    ACTION_LOOK_INTERVAL,
                    "the buyer has to do something",
                ))
            }
            ProviderPhase::Authorised | ProviderPhase::Captured => {
                let progress = self.confirm(&show, order, &charge, provider, reference).await;
                Ok(outcome_of(progress))
            }
            ProviderPhase::Declined(decline) => Ok(self.end_declined(&show, payment, decline).await),
            ProviderPhase::Voided => Ok(self.end_declined(&show, payment, given_up()).await),
        }
    }

    async fn end_declined(&self, show: &Arc<Show>, payment: &PaymentRecord, decline: Decline) -> TaskOutcome {
        outcome_of(self.reject(show, payment.order, payment.id, decline).await)
    }

    /// Looks whether a payment that has ended without money has ended so at the provider too, and what of a payment that has
    /// its money went back there.
    async fn inspect(
        &self,
        payment: &PaymentRecord,
        provider: &Provider,
    ) -> Result<TaskOutcome, TaskOutcome> {
        let Some(record) = look_up(payment, provider).await? else {
            return Ok(TaskOutcome::AllWell);
        };
        match payment.state {
            PaymentState::Voiding | PaymentState::Voided | PaymentState::Rejected => Ok(match record.phase {
                ProviderPhase::Captured => TaskOutcome::Taken(record),
                ProviderPhase::Authorised => TaskOutcome::SetAside(record),
                _ => TaskOutcome::AllWell,
            }),
            PaymentState::Captured | PaymentState::Refunding | PaymentState::Refunded => {
                self.take_in(payment, record).await
            }
            PaymentState::Authorising | PaymentState::Confirmed => Ok(TaskOutcome::AllWell),
        }
    }

    /// Gives a payment up; whatever is set aside is released.
    async fn give_up(&self, show: &Arc<Show>, order: OrderNumber, payment: PaymentId) -> TaskOutcome {
        let give_up = Command::GiveUpPayment { order, payment };
        let passed = self.turnstile.pass(show, give_up, None).await;
        self.failed.note((show.id, order));
        self.wake();
        outcome_of(PaymentProgress::Passed(passed))
    }
}

/// A look that is refused is no refusal of the payment.
async fn look_up(
    payment: &PaymentRecord,
    provider: &Provider,
) -> Result<Option<ProviderRecord>, TaskOutcome> {
    provider
        .look_up(payment.id, payment.reference.as_deref())
        .await
        .map_err(|error| match error {
            ProviderError::Declined(decline) => TaskOutcome::Failed(decline.reason),
            error => error.into(),
        })
}

fn outcome_of(progress: PaymentProgress) -> TaskOutcome {
    match progress {
        PaymentProgress::Passed(Ok(_)) => TaskOutcome::Ended,
        PaymentProgress::Passed(Err(error)) => TaskOutcome::Failed(error.to_string()),
        PaymentProgress::ActionRequired(_) => {
            TaskOutcome::Waits(ACTION_LOOK_INTERVAL, "the buyer has to do something")
        }
        PaymentProgress::Processing => TaskOutcome::Waits(ACTION_LOOK_INTERVAL, "the bank is busy with it"),
        PaymentProgress::NotAsked { retry_after } => ProviderError::NotAsked { retry_after }.into(),
        PaymentProgress::Unknown => TaskOutcome::Failed("the provider did not answer".into()),
    }
}
