//! Payments for a show whose lane of holds is full.
//!
//! The lane is kept full by more connections than it has places, each with a hold under way at all times. That is what an
//! open loop beyond what can be done comes to, without what it costs the generator. They are on a thread of their own, so
//! that they don't hold the payments up before they are sent.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, ensure};
use futures_util::future::{try_join, try_join_all};
use hyper::Method;
use serde_json::json;
use tokio::sync::Notify;
use tokio::time::timeout;

use super::holds::Holder;
use super::seller::OrderId;
use super::{Effort, Keys};
use crate::apart::apart;
use crate::client::{Answer, Call, Connection};
use crate::load::{Client, Measured, Pace, WARM_UP_TURNS, run, run_cold};
use crate::rounds::{ROUNDS, Rounds, turns};
use crate::server::Office;
use crate::stage::{Seats, Stage};

/// Holds that wait while payments are measured, at least.
pub const HOLDS_WAITING: usize = 2_000;
/// Connections that hold: more than the lane's 2,048 places, so that a place which gets free is taken at once.
const HOLDING: usize = 2_400;
/// Payments due in a second: far fewer than the office can do.
pub const PAYMENTS_PER_SECOND: f64 = 200.0;
/// Connections that pay: enough that a slow payment doesn't hold up the next.
const PAYING: usize = 32;
/// Seats of an order.
const PER_ORDER: usize = 1;
/// How long the lane may take to be full, and how long it is kept so at most.
const FULL_SECONDS_MAX: Duration = Duration::from_secs(30);
const ALONE: usize = 0;
const EMPTY: usize = 2;
const CASES: usize = 3;

/// How buyers pay.
#[derive(Debug, Clone, Copy)]
pub struct Means {
    /// The provider, as the office calls it.
    pub provider: &'static str,
    /// A card that is always good, as the provider calls it.
    pub payment_method: &'static str,
}

/// What was measured.
pub struct PayLane {
    /// Payments with nothing beside them.
    pub alone: Rounds,
    /// Payments while the lane was full.
    pub beside: Rounds,
    /// The holds that were granted meanwhile.
    pub holds: Rounds,
    /// Requests that ask for nothing, beside as many holds: what the machine being busy costs by itself.
    pub empty: Rounds,
    /// The fewest holds that were under way when a payment was sent.
    pub waiting_min: usize,
}

/// The holds under way on a show: shared by those who hold, on one thread, and those who pay, on another.
struct Lane {
    waiting: AtomicUsize,
    /// The fewest that a payment met.
    waiting_min: AtomicUsize,
    is_full: Notify,
    is_over: AtomicBool,
}

impl Lane {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            waiting: AtomicUsize::new(0),
            waiting_min: AtomicUsize::new(usize::MAX),
            is_full: Notify::new(),
            is_over: AtomicBool::new(false),
        })
    }

    fn enter(&self) {
        if self.waiting.fetch_add(1, Ordering::Relaxed) + 1 == HOLDS_WAITING {
            self.is_full.notify_one();
        }
    }

    fn leave(&self) {
        self.waiting.fetch_sub(1, Ordering::Relaxed);
    }

    /// A payment meets those who wait.
    fn meet(&self) {
        let waiting = self.waiting.load(Ordering::Relaxed);
        self.waiting_min.fetch_min(waiting, Ordering::Relaxed);
    }
}

/// Lets the holders go home, also after a failure.
struct OverWhenDropped(Arc<Lane>);

impl Drop for OverWhenDropped {
    fn drop(&mut self) {
        self.0.is_over.store(true, Ordering::Relaxed);
    }
}

/// Lets payments alone, payments beside a full lane and empty requests beside one take turns, each time on a fresh show.
pub async fn pay_in_turns(office: &Office, effort: Effort, means: Means) -> anyhow::Result<PayLane> {
    let stage = Stage::new(office)?;
    let time = effort.turn().time;
    let orders = orders_for(time);
    let [alone, beside, holds, empty] = Rounds::of_cases()?;
    let mut found = PayLane {
        alone,
        beside,
        holds,
        empty,
        waiting_min: usize::MAX,
    };
    for case in turns(CASES, ROUNDS) {
        let show = stage.open_shows(1, effort.seats, PER_ORDER).await?;
        let to_pay = match case {
            EMPTY => vec![Call::new(Method::GET, "/healthz")?; orders],
            _ => hold_to_pay(stage.address(), &show.part(0..orders)?, means).await?,
        };
        let lane = Lane::new();
        let mut payers = Payer::several(stage.address(), to_pay, &lane).await?;
        if case == ALONE {
            found.alone.add_run(&pay(&mut payers, time).await?)?;
            continue;
        }
        let id = show.shows().first().cloned().context("no show")?;
        let hold = {
            let (address, free, lane) = (stage.address(), orders..effort.seats, lane.clone());
            move || hold_until_over(address, id, free, lane)
        };
        let (held, paid) = try_join(apart(hold), pay_when_full(&mut payers, time, &lane)).await?;
        if case == EMPTY {
            found.empty.add_run(&paid)?;
            continue;
        }
        found.holds.add_run(&held)?;
        found.beside.add_run(&paid)?;
        found.waiting_min = found.waiting_min.min(lane.waiting_min.load(Ordering::Relaxed));
    }
    Ok(found)
}

/// Orders that payers need in this time, warm-up included.
fn orders_for(time: Duration) -> usize {
    (PAYMENTS_PER_SECOND * time.as_secs_f64()).ceil() as usize + PAYING * (WARM_UP_TURNS + 1)
}

async fn pay(payers: &mut [Payer], time: Duration) -> anyhow::Result<Measured> {
    let pace = Pace::Open {
        per_second: PAYMENTS_PER_SECOND,
    };
    let paid = run(payers, pace, time).await?;
    paid.ensure_some("payments")?;
    Ok(paid)
}

async fn pay_when_full(payers: &mut [Payer], time: Duration, lane: &Arc<Lane>) -> anyhow::Result<Measured> {
    let _over = OverWhenDropped(lane.clone());
    let full = timeout(FULL_SECONDS_MAX, lane.is_full.notified()).await;
    full.with_context(|| format!("{HOLDS_WAITING} holds never waited at a time"))?;
    pay(payers, time).await
}

/// Holds these seats of a show until the payers have gone, with as many holds under way as there are connections.
async fn hold_until_over(
    office: SocketAddr,
    show: String,
    free: Range<usize>,
    lane: Arc<Lane>,
) -> anyhow::Result<Measured> {
    let seats = Seats::of_shows(vec![show], free.end, PER_ORDER)?.part(free)?;
    let mut holders = Vec::with_capacity(HOLDING);
    for _ in 0..HOLDING {
        holders.push(Waiter {
            holder: Holder::new(office, &seats, PER_ORDER).await?,
            lane: lane.clone(),
        });
    }
    let held = run_cold(&mut holders, FULL_SECONDS_MAX).await?;
    ensure!(
        lane.is_over.load(Ordering::Relaxed),
        "the seats or the time were gone before all payments were made"
    );
    Ok(held)
}

/// A holder who is seen while it waits.
struct Waiter {
    holder: Holder,
    lane: Arc<Lane>,
}

impl Client for Waiter {
    async fn prepare(&mut self) -> anyhow::Result<bool> {
        Ok(!self.lane.is_over.load(Ordering::Relaxed) && self.holder.prepare().await?)
    }

    async fn turn(&mut self) -> Answer {
        self.lane.enter();
        let answer = self.holder.turn().await;
        self.lane.leave();
        answer
    }
}

/// Holds all these seats and gives the calls that pay for them.
async fn hold_to_pay(office: SocketAddr, seats: &Rc<Seats>, means: Means) -> anyhow::Result<Vec<Call>> {
    let body = json!({ "provider": means.provider, "payment_method": means.payment_method }).to_string();
    let holders = (0..PAYING).map(|_| hold_all(office, seats, &body));
    Ok(try_join_all(holders).await?.concat())
}

async fn hold_all(office: SocketAddr, seats: &Rc<Seats>, payment: &str) -> anyhow::Result<Vec<Call>> {
    let mut holder = Holder::new(office, seats, PER_ORDER).await?;
    let mut calls = Vec::new();
    while holder.prepare().await? {
        let held = holder.turn().await;
        ensure!(held.status == Some(201), "a hold to be paid: {:?}", held.status);
        let order: OrderId = serde_json::from_slice(&held.body)?;
        let call = Call::new(Method::POST, &format!("/v1/orders/{}/payments", order.id))?;
        let token = holder.token().context("no session")?;
        calls.push(call.with_token(token).with_body(payment.to_owned()));
    }
    Ok(calls)
}

/// A client that pays orders which somebody has held.
struct Payer {
    connection: Connection,
    keys: Keys,
    /// Shared by all, as whoever is free pays the next.
    to_pay: Rc<RefCell<Vec<Call>>>,
    next: Option<Call>,
    lane: Arc<Lane>,
}

impl Payer {
    async fn several(office: SocketAddr, to_pay: Vec<Call>, lane: &Arc<Lane>) -> anyhow::Result<Vec<Self>> {
        let to_pay = Rc::new(RefCell::new(to_pay));
        let mut payers = Vec::with_capacity(PAYING);
        for _ in 0..PAYING {
            payers.push(Self {
                connection: Connection::open(office).await?,
                keys: Keys::new(),
                to_pay: to_pay.clone(),
                next: None,
                lane: lane.clone(),
            });
        }
        Ok(payers)
    }
}

impl Client for Payer {
    async fn prepare(&mut self) -> anyhow::Result<bool> {
        self.next = self.to_pay.borrow_mut().pop();
        Ok(self.next.is_some())
    }

    async fn turn(&mut self) -> Answer {
        self.lane.meet();
        match self.next.take() {
            Some(mut call) => {
                call.key = self.keys.fresh();
                self.connection.send(&call).await
            }
            None => Answer::none(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(time: Duration, expected: usize) {
        assert_eq!(orders_for(time), expected, "{time:?}");
    }

    #[test]
    fn there_are_orders_for_all_payments() {
        check(Duration::from_secs(2), 400 + 32 * 4);
        check(Duration::from_millis(501), 101 + 32 * 4);
    }

    #[tokio::test]
    async fn a_lane_is_full_when_enough_wait() {
        let lane = Lane::new();
        (1..HOLDS_WAITING).for_each(|_| lane.enter());
        let is_full = || timeout(Duration::ZERO, lane.is_full.notified());
        assert!(is_full().await.is_err());
        lane.enter();
        assert!(is_full().await.is_ok());
        lane.leave();
        lane.meet();
        lane.enter();
        lane.meet();
        assert_eq!(lane.waiting_min.load(Ordering::Relaxed), HOLDS_WAITING - 1);
        drop(OverWhenDropped(lane.clone()));
        assert!(lane.is_over.load(Ordering::Relaxed));
    }
}
