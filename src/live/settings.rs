//! The live feed's limits.

use std::time::Duration;

/// The live feed's limits.
#[derive(Debug, Clone)]
pub struct LiveSettings {
    /// Events of a burst go out together, this far apart at most unless the node needs longer. Zero: each batch at once.
    pub tick: Duration,
    /// Most viewers of this node.
    pub viewers_max: usize,
    /// Most bytes of recent frames kept for the viewers of one show.
    pub frames_bytes_max: usize,
}
