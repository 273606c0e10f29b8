//! The scenarios, one a file.

pub mod broadcast;
pub mod buy;
pub mod cold;
pub mod contended;
pub mod crowd;
pub mod holds;
pub mod lapses;
pub mod lone;
pub mod nodes;
pub mod one_key;
pub mod order_list;
pub mod overload;
pub mod pay_lane;
pub mod prices;
pub mod reader;
pub mod refunds;
pub mod restart;
pub mod scale;
pub mod seat_map;
pub mod seller;
pub mod together;
pub mod viewers;
pub mod waitlist;
pub mod webhooks;
pub mod year;

use std::time::Duration;

use hyper::header::HeaderValue;

use crate::load::Pace;

/// Where cases take turns, a turn lasts for this part of a measurement.
const TURNS_PER_TIME: u32 = 4;
const TURN_MIN: Duration = Duration::from_millis(500);
const TURN_MAX: Duration = Duration::from_secs(3);

/// How hard and how long, for every scenario.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    /// Connections.
    pub clients: usize,
    /// How long a measurement lasts.
    pub time: Duration,
    /// Open or closed loop.
    pub pace: Pace,
    /// Seats in one order.
    pub per_order: usize,
    /// Seats of a show that is the only one.
    pub seats: usize,
}

impl Effort {
    /// The same in a turn that lasts for a part of the time, and neither too short to measure nor longer than seats last.
    pub fn turn(self) -> Self {
        Self {
            time: (self.time / TURNS_PER_TIME).clamp(TURN_MIN, TURN_MAX),
            ..self
        }
    }
}

/// Idempotency keys that nobody else makes.
pub struct Keys {
    prefix: String,
    made: u64,
}

impl Keys {
    /// A client's keys.
    pub fn new() -> Self {
        Self {
            prefix: format!("{:016x}-", rand::random::<u64>()),
            made: 0,
        }
    }

    /// A key that was never used.
    pub fn fresh(&mut self) -> Option<HeaderValue> {
        self.made += 1;
        HeaderValue::try_from(format!("{}{}", self.prefix, self.made)).ok()
    }
}
