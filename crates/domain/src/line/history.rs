//! Who was admitted when: enough of it to say of every number until when it may hold seats.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// Steps that a history has at most, but for the one that is being made: it is as precise as a hundredth of the time for which a place
/// is admitted.
const STEPS: u32 = 100;

/// All numbers up to `last`, but for those of earlier steps, were admitted at `at` or a little before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Step {
    last: u64,
    at: DateTime<Utc>,
    /// When the step's first number was admitted.
    since: DateTime<Utc>,
}

/// The admissions of the last time.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct History {
    /// Numbers up to this one were admitted so long ago that their time is over.
    over: u64,
    steps: Vec<Step>,
}

impl History {
    /// Notes that all numbers up to `last` are admitted at `now`, for this many seconds. What is over is forgotten. A number never
    /// loses time by what is noted after it.
    pub fn admit(&mut self, last: u64, now: DateTime<Utc>, admitted_seconds: u32) {
        let kept = TimeDelta::seconds(admitted_seconds.into());
        let gone = self.steps.partition_point(|step| step.at + kept <= now);
        if let Some(step) = self.steps.drain(..gone).next_back() {
            self.over = self.over.max(step.last);
        }
        if last <= self.last() {
            return;
        }
        let precision = kept / i32::try_from(STEPS).unwrap_or(i32::MAX);
        match self.steps.last_mut() {
            Some(step) if now - step.since < precision => {
                step.last = last;
                step.at = step.at.max(now);
            }
            _ => self.steps.push(Step {
                last,
                at: now,
                since: now,
            }),
        }
    }

    /// The last number that is admitted or was.
    pub fn last(&self) -> u64 {
        self.steps.last().map_or(self.over, |step| step.last)
    }

    /// When a number was admitted; `None` if it was not, or so long ago that it is over.
    pub fn admitted_at(&self, number: u64) -> Option<DateTime<Utc>> {
        if number <= self.over {
            return None;
        }
        let at = self.steps.partition_point(|step| step.last < number);
        self.steps.get(at).map(|step| step.at)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECONDS: u32 = 600;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).expect("a time")
    }

    #[test]
    fn each_number_was_admitted_with_its_step() {
        let mut history = History::default();
        history.admit(10, at(0), SECONDS);
        history.admit(20, at(100), SECONDS);
        let check = |number, time: Option<i64>| assert_eq!(history.admitted_at(number), time.map(at));
        check(1, Some(0));
        check(10, Some(0));
        check(11, Some(100));
        check(20, Some(100));
        check(21, None);
    }

    #[test]
    fn what_is_over_is_forgotten() {
        let mut history = History::default();
        history.admit(10, at(0), SECONDS);
        history.admit(20, at(300), SECONDS);
        history.admit(20, at(600), SECONDS);
        assert_eq!(history.admitted_at(10), None);
        assert_eq!(history.admitted_at(11), Some(at(300)));
        history.admit(20, at(900), SECONDS);
        assert_eq!((history.admitted_at(20), history.last()), (None, 20));
    }

    proptest! {
        #[test]
        fn a_number_has_its_time_and_little_more(steps in prop::collection::vec((0_i64..20, 0_u64..5), 1..150)) {
            let (mut history, mut now, mut last) = (History::default(), 0, 0);
            let mut admitted = Vec::new();
            for (pause, more) in steps {
                now += pause;
                admitted.extend((last..last + more).map(|number| (number + 1, now)));
                last += more;
                history.admit(last, at(now), SECONDS);
                prop_assert!(history.steps.len() <= STEPS as usize + 2);
                for (number, since) in &admitted {
                    match history.admitted_at(*number) {
                        Some(told) => prop_assert!(told >= at(*since) && told - at(*since) < TimeDelta::seconds(6)),
                        None => prop_assert!(now - since >= i64::from(SECONDS)),
                    }
                }
            }
        }
    }
}
