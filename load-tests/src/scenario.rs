//! The scenarios, one a file.

pub mod broadcast;
pub mod buy;
pub mod contended;
pub mod holds;
pub mod lone;
pub mod overload;
pub mod reader;
pub mod restart;
pub mod scale;
pub mod seat_map;
pub mod seller;
pub mod viewers;

use std::time::Duration;

use hyper::header::HeaderValue;

use crate::load::Pace;

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
