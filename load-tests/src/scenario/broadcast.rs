//! The same frames at the same rate to as many viewers of another server, without anything that happens behind them.

use std::time::Duration;

use anyhow::ensure;
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
    parts: [String; 3],
}

impl Numbered {
    fn of(frame: &[u8]) -> anyhow::Result<Self> {
        const OFFSET: &str = "\"offset\":";
        let text = std::str::from_utf8(frame)?;
        let (first, last) = (text.find(OFFSET), text.rfind(OFFSET));
        let cut = first.zip(last).filter(|(first, last)| first < last);
        ensure!(cut.is_some(), "no frame of several events was seen");
        let (first, last) = cut.unwrap_or_default();
        let (first, last) = (first + OFFSET.len(), last + OFFSET.len());
        let part = |from: usize, to: usize| {
            let part = text.get(from..to).unwrap_or_default();
            part.trim_start_matches(|digit: char| digit.is_ascii_digit())
                .to_owned()
        };
        let begin = text.get(..first).unwrap_or_default().to_owned();
        Ok(Self {
            parts: [begin, part(first, last), part(last, text.len())],
        })
    }

    fn with(&self, number: i64) -> Bytes {
        let [begin, middle, end] = &self.parts;
        format!("{begin}{number}{middle}{number}{end}").into()
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
        assert!(Numbered::of(br#"{"events":[{"offset":17}]}"#).is_err());
        Ok(())
    }
}
