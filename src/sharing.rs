//! How the shares of all stay shared among the nodes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

use crate::closing::until_closing;
use crate::shares::{Neighbours, UnpaidPlaces};
use crate::show::Members;
use crate::show::bus::Bus;

/// How often orders are forgotten whose end nobody tells.
const FORGET_INTERVAL: Duration = Duration::from_secs(10);
/// How often nodes tell each other what they count of shares.
const SHARES_INTERVAL: Duration = Duration::from_millis(200);

/// Divides the shares among the nodes, or tells the others what is counted here, until the node stops.
pub async fn keep_shares(
    unpaid: Arc<UnpaidPlaces>,
    bus: Arc<dyn Bus>,
    members: Arc<Members>,
    mut closing: watch::Receiver<bool>,
) {
    let mut forgotten = Instant::now();
    let mut interval = interval(SHARES_INTERVAL);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = until_closing(&mut closing) => return,
            _ = interval.tick() => {}
        }
        let neighbours = if bus.is_heard() {
            Neighbours::Hear
        } else {
            Neighbours::Silent
        };
        unpaid.shares().divide(members.count(), neighbours);
        let spent = unpaid.shares().take_told();
        if !spent.is_empty() {
            bus.tell(&spent);
        }
        if forgotten.elapsed() > FORGET_INTERVAL {
            unpaid.forget_lapsed();
            forgotten = Instant::now();
        }
    }
}
