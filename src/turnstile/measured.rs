//! How long the turnstile takes for a command while it is busy.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A batch of fewer commands says nothing of what the turnstile can do: it takes as long as a larger one.
const BUSY_COMMANDS_MIN: usize = 16;
/// What a command takes before that is known, in nanoseconds.
const NANOS_EACH_FIRST: u64 = 1_000_000;

/// How busy the turnstile is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Load {
    /// How long a command that comes now waits, about, in seconds.
    pub queue_seconds: f64,
    /// How many commands it can carry out in a second, if it was busy once.
    pub capacity: Option<f64>,
}

/// What was measured of late.
#[derive(Debug, Default)]
pub struct Measured {
    /// What a command takes in a busy batch, in nanoseconds; 0 before there was one.
    nanos_each: AtomicU64,
}

impl Measured {
    /// Notes a batch. Each one weighs an eighth.
    pub fn note(&self, commands: usize, took: Duration) {
        if commands < BUSY_COMMANDS_MIN {
            return;
        }
        let nanos = u64::try_from(took.as_nanos() / commands as u128).unwrap_or(u64::MAX);
        let next = match self.nanos_each.load(Ordering::Relaxed) {
            0 => nanos,
            before => (before.saturating_mul(7).saturating_add(nanos)) / 8,
        };
        // A batch that is noted at the same moment may go missing: there are others.
        self.nanos_each.store(next.max(1), Ordering::Relaxed);
    }

    /// How busy it is with so many commands waiting.
    pub fn load(&self, waiting: usize) -> Load {
        let measured = self.nanos_each.load(Ordering::Relaxed);
        let each = if measured == 0 { NANOS_EACH_FIRST } else { measured };
        Load {
            queue_seconds: waiting as f64 * each as f64 / 1e9,
            capacity: (measured > 0).then(|| 1e9 / measured as f64),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_busy_batches_tell_what_can_be_done() {
        let measured = Measured::default();
        measured.note(1, Duration::from_secs(1));
        assert_eq!(
            measured.load(100),
            Load {
                queue_seconds: 0.1,
                capacity: None
            }
        );
        measured.note(100, Duration::from_millis(50));
        assert_eq!(
            measured.load(100),
            Load {
                queue_seconds: 0.05,
                capacity: Some(2_000.0)
            }
        );
        measured.note(100, Duration::from_millis(450));
        assert_eq!(
            measured.load(0),
            Load {
                queue_seconds: 0.0,
                capacity: Some(1_000.0)
            }
        );
    }
}
