//! Carries out a task of the outbox: one call to a provider, and its outcome.

use std::time::Duration;

use super::amount_of;
use super::provider::gateway::{ProviderPayment, ProviderPhase, ProviderRecord};
use super::provider::{Provider, ProviderError, Urgency};
use crate::store::error::StoreError;
use crate::store::outbox::{OutboxAction, OutboxTask};

/// Tries under one key. The pauses between them are long enough for the provider to finish any call under one key
/// before the next key is used.
const SAME_KEY_ATTEMPTS: u32 = 5;
/// The shortest pause before a provider that can't be asked now is asked again.
const PAUSE_MIN: Duration = Duration::from_secs(1);

/// What became of a task.
pub(super) enum TaskOutcome {
    /// The provider has done it and keeps this fee, in minor units: to be recorded.
    Done(i64),
    /// The turnstile wrote down what became of it.
    Ended,
    /// There is nothing to do about a payment that has ended.
    AllWell,
    /// Money was taken that is to go back.
    Taken(ProviderRecord),
    /// Money is set aside that is to be released.
    SetAside(ProviderRecord),
    /// Less is left of the money than was to go back.
    LessLeft(ProviderRecord),
    /// The provider has taken the money, and some of it went back there already.
    DoneAndMore(ProviderRecord),
    /// Not a failure: to be looked at again in this time.
    Waits(Duration, &'static str),
    /// To be tried again, and why.
    Failed(String),
    /// The provider refuses, and why.
    Refused(String),
}

impl From<StoreError> for TaskOutcome {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<ProviderError> for TaskOutcome {
    fn from(error: ProviderError) -> Self {
        match error {
            ProviderError::Declined(decline) => Self::Refused(decline.reason),
            ProviderError::Unknown(error) => Self::Failed(error),
            ProviderError::NotAsked { retry_after } => {
                Self::Waits(retry_after.max(PAUSE_MIN), "the provider can not be asked now")
            }
        }
    }
}

/// Calls the provider, unless it has done it already. A call without an answer is never repeated blindly: how long a
/// provider remembers a key is not known.
pub(super) async fn carry_out(
    task: &OutboxTask,
    provider: &Provider,
    search_lag: Duration,
) -> Result<TaskOutcome, ProviderError> {
    let payment = &task.payment;
    // A free order, or a free ticket of another one: no provider takes it.
    if task
        .refund
        .map_or(payment.amount_minor_units, |(_, amount)| amount)
        == 0
    {
        return Ok(TaskOutcome::Done(0));
    }
    let gateway = provider.gateway();
    let mut reference = payment.reference.clone();
    if reference.is_none() && gateway.settles_at_once(&payment.payment_method) {
        reference = Some(payment.id.to_string());
    }
    if (task.may_be_done || reference.is_none())
        && let Some(record) = provider.look_up(payment.id, reference.as_deref()).await?
    {
        if let Some(outcome) = done_before(task, &record) {
            return Ok(outcome);
        }
        reference = Some(record.reference);
    }
    let Some(reference) = reference else {
        return Ok(match task.action {
            OutboxAction::Void if task.age < search_lag => {
                TaskOutcome::Waits(search_lag - task.age, "the provider may know the payment soon")
            }
            OutboxAction::Void => TaskOutcome::Done(0),
            _ => TaskOutcome::Refused("the provider does not know the payment".into()),
        });
    };
    let at_provider = ProviderPayment {
        id: payment.id,
        reference,
        amount: amount_of(payment),
        key_round: task.key_round.unsigned_abs() + (task.attempts - 1).unsigned_abs() / SAME_KEY_ATTEMPTS,
    };
    let look_again = || provider.look_up(payment.id, Some(&at_provider.reference));
    match (task.action, task.refund) {
        (OutboxAction::Capture, _) => Ok(TaskOutcome::Done(
            provider
                .ask(Urgency::Outbox, gateway.capture(&at_provider))
                .await?,
        )),
        (OutboxAction::Void, _) => match provider.ask(Urgency::Outbox, gateway.void(&at_provider)).await {
            Ok(()) => Ok(TaskOutcome::Done(0)),
            Err(ProviderError::Declined(decline)) => {
                let record = look_again().await?;
                let outcome = record.and_then(|record| done_before(task, &record));
                Ok(outcome.unwrap_or(TaskOutcome::Refused(decline.reason)))
            }
            Err(error) => Err(error),
        },
        (OutboxAction::Refund, Some((refund, amount))) => {
            let call = gateway.refund(&at_provider, refund, amount);
            match provider.ask(Urgency::Outbox, call).await {
                Ok(()) => Ok(TaskOutcome::Done(0)),
                Err(ProviderError::Declined(decline)) => {
                    let record = look_again().await?;
                    // Somebody has given some of it back at the provider.
                    let less = record.filter(|record| record.left() < amount);
                    Ok(less.map_or(TaskOutcome::Refused(decline.reason), TaskOutcome::LessLeft))
                }
                Err(error) => Err(error),
            }
        }
        (OutboxAction::Refund, None) => Ok(TaskOutcome::Refused("there is no such refund".into())),
        (OutboxAction::Resolve, _) => Ok(TaskOutcome::AllWell),
    }
}

/// The outcome of a task that the provider's book shows as done.
fn done_before(task: &OutboxTask, record: &ProviderRecord) -> Option<TaskOutcome> {
    match (task.action, &record.phase) {
        (OutboxAction::Capture, ProviderPhase::Captured) if record.refunded > 0 || record.is_disputed => {
            Some(TaskOutcome::DoneAndMore(record.clone()))
        }
        (OutboxAction::Capture, ProviderPhase::Captured) => Some(TaskOutcome::Done(record.fee)),
        (OutboxAction::Void, ProviderPhase::Voided | ProviderPhase::Declined(_)) => {
            Some(TaskOutcome::Done(0))
        }
        (OutboxAction::Void, ProviderPhase::Captured) => Some(TaskOutcome::Taken(record.clone())),
        (OutboxAction::Refund, _) => {
            let (refund, _) = task.refund?;
            record
                .refunds
                .contains_key(&refund)
                .then_some(TaskOutcome::Done(0))
        }
        _ => None,
    }
}
