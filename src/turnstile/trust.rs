//! Whether a show's state in memory is likely to match its rows. Where other nodes write to the same show it often does
//! not, and a batch tried at once is a wasted call.

/// Stale batches up to which the pause after them doubles: 15 batches at most.
const STALE_MAX: u32 = 4;

/// What is known about one show.
#[derive(Debug, Default, Clone, Copy)]
pub struct Trust {
    /// Stale batches since the last that wasn't.
    stale: u32,
    /// Batches that skip the attempt.
    pause: u32,
}

impl Trust {
    /// Whether the next batch should be tried in one call.
    pub fn is_due(&self) -> bool {
        self.pause == 0
    }

    /// Whether another node writes to the show too.
    pub fn is_lost(&self) -> bool {
        self.stale > 0
    }

    /// Counts one batch that skipped the attempt.
    pub fn pass_over(&mut self) {
        self.pause = self.pause.saturating_sub(1);
    }

    /// The state was right.
    pub fn confirm(&mut self) {
        self.stale = 0;
    }

    /// The state was behind the rows.
    pub fn lose(&mut self) {
        self.stale = (self.stale + 1).min(STALE_MAX);
        self.pause = (1 << self.stale) - 1;
    }
}
