//! Makes plans: whatever could not be sold without confusion is refused.

use std::collections::HashMap;

use super::best_first::BestFirst;
use super::fault::{Member, PLAN_FAULTS_MAX, Part, PlanError, PlanFault, PlanRefusal, Pointers};
use super::{
    COORDINATE_MAX, Category, CategoryIndex, Floor, FloorIndex, NAME_CHARS_MAX, PLAN_CATEGORIES_MAX,
    PLAN_FLOORS_MAX, PLAN_ROWS_MAX, PLAN_SEATS_MAX, PLAN_SECTIONS_MAX, PLAN_ZONES_MAX, Plan, Point,
    QUALITY_MAX, Row, Seat, SeatAttributes, SeatIndex, Section, SectionIndex, Table, ZONE_PLACES_MAX, Zone,
};

/// Gives names that look the same one spelling.
pub type Look = fn(&str) -> String;

/// What is asked of a document.
#[derive(Debug, Clone, Copy)]
pub enum Checks {
    /// What no plan can do without. Plans that were taken when less was asked are read so for ever.
    Stored,
    /// Besides, colours that can be drawn, and names that people can tell apart.
    Imported(Look),
}

/// A row or a table as a document has it.
#[derive(Debug, Clone, Copy, Default)]
pub struct NewRow<'a> {
    /// Its name.
    pub name: &'a str,
    /// What people are told instead.
    pub label: Option<&'a str>,
    /// Set if it is a table.
    pub table: Option<Table>,
    /// Whether it has no aisles but those that its seats tell of.
    pub has_explicit_aisles: bool,
    /// How good its seats are that don't say so themselves.
    pub quality: Option<i64>,
}

/// A seat as a document has it.
#[derive(Debug, Clone, Copy, Default)]
pub struct NewSeat<'a> {
    /// Its name.
    pub name: &'a str,
    /// What is painted on it.
    pub number: &'a str,
    /// What people are told instead of its number.
    pub label: Option<&'a str>,
    /// Where it is.
    pub x: f32,
    /// Where it is.
    pub y: f32,
    /// The name of its category.
    pub category: Option<&'a str>,
    /// Whether a wheelchair has its place there.
    pub accessible: bool,
    /// The name of the seat whose companion it is.
    pub companion_of: Option<&'a str>,
    /// Whether part of the stage can't be seen from it.
    pub restricted_view: bool,
    /// Whether there is an aisle between it and the next.
    pub aisle_after: bool,
    /// How good it is.
    pub quality: Option<i64>,
}

/// A zone as a document has it.
#[derive(Debug, Clone, Copy)]
pub struct NewZone<'a> {
    /// Its name.
    pub name: &'a str,
    /// The name of its category.
    pub category: &'a str,
    /// How many places it has.
    pub capacity: i64,
    /// The name of its floor.
    pub floor: Option<&'a str>,
}

/// Makes a plan piece by piece, noting the faults of each. Every call says where in the document it is.
pub struct PlanBuilder<'a> {
    plan: Plan,
    document: &'a dyn Pointers,
    checks: Checks,
    faults: Vec<PlanFault>,
    categories: HashMap<String, CategoryIndex>,
    sections: HashMap<String, SectionIndex>,
    /// The quality of the last row.
    row_quality: Option<u16>,
    /// Seats of the last row that are meant for the company of others, with the names of these.
    companions: Vec<(SeatIndex, Part, String)>,
    /// By their looks: names, and what bears them.
    seen: HashMap<(Space, String), (String, Part)>,
}

/// Where names must be told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Space {
    Floors,
    Categories,
    Sections,
    Zones,
    Seats,
    RowsOf(usize),
    NumbersOf(usize, usize),
}

impl<'a> PlanBuilder<'a> {
    /// A plan of that name without anything.
    pub fn new(name: &str, document: &'a dyn Pointers, checks: Checks) -> Self {
        let mut builder = Self {
            plan: Plan {
                name: name.to_owned(),
                ..Plan::default()
            },
            document,
            checks,
            faults: Vec::new(),
            categories: HashMap::new(),
            sections: HashMap::new(),
            row_quality: None,
            companions: Vec::new(),
            seen: HashMap::new(),
        };
        builder.check_name(name, Part::Plan(Member::Name));
        builder
    }

    /// Says what the seats look at.
    pub fn focal_point(&mut self, point: Point) {
        self.check_coordinates(point.x, point.y, Part::FocalPoint);
        self.plan.focal_point = Some(point);
    }

    /// Adds a floor.
    pub fn floor(&mut self, at: usize, name: &str, label: Option<&str>) {
        let part = |member| Part::Floor(at, member);
        let count = self.plan.floors.len();
        if self.room_for("floors", count, PLAN_FLOORS_MAX, part).is_none() {
            return;
        }
        self.check_name(name, part(Member::Name));
        self.check_twin(Space::Floors, name, part(Member::Name));
        if let Some(label) = label {
            self.check_name(label, part(Member::Label));
        }
        if self.plan.floor_index(name).is_some() {
            self.note(part(Member::Name), PlanRefusal::Duplicate(name.to_owned()));
        }
        self.plan.floors.push(Floor {
            name: name.to_owned(),
            label: label.map(str::to_owned),
        });
    }

    /// Adds a category.
    pub fn category(&mut self, at: usize, name: &str, color: Option<&str>) {
        let part = |member| Part::Category(at, member);
        let Some(index) = self.room_for(
            "categories",
            self.plan.categories.len(),
            PLAN_CATEGORIES_MAX,
            part,
        ) else {
            return;
        };
        self.check_name(name, part(Member::Name));
        self.check_twin(Space::Categories, name, part(Member::Name));
        if let Some(color) = color
            && matches!(self.checks, Checks::Imported(_))
            && !is_color(color)
        {
            self.note(part(Member::Color), PlanRefusal::Color);
        }
        if self
            .categories
            .insert(name.to_owned(), CategoryIndex(index))
            .is_some()
        {
            self.note(part(Member::Name), PlanRefusal::Duplicate(name.to_owned()));
        }
        self.plan.categories.push(Category {
            name: name.to_owned(),
            color: color.map(str::to_owned),
            is_gone: false,
        });
    }

    /// Adds a section; rows that follow are in it.
    pub fn section(&mut self, at: usize, name: &str, floor: Option<&str>) {
        let part = |member| Part::Section(at, member);
        let Some(index) = self.room_for("sections", self.plan.sections.len(), PLAN_SECTIONS_MAX, part) else {
            return;
        };
        self.check_name(name, part(Member::Name));
        self.check_twin(Space::Sections, name, part(Member::Name));
        let floor = self.find_floor(floor, part);
        let first_of_name = self.sections.entry(name.to_owned());
        self.plan.sections.push(Section {
            name: name.to_owned(),
            first_of_name: *first_of_name.or_insert(SectionIndex(index)),
            floor,
        });
    }

    /// Adds a row or a table to the last section; seats that follow are in it, until [`Self::end_row`].
    pub fn row(&mut self, at: [usize; 2], row: NewRow<'_>) {
        let NewRow { name, label, .. } = row;
        let part = |member| Part::Row(at, member);
        let count = self.plan.rows.len();
        if self.room_for("rows", count, PLAN_ROWS_MAX, part).is_none() {
            return;
        }
        self.check_name(name, part(Member::Name));
        self.check_twin(Space::RowsOf(at[0]), name, part(Member::Name));
        if let Some(label) = label {
            self.check_name(label, part(Member::Label));
        }
        self.row_quality = self.check_quality(row.quality, part(Member::Quality));
        let section = u16::try_from(self.plan.sections.len()).unwrap_or(u16::MAX);
        let begin = u32::try_from(self.plan.seats.len()).unwrap_or(u32::MAX);
        self.plan.has_whole_tables |= row.table.is_some_and(|table| table.whole);
        self.plan.rows.push(Row {
            section: SectionIndex(section.saturating_sub(1)),
            name: name.to_owned(),
            label: label.map(str::to_owned),
            seats: begin..begin,
            table: row.table,
            has_explicit_aisles: row.has_explicit_aisles,
        });
    }

    /// Finds the seats for whose company others of the last row are meant, which may be listed behind these.
    pub fn end_row(&mut self) {
        let row = self.plan.rows.last().map(|row| row.seats.clone());
        let row = row.unwrap_or_default();
        for (companion, part, name) in std::mem::take(&mut self.companions) {
            let found = self.plan.seats_by_name.get(&name).copied();
            let found = found.filter(|seat| *seat != companion && row.contains(&seat.0));
            let Some(seat) = found else {
                self.note(part, PlanRefusal::UnknownSeat(name));
                continue;
            };
            let is_accessible = |seat: &Seat| seat.attributes.accessible;
            if !self.plan.seat(seat).is_some_and(is_accessible) {
                self.note(part, PlanRefusal::NotAccessible(name));
            }
            if let Some(companion) = self.plan.seats.get_mut(companion.0 as usize) {
                companion.attributes.companion_of = Some(seat);
            }
        }
    }

    /// Adds a seat to the last row.
    pub fn seat(&mut self, at: [usize; 3], seat: NewSeat<'_>) {
        let part = |member| Part::Seat(at, member);
        let count = self.plan.seats.len();
        if self.room_for("seats", count, PLAN_SEATS_MAX, part).is_none() {
            return;
        }
        self.check_name(seat.name, part(Member::Name));
        self.check_name(seat.number, part(Member::Number));
        if let Some(label) = seat.label {
            self.check_name(label, part(Member::Label));
        }
        self.check_twin(Space::Seats, seat.name, part(Member::Name));
        self.check_twin(Space::NumbersOf(at[0], at[1]), seat.number, part(Member::Number));
        self.check_coordinates(seat.x, seat.y, part);
        let category = match seat.category {
            Some(category) => self.find_category(part(Member::Category), category),
            None => {
                self.note(part(Member::Category), PlanRefusal::NoCategory);
                CategoryIndex(0)
            }
        };
        let quality = self.check_quality(seat.quality, part(Member::Quality));
        let index = u32::try_from(count).unwrap_or(u32::MAX);
        if let Some(name) = seat.companion_of {
            let companion = (SeatIndex(index), part(Member::CompanionOf), name.to_owned());
            self.companions.push(companion);
        }
        self.plan.order.push(SeatIndex(index));
        self.plan.positions.push(index);
        let names = &mut self.plan.seats_by_name;
        if names.insert(seat.name.to_owned(), SeatIndex(index)).is_some() {
            self.note(part(Member::Name), PlanRefusal::Duplicate(seat.name.to_owned()));
        }
        self.plan.seats.push(Seat {
            name: seat.name.to_owned(),
            number: seat.number.to_owned(),
            label: seat.label.map(str::to_owned),
            x: seat.x,
            y: seat.y,
            category,
            attributes: SeatAttributes {
                accessible: seat.accessible,
                companion_of: None,
                restricted_view: seat.restricted_view,
            },
            aisle_after: seat.aisle_after,
            quality: quality.or(self.row_quality),
        });
        if let Some(row) = self.plan.rows.last_mut() {
            row.seats.end = index + 1;
        }
    }

    /// Adds a zone.
    pub fn zone(&mut self, at: usize, zone: NewZone<'_>) {
        let NewZone {
            name,
            category,
            capacity,
            floor,
        } = zone;
        let part = |member| Part::Zone(at, member);
        let count = self.plan.zones.len();
        if self.room_for("zones", count, PLAN_ZONES_MAX, part).is_none() {
            return;
        }
        self.check_name(name, part(Member::Name));
        self.check_twin(Space::Zones, name, part(Member::Name));
        if self.plan.zone_index(name).is_some() {
            self.note(part(Member::Name), PlanRefusal::Duplicate(name.to_owned()));
        }
        let category = self.find_category(part(Member::Category), category);
        let floor = self.find_floor(floor, part);
        let places = u32::try_from(capacity).unwrap_or_default();
        if !(1..=ZONE_PLACES_MAX).contains(&places) {
            self.note(part(Member::Capacity), PlanRefusal::Capacity(capacity));
        }
        self.plan.zones.push(Zone {
            name: name.to_owned(),
            category,
            capacity: places,
            floor,
            is_gone: false,
        });
    }

    /// The plan, if there is anything in it and no fault.
    pub fn finish(mut self) -> Result<Plan, PlanError> {
        if self.faults.is_empty() && self.plan.seats.is_empty() && self.plan.zones.is_empty() {
            self.note(Part::Plan(Member::Whole), PlanRefusal::Nothing);
        }
        if !self.faults.is_empty() {
            return Err(PlanError { faults: self.faults });
        }
        let Plan {
            rows, order, seats, ..
        } = &self.plan;
        self.plan.best_first = BestFirst::of(rows, order, seats, self.plan.focal_point);
        Ok(self.plan)
    }

    fn find_category(&mut self, part: Part, name: &str) -> CategoryIndex {
        let found = self.categories.get(name).copied();
        found.unwrap_or_else(|| {
            self.note(part, PlanRefusal::UnknownCategory(name.to_owned()));
            CategoryIndex(0)
        })
    }

    fn find_floor(&mut self, name: Option<&str>, part: impl Fn(Member) -> Part) -> Option<FloorIndex> {
        let Some(name) = name else {
            if !self.plan.floors.is_empty() {
                self.note(part(Member::Whole), PlanRefusal::NoFloor);
            }
            return None;
        };
        let found = self.plan.floor_index(name);
        if found.is_none() {
            self.note(part(Member::Floor), PlanRefusal::UnknownFloor(name.to_owned()));
        }
        found
    }

    fn check_quality(&mut self, quality: Option<i64>, part: Part) -> Option<u16> {
        let quality = quality?;
        let known = u16::try_from(quality).ok();
        let known = known.filter(|quality| *quality <= QUALITY_MAX);
        if known.is_none() {
            self.note(part, PlanRefusal::Quality(quality));
        }
        known
    }

    fn check_coordinates(&mut self, x: f32, y: f32, part: impl Fn(Member) -> Part) {
        for (member, value) in [(Member::X, x), (Member::Y, y)] {
            if !value.is_finite() || value.abs() > COORDINATE_MAX {
                self.note(part(member), PlanRefusal::Coordinate);
            }
        }
    }

    fn check_name(&mut self, name: &str, part: Part) {
        if name.trim().is_empty() {
            self.note(part, PlanRefusal::EmptyName);
        } else if name.chars().count() > NAME_CHARS_MAX {
            self.note(part, PlanRefusal::LongName);
        } else if !crate::text::is_readable(name) {
            self.note(part, PlanRefusal::UnprintableName);
        }
    }

    /// Notes a name that another one of its space looks like. One that is just the same is no twin: where that is a fault, it
    /// is one of its own.
    fn check_twin(&mut self, space: Space, name: &str, part: Part) {
        let Checks::Imported(look) = self.checks else {
            return;
        };
        let seen = self.seen.entry((space, look(name)));
        let (other, at) = seen.or_insert_with(|| (name.to_owned(), part));
        if other != name {
            let twin = PlanRefusal::Twin {
                name: name.to_owned(),
                other: other.clone(),
                at: self.document.pointer(*at),
            };
            self.note(part, twin);
        }
    }

    /// The index of the next one, if there may be one more.
    fn room_for(
        &mut self,
        what: &'static str,
        count: usize,
        max: usize,
        part: impl Fn(Member) -> Part,
    ) -> Option<u16> {
        if count < max {
            // Only what may be fewer is numbered so.
            return Some(u16::try_from(count).unwrap_or(u16::MAX));
        }
        let refusal = PlanRefusal::TooMany(what, max);
        if !self.faults.iter().any(|fault| fault.refusal == refusal) {
            self.note(part(Member::Whole), refusal);
        }
        None
    }

    /// Notes a fault, once for each place: all seats of a row may have theirs from the row.
    fn note(&mut self, part: Part, refusal: PlanRefusal) {
        if self.faults.len() >= PLAN_FAULTS_MAX {
            return;
        }
        let pointer = self.document.pointer(part);
        let fault = PlanFault { pointer, refusal };
        if !self.faults.contains(&fault) {
            self.faults.push(fault);
        }
    }
}

/// Whether a browser draws it: `#rgb` or `#rrggbb`.
fn is_color(color: &str) -> bool {
    let digits = color.strip_prefix('#');
    digits.is_some_and(|digits| {
        matches!(digits.len(), 3 | 6) && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
    })
}
