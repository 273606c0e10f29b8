//! Makes plans: whatever could not be sold without confusion is refused.

use std::collections::HashMap;

use super::best_first::BestFirst;
use super::fault::{Member, PLAN_FAULTS_MAX, Part, PlanError, PlanFault, PlanRefusal, Pointers};
use super::{
    COORDINATE_MAX, Category, CategoryIndex, NAME_CHARS_MAX, PLAN_CATEGORIES_MAX, PLAN_ROWS_MAX,
    PLAN_SEATS_MAX, PLAN_SECTIONS_MAX, PLAN_ZONES_MAX, Plan, Point, Row, Seat, SeatIndex, Section,
    SectionIndex, ZONE_PLACES_MAX, Zone,
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

/// A seat as a document has it.
#[derive(Debug, Clone, Copy)]
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
}

/// Makes a plan piece by piece, noting the faults of each. Every call says where in the document it is.
pub struct PlanBuilder<'a> {
    plan: Plan,
    document: &'a dyn Pointers,
    checks: Checks,
    faults: Vec<PlanFault>,
    categories: HashMap<String, CategoryIndex>,
    sections: HashMap<String, SectionIndex>,
    /// By their looks: names, and what bears them.
    seen: HashMap<(Space, String), (String, Part)>,
}

/// Where names must be told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Space {
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
    pub fn section(&mut self, at: usize, name: &str) {
        let part = |member| Part::Section(at, member);
        let Some(index) = self.room_for("sections", self.plan.sections.len(), PLAN_SECTIONS_MAX, part) else {
            return;
        };
        self.check_name(name, part(Member::Name));
        self.check_twin(Space::Sections, name, part(Member::Name));
        let first_of_name = self.sections.entry(name.to_owned());
        self.plan.sections.push(Section {
            name: name.to_owned(),
            first_of_name: *first_of_name.or_insert(SectionIndex(index)),
        });
    }

    /// Adds a row to the last section; seats that follow are in it.
    pub fn row(&mut self, at: [usize; 2], name: &str, label: Option<&str>) {
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
        let section = u16::try_from(self.plan.sections.len()).unwrap_or(u16::MAX);
        let begin = u32::try_from(self.plan.seats.len()).unwrap_or(u32::MAX);
        self.plan.rows.push(Row {
            section: SectionIndex(section.saturating_sub(1)),
            name: name.to_owned(),
            label: label.map(str::to_owned),
            seats: begin..begin,
        });
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
        let index = u32::try_from(count).unwrap_or(u32::MAX);
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
        });
        if let Some(row) = self.plan.rows.last_mut() {
            row.seats.end = index + 1;
        }
    }

    /// Adds a zone.
    pub fn zone(&mut self, at: usize, name: &str, category: &str, capacity: i64) {
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
        let places = u32::try_from(capacity).unwrap_or_default();
        if !(1..=ZONE_PLACES_MAX).contains(&places) {
            self.note(part(Member::Capacity), PlanRefusal::Capacity(capacity));
        }
        self.plan.zones.push(Zone {
            name: name.to_owned(),
            category,
            capacity: places,
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
