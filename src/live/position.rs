//! Where a viewer stands.

use domain::id::Offset;

/// A viewer's position. It is valid within one epoch: when a wrong state was replaced, another epoch begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    pub(super) epoch: u64,
    /// The last event that the viewer has.
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
