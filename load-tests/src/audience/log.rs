//! What was told and what viewers saw, by offset. Viewers write down little, as there are as many frames as viewers and
//! ticks: how long each took is found out at the end.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use hdrhistogram::Histogram;
use tokio::time::Instant;

use crate::load::histogram;

/// Frames seen within this time count as seen at its beginning.
const SIGHT_RESOLUTION: Duration = Duration::from_micros(100);
/// Frames of which one is typical.
const SAMPLES_MAX: usize = 64;

/// Offsets and when they were told.
pub type Told = Vec<(i64, Instant)>;

/// A frame of these events, at this time after the start: how many viewers saw it then is counted.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Sight {
    first: i64,
    last: i64,
    at: u64,
}

/// What all viewers write down.
pub struct Log {
    start: Instant,
    sights: HashMap<Sight, u64>,
    /// How many viewers are at which offset.
    at: BTreeMap<i64, usize>,
    samples: Vec<Vec<u8>>,
    sampled: i64,
    /// Frames with news, of all viewers together.
    pub frames: u64,
    /// Events that came twice, out of order, or after a missing one.
    pub out_of_order: u64,
    /// Snapshots that were sent instead of events.
    pub resyncs: u64,
    /// Viewers whose feed ended, with the first reason.
    pub ended: Vec<String>,
}

/// From when something was told to when viewers saw it.
pub struct Delays {
    /// In microseconds; what was seen first counts as the least.
    pub delays: Histogram<u64>,
    /// Events, of all viewers together.
    pub events: u64,
    /// Events that were seen before they were told.
    pub early: u64,
}

impl Log {
    /// Nothing yet.
    pub fn new() -> Self {
        Self {
            start: Instant::now(),
            sights: HashMap::new(),
            at: BTreeMap::new(),
            samples: Vec::new(),
            sampled: 0,
            frames: 0,
            out_of_order: 0,
            resyncs: 0,
            ended: Vec::new(),
        }
    }

    /// A viewer saw these events.
    pub fn seen(&mut self, first: i64, last: i64, now: Instant) {
        let micros = now.saturating_duration_since(self.start).as_micros() as u64;
        let at = micros / SIGHT_RESOLUTION.as_micros() as u64;
        *self.sights.entry(Sight { first, last, at }).or_default() += 1;
    }

    /// Keeps a frame, if there are few yet and none of its events is in one.
    pub fn sample(&mut self, first: i64, last: i64, frame: &[u8]) {
        if self.samples.len() < SAMPLES_MAX && first > self.sampled {
            self.samples.push(frame.to_vec());
            self.sampled = last;
        }
    }

    /// The sample of medium length.
    pub fn typical_frame(&mut self) -> Option<Vec<u8>> {
        self.samples.sort_by_key(Vec::len);
        self.samples.get(self.samples.len() / 2).cloned()
    }

    /// A viewer begins at this offset.
    pub fn entered(&mut self, at: i64) {
        *self.at.entry(at).or_default() += 1;
    }

    /// A viewer got from one offset to another.
    pub fn moved(&mut self, from: i64, to: i64) {
        if let Some(count) = self.at.get_mut(&from) {
            *count -= 1;
            if *count == 0 {
                self.at.remove(&from);
            }
        }
        self.entered(to);
    }

    /// Viewers that have got to this offset.
    pub fn viewers_at(&self, offset: i64) -> usize {
        self.at.range(offset..).map(|(_offset, count)| count).sum()
    }

    /// What the delays were, now that it is known when each event was told.
    pub fn delays(&self, told: &Told) -> anyhow::Result<Delays> {
        let told: HashMap<i64, Instant> = told.iter().copied().collect();
        let mut found = Delays {
            delays: histogram()?,
            events: 0,
            early: 0,
        };
        for (sight, viewers) in &self.sights {
            let micros = sight.at * SIGHT_RESOLUTION.as_micros() as u64;
            let seen = self.start + Duration::from_micros(micros);
            for offset in sight.first..=sight.last {
                found.events += viewers;
                let Some(told) = told.get(&offset) else { continue };
                if *told > seen {
                    found.early += viewers;
                }
                let delay = seen.saturating_duration_since(*told);
                let micros = delay.as_micros() as u64;
                found.delays.saturating_record_n(micros.max(1), *viewers);
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_count_from_when_it_was_told() -> anyhow::Result<()> {
        let mut log = Log::new();
        let start = log.start;
        let after = |millis| start + Duration::from_millis(millis);
        log.seen(2, 3, after(30));
        log.seen(2, 3, after(30));
        log.entered(1);
        log.moved(1, 3);
        let delays = log.delays(&vec![(2, start), (3, after(40))])?;
        assert_eq!((delays.delays.len(), delays.events, delays.early), (4, 4, 2));
        assert_eq!((log.viewers_at(3), delays.delays.max() / 1_000), (1, 30));
        Ok(())
    }

    #[test]
    fn a_typical_frame_is_of_medium_length() {
        let mut log = Log::new();
        for (offset, length) in [(1, 9), (2, 1), (2, 50), (3, 5)] {
            log.sample(offset, offset, &vec![b'x'; length]);
        }
        assert_eq!(log.typical_frame().map(|frame| frame.len()), Some(5));
    }
}
