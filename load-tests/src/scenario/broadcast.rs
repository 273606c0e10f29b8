//! The same frames at the same rate to as many viewers of another server, without anything that happens behind them.

use std::time::Duration;

use anyhow::Context;
use bytes::Bytes;
use tokio::time::{Instant, sleep_until};

use super::viewers::{Expense, Meter};
use crate::apart::apart;
use crate::audience::{Audience, Seen, Told};
use crate::yardstick::feed::Feed;

/// What is shown, and how fast.
#[derive(Clone)]
pub struct Show {
    /// A frame of the office's.
    pub frame: Bytes,
    /// Frames that are published in a second.
    pub per_second: f64,
    /// For how long.
    pub time: Duration,
}

/// What viewers saw of it, and what that took.
pub struct Broadcast {
    /// What viewers saw.
    pub seen: Seen,
    /// Of the server's process.
    pub expense: Expense,
}

/// Shows it to so many viewers.
pub async fn broadcast(feed: &Feed, show: Show, viewers: usize) -> anyhow::Result<Broadcast> {
    let mut meter = Meter::start(feed.id)?;
    let audience = Audience::gather(viewers, feed.address, feed.path, feed.greeting).await?;
    meter.begin()?;
    let (door, frames) = (feed.door, Numbered::of(&show.frame)?);
    let told = apart(move || async move {
        let mut publisher = door.open().await?;
        let mut told = Told::new();
        let start = Instant::now();
        let count = (show.per_second * show.time.as_secs_f64()) as i64;
        for number in 1..=count {
            sleep_until(start + Duration::from_secs_f64(number as f64 / show.per_second)).await;
            let frame = frames.with(number);
            told.push((number, Instant::now()));
            publisher.publish(frame).await?;
        }
        Ok((told, ()))
    });
    let (seen, (), expense) = audience.watch(told, || meter.end(viewers)).await?;
    Ok(Broadcast { seen, expense })
}

/// A frame whose first and last event have a number that changes, by which viewers tell frames apart.
struct Numbered {
    /// What is around the numbers.
    parts: Vec<String>,
}

impl Numbered {
    fn of(frame: &[u8]) -> anyhow::Result<Self> {
        const OFFSET: &str = "\"offset\":";
        let text = std::str::from_utf8(frame)?;
        let first = text.find(OFFSET).context("a frame without an event")?;
        let last = text.rfind(OFFSET).unwrap_or(first);
        let mut cuts = vec![0, first + OFFSET.len(), last + OFFSET.len(), text.len()];
        // A frame of one event has one number.
        cuts.dedup();
        let part = |cut: &[usize]| {
            let part = cut
                .first()
                .zip(cut.last())
                .and_then(|(from, to)| text.get(*from..*to));
            part.unwrap_or_default()
                .trim_start_matches(|digit: char| digit.is_ascii_digit())
                .to_owned()
        };
        Ok(Self {
            parts: cuts.windows(2).map(part).collect(),
        })
    }

    fn with(&self, number: i64) -> Bytes {
        self.parts.join(&number.to_string()).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frames_ends_are_numbered() -> anyhow::Result<()> {
        let frame = br#"{"events":[{"offset":17,"at":"x"},{"offset":18},{"offset":19,"at":"y"}]}"#;
        let numbered = Numbered::of(frame)?.with(4);
        let expected = r#"{"events":[{"offset":4,"at":"x"},{"offset":18},{"offset":4,"at":"y"}]}"#;
        assert_eq!(numbered, expected);
        let numbered = Numbered::of(br#"{"events":[{"offset":17}]}"#)?.with(21);
        assert_eq!(numbered, r#"{"events":[{"offset":21}]}"#);
        assert!(Numbered::of(br#"{"events":[]}"#).is_err());
        Ok(())
    }
}
