//! What a plan is made of.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// The quality of the best seats.
pub const QUALITY_MAX: u16 = 1_000;
/// The quality of a seat of which none is said: neither better nor worse than others.
pub const QUALITY_USUAL: u16 = 500;

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

/// A floor's number in its plan, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FloorIndex(pub u16);

/// Part of the venue that is drawn by itself, such as the stalls or a balcony. A plan that lists none has one without a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Floor {
    /// Its name, unique in the plan.
    pub name: String,
    /// What people are told instead, such as `First balcony`.
    pub label: Option<String>,
}

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
    /// The floor it is on; none only where the plan lists no floors, or knows the section from a plan before.
    pub floor: Option<FloorIndex>,
}

/// What makes a row a table: its ends join, so that the last seat is beside the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Table {
    /// Whether it is sold as a whole and never seat by seat.
    pub whole: bool,
}

/// Seats in a row, or round a table. [`super::best_first`] says how they stand.
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
    /// Set if it is a table.
    pub table: Option<Table>,
    /// Whether its aisles are where its seats say so and nowhere else; else wide gaps are aisles too.
    pub has_explicit_aisles: bool,
}

/// What there is to know of a seat besides where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SeatAttributes {
    /// Whether a wheelchair has its place there.
    pub accessible: bool,
    /// The accessible seat of the same row for whose guest's company it is meant.
    pub companion_of: Option<SeatIndex>,
    /// Whether part of the stage can't be seen from it.
    pub restricted_view: bool,
}

impl SeatAttributes {
    /// Whether anybody may sit there: neither a wheelchair has its place there, nor the company of its guest.
    pub const fn is_for_all(self) -> bool {
        !self.accessible && self.companion_of.is_none()
    }
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
    /// What else there is to know of it.
    pub attributes: SeatAttributes,
    /// Whether there is an aisle between it and the seat that is listed after it in its row.
    pub aisle_after: bool,
    /// How good it is, up to [`QUALITY_MAX`], if the seat or its row says so.
    pub quality: Option<u16>,
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
    /// The floor it is on, like a section's.
    pub floor: Option<FloorIndex>,
    /// Whether only a plan that the show had before knows it ([`super::numbering`]).
    pub is_gone: bool,
}
