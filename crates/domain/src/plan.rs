//! Seating plans: sections of rows of seats, zones without numbered places, and price categories.
//!
//! A [`Plan`] can only be made by `builder::PlanBuilder`, which refuses whatever could not be sold without confusion and says
//! where in the document each fault is. Seats are numbered densely in the plan's order; a row's seats are contiguous.

pub mod best_first;
pub mod builder;
pub mod fault;
pub mod generate;
mod line;

pub mod own;
mod parts;
pub mod pretix;

use std::collections::HashMap;

use best_first::BestFirst;
pub use parts::{
    Category, CategoryIndex, Point, Row, Seat, SeatIndex, Section, SectionIndex, Zone, ZoneIndex,
};

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

/// A seating plan without faults.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    name: String,
    categories: Vec<Category>,
    sections: Vec<Section>,
    rows: Vec<Row>,
    seats: Vec<Seat>,
    zones: Vec<Zone>,
    seats_by_name: HashMap<String, SeatIndex>,
    focal_point: Option<Point>,
    best_first: BestFirst,
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

    /// What its seats look at: the middle of the stage, if that is known.
    pub fn focal_point(&self) -> Option<Point> {
        self.focal_point
    }

    /// Its rows from the best one on, with what stands side by side.
    pub fn best_first(&self) -> &BestFirst {
        &self.best_first
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

fn position<T>(items: &[T], is_it: impl Fn(&T) -> bool) -> Option<u16> {
    items
        .iter()
        .position(is_it)
        .and_then(|index| u16::try_from(index).ok())
}
