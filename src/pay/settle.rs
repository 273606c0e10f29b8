//! The outbox worker: says to providers what has been written down for them, until they have answered.

use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel::pg::PgConnection;
use futures_util::stream::{self, FuturesUnordered};
use futures_util::{FutureExt, StreamExt};
use tokio::sync::watch::Receiver;

use super::provider::gateway::{Booked, Phase, Standing};
use super::provider::{NotDone, Provider};
use super::{Payments, amount_of, new_refund_id};
use crate::closing::until_closing;
use crate::store::database::WriteKind;
use crate::store::error::StoreError;
use crate::store::outbox::{
    Again, NextKey, OutboxAction, OutboxTask, finish_outbox, finish_refunds, forget_inspection,
    give_orphan_back, lease_outbox, postpone_outbox, void_orphan,
};

/// Most captures taken at a time.
const CAPTURES_MAX: usize = 256;
/// Between two rounds of captures.
const CAPTURES_PAUSE: Duration = Duration::from_millis(50);
/// The wait after the first failure, in seconds; it doubles with each further one.
const BACKOFF_SECONDS: f64 = 1.0;
/// The longest wait between two tries, in seconds.
const BACKOFF_SECONDS_MAX: f64 = 300.0;
/// Tries under one key. The pauses between them are so long that whatever was asked under it has had an end at the provider
/// before another key is taken.
const SAME_KEY_ATTEMPTS: u32 = 5;
/// How often a provider may refuse what must be done before it waits for the operator.
const REFUSALS_MAX: i32 = 3;

/// What became of a task.
pub(super) enum Told {
    /// The provider has done it, and keeps so much of the money, in minor units: to be written down.
    Done(i64),
    /// The turnstile wrote down what became of it.
    Ended,
    /// There is nothing to do about a payment that has ended.
    AllWell,
    /// Money was taken that is to go back.
    Taken(Standing),
    /// Money is set aside that is to be released.
    SetAside(Standing),
    /// Not a failure: to be looked at again in this time.
    Waits(Duration, &'static str),
    /// To be tried again, and why.
    Failed(String),
    /// The provider refuses, and why.
    Refused(String),
}

impl From<NotDone> for Told {
    fn from(not_done: NotDone) -> Self {
        match not_done {
            NotDone::Declined(reason) => Self::Refused(reason),
            NotDone::Unknown(error) => Self::Failed(error),
            NotDone::NotAsked { retry_after } => Self::Waits(
                retry_after.max(Duration::from_secs_f64(BACKOFF_SECONDS)),
                "the provider does not answer",
            ),
        }
    }
}

impl Payments {
    /// Captures what this node confirms, works the outbox off and ends the orders of canceled shows, until the node stops.
    pub async fn run(self: Arc<Self>, closing: Receiver<bool>) {
        tokio::join!(
            self.capture_confirmed(closing.clone()),
            self.work_outbox(closing.clone()),
            self.work_cancellations(closing)
        );
    }

    async fn capture_confirmed(&self, mut closing: Receiver<bool>) {
        let mut to_capture = self.to_capture.lock().await;
        let mut confirmed = Vec::with_capacity(CAPTURES_MAX);
        loop {
            tokio::select! {
                () = until_closing(&mut closing) => return,
                _ = to_capture.recv_many(&mut confirmed, CAPTURES_MAX) => {}
            }
            // Whoever has waited too long is left to the outbox, where it is everybody's by now.
            let own = confirmed
                .drain(..)
                .filter(|confirmed| confirmed.until > Instant::now());
            let tasks = own.map(|confirmed| OutboxTask {
                payment: confirmed.payment,
                refund: None,
                action: OutboxAction::Capture,
                attempts: 1,
                key_round: 0,
                age: Duration::ZERO,
            });
            if let Err(error) = self.carry_out(tasks.collect()).await {
                tracing::debug!(error = %error, "captures can't be written down; the outbox repeats them");
            }
            // So that payments of a rush are written down together.
            tokio::select! {
                () = until_closing(&mut closing) => return,
                () = tokio::time::sleep(CAPTURES_PAUSE) => {}
            }
        }
    }

    async fn work_outbox(&self, mut closing: Receiver<bool>) {
        let mut under_way = FuturesUnordered::new();
        let mut look = true;
        loop {
            let room = self.settings.tasks_max.saturating_sub(under_way.len());
            if look && room > 0 {
                let tasks = self.lease(room).await.unwrap_or_else(|error| {
                    tracing::debug!(error = %error, "the outbox can't be read");
                    Vec::new()
                });
                look = tasks.len() == room;
                under_way.extend(tasks.into_iter().map(|task| self.tell_of(task)));
            }
            // A provider that takes its time holds up nobody else's tasks, but for the room that its own take.
            tokio::select! {
                () = until_closing(&mut closing) => return,
                Some(first) = under_way.next() => {
                    let mut told = vec![first];
                    while let Some(Some(next)) = under_way.next().now_or_never() {
                        told.push(next);
                    }
                    if let Err(error) = self.write_down(told).await {
                        tracing::debug!(error = %error, "what was told can't be written down; it is looked up again");
                    }
                }
                () = self.due.notified() => look = true,
                () = tokio::time::sleep(self.settings.poll) => look = true,
            }
        }
    }

    /// Takes what is due, so many tasks at most.
    async fn lease(&self, room: usize) -> Result<Vec<OutboxTask>, StoreError> {
        let limit = i64::try_from(room).unwrap_or(i64::MAX);
        let lease = self.settings.lease.as_secs_f64();
        self.database
            .write(WriteKind::Outbox, move |connection| {
                Ok(lease_outbox(connection, limit, lease)?)
            })
            .await
    }

    /// Says to the providers what the tasks are and writes down what became of them.
    async fn carry_out(&self, tasks: Vec<OutboxTask>) -> Result<(), StoreError> {
        if tasks.is_empty() {
            return Ok(());
        }
        let told = stream::iter(tasks)
            .map(|task| self.tell_of(task))
            .buffer_unordered(CAPTURES_MAX)
            .collect()
            .await;
        self.write_down(told).await
    }

    async fn write_down(&self, told: Vec<(OutboxTask, Told)>) -> Result<(), StoreError> {
        let attempts_max = self.settings.attempts_max;
        self.database
            .write(WriteKind::Outbox, move |connection| {
                write_down(connection, &told, attempts_max)
            })
            .await
    }

    async fn tell_of(&self, task: OutboxTask) -> (OutboxTask, Told) {
        let told = self.tell(&task).await;
        (task, told)
    }

    async fn tell(&self, task: &OutboxTask) -> Told {
        let Some(provider) = self.provider(&task.payment.provider) else {
            return Told::Failed(format!("no provider {} is configured", task.payment.provider));
        };
        if task.action == OutboxAction::Resolve {
            return self.resolve(task, provider).await;
        }
        let told = tell_provider(task, provider, self.settings.search_lag).await;
        told.unwrap_or_else(Told::from)
    }
}

/// Has the provider do it, unless it has. A lost answer is not repeated blindly: nobody knows for how long a provider
/// remembers the key of a call.
async fn tell_provider(
    task: &OutboxTask,
    provider: &Provider,
    search_lag: Duration,
) -> Result<Told, NotDone> {
    let payment = &task.payment;
    // A free order, or a free ticket of another one: no provider takes it.
    if task
        .refund
        .map_or(payment.amount_minor_units, |(_, amount)| amount)
        == 0
    {
        return Ok(Told::Done(0));
    }
    let gateway = provider.gateway();
    let mut reference = payment.reference.clone();
    if reference.is_none() && gateway.settles_at_once(&payment.payment_method) {
        reference = Some(payment.id.to_string());
    }
    if task.attempts > 1 || task.key_round > 0 || reference.is_none() {
        let standing = provider
            .ask(gateway.look_up(payment.id, reference.as_deref()))
            .await?;
        if let Some(standing) = standing {
            if let Some(told) = done_before(task, &standing) {
                return Ok(told);
            }
            reference = Some(standing.reference);
        }
    }
    let (Some(reference), Some(amount)) = (reference, amount_of(payment)) else {
        return Ok(match task.action {
            OutboxAction::Void if task.age < search_lag => {
                Told::Waits(search_lag - task.age, "the provider may know the payment soon")
            }
            OutboxAction::Void => Told::Done(0),
            _ => Told::Refused("the provider does not know the payment".into()),
        });
    };
    let booked = Booked {
        payment: payment.id,
        reference,
        amount,
        key_round: task.key_round.unsigned_abs() + (task.attempts - 1).unsigned_abs() / SAME_KEY_ATTEMPTS,
    };
    match (task.action, task.refund) {
        (OutboxAction::Capture, _) => Ok(Told::Done(provider.ask(gateway.capture(&booked)).await?)),
        (OutboxAction::Void, _) => match provider.ask(gateway.void(&booked)).await {
            Ok(()) => Ok(Told::Done(0)),
            Err(NotDone::Declined(reason)) => {
                let standing = provider
                    .ask(gateway.look_up(payment.id, Some(&booked.reference)))
                    .await?;
                let told = standing.and_then(|standing| done_before(task, &standing));
                Ok(told.unwrap_or(Told::Refused(reason)))
            }
            Err(not_done) => Err(not_done),
        },
        (OutboxAction::Refund, Some((refund, amount))) => {
            provider.ask(gateway.refund(&booked, refund, amount)).await?;
            Ok(Told::Done(0))
        }
        (OutboxAction::Refund, None) => Ok(Told::Refused("there is no such refund".into())),
        (OutboxAction::Resolve, _) => Ok(Told::AllWell),
    }
}

/// What there is to say of a task that the provider has done, as its book says.
fn done_before(task: &OutboxTask, standing: &Standing) -> Option<Told> {
    match (task.action, &standing.phase) {
        (OutboxAction::Capture, Phase::Captured) => Some(Told::Done(standing.fee)),
        (OutboxAction::Void, Phase::Voided | Phase::Declined(_)) => Some(Told::Done(0)),
        (OutboxAction::Void, Phase::Captured) => Some(Told::Taken(standing.clone())),
        (OutboxAction::Refund, _) => {
            let (refund, _) = task.refund?;
            standing.refunds.contains(&refund).then_some(Told::Done(0))
        }
        _ => None,
    }
}

fn write_down(
    connection: &mut PgConnection,
    told: &[(OutboxTask, Told)],
    attempts_max: i32,
) -> Result<(), StoreError> {
    let done = || {
        told.iter().filter_map(|(task, told)| match told {
            Told::Done(fee) => Some((task, *fee)),
            _ => None,
        })
    };
    let is_refund = |task: &OutboxTask| task.action == OutboxAction::Refund;
    let payments: Vec<_> = done().filter(|(task, _)| !is_refund(task)).collect();
    if !payments.is_empty() {
        finish_outbox(connection, &payments)?;
    }
    let refunds: Vec<_> = done()
        .map(|(task, _)| task)
        .filter(|task| is_refund(task))
        .collect();
    if !refunds.is_empty() {
        finish_refunds(connection, &refunds)?;
    }
    for (task, told) in told {
        let attempts_left = attempts_max - task.attempts;
        match told {
            Told::Done(_) | Told::Ended => {}
            Told::AllWell => forget_inspection(connection, task.id())?,
            Told::Taken(standing) => {
                let (reference, refund) = (standing.reference.clone(), new_refund_id());
                tracing::warn!(payment.id = %task.payment.id, "money was taken that has to go back");
                if !give_orphan_back(connection, task.id(), reference, standing.fee, refund)? {
                    let why = "money was taken after it had been released";
                    put_off(connection, task, why, attempts_left, NextKey::Same)?;
                }
            }
            Told::SetAside(standing) => {
                if !void_orphan(connection, task.id(), standing.reference.clone())? {
                    let why = "money is set aside after it had been released";
                    put_off(connection, task, why, attempts_left, NextKey::Same)?;
                }
            }
            Told::Waits(wait, why) => {
                let again = Again::UncountedAfter(jittered(wait.as_secs_f64()));
                postpone_outbox(connection, task, why, again, NextKey::Same)?;
            }
            Told::Failed(error) => put_off(connection, task, error, attempts_left, NextKey::Same)?,
            Told::Refused(reason) => {
                let attempts_left = attempts_left.min(REFUSALS_MAX - task.key_round - 1);
                put_off(connection, task, reason, attempts_left, NextKey::New)?;
            }
        }
    }
    Ok(())
}

/// Tries again later, or leaves it to the operator.
fn put_off(
    connection: &mut PgConnection,
    task: &OutboxTask,
    error: &str,
    attempts_left: i32,
    key: NextKey,
) -> Result<(), StoreError> {
    if attempts_left > 0 {
        let failures = task.attempts.clamp(1, 16) - 1;
        let wait = (BACKOFF_SECONDS * 2f64.powi(failures)).min(BACKOFF_SECONDS_MAX);
        return Ok(postpone_outbox(
            connection,
            task,
            error,
            Again::After(jittered(wait)),
            key,
        )?);
    }
    tracing::error!(
        payment.id = %task.payment.id, task.action = ?task.action, error,
        "the outbox has given a task up: see GET /v1/outbox"
    );
    metrics::counter!("boxoffice_outbox_dead_total", "provider" => task.payment.provider.clone())
        .increment(1);
    Ok(postpone_outbox(connection, task, error, Again::WhenTold, key)?)
}

/// So that those that failed together don't come back together.
fn jittered(seconds: f64) -> f64 {
    seconds * rand::random_range(0.5..1.0)
}
