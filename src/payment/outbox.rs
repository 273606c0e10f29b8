//! The outbox worker: says to providers what has been written down for them, until they have answered.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::stream;
use tokio::sync::watch::Receiver;

use super::gateway::GatewayError;
use super::{Driven, Payments};
use crate::closing::until_closing;
use crate::store::error::StoreError;
use crate::store::payment::{OutboxAction, OutboxTask, finish_outbox, lease_outbox, postpone_outbox};

/// Tasks of a kind that are under way at a time: no fewer than are taken at a time, as a lease runs for all of them at once.
const CONCURRENT_TASKS_MAX: usize = 256;
/// Most captures taken at a time.
const CAPTURES_MAX: usize = 256;
/// Between two rounds of captures.
const CAPTURES_PAUSE: Duration = Duration::from_millis(50);
/// The wait after the first failure, in seconds; it doubles with each further one.
const BACKOFF_SECONDS: f64 = 1.0;
/// The longest wait between two tries, in seconds.
const BACKOFF_SECONDS_MAX: f64 = 300.0;

/// What became of a task.
enum Told {
    /// The provider has done it: to be written down.
    Done,
    /// The turnstile wrote down what became of it.
    Ended,
    /// To be tried again, and why.
    Postponed(String),
}

impl Payments {
    /// Captures what this node confirms and works the outbox off, until the node stops.
    pub async fn run(self: Arc<Self>, closing: Receiver<bool>) {
        tokio::join!(self.capture_confirmed(closing.clone()), self.work_outbox(closing));
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
                action: OutboxAction::Capture,
                attempts: 1,
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
        loop {
            match self.work_off().await {
                Ok(0) => {}
                Ok(_) => continue,
                Err(error) => tracing::debug!(error = %error, "the outbox can't be read"),
            }
            tokio::select! {
                () = until_closing(&mut closing) => return,
                () = self.due.notified() => {}
                () = tokio::time::sleep(self.settings.poll) => {}
            }
        }
    }

    /// Takes what is due and does it; says how many tasks there were.
    async fn work_off(&self) -> Result<usize, StoreError> {
        let (limit, lease) = (self.settings.tasks_max, self.settings.lease.as_secs_f64());
        let tasks = self
            .database
            .write(move |connection| Ok(lease_outbox(connection, limit, lease)?))
            .await?;
        let count = tasks.len();
        self.carry_out(tasks).await?;
        Ok(count)
    }

    /// Says to the providers what the tasks are and writes down what became of them.
    async fn carry_out(&self, tasks: Vec<OutboxTask>) -> Result<(), StoreError> {
        if tasks.is_empty() {
            return Ok(());
        }
        let told: Vec<(OutboxTask, Told)> = stream::iter(tasks)
            .map(|task| async move {
                let told = self.tell(&task).await;
                (task, told)
            })
            .buffer_unordered(CONCURRENT_TASKS_MAX)
            .collect()
            .await;
        self.database
            .write(move |connection| write_down(connection, &told))
            .await
    }

    async fn tell(&self, task: &OutboxTask) -> Told {
        let payment = &task.payment;
        let Some(gateway) = self.gateways.get(payment.provider.as_str()) else {
            return Told::Postponed(format!("no provider {}", payment.provider));
        };
        let call = match task.action {
            OutboxAction::Resolve => return self.resolve(task).await,
            OutboxAction::Capture => gateway.capture(payment.id),
            OutboxAction::Void => gateway.void(payment.id),
            OutboxAction::Refund => gateway.refund(payment.id),
        };
        match tokio::time::timeout(self.settings.provider_max, call).await {
            Ok(Ok(())) => Told::Done,
            Ok(Err(GatewayError::Declined(error) | GatewayError::Unavailable(error))) => {
                Told::Postponed(error)
            }
            Err(_elapsed) => Told::Postponed("no answer in time".into()),
        }
    }

    /// Drives a payment on whose driver is gone.
    async fn resolve(&self, task: &OutboxTask) -> Told {
        let payment = &task.payment;
        let show = match self.shows.show(payment.show).await {
            Ok(Some(show)) => show,
            Ok(None) => return Told::Postponed("no such show".into()),
            Err(error) => return Told::Postponed(error.to_string()),
        };
        let Some(charge) = self.charge_of(payment) else {
            return Told::Postponed("no such currency".into());
        };
        match self
            .drive(&show, payment.order, &charge, &payment.provider, None)
            .await
        {
            Driven::Passed(Ok(_)) => Told::Ended,
            Driven::Passed(Err(error)) => Told::Postponed(error.to_string()),
            Driven::Unknown => Told::Postponed("the provider did not answer".into()),
        }
    }
}

fn write_down(
    connection: &mut diesel::pg::PgConnection,
    told: &[(OutboxTask, Told)],
) -> Result<(), StoreError> {
    let done: Vec<_> = told
        .iter()
        .filter(|(_, told)| matches!(told, Told::Done))
        .map(|(task, _)| (&task.payment, task.action))
        .collect();
    if !done.is_empty() {
        finish_outbox(connection, &done)?;
    }
    for (task, told) in told {
        if let Told::Postponed(error) = told {
            let failures = task.attempts.clamp(1, 16) - 1;
            let wait = (BACKOFF_SECONDS * 2f64.powi(failures)).min(BACKOFF_SECONDS_MAX);
            postpone_outbox(
                connection,
                &task.payment,
                task.action,
                error,
                wait * rand::random_range(0.5..1.0),
            )?;
        }
    }
    Ok(())
}
