//! The outbox worker: carries out the recorded calls to providers until they are answered. Tasks are taken by provider,
//! as many as it can be asked: those of one that is left alone stay where they are.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel::pg::PgConnection;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use tokio::sync::watch::Receiver;

use super::given_back::{given_back, report};
use super::provider::Provider;
use super::task::{TaskOutcome, carry_out};
use super::{Confirmed, Payments, new_refund_id};
use crate::closing::until_closing;
use crate::store::database::WriteKind;
use crate::store::error::StoreError;
use crate::store::given_back::book_given_back;
use crate::store::outbox::{
    Again, NextKey, OutboxAction, OutboxTask, Postponed, finish_outbox, finish_refunds, forget_inspection,
    give_orphan_back, lease_outbox, look_at, postpone_outbox, void_orphan,
};

/// Most captures of this node under way at a time.
const CAPTURES_MAX: usize = 256;
/// How long a capture that is done waits for others to be written down with it.
const CAPTURES_PAUSE: Duration = Duration::from_millis(50);
/// The wait after the first failure, in seconds; it doubles with each further one.
const BACKOFF_SECONDS: f64 = 1.0;
/// The longest wait between two tries, in seconds.
const BACKOFF_SECONDS_MAX: f64 = 300.0;
/// How often a provider may refuse what must be done before it waits for the operator.
const REFUSALS_MAX: i32 = 3;

impl Payments {
    /// Captures what this node confirms, works the outbox off, ends the orders of canceled shows and takes notices in, until
    /// the node stops.
    pub async fn run(self: Arc<Self>, closing: Receiver<bool>) {
        tokio::join!(
            self.capture_confirmed(closing.clone()),
            self.work_outbox(closing.clone()),
            self.work_cancellations(closing.clone()),
            self.take_notices_in(closing),
        );
    }

    /// Captures what this node has confirmed. Nobody waits for another's capture: each is written down soon after it is
    /// done, together with those that are done by then.
    async fn capture_confirmed(&self, mut closing: Receiver<bool>) {
        let mut to_capture = self.to_capture.lock().await;
        let mut confirmed = Vec::with_capacity(CAPTURES_MAX);
        let mut under_way = FuturesUnordered::new();
        let mut done = Vec::new();
        let mut write_at = tokio::time::Instant::now();
        loop {
            let room = CAPTURES_MAX.saturating_sub(under_way.len());
            tokio::select! {
                () = until_closing(&mut closing) => return,
                _ = to_capture.recv_many(&mut confirmed, room), if room > 0 => {
                    // A capture that has waited too long is left to the outbox, where any node may take it.
                    let own = confirmed.drain(..).filter(|confirmed| confirmed.until > Instant::now());
                    under_way.extend(own.map(|confirmed| self.carry_out(capture_of(confirmed))));
                }
                Some(next) = under_way.next() => {
                    if done.is_empty() {
                        write_at = tokio::time::Instant::now() + CAPTURES_PAUSE;
                    }
                    done.push(next);
                }
                () = tokio::time::sleep_until(write_at), if !done.is_empty() => {
                    self.write_down(std::mem::take(&mut done)).await;
                }
            }
        }
    }

    async fn work_outbox(&self, mut closing: Receiver<bool>) {
        let mut under_way = FuturesUnordered::new();
        let mut counts = HashMap::new();
        // Whether more may be due than was taken.
        let mut is_hungry = true;
        loop {
            let rooms = self.rooms(&counts);
            if is_hungry && rooms.iter().any(|(_, room)| *room > 0) {
                let tasks = self.lease(&rooms).await.unwrap_or_else(|error| {
                    tracing::debug!(error = %error, "the outbox can't be read");
                    Vec::new()
                });
                for task in &tasks {
                    *counts.entry(task.payment.provider.clone()).or_insert(0) += 1;
                }
                let is_full = |(name, room): &(&str, usize)| {
                    let leased = tasks.iter().filter(|task| task.payment.provider == *name);
                    leased.count() >= *room
                };
                is_hungry = rooms.iter().any(is_full);
                under_way.extend(tasks.into_iter().map(|task| self.carry_out(task)));
            }
            tokio::select! {
                () = until_closing(&mut closing) => return,
                Some(first) = under_way.next() => {
                    let mut done = vec![first];
                    while let Some(Some(next)) = under_way.next().now_or_never() {
                        done.push(next);
                    }
                    for (task, _) in &done {
                        counts.entry(task.payment.provider.clone()).and_modify(|count: &mut usize| *count -= 1);
                    }
                    self.write_down(done).await;
                }
                () = self.due.notified() => is_hungry = true,
                () = tokio::time::sleep(self.settings.poll) => is_hungry = true,
            }
        }
    }

    /// How many tasks of each provider may be started now. A slow provider does not delay the others' tasks.
    fn rooms(&self, under_way: &HashMap<String, usize>) -> Vec<(&'static str, usize)> {
        let room = |provider: &Arc<Provider>| {
            let busy = under_way.get(provider.name()).copied().unwrap_or(0);
            (
                provider.name(),
                self.settings.tasks_max.saturating_sub(busy).min(provider.room()),
            )
        };
        let own = std::iter::once(&self.box_office);
        self.providers.iter().chain(own).map(room).collect()
    }

    /// Takes due tasks, up to a number for each provider.
    async fn lease(&self, rooms: &[(&'static str, usize)]) -> Result<Vec<OutboxTask>, StoreError> {
        let rooms = rooms.to_vec();
        let lease = self.settings.lease.as_secs_f64();
        self.database
            .write(WriteKind::Outbox, move |connection| {
                Ok(lease_outbox(connection, &rooms, lease)?)
            })
            .await
    }

    /// Records the outcomes of tasks. If that fails, they come due again and are looked up.
    async fn write_down(&self, done: Vec<(OutboxTask, TaskOutcome)>) {
        let attempts_max = self.settings.attempts_max;
        let write = move |connection: &mut _| write_down(connection, &done, attempts_max);
        if let Err(error) = self.database.write(WriteKind::Outbox, write).await {
            tracing::debug!(error = %error, "what was done can't be written down; it is looked up again");
        }
    }

    /// Says to a provider what the task is.
    async fn carry_out(&self, task: OutboxTask) -> (OutboxTask, TaskOutcome) {
        let Some(provider) = self.taker(&task.payment.provider) else {
            let outcome = TaskOutcome::Failed(format!("no provider {} is configured", task.payment.provider));
            return (task, outcome);
        };
        let outcome = if task.action == OutboxAction::Resolve {
            self.resolve(&task, provider).await
        } else {
            let done = carry_out(&task, provider, self.settings.search_lag).await;
            done.unwrap_or_else(TaskOutcome::from)
        };
        (task, outcome)
    }
}

/// The task of a payment that this node has just confirmed.
fn capture_of(confirmed: Confirmed) -> OutboxTask {
    OutboxTask {
        payment: confirmed.payment,
        refund: None,
        action: OutboxAction::Capture,
        attempts: 1,
        key_round: 0,
        may_be_done: false,
        age: Duration::ZERO,
    }
}

fn write_down(
    connection: &mut PgConnection,
    done: &[(OutboxTask, TaskOutcome)],
    attempts_max: i32,
) -> Result<(), StoreError> {
    let is_refund = |task: &OutboxTask| task.action == OutboxAction::Refund;
    let mut payments = Vec::new();
    let mut refunds = Vec::new();
    let mut put_off = Vec::new();
    let mut to_look_at = Vec::new();
    for (task, outcome) in done {
        match outcome {
            TaskOutcome::Done(_) if is_refund(task) => refunds.push(task),
            TaskOutcome::Done(fee) => payments.push((task, *fee)),
            TaskOutcome::DoneAndMore(record) => {
                payments.push((task, record.fee));
                to_look_at.push(task.id());
            }
            TaskOutcome::LessLeft(record) => {
                let payment = &task.payment;
                let booked = book_given_back(connection, payment.show, payment.id, &given_back(record))?;
                report(payment, &booked);
                let why = "some of the money was given back at the provider";
                put_off.push(postponed(task, why, attempts_max, NextKey::New));
            }
            TaskOutcome::Ended => {}
            TaskOutcome::AllWell => forget_inspection(connection, task.id())?,
            TaskOutcome::Taken(record) => {
                let (reference, refund) = (record.reference.clone(), new_refund_id());
                tracing::warn!(payment.id = %task.payment.id, "money was taken that has to go back");
                if !give_orphan_back(connection, task.id(), reference, record.fee, refund)? {
                    let why = "money was taken after it had been released";
                    put_off.push(postponed(task, why, attempts_max, NextKey::Same));
                }
            }
            TaskOutcome::SetAside(record) => {
                if !void_orphan(connection, task.id(), record.reference.clone())? {
                    let why = "money is set aside after it had been released";
                    put_off.push(postponed(task, why, attempts_max, NextKey::Same));
                }
            }
            TaskOutcome::Waits(wait, why) => put_off.push(Postponed {
                task,
                error: why,
                again: Again::UncountedAfter(jittered(wait.as_secs_f64())),
                key: NextKey::Same,
            }),
            TaskOutcome::Failed(error) => put_off.push(postponed(task, error, attempts_max, NextKey::Same)),
            TaskOutcome::Refused(reason) => {
                let refusals_max = attempts_max.min(task.attempts + REFUSALS_MAX - task.key_round - 1);
                put_off.push(postponed(task, reason, refusals_max, NextKey::New));
            }
        }
    }
    if !payments.is_empty() {
        finish_outbox(connection, &payments)?;
    }
    for task in to_look_at {
        look_at(connection, task)?;
    }
    if !refunds.is_empty() {
        finish_refunds(connection, &refunds)?;
    }
    if !put_off.is_empty() {
        postpone_outbox(connection, &put_off)?;
    }
    Ok(())
}

/// A task that is tried again later, or left to the operator after the last attempt.
fn postponed<'a>(task: &'a OutboxTask, error: &'a str, attempts_max: i32, key: NextKey) -> Postponed<'a> {
    let again = if task.attempts < attempts_max {
        let failures = task.attempts.clamp(1, 16) - 1;
        let wait = (BACKOFF_SECONDS * 2f64.powi(failures)).min(BACKOFF_SECONDS_MAX);
        Again::After(jittered(wait))
    } else {
        tracing::error!(
            payment.id = %task.payment.id, task.action = ?task.action, error,
            "the outbox has given a task up: see GET /v1/outbox"
        );
        metrics::counter!("boxoffice_outbox_dead_total", "provider" => task.payment.provider.clone())
            .increment(1);
        Again::WhenTold
    };
    Postponed {
        task,
        error,
        again,
        key,
    }
}

/// So that those that failed together don't come back together.
fn jittered(seconds: f64) -> f64 {
    seconds * rand::random_range(0.5..1.0)
}
