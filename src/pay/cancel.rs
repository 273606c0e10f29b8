//! Canceled shows: every order is ended, one after the other, and paid ones are refunded. The work is done in steps; a
//! node that stops in the middle leaves the rest to the next.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;
use tokio::sync::watch::Receiver;

use super::{Payments, new_refund_id};
use crate::closing::until_closing;
use crate::store::cancellation::{finish_cancellation, lease_cancellation, live_orders};
use crate::store::database::WriteKind;
use crate::store::error::StoreError;
use crate::store::order::OrderState;
use domain::command::{Command, Returner};
use domain::id::ShowId;
use domain::reference::OrderNumber;
use domain::show::Show;

/// Orders ended in one step.
const STEP_ORDERS_MAX: i64 = 256;
/// How long a node leases a show. If a step takes longer, two nodes do it, which does no harm.
const LEASE_SECONDS: f64 = 30.0;
/// How often unfinished cancellations are looked for.
const LOOK_INTERVAL: Duration = Duration::from_secs(2);

impl Payments {
    /// Wakes the worker: a show has been canceled.
    pub fn wake_cancellations(&self) {
        self.canceled.notify_one();
    }

    pub(super) async fn work_cancellations(&self, mut closing: Receiver<bool>) {
        loop {
            let worked = tokio::select! {
                () = until_closing(&mut closing) => return,
                worked = self.end_orders_of_next_show() => worked,
            };
            if let Err(error) = &worked {
                tracing::debug!(error = %error, "a canceled show's orders can't be ended now");
            }
            if matches!(worked, Ok(true)) {
                continue;
            }
            tokio::select! {
                () = until_closing(&mut closing) => return,
                () = self.canceled.notified() => {}
                () = tokio::time::sleep(LOOK_INTERVAL) => {}
            }
        }
    }

    /// Ends the orders of one canceled show; false if there is none.
    async fn end_orders_of_next_show(&self) -> Result<bool, StoreError> {
        let lease = |connection: &mut _| Ok(lease_cancellation(connection, LEASE_SECONDS)?);
        let Some(id) = self.database.write(WriteKind::Outbox, lease).await? else {
            return Ok(false);
        };
        let Some(show) = self.shows.show(id).await? else {
            return Err(StoreError::internal("a canceled show is not there"));
        };
        // The node that recorded the cancellation may have stopped before it closed the show.
        let closed = self.turnstile.pass(&show, Command::Close, None).await;
        if closed.is_err() {
            return Ok(true);
        }
        let mut after = OrderNumber(0);
        loop {
            let page = self.live_orders(id, after).await?;
            let Some((last, _)) = page.last() else { break };
            after = *last;
            stream::iter(page)
                .for_each_concurrent(usize::try_from(STEP_ORDERS_MAX).unwrap_or(1), |(order, state)| {
                    self.end_order(&show, order, state)
                })
                .await;
            self.wake();
        }
        let finished = move |connection: &mut _| Ok(finish_cancellation(connection, id)?);
        if self.database.write(WriteKind::Outbox, finished).await? {
            tracing::info!(show.id = %id, "all orders of a canceled show have ended");
        }
        Ok(true)
    }

    async fn live_orders(
        &self,
        show: ShowId,
        after: OrderNumber,
    ) -> Result<Vec<(OrderNumber, OrderState)>, StoreError> {
        let read = move |connection: &mut _| Ok(live_orders(connection, show, after, STEP_ORDERS_MAX)?);
        self.database.write(WriteKind::Outbox, read).await
    }

    /// Ends an order. One that has changed meanwhile, or did not get through, is met again at the next look.
    async fn end_order(&self, show: &Arc<Show>, order: OrderNumber, state: OrderState) {
        let end = match state {
            OrderState::Paid => Command::Return {
                order,
                tickets: Vec::new(),
                by: Returner::Cancellation,
                refund: new_refund_id(),
            },
            _ => Command::Abort { order },
        };
        if let Err(error) = self.turnstile.pass(show, end, None).await {
            tracing::debug!(error = %error, "an order of a canceled show was not ended yet");
        }
    }
}
