//! Places as they are told, and what they are good for.

use chrono::{DateTime, Utc};

use domain::line::PlaceState;

/// A place, and where it stands.
#[derive(Debug, Clone)]
pub struct Placed {
    /// Its text.
    pub place: String,
    /// Where it stands.
    pub standing: PlaceState,
    /// When the line opens, or opened.
    pub opens_at: DateTime<Utc>,
}

/// Whether a session may hold places.
#[derive(Debug)]
pub enum Entry {
    /// It may.
    Free,
    /// It has to wait; with its place, if it has named one.
    Wait(Option<Placed>),
}
