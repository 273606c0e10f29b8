//! Makes plans: whatever could not be sold without confusion is refused.

use std::collections::HashMap;

use super::{
    COORDINATE_MAX, Category, CategoryIndex, NAME_CHARS_MAX, PLAN_CATEGORIES_MAX, PLAN_ROWS_MAX,
    PLAN_SEATS_MAX, PLAN_SECTIONS_MAX, PLAN_ZONES_MAX, Plan, PlanError, PlanRefusal, Row, Seat, SeatIndex,
    Section, SectionIndex, ZONE_PLACES_MAX, Zone,
};

/// Neighbours further apart than this many times their row's usual spacing have an aisle between them.
const AISLE_SPACINGS: f32 = 1.75;
/// A gap this many times as wide as another of its row is an aisle, whatever is usual there.
const AISLE_LEASTS: f32 = 10.0;
/// A row with no more gaps than this is too short to say alone what is usual.
const FEW_GAPS: usize = 3;

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

/// Makes a plan piece by piece, checking each; every call says where in the document it is.
pub struct PlanBuilder {
    plan: Plan,
    categories: HashMap<String, CategoryIndex>,
    section_names: HashMap<String, SectionIndex>,
}

impl PlanBuilder {
    /// A plan of that name without anything.
    pub fn new(name: &str) -> Result<Self, PlanError> {
        check_name(name, || "/name".to_owned())?;
        let plan = Plan {
            name: name.to_owned(),
            categories: Vec::new(),
            sections: Vec::new(),
            rows: Vec::new(),
            seats: Vec::new(),
            zones: Vec::new(),
            seats_by_name: HashMap::new(),
        };
        Ok(Self {
            plan,
            categories: HashMap::new(),
            section_names: HashMap::new(),
        })
    }

    /// Adds a category.
    pub fn category(&mut self, path: &str, name: &str, color: Option<String>) -> Result<(), PlanError> {
        check_name(name, || format!("{path}/name"))?;
        let index = next_index(self.plan.categories.len(), PLAN_CATEGORIES_MAX, path)?;
        if self
            .categories
            .insert(name.to_owned(), CategoryIndex(index))
            .is_some()
        {
            return refuse(format!("{path}/name"), PlanRefusal::Duplicate(name.to_owned()));
        }
        self.plan.categories.push(Category {
            name: name.to_owned(),
            color,
        });
        Ok(())
    }

    /// Adds a section; rows that follow are in it.
    pub fn section(&mut self, path: &str, name: &str) -> Result<(), PlanError> {
        check_name(name, || format!("{path}/name"))?;
        let index = next_index(self.plan.sections.len(), PLAN_SECTIONS_MAX, path)?;
        let first_of_name = self.section_names.entry(name.to_owned());
        self.plan.sections.push(Section {
            name: name.to_owned(),
            first_of_name: *first_of_name.or_insert(SectionIndex(index)),
        });
        Ok(())
    }

    /// Adds a row to the last section; seats that follow are in it.
    pub fn row(&mut self, path: &str, name: &str) -> Result<(), PlanError> {
        check_name(name, || format!("{path}/name"))?;
        if self.plan.rows.len() >= PLAN_ROWS_MAX {
            return refuse(path.to_owned(), PlanRefusal::TooMany(PLAN_ROWS_MAX));
        }
        let section = SectionIndex(
            u16::try_from(self.plan.sections.len())
                .unwrap_or(u16::MAX)
                .saturating_sub(1),
        );
        let begin = u32::try_from(self.plan.seats.len()).unwrap_or(u32::MAX);
        self.plan.rows.push(Row {
            section,
            name: name.to_owned(),
            label: None,
            seats: begin..begin,
        });
        Ok(())
    }

    /// Says what people are told instead of the last row's name.
    pub fn row_label(&mut self, path: &str, label: &str) -> Result<(), PlanError> {
        check_name(label, || path.to_owned())?;
        if let Some(row) = self.plan.rows.last_mut() {
            row.label = Some(label.to_owned());
        }
        Ok(())
    }

    /// Adds a seat to the last row.
    pub fn seat(&mut self, path: &str, seat: NewSeat<'_>) -> Result<(), PlanError> {
        check_name(seat.name, || format!("{path}/name"))?;
        check_name(seat.number, || format!("{path}/number"))?;
        if let Some(label) = seat.label {
            check_name(label, || format!("{path}/label"))?;
        }
        if self.plan.seats.len() >= PLAN_SEATS_MAX {
            return refuse(path.to_owned(), PlanRefusal::TooMany(PLAN_SEATS_MAX));
        }
        for (axis, value) in [("x", seat.x), ("y", seat.y)] {
            if !value.is_finite() || value.abs() > COORDINATE_MAX {
                return refuse(format!("{path}/{axis}"), PlanRefusal::Coordinate);
            }
        }
        let Some(category) = seat.category else {
            return refuse(path.to_owned(), PlanRefusal::NoCategory);
        };
        let category = self.find_category(path, category)?;
        let index = u32::try_from(self.plan.seats.len()).unwrap_or(u32::MAX);
        if self
            .plan
            .seats_by_name
            .insert(seat.name.to_owned(), SeatIndex(index))
            .is_some()
        {
            return refuse(
                format!("{path}/name"),
                PlanRefusal::Duplicate(seat.name.to_owned()),
            );
        }
        self.plan.seats.push(Seat {
            name: seat.name.to_owned(),
            number: seat.number.to_owned(),
            label: seat.label.map(str::to_owned),
            x: seat.x,
            y: seat.y,
            category,
            joins_previous: false,
        });
        if let Some(row) = self.plan.rows.last_mut() {
            row.seats.end = index + 1;
        }
        Ok(())
    }

    /// Adds a zone.
    pub fn zone(&mut self, path: &str, name: &str, category: &str, capacity: i64) -> Result<(), PlanError> {
        check_name(name, || format!("{path}/name"))?;
        next_index(self.plan.zones.len(), PLAN_ZONES_MAX, path)?;
        if self.plan.zone_index(name).is_some() {
            return refuse(format!("{path}/name"), PlanRefusal::Duplicate(name.to_owned()));
        }
        let category = self.find_category(path, category)?;
        match u32::try_from(capacity) {
            Ok(places @ 1..=ZONE_PLACES_MAX) => {
                self.plan.zones.push(Zone {
                    name: name.to_owned(),
                    category,
                    capacity: places,
                });
                Ok(())
            }
            _ => refuse(format!("{path}/capacity"), PlanRefusal::Capacity(capacity)),
        }
    }

    /// The plan, if there is anything in it.
    pub fn finish(mut self) -> Result<Plan, PlanError> {
        if self.plan.seats.is_empty() && self.plan.zones.is_empty() {
            return refuse(String::new(), PlanRefusal::Nothing);
        }
        let range = |row: &Row| row.seats.start as usize..row.seats.end as usize;
        let Plan { rows, seats, .. } = &mut self.plan;
        let gaps = rows.iter().map(|row| seats.get(range(row)).map(gaps_of));
        let gaps: Vec<Vec<f32>> = gaps.map(Option::unwrap_or_default).collect();
        let (usual_in_hall, _) = quartile_and_least(&gaps.concat()).unwrap_or_default();
        for (row, gaps) in rows.iter().zip(&gaps) {
            if let Some(seats) = seats.get_mut(range(row)) {
                join_neighbours(seats, gaps, usual_in_hall);
            }
        }
        Ok(self.plan)
    }

    fn find_category(&self, path: &str, name: &str) -> Result<CategoryIndex, PlanError> {
        match self.categories.get(name) {
            Some(index) => Ok(*index),
            None => refuse(
                format!("{path}/category"),
                PlanRefusal::UnknownCategory(name.to_owned()),
            ),
        }
    }
}

/// The distances between a row's seats, each to the one before it.
fn gaps_of(seats: &[Seat]) -> Vec<f32> {
    let distance = |a: &Seat, b: &Seat| (a.x - b.x).hypot(a.y - b.y);
    seats
        .windows(2)
        .filter_map(|pair| Some(distance(pair.first()?, pair.last()?)))
        .collect()
}

/// The lower quartile of these gaps, and the smallest: in a row of pairs with an aisle after each, every other gap is an
/// aisle, so the median may be one. Seats drawn on top of each other say nothing.
fn quartile_and_least(gaps: &[f32]) -> Option<(f32, f32)> {
    let mut gaps: Vec<f32> = gaps.iter().copied().filter(|gap| *gap > 0.0).collect();
    gaps.sort_by(f32::total_cmp);
    let last = gaps.len().checked_sub(1)?;
    Some((*gaps.get(last / 4)?, *gaps.first()?))
}

/// Notes which seats of a row stand side by side: those no further apart than is usual in the row. A row of few gaps may have
/// nothing but aisles, so the rest of the hall is heard too.
fn join_neighbours(seats: &mut [Seat], gaps: &[f32], usual_in_hall: f32) {
    let (quartile, least) = quartile_and_least(gaps).unwrap_or_default();
    let usual = if gaps.len() <= FEW_GAPS {
        quartile.min(usual_in_hall)
    } else {
        quartile
    };
    let joined_max = usual * AISLE_SPACINGS;
    for (seat, &gap) in seats.iter_mut().skip(1).zip(gaps) {
        seat.joins_previous = gap <= joined_max && (gap == 0.0 || gap < least * AISLE_LEASTS);
    }
}

fn check_name(name: &str, path: impl Fn() -> String) -> Result<(), PlanError> {
    let refusal = if name.trim().is_empty() {
        PlanRefusal::EmptyName
    } else if name.chars().count() > NAME_CHARS_MAX {
        PlanRefusal::LongName
    } else if !crate::text::is_readable(name) {
        PlanRefusal::UnprintableName
    } else {
        return Ok(());
    };
    refuse(path(), refusal)
}

fn next_index(count: usize, max: usize, path: &str) -> Result<u16, PlanError> {
    match u16::try_from(count) {
        Ok(index) if count < max => Ok(index),
        _ => refuse(path.to_owned(), PlanRefusal::TooMany(max)),
    }
}

fn refuse<T>(path: String, refusal: PlanRefusal) -> Result<T, PlanError> {
    Err(PlanError { path, refusal })
}
