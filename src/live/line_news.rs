//! What viewers of a show with a line are told of it: not an event of the journal, but what is so now, a frame a second at most.

use std::sync::{Mutex, PoisonError};

use bytes::Bytes;

use super::render::text_frame;

/// What is told of a line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LineNews {
    /// Numbers up to this one are admitted.
    pub admitted: u64,
    /// The last number that may have been given out.
    pub last_number: u64,
    /// How many drew, about.
    pub drawn: u64,
    /// Admissions a second of late.
    pub rate: f64,
}

impl LineNews {
    fn frame(&self) -> Bytes {
        let Self {
            admitted,
            last_number,
            drawn,
            rate,
        } = self;
        let text = format!(
            r#"{{"type":"line","admitted":{admitted},"rate":{},"last_number":{last_number},"drawn":{drawn}}}"#,
            told_rate(*rate)
        );
        text_frame([text.as_bytes()])
    }
}

/// A rate as it is told: in hundredths.
pub fn told_rate(rate: f64) -> f64 {
    (rate * 100.0).round() / 100.0
}

/// The last news of a line, and how many there were before.
#[derive(Debug, Default)]
pub struct LineTold(Mutex<(u64, Bytes)>);

impl LineTold {
    /// Tells this from now on; false if it is what was told last.
    pub fn tell(&self, news: &LineNews) -> bool {
        let frame = news.frame();
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if last.1 == frame {
            return false;
        }
        *last = (last.0 + 1, frame);
        true
    }

    /// What is told now, for whoever was last told the news of this number; the first has 1.
    pub fn after(&self, number: u64) -> Option<(u64, Bytes)> {
        let last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (last.0 > number).then(|| last.clone())
    }
}
