//! How long things may take.

use std::time::Duration;

/// How long a start may take, crash recovery included.
pub(super) const START_SECONDS_MAX: u64 = 60;
/// Between two looks at whether a start or a stop is done: short, as both are mostly quick and somebody waits.
pub(super) const POLL: Duration = Duration::from_millis(5);
