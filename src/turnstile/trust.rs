//! Whether a show's state in memory is likely to be what its rows are. Where other nodes write to the same show it often
//! isn't, and to try a batch in one call is a call for nothing.

/// Stale batches up to which the pause after them doubles: 15 batches at most.
const STALE_MAX: u32 = 4;

/// What is known of one show.
#[derive(Debug, Default, Clone, Copy)]
pub struct Trust {
    /// Stale batches since the last that wasn't.
    stale: u32,
    /// Batches for which it isn't tried.
    pause: u32,
}

impl Trust {
    /// Whether the next batch should be tried in one call.
    pub fn is_due(&self) -> bool {
        self.pause == 0
    }

    /// One batch went by without being tried.
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
