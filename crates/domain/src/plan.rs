//! Seating plans: sections of rows of seats and of tables, zones without numbered places, floors, and price categories.
//!
//! A [`Plan`] can only be made by `builder::PlanBuilder`, which refuses whatever could not be sold without confusion and says
//! where in the document each fault is. Seats are numbered densely in the plan's order; a row's seats are contiguous in that.
//! A show that takes another plan keeps the numbers that it has given ([`numbering`]).

pub mod best_first;
pub mod builder;
pub mod fault;
pub mod generate;
mod line;
pub mod numbering;
pub mod own;
mod parts;
pub mod pretix;

use foldhash::HashMap;

use best_first::{BestFirst, GoodRow};
pub use parts::{
    Category, CategoryIndex, Floor, FloorIndex, Point, QUALITY_MAX, QUALITY_USUAL, Row, Seat, SeatAttributes,
    SeatIndex, Section, SectionIndex, Table, Zone, ZoneIndex,
};

/// Most seats of a plan.
pub const PLAN_SEATS_MAX: usize = 100_000;
/// Most sections of a plan.
pub const PLAN_SECTIONS_MAX: usize = 1_000;
/// Most floors of a plan.
pub const PLAN_FLOORS_MAX: usize = 20;
/// Most rows of a plan; tables are rows too.
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

/// The position of a seat that is not there.
const GONE: u32 = u32::MAX;

/// A seating plan without faults.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    name: String,
    floors: Vec<Floor>,
    categories: Vec<Category>,
    sections: Vec<Section>,
    rows: Vec<Row>,
    seats: Vec<Seat>,
    /// The seats that are there, row by row.
    order: Vec<SeatIndex>,
    /// Where each seat stands in that; [`GONE`] for one that is not there.
    positions: Vec<u32>,
    zones: Vec<Zone>,
    seats_by_name: HashMap<String, SeatIndex>,
    focal_point: Option<Point>,
    best_first: BestFirst,
    /// Whether any table is sold whole: only then is it worth asking of which row a seat is.
    has_whole_tables: bool,
}

impl Plan {
    /// The venue's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its floors, by [`FloorIndex`]; none if it is all on one.
    pub fn floors(&self) -> &[Floor] {
        &self.floors
    }

    /// All price categories that have a number, by [`CategoryIndex`]; also those that are gone.
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

    /// All seats that have a number, by [`SeatIndex`]; also those that are gone.
    pub fn seats(&self) -> &[Seat] {
        &self.seats
    }

    /// The seats that are there, in the plan's order: row by row.
    pub fn order(&self) -> &[SeatIndex] {
        &self.order
    }

    /// Whether a seat is there, which it may not be if the show had another plan before.
    pub fn is_there(&self, seat: SeatIndex) -> bool {
        self.position(seat).is_some()
    }

    /// Whether its seats are numbered as they stand, none of them gone.
    pub fn is_in_order(&self) -> bool {
        let numbers = self.order.iter().zip(0..);
        self.order.len() == self.seats.len() && { numbers }.all(|(seat, number)| seat.0 == number)
    }

    /// Where a seat stands in the plan's order.
    fn position(&self, seat: SeatIndex) -> Option<u32> {
        let position = self.positions.get(seat.0 as usize).copied();
        position.filter(|position| *position != GONE)
    }

    /// All zones that have a number, by [`ZoneIndex`]; also those that are gone.
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
        let row = self.rows.get(self.row_at(index)?)?;
        Some((self.sections.get(usize::from(row.section.0))?, row))
    }

    /// The row that a seat is in, with what stands side by side.
    pub fn good_row(&self, index: SeatIndex) -> Option<&GoodRow> {
        self.best_first.of_row(self.row_at(index)?)
    }

    /// The seats of the table that a seat is at, if that is sold whole.
    pub fn whole_table(&self, index: SeatIndex) -> Option<&[SeatIndex]> {
        if !self.has_whole_tables {
            return None;
        }
        let row = self.rows.get(self.row_at(index)?)?;
        let seats = row.seats.start as usize..row.seats.end as usize;
        let is_whole = row.table.is_some_and(|table| table.whole);
        self.order.get(seats).filter(|_| is_whole)
    }

    /// The place of a seat's row in [`Self::rows`].
    fn row_at(&self, index: SeatIndex) -> Option<usize> {
        let position = self.position(index)?;
        let at = self.rows.partition_point(|row| row.seats.end <= position);
        let row = self.rows.get(at)?;
        row.seats.contains(&position).then_some(at)
    }

    /// One zone.
    pub fn zone(&self, index: ZoneIndex) -> Option<&Zone> {
        self.zones.get(usize::from(index.0))
    }

    /// The seats of a row with their indices.
    pub fn row_seats(&self, row: &Row) -> impl Iterator<Item = (SeatIndex, &Seat)> {
        let seats = self.order.get(row.seats.start as usize..row.seats.end as usize);
        let seats = seats.unwrap_or_default().iter();
        seats.filter_map(|seat| Some((*seat, self.seat(*seat)?)))
    }

    /// The seat of that name, if it is there.
    pub fn seat_index(&self, name: &str) -> Option<SeatIndex> {
        let seat = self.seats_by_name.get(name).copied();
        seat.filter(|seat| self.is_there(*seat))
    }

    /// The floor of that name.
    pub fn floor_index(&self, name: &str) -> Option<FloorIndex> {
        position(&self.floors, |floor| floor.name == name).map(FloorIndex)
    }

    /// The zone of that name, if it is there.
    pub fn zone_index(&self, name: &str) -> Option<ZoneIndex> {
        position(&self.zones, |zone| !zone.is_gone && zone.name == name).map(ZoneIndex)
    }

    /// The category of that name, if it is there.
    pub fn category_index(&self, name: &str) -> Option<CategoryIndex> {
        let is_it = |category: &Category| !category.is_gone && category.name == name;
        position(&self.categories, is_it).map(CategoryIndex)
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
