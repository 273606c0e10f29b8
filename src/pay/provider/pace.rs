//! How fast a node calls a provider on its own account: captures, voids, refunds and looks of the outbox. Calls that a
//! buyer waits for count, but are never held back, so that a mass refund leaves them their share.
//!
//! A bucket of calls that fills at a rate. Each time the provider says that there are too many calls the rate is halved
//! and nothing is called for as long as the provider wants; from then on the rate rises again, little by little, as TCP
//! does it (RFC 5681: additive increase, multiplicative decrease). The clock is the caller's.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Fewest calls a second.
const RATE_MIN: f64 = 1.0;
/// In this time the rate rises from nothing to all that it may be.
const RISE_SECONDS: f64 = 30.0;
/// The pause, if the provider names none.
const PAUSE: Duration = Duration::from_secs(1);
/// The longest pause, whatever the provider names.
pub const PAUSE_MAX: Duration = Duration::from_secs(60);
/// The bucket holds the calls of this time.
const BUCKET_SECONDS: f64 = 0.5;

/// One provider's pace.
#[derive(Debug)]
pub struct Pace {
    /// Calls a second at most.
    rate_max: f64,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Calls a second.
    rate: f64,
    /// Calls that may be made now. Below nothing once buyers' calls, or further calls of a task, were more than fit.
    calls: f64,
    /// When these were so.
    at: Instant,
    paused_until: Instant,
}

impl Pace {
    /// A pace of this many calls a second.
    pub fn new(calls_per_second_max: u32, now: Instant) -> Self {
        let rate_max = f64::from(calls_per_second_max).max(RATE_MIN);
        Self {
            rate_max,
            state: Mutex::new(State {
                rate: rate_max,
                calls: (rate_max * BUCKET_SECONDS).max(1.0),
                at: now,
                paused_until: now,
            }),
        }
    }

    /// How many calls may be begun now.
    pub fn room(&self, now: Instant) -> usize {
        let state = self.at(now);
        if now < state.paused_until || state.calls < 1.0 {
            return 0;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "at least one, and at most what the bucket holds"
        )]
        let room = state.calls as usize;
        room
    }

    /// How long nothing may be called yet, as the provider wants it.
    pub fn pause(&self, now: Instant) -> Option<Duration> {
        let pause = self.at(now).paused_until.saturating_duration_since(now);
        (!pause.is_zero()).then_some(pause)
    }

    /// A call is made.
    pub fn called(&self, now: Instant) {
        let mut state = self.at(now);
        // What buyers call for in a rush is not held against the outbox for longer than a moment.
        state.calls = (state.calls - 1.0).max(-self.rate_max * BUCKET_SECONDS);
    }

    /// The provider wants fewer calls; says for how long nothing is called.
    pub fn throttled(&self, retry_after: Option<Duration>, now: Instant) -> Duration {
        let pause = retry_after.unwrap_or(PAUSE).min(PAUSE_MAX);
        let mut state = self.at(now);
        // Calls that were under way together are turned away together: that is one sign, not many.
        if now >= state.paused_until {
            state.rate = (state.rate / 2.0).max(RATE_MIN);
        }
        state.calls = state.calls.min(1.0);
        state.paused_until = state.paused_until.max(now + pause);
        pause
    }

    /// The state at this time.
    fn at(&self, now: Instant) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let begin = state.at.max(state.paused_until.min(now));
        let seconds = now.saturating_duration_since(begin).as_secs_f64();
        state.rate = (state.rate + self.rate_max * seconds / RISE_SECONDS).min(self.rate_max);
        let full = (state.rate * BUCKET_SECONDS).max(1.0);
        state.calls = (state.calls + state.rate * seconds).min(full);
        state.at = state.at.max(now);
        state
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Calls made in this many seconds, each as soon as allowed.
    fn calls(pace: &Pace, begin: Instant, seconds: u64) -> usize {
        (0..seconds * 100)
            .map(|step| {
                let now = begin + Duration::from_millis(step * 10);
                let room = pace.room(now);
                (0..room).for_each(|_| pace.called(now));
                room
            })
            .sum()
    }

    #[test]
    fn no_more_is_called_than_may_be() {
        let now = Instant::now();
        let pace = Pace::new(80, now);
        let made = calls(&pace, now, 10);
        assert!((800..=840).contains(&made), "{made}");
    }

    #[test]
    fn a_pause_is_kept_and_the_rate_rises_again_afterwards() {
        let now = Instant::now();
        let pace = Pace::new(80, now);
        for _ in 0..32 {
            assert_eq!(
                pace.throttled(Some(Duration::from_secs(3)), now),
                Duration::from_secs(3)
            );
        }
        assert_eq!(pace.pause(now), Some(Duration::from_secs(3)));
        assert_eq!(calls(&pace, now, 3), 0);
        let after = now + Duration::from_secs(3);
        let first = calls(&pace, after, 5);
        assert!(
            (200..=250).contains(&first),
            "half of it, and a little more: {first}"
        );
        let later = calls(&pace, after + Duration::from_secs(30), 10);
        assert!((800..=840).contains(&later), "{later}");
    }

    #[test]
    fn nobody_pauses_for_ever_or_stands_still() {
        let now = Instant::now();
        let pace = Pace::new(80, now);
        let mut then = now;
        for _ in 0..20 {
            assert_eq!(pace.throttled(Some(Duration::MAX), then), PAUSE_MAX);
            then += PAUSE_MAX;
        }
        assert!(calls(&pace, then, 10) >= 10);
        assert_eq!(pace.throttled(None, then), PAUSE);
    }

    #[test]
    fn a_buyers_calls_leave_less_for_the_others() {
        let now = Instant::now();
        let pace = Pace::new(80, now);
        (0..1_000).for_each(|_| pace.called(now));
        assert_eq!(pace.room(now), 0);
        assert_eq!(pace.room(now + Duration::from_millis(400)), 0);
        assert!(pace.room(now + Duration::from_secs(1)) > 0);
    }
}
