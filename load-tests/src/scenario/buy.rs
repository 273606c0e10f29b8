//! The whole way of a buyer: hold, pay, read the tickets. One turn is all three.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use hdrhistogram::Histogram;
use hyper::Method;
use tokio::time::Instant;

use super::holds::Holder;
use super::seller::OrderId;
use super::{Effort, Keys};
use crate::client::{Answer, Call};
use crate::load::{Client, Measured, histogram, record, run};
use crate::stage::{Seats, Stage};

const PAYMENT: &[u8] = br#"{"provider":"sandbox","payment_method":"card_ok"}"#;

/// A run of purchases: the whole way, and each step by itself.
pub struct Purchases {
    /// From asking for seats to having tickets.
    pub whole: Measured,
    /// Each step's latencies, in microseconds.
    pub steps: Vec<(&'static str, Histogram<u64>)>,
}

/// Runs purchases on one show.
pub async fn buy(stage: &Stage, effort: Effort) -> anyhow::Result<Purchases> {
    let seats = stage.open_shows(1, effort.seats, effort.per_order).await?;
    buy_seats(stage, &seats, effort).await
}

/// Runs purchases on shows that are open already.
pub async fn buy_seats(stage: &Stage, seats: &Rc<Seats>, effort: Effort) -> anyhow::Result<Purchases> {
    let steps = Rc::new(RefCell::new([histogram()?, histogram()?, histogram()?]));
    let mut buyers = Vec::with_capacity(effort.clients);
    for holder in Holder::several(stage.address(), seats, effort).await? {
        buyers.push(Buyer {
            holder,
            keys: Keys::new(),
            steps: steps.clone(),
        });
    }
    let whole = run(&mut buyers, effort.pace, effort.time).await?;
    let steps = steps.borrow().clone();
    Ok(Purchases {
        whole,
        steps: ["hold", "pay", "tickets"].into_iter().zip(steps).collect(),
    })
}

struct Buyer {
    holder: Holder,
    keys: Keys,
    steps: Rc<RefCell<[Histogram<u64>; 3]>>,
}

impl Client for Buyer {
    async fn prepare(&mut self) -> anyhow::Result<bool> {
        self.holder.prepare().await
    }

    fn forget(&mut self) {
        self.steps.borrow_mut().iter_mut().for_each(Histogram::reset);
    }

    async fn turn(&mut self) -> Answer {
        let start = Instant::now();
        let held = self.holder.turn().await;
        let held_in = start.elapsed();
        let Some((pay, tickets)) = self.calls_after(&held) else {
            return held;
        };
        let paid = self.holder.connection().send(&pay).await;
        let paid_in = start.elapsed() - held_in;
        if paid.status != Some(200) {
            return paid;
        }
        let answer = self.holder.connection().send(&tickets).await;
        self.write([held_in, paid_in, start.elapsed() - held_in - paid_in]);
        answer
    }
}

impl Buyer {
    fn calls_after(&mut self, held: &Answer) -> Option<(Call, Call)> {
        if held.status != Some(201) {
            return None;
        }
        let order: OrderId = serde_json::from_slice(&held.body).ok()?;
        let token = self.holder.token()?;
        let pay = Call::new(Method::POST, &format!("/v1/orders/{}/payments", order.id)).ok()?;
        let tickets = Call::new(Method::GET, &format!("/v1/orders/{}/tickets", order.id)).ok()?;
        let mut pay = pay.with_token(token).with_body(PAYMENT);
        pay.key = self.keys.fresh();
        Some((pay, tickets.with_token(token)))
    }

    fn write(&self, steps: [Duration; 3]) {
        for (histogram, latency) in self.steps.borrow_mut().iter_mut().zip(steps) {
            record(histogram, latency);
        }
    }
}
