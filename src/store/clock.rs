//! The database's clock, as a node estimates it between two readings.

use std::time::{Duration, Instant};

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

/// Digits of a second that the database keeps.
const CLOCK_DIGITS: u16 = 6;
/// A connection that was silent for longer is pinged before a batch is sent in one call: on a dead one the batch would
/// have an unknown outcome.
const SILENCE_MAX: Duration = Duration::from_millis(1);

/// An estimate of the database's clock between two readings. It is behind by the time that an answer takes, so the
/// fastest answer is used.
#[derive(Debug, Default)]
pub struct Clock {
    /// What an answer said, and when it came.
    read: Option<(DateTime<Utc>, Instant)>,
    /// When the last answer came.
    heard: Option<Instant>,
}

impl Clock {
    /// Records a reading, unless an earlier one is more precise.
    pub fn note(&mut self, at: DateTime<Utc>) {
        if self.now().is_none_or(|now| now < at) {
            self.set(at);
        }
        self.heard = Some(Instant::now());
    }

    /// Forgets all readings but this one.
    pub fn set(&mut self, at: DateTime<Utc>) {
        let now = Instant::now();
        (self.read, self.heard) = (Some((at, now)), Some(now));
    }

    /// The time; `None` before the first reading.
    pub fn now(&self) -> Option<DateTime<Utc>> {
        let (at, noted) = self.read?;
        let elapsed = TimeDelta::from_std(noted.elapsed()).ok()?;
        Some((at + elapsed).trunc_subsecs(CLOCK_DIGITS))
    }

    /// Whether the connection should be pinged before a batch is sent on it.
    pub fn is_silent(&self) -> bool {
        self.heard.is_none_or(|heard| heard.elapsed() > SILENCE_MAX)
    }
}
