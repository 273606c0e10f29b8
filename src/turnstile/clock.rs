//! The database's clock, as a node can tell it between two looks.

use std::time::{Duration, Instant};

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

/// Digits of a second that the database keeps.
const CLOCK_DIGITS: u16 = 6;
/// A connection that was silent for longer is pinged before a batch is sent in one call: on a dead one the batch would
/// have an unknown outcome.
const SILENCE_MAX: Duration = Duration::from_millis(1);

/// The database's clock as it can be told between two looks at it: a little behind, by the time that an answer took. Of
/// all answers the quickest counts.
#[derive(Debug, Default)]
pub struct Clock {
    /// What an answer said, and when it came.
    read: Option<(DateTime<Utc>, Instant)>,
    /// When the last answer came.
    heard: Option<Instant>,
}

impl Clock {
    /// Notes what an answer says, unless an earlier one tells the time more nearly.
    pub fn note(&mut self, at: DateTime<Utc>) {
        if self.now().is_none_or(|now| now < at) {
            self.set(at);
        }
        self.heard = Some(Instant::now());
    }

    /// Believes this answer alone.
    pub fn set(&mut self, at: DateTime<Utc>) {
        let now = Instant::now();
        (self.read, self.heard) = (Some((at, now)), Some(now));
    }

    /// The time; `None` before the first look.
    pub fn now(&self) -> Option<DateTime<Utc>> {
        let (at, noted) = self.read?;
        let elapsed = TimeDelta::from_std(noted.elapsed()).ok()?;
        Some((at + elapsed).trunc_subsecs(CLOCK_DIGITS))
    }

    /// Whether the connection should be pinged before anything is left to it.
    pub fn is_silent(&self) -> bool {
        self.heard.is_none_or(|heard| heard.elapsed() > SILENCE_MAX)
    }
}
