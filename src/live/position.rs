//! Where a viewer stands.

use domain::id::Offset;

/// Where a viewer stands. What it has is of use only within the epoch: when a state turned out to be wrong and was read
/// anew, another one begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    pub(super) epoch: u64,
    /// The last event that it has.
    pub offset: Offset,
}

impl Position {
    /// A place in the first epoch.
    pub fn first(offset: Offset) -> Self {
        Self { epoch: 0, offset }
    }

    /// Another place in the same epoch.
    pub fn at(self, offset: Offset) -> Self {
        Self { offset, ..self }
    }
}
