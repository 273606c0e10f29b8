//! What goes wrong on request: which call, how, and how often.

use std::collections::VecDeque;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Most faults that are prepared at a time; further ones are refused.
const FAULTS_MAX: usize = 1_000;
/// Longest pause that can be asked for.
const LATENCY_MS_MAX: u64 = 60_000;

/// A call of either door.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Call {
    /// A payment is made.
    Create,
    /// A payment is confirmed.
    Confirm,
    /// Money that is set aside is taken.
    Capture,
    /// Money that is set aside is released.
    Cancel,
    /// Money is given back.
    Refund,
    /// One thing is read.
    Retrieve,
    /// Many things are read.
    List,
}

/// How a call goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// 500, and nothing was done.
    ErrorBefore,
    /// 500, and it was done. The idempotency key remembers what was done, as if the answer had been lost on its way.
    ErrorAfter,
    /// 500, and it was done. The idempotency key remembers the 500, as Stripe's do when Stripe itself fails.
    ErrorKept,
    /// It was done, and the answer never comes.
    TimeoutAfter,
    /// Waits to be released, then it is done, also when the client has gone.
    StallBefore,
    /// It is done, and the answer waits to be released.
    StallAfter,
    /// The bank says no.
    Decline,
    /// It goes well, but slowly.
    Latency,
    /// 429, unread: too many calls.
    TooMany,
    /// 401, unread: the caller's key is not valid.
    KeyRefused,
}

/// Which calls a fault meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
enum Meets {
    One(Call),
    Every(Any),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Any {
    Any,
}

/// A fault, prepared.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PreparedFault {
    call: Meets,
    fault: Fault,
    /// How many calls it meets.
    #[serde(default = "once")]
    times: u32,
    /// For [`Fault::Latency`].
    #[serde(default)]
    latency_ms: u64,
    /// For [`Fault::TooMany`]; nothing is said if it is left out.
    #[serde(default)]
    retry_after_seconds: Option<u64>,
}

/// What a fault does to the call that it has met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Met {
    /// How the call goes wrong.
    pub fault: Fault,
    /// How long it takes.
    pub latency: Duration,
    /// The answer's `Retry-After`, in seconds.
    pub retry_after_seconds: Option<u64>,
}

fn once() -> u32 {
    1
}

/// The faults to come, in order.
#[derive(Debug, Default)]
pub struct Faults(VecDeque<PreparedFault>);

impl Faults {
    /// Prepares one more; false if there are too many.
    pub fn prepare(&mut self, fault: PreparedFault) -> bool {
        let room = self.0.len() < FAULTS_MAX;
        if room && fault.times > 0 {
            self.0.push_back(fault);
        }
        room
    }

    /// The first fault that meets this call, used up by it, and what it does.
    pub fn take(&mut self, call: Call) -> Option<Met> {
        let meets = |prepared: &PreparedFault| match prepared.call {
            Meets::One(met) => met == call,
            Meets::Every(Any::Any) => true,
        };
        let place = self.0.iter().position(meets)?;
        let prepared = self.0.get_mut(place)?;
        prepared.times -= 1;
        let latency = match prepared.fault {
            Fault::Latency => Duration::from_millis(prepared.latency_ms.min(LATENCY_MS_MAX)),
            _ => Duration::ZERO,
        };
        let taken = Met {
            fault: prepared.fault,
            latency,
            retry_after_seconds: prepared.retry_after_seconds,
        };
        if prepared.times == 0 {
            self.0.remove(place);
        }
        Some(taken)
    }

    /// Takes all of them away.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

/// How cards fare in a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cards {
    /// As their names say.
    AsNamed,
    /// Declined, by a fault.
    Declined,
}

impl Cards {
    /// Under this fault.
    pub fn under(fault: Option<Fault>) -> Self {
        match fault {
            Some(Fault::Decline) => Self::Declined,
            _ => Self::AsNamed,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Call, Fault, Faults};

    fn prepared(faults: &[Value]) -> Faults {
        let mut prepared = Faults::default();
        for fault in faults {
            assert!(prepared.prepare(serde_json::from_value(fault.clone()).unwrap()));
        }
        prepared
    }

    fn take(faults: &mut Faults, call: Call) -> Option<Fault> {
        faults.take(call).map(|met| met.fault)
    }

    #[test]
    fn are_used_up_in_order_by_the_calls_they_meet() {
        let mut faults = prepared(&[
            json!({"call": "capture", "fault": "error_before", "times": 2}),
            json!({"call": "any", "fault": "decline"}),
        ]);
        assert_eq!(take(&mut faults, Call::Capture), Some(Fault::ErrorBefore));
        assert_eq!(take(&mut faults, Call::Create), Some(Fault::Decline));
        assert_eq!(take(&mut faults, Call::Create), None);
        assert_eq!(take(&mut faults, Call::Capture), Some(Fault::ErrorBefore));
        assert_eq!(take(&mut faults, Call::Capture), None);
    }
}
