//! What a node keeps of a show between batches.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

use domain::batch::OrderNumbers;
use domain::id::Offset;
use domain::state::ShowState;

/// Events after which a snapshot is written.
const SNAPSHOT_EVENTS: i64 = 1_000;
/// Age after which a snapshot is written, if anything happened.
const SNAPSHOT_AGE: Duration = Duration::from_secs(3_600);
/// Snapshots of one show are at least this far apart, however fast it sells.
const SNAPSHOT_SPACING: Duration = Duration::from_secs(1);

/// A show's state in memory, and the order numbers set aside for it.
pub struct Desk {
    /// The state; `None` until the first batch, and after a batch that failed.
    pub inventory: Option<ShowState>,
    /// Order numbers leased for the show.
    pub numbers: OrderNumbers,
    /// The database's clock in the last batch.
    pub changed_at: Option<DateTime<Utc>>,
    seats: usize,
    snapshot_offset: Offset,
    snapshot_at: Instant,
}

impl Desk {
    /// A desk that knows nothing yet of a show with that many seats.
    pub fn new(seats: usize) -> Self {
        Self {
            inventory: None,
            numbers: OrderNumbers::default(),
            changed_at: None,
            seats,
            snapshot_offset: Offset(0),
            snapshot_at: Instant::now(),
        }
    }

    /// How many seats' state it keeps, as the measure of its memory.
    pub fn seats(&self) -> usize {
        self.seats
    }

    /// Whether it is time for a snapshot; if so, it counts as taken.
    pub fn take_snapshot_turn(&mut self) -> bool {
        let offset = self.inventory.as_ref().map_or(Offset(0), ShowState::offset);
        let events = offset.0 - self.snapshot_offset.0;
        let age = self.snapshot_at.elapsed();
        let due =
            (events >= SNAPSHOT_EVENTS && age >= SNAPSHOT_SPACING) || (events > 0 && age >= SNAPSHOT_AGE);
        if due {
            self.snapshot_offset = offset;
            self.snapshot_at = Instant::now();
        }
        due
    }
}
