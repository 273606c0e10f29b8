//! Seating plans: sections of rows of seats, zones without numbered places, and price categories.
//!
//! A [`Plan`] can only be made by [`PlanBuilder`], which refuses whatever could not be sold without confusion and says
//! where in the document the fault is. Seats are numbered densely in the plan's order; a row's seats are contiguous.

mod builder;
pub mod generate;
pub mod own;
pub mod pretix;

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;

use serde::{Deserialize, Serialize};

pub use builder::{NewSeat, PlanBuilder};

/// Most seats of a plan.
pub const PLAN_SEATS_MAX: usize = 100_000;
/// Most sections of a plan.
pub const PLAN_SECTIONS_MAX: usize = 1_000;
/// Most rows of a plan.
pub const PLAN_ROWS_MAX: usize = 20_000;
/// Most price categories of a plan.
pub const PLAN_CATEGORIES_MAX: usize = 100;
/// Most zones of a plan.
pub const PLAN_ZONES_MAX: usize = 100;
/// Most places in one zone.
pub const ZONE_PLACES_MAX: u32 = 100_000;
/// Longest name of anything in a plan, in characters.
pub const NAME_CHARS_MAX: usize = 100;
/// Furthest that a seat may be from the origin, in the plan's units.
const COORDINATE_MAX: f32 = 1_000_000.0;

/// A seat's place in its plan, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SeatIndex(pub u32);

/// A zone's place in its plan, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ZoneIndex(pub u16);

/// A price category's place in its plan, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CategoryIndex(pub u16);

/// A section's place in its plan, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SectionIndex(pub u16);

/// Seats and zones of one price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Category {
    /// Its name, unique in the plan.
    pub name: String,
    /// How it is drawn, in the document's own words.
    pub color: Option<String>,
}

/// Part of the venue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Its name, as people are told it. Two sections may share one, such as the balconies left and right.
    pub name: String,
    /// The first section of that name: whoever asks for a name means all that bear it.
    pub first_of_name: SectionIndex,
}

/// Seats side by side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The section it is in.
    pub section: SectionIndex,
    /// Its name, as it is painted.
    pub name: String,
    /// What people are told instead of its name, such as `Row 6`.
    pub label: Option<String>,
    /// Its seats, as numbers of [`SeatIndex`].
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
    /// Whether the seat before it in its row is a neighbour, with no aisle between.
    pub joins_previous: bool,
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
}

/// A seating plan without faults.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    name: String,
    categories: Vec<Category>,
    sections: Vec<Section>,
    rows: Vec<Row>,
    seats: Vec<Seat>,
    zones: Vec<Zone>,
    seats_by_name: HashMap<String, SeatIndex>,
}

impl Plan {
    /// The venue's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its price categories, by [`CategoryIndex`].
    pub fn categories(&self) -> &[Category] {
        &self.categories
    }

    /// Its sections, by [`SectionIndex`].
    pub fn sections(&self) -> &[Section] {
        &self.sections
    }

    /// Its rows, section by section.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Its seats, by [`SeatIndex`].
    pub fn seats(&self) -> &[Seat] {
        &self.seats
    }

    /// Its zones, by [`ZoneIndex`].
    pub fn zones(&self) -> &[Zone] {
        &self.zones
    }

    /// One seat.
    pub fn seat(&self, index: SeatIndex) -> Option<&Seat> {
        self.seats.get(index.0 as usize)
    }

    /// The section and the row that a seat is in.
    pub fn section_and_row(&self, index: SeatIndex) -> Option<(&Section, &Row)> {
        let at = self.rows.partition_point(|row| row.seats.end <= index.0);
        let row = self.rows.get(at).filter(|row| row.seats.contains(&index.0))?;
        Some((self.sections.get(usize::from(row.section.0))?, row))
    }

    /// One zone.
    pub fn zone(&self, index: ZoneIndex) -> Option<&Zone> {
        self.zones.get(usize::from(index.0))
    }

    /// The seats of a row with their indices.
    pub fn row_seats(&self, row: &Row) -> impl Iterator<Item = (SeatIndex, &Seat)> {
        row.seats
            .clone()
            .filter_map(|seat| Some((SeatIndex(seat), self.seat(SeatIndex(seat))?)))
    }

    /// The seat of that name.
    pub fn seat_index(&self, name: &str) -> Option<SeatIndex> {
        self.seats_by_name.get(name).copied()
    }

    /// The zone of that name.
    pub fn zone_index(&self, name: &str) -> Option<ZoneIndex> {
        position(&self.zones, |zone| zone.name == name).map(ZoneIndex)
    }

    /// The category of that name.
    pub fn category_index(&self, name: &str) -> Option<CategoryIndex> {
        position(&self.categories, |category| category.name == name).map(CategoryIndex)
    }

    /// Whether a section bears the name of another, which is the first of it.
    pub fn is_named_as(&self, section: SectionIndex, first: SectionIndex) -> bool {
        let section = self.sections.get(usize::from(section.0));
        section.is_some_and(|section| section.first_of_name == first)
    }

    /// The first section of that name.
    pub fn section_index(&self, name: &str) -> Option<SectionIndex> {
        position(&self.sections, |section| section.name == name).map(SectionIndex)
    }
}

/// Why a document is no plan, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanError {
    /// The place in the document, as a JSON pointer.
    pub path: String,
    /// What is wrong there.
    pub refusal: PlanRefusal,
}

/// What is wrong with a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlanRefusal {
    /// A name is empty.
    EmptyName,
    /// A name has more than [`NAME_CHARS_MAX`] characters.
    LongName,
    /// A name has characters that can't be printed.
    UnprintableName,
    /// Something of that name came before.
    Duplicate(String),
    /// No category has that name.
    UnknownCategory(String),
    /// Neither the seat nor its row names a category.
    NoCategory,
    /// More than this many.
    TooMany(usize),
    /// A zone has no places or more than [`ZONE_PLACES_MAX`].
    Capacity(i64),
    /// A coordinate is not a number or absurdly far out.
    Coordinate,
    /// The plan has neither seats nor zones.
    Nothing,
}

impl fmt::Display for PlanRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EmptyName => f.write_str("the name is empty"),
            Self::LongName => write!(f, "the name is longer than {NAME_CHARS_MAX} characters"),
            Self::UnprintableName => f.write_str("the name has characters that can't be printed"),
            Self::Duplicate(name) => write!(f, "“{name}” came before"),
            Self::UnknownCategory(name) => write!(f, "no category is called “{name}”"),
            Self::NoCategory => f.write_str("neither the seat nor its row names a category"),
            Self::TooMany(max) => write!(f, "there may be {max} at most"),
            Self::Capacity(capacity) => {
                write!(f, "a zone has 1 to {ZONE_PLACES_MAX} places, not {capacity}")
            }
            Self::Coordinate => write!(
                f,
                "a coordinate lies between -{COORDINATE_MAX} and {COORDINATE_MAX}"
            ),
            Self::Nothing => f.write_str("the plan has neither seats nor zones"),
        }
    }
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {}",
            if self.path.is_empty() { "/" } else { &self.path },
            self.refusal
        )
    }
}

impl std::error::Error for PlanError {}

fn position<T>(items: &[T], is_it: impl Fn(&T) -> bool) -> Option<u16> {
    items
        .iter()
        .position(is_it)
        .and_then(|index| u16::try_from(index).ok())
}
