//! The ticks at which a connection is told that the office is there.

use std::time::Duration;

use tokio::time::{Interval, MissedTickBehavior, interval};

/// Ticks that begin after a time.
pub fn ticks(every: Duration) -> Interval {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks.reset();
    ticks
}
