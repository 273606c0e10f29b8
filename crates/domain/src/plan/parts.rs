//! What a plan is made of.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// A place on the plan, in its units.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// To the right.
    pub x: f32,
    /// Downwards.
    pub y: f32,
}

impl Point {
    /// How far the other is.
    pub fn distance_to(self, other: Self) -> f32 {
        (self.x - other.x).hypot(self.y - other.y)
    }
}

/// A seat's number in its plan, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SeatIndex(pub u32);

/// A zone's number in its plan, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ZoneIndex(pub u16);

/// A price category's number in its plan, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CategoryIndex(pub u16);

/// A section's number in its plan, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SectionIndex(pub u16);

/// Seats and zones of one price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Category {
    /// Its name, unique in the plan.
    pub name: String,
    /// How it is drawn, in the document's own words.
    pub color: Option<String>,
    /// Whether only a plan that the show had before knows it ([`super::numbering`]).
    pub is_gone: bool,
}

/// Part of the venue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Its name, as people are told it. Two sections may share one, such as the balconies left and right.
    pub name: String,
    /// The first section of that name: whoever asks for a name means all that bear it.
    pub first_of_name: SectionIndex,
}

/// Seats in a row. [`super::best_first`] says how they stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The section it is in.
    pub section: SectionIndex,
    /// Its name, as it is painted.
    pub name: String,
    /// What people are told instead of its name, such as `Row 6`.
    pub label: Option<String>,
    /// Its seats, as places in [`super::Plan::order`].
    pub seats: Range<u32>,
}

/// One numbered place.
#[derive(Debug, Clone, PartialEq)]
pub struct Seat {
    /// Its name, unique in the plan: what buyers order by.
    pub name: String,
    /// What is painted on it.
    pub number: String,
    /// What people are told instead of its number, such as `Seat 12`.
    pub label: Option<String>,
    /// Where it is, in the plan's units.
    pub x: f32,
    /// Where it is, in the plan's units.
    pub y: f32,
    /// Its price category.
    pub category: CategoryIndex,
}

impl Seat {
    /// Where it is.
    pub fn point(&self) -> Point {
        Point { x: self.x, y: self.y }
    }
}

/// General admission: places without numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    /// Its name, unique in the plan.
    pub name: String,
    /// Its price category.
    pub category: CategoryIndex,
    /// How many places it has, unless a show says otherwise.
    pub capacity: u32,
    /// Whether only a plan that the show had before knows it ([`super::numbering`]).
    pub is_gone: bool,
}
