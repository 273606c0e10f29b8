//! After what pauses something is sent again that was not taken, or written down that could not be.

use std::future::Future;
use std::time::{Duration, Instant};

use tokio::sync::watch::Receiver;

use crate::closing::until_closing;

/// Each pause is so many times as long as the one before.
const GROWTH: f64 = 3.0;
/// The longest pause.
const PAUSE_MAX: Duration = Duration::from_secs(12 * 3_600);
/// Pauses that are told apart: beyond them, all are the longest.
const EXPONENT_MAX: i32 = 20;

/// Between two attempts to write the same down.
const WRITE_PAUSE: Duration = Duration::from_secs(1);

/// Writes down what came of something that is leased, as often as it takes until this instant or until the node stops. Nobody else
/// takes it before its lease ends, so that an outage of a moment would cost the rest of it, and what was sent is sent twice.
pub async fn write_until<F, E>(
    end: Instant,
    closing: &mut Receiver<bool>,
    mut write: impl FnMut() -> F,
) -> Result<(), E>
where
    F: Future<Output = Result<(), E>>,
{
    loop {
        let written = write().await;
        if written.is_ok() || Instant::now() + WRITE_PAUSE > end || *closing.borrow() {
            return written;
        }
        tokio::select! {
            () = until_closing(closing) => {}
            () = tokio::time::sleep(WRITE_PAUSE) => {}
        }
    }
}

/// The pause after so many failures, 1 or more: what was asked for, if that is longer. Those that failed together don't
/// come back together, which is what `chance` (0 to 1) is for.
pub fn pause_after(failures: i32, first: Duration, asked_for: Option<Duration>, chance: f64) -> Duration {
    let exponent = (failures - 1).clamp(0, EXPONENT_MAX);
    let seconds = first.as_secs_f64() * GROWTH.powi(exponent);
    let longest = PAUSE_MAX.as_secs_f64();
    let seconds = seconds.min(longest).max(0.0);
    let asked_for = asked_for.map_or(0.0, |pause| pause.as_secs_f64().min(longest));
    let jittered = seconds.max(asked_for) * (1.0 + 0.2 * chance);
    Duration::try_from_secs_f64(jittered).unwrap_or(PAUSE_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Duration = Duration::from_secs(5);

    #[track_caller]
    fn check(failures: i32, asked_for: Option<u64>, chance: f64, expected_seconds: u64) {
        let pause = pause_after(failures, FIRST, asked_for.map(Duration::from_secs), chance);
        assert_eq!(pause, Duration::from_secs(expected_seconds));
    }

    #[test]
    fn pauses_grow_from_seconds_to_half_a_day() {
        check(1, None, 0.0, 5);
        check(2, None, 0.0, 15);
        check(5, None, 0.0, 405);
        check(9, None, 0.0, 32_805);
        check(10, None, 0.0, 43_200);
        check(i32::MAX, None, 0.0, 43_200);
        check(1, None, 1.0, 6);
    }

    #[test]
    fn an_endpoint_may_ask_for_more_time_within_a_limit() {
        check(1, Some(60), 0.0, 60);
        check(5, Some(60), 0.0, 405);
        check(1, Some(u64::MAX), 0.0, 43_200);
    }

    #[test]
    fn three_days_are_a_dozen_tries() {
        let mut waited = Duration::ZERO;
        let mut tries = 1;
        while waited < Duration::from_secs(72 * 3_600) {
            waited += pause_after(tries, FIRST, None, 0.5);
            tries += 1;
        }
        assert!((12..=16).contains(&tries), "{tries}");
    }
}
