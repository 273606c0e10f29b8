//! A circuit breaker: a provider that keeps failing is left alone for a while, so that buyers get an answer at once and
//! the provider isn't asked more while it can do least.
//!
//! | it is | a call | turns |
//! | --- | --- | --- |
//! | closed | passes | open, after so many failures in a row |
//! | open | is refused | on trial, at the first call after a while |
//! | on trial | is refused but for one | closed if that one succeeds, open if it fails |
//!
//! A provider that refuses a payment has answered: that is a success. The clock is the caller's.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// When a breaker opens, and for how long.
#[derive(Debug, Clone, Copy)]
pub struct BreakerSettings {
    /// Failures in a row after which it opens; 0 counts as 1.
    pub failures_max: u32,
    /// How long it stays open before a call is tried, and how long that call may take to be told of.
    pub open_for: Duration,
}

/// Whether a call may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// Yes.
    Pass,
    /// Yes, and it decides over those to come.
    Trial,
    /// No.
    Refused {
        /// After this time one call is tried, if nothing is heard before.
        retry_after: Duration,
    },
}

#[derive(Debug, Clone, Copy)]
enum State {
    /// Calls pass.
    Closed {
        /// How many have failed in a row.
        failures: u32,
    },
    /// Calls are refused.
    Open {
        /// The failure that opened it.
        since: Instant,
    },
    /// One call was let through, and hasn't been told of.
    Trial {
        /// When it was let through.
        since: Instant,
    },
}

/// One provider's breaker.
#[derive(Debug)]
pub struct Breaker {
    settings: BreakerSettings,
    state: Mutex<State>,
}

impl Breaker {
    /// A closed one.
    pub fn new(settings: BreakerSettings) -> Self {
        Self {
            settings,
            state: Mutex::new(State::Closed { failures: 0 }),
        }
    }

    /// Whether calls would be refused now.
    pub fn refuses(&self, now: Instant) -> bool {
        match *self.lock() {
            State::Closed { .. } => false,
            State::Open { since } | State::Trial { since } => {
                now.saturating_duration_since(since) < self.settings.open_for
            }
        }
    }

    /// Whether a call may be made now. What becomes of one that may is to be told.
    pub fn admit(&self, now: Instant) -> Admission {
        let mut state = self.lock();
        let (State::Open { since } | State::Trial { since }) = *state else {
            return Admission::Pass;
        };
        let waited = now.saturating_duration_since(since);
        if waited < self.settings.open_for {
            return Admission::Refused {
                retry_after: self.settings.open_for.saturating_sub(waited),
            };
        }
        // Also if there is a trial already: its caller is gone.
        *state = State::Trial { since: now };
        Admission::Trial
    }

    /// The provider has answered, if only by a refusal.
    pub fn succeeded(&self) {
        *self.lock() = State::Closed { failures: 0 };
    }

    /// The provider hasn't answered, or has failed.
    pub fn failed(&self, now: Instant) {
        let mut state = self.lock();
        *state = match *state {
            State::Closed { failures } if failures.saturating_add(1) < self.settings.failures_max => {
                State::Closed {
                    failures: failures + 1,
                }
            }
            State::Closed { .. } | State::Trial { .. } => State::Open { since: now },
            // A call from before it opened; to wait longer for each of those would keep it open for no reason.
            State::Open { since } => State::Open { since },
        };
    }

    /// Whether calls are refused, but for trials.
    pub fn is_open(&self) -> bool {
        !matches!(*self.lock(), State::Closed { .. })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPEN_FOR: Duration = Duration::from_secs(10);

    /// A breaker that opens at the third failure, and the time of the first.
    fn breaker() -> (Breaker, Instant) {
        let settings = BreakerSettings {
            failures_max: 3,
            open_for: OPEN_FOR,
        };
        (Breaker::new(settings), Instant::now())
    }

    /// One that has opened just now.
    fn open() -> (Breaker, Instant) {
        let (breaker, now) = breaker();
        (0..3).for_each(|_| breaker.failed(now));
        (breaker, now)
    }

    fn refused(seconds: u64) -> Admission {
        Admission::Refused {
            retry_after: Duration::from_secs(seconds),
        }
    }

    #[test]
    fn opens_after_failures_in_a_row() {
        let (breaker, now) = breaker();
        for _ in 0..2 {
            breaker.failed(now);
            assert_eq!(breaker.admit(now), Admission::Pass);
        }
        breaker.failed(now);
        assert_eq!(breaker.admit(now), refused(10));
        assert!(breaker.is_open());
        assert_eq!(breaker.admit(now + Duration::from_secs(4)), refused(6));
    }

    #[test]
    fn a_success_between_starts_the_count_again() {
        let (breaker, now) = breaker();
        for _ in 0..5 {
            breaker.failed(now);
            breaker.failed(now);
            breaker.succeeded();
        }
        assert_eq!(breaker.admit(now), Admission::Pass);
        assert!(!breaker.is_open());
    }

    #[test]
    fn lets_one_trial_through_and_closes_if_it_succeeds() {
        let (breaker, now) = open();
        let later = now + OPEN_FOR;
        assert_eq!(breaker.admit(later), Admission::Trial);
        assert_eq!(breaker.admit(later), refused(10));
        assert!(breaker.is_open());
        breaker.succeeded();
        assert_eq!(breaker.admit(later), Admission::Pass);
        breaker.failed(later);
        assert_eq!(breaker.admit(later), Admission::Pass, "the count starts again");
    }

    #[test]
    fn opens_again_if_the_trial_fails() {
        let (breaker, now) = open();
        let later = now + OPEN_FOR;
        assert_eq!(breaker.admit(later), Admission::Trial);
        breaker.failed(later + Duration::from_secs(2));
        assert_eq!(breaker.admit(later + Duration::from_secs(2)), refused(10));
        assert_eq!(breaker.admit(later + Duration::from_secs(12)), Admission::Trial);
    }

    #[test]
    fn a_trial_that_is_never_told_of_is_followed_by_another() {
        let (breaker, now) = open();
        let later = now + OPEN_FOR;
        assert_eq!(breaker.admit(later), Admission::Trial);
        assert_eq!(breaker.admit(later + Duration::from_secs(9)), refused(1));
        assert_eq!(breaker.admit(later + OPEN_FOR), Admission::Trial);
        assert_eq!(breaker.admit(later + OPEN_FOR), refused(10));
    }

    #[test]
    fn late_failures_do_not_keep_it_open() {
        let (breaker, now) = open();
        breaker.failed(now + Duration::from_secs(9));
        assert_eq!(breaker.admit(now + OPEN_FOR), Admission::Trial);
    }

    #[test]
    fn a_late_success_closes_it() {
        let (breaker, now) = open();
        breaker.succeeded();
        assert_eq!(breaker.admit(now), Admission::Pass);
    }

    #[test]
    fn no_failures_allowed_counts_as_one() {
        let breaker = Breaker::new(BreakerSettings {
            failures_max: 0,
            open_for: OPEN_FOR,
        });
        let now = Instant::now();
        assert_eq!(breaker.admit(now), Admission::Pass);
        breaker.failed(now);
        assert_eq!(breaker.admit(now), refused(10));
    }

    #[test]
    fn a_clock_that_goes_back_only_waits() {
        let (breaker, now) = open();
        let before = now.checked_sub(Duration::from_millis(5)).expect("a moment ago");
        assert_eq!(breaker.admit(before), refused(10));
    }
}
