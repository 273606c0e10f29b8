//! The rule about lone seats: a pick may not leave one free seat between places that are taken, where others would do.
//!
//! A *run* is free seats side by side, those of the pick among them, from a taken seat or an aisle to the next. A *lone seat* is a
//! free one with no free neighbour that had one before the pick, or was not free. A *choice* is as many seats side by side as are
//! picked of the run, of the same categories, that would leave no lone seat.
//!
//! - `lenient`: a pick of a run that leaves a lone seat is refused if the same run has a choice. It has none if the pick is all of it
//!   but one seat, for one.
//! - `strict`: it is refused if any row of the same section has a choice; of a huge section, any of the best ones.
//!
//! Each run is looked at by itself; what is picked of others is taken. Round a table nobody sits alone, and a place for a wheelchair or
//! for its guest's company is no lone seat, nor is it offered; a pick of a run with such a place is never refused.
//!
//! The rules follow seats.io's (<https://docs.seats.io/docs/renderer/config-selectionvalidators/>), which looks for choices in the
//! whole house where this one looks in the section.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::plan::best_first::{GoodRow, Place};
use super::plan::{CategoryIndex, Plan, Seat, SeatIndex};
use super::rules::LoneSeats;

/// Most choices that a refusal names.
pub const CHOICES_MAX: usize = 3;
/// Most seats of other rows among which the strict rule looks for choices: commands on the show wait for that.
const SEATS_LOOKED_AT_MAX: usize = 5_000;

/// Seats that are to be taken, and those that become free with that.
#[derive(Debug, Clone, Copy)]
pub struct Pick<'a> {
    /// To be taken: they are free, or whoever picks them has them already.
    pub seats: &'a [SeatIndex],
    /// To be given up.
    pub given: &'a [SeatIndex],
}

/// Why a pick may not be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoneSeat {
    /// What would be left over.
    pub seat: SeatIndex,
    /// The seats of the pick that are to blame, as they stand.
    pub picked: Vec<SeatIndex>,
    /// What could be picked in their place, the nearest first, those of the same row before others; one at least, and
    /// [`CHOICES_MAX`] at most.
    pub choices: Vec<Vec<SeatIndex>>,
}

/// The first lone seat that a pick leaves and may not. Takes one pass over the rows that are picked of; and, under the strict rule,
/// one over their sections where a lone seat is left.
pub fn find(
    plan: &Plan,
    rule: LoneSeats,
    pick: Pick<'_>,
    is_free: impl Fn(SeatIndex) -> bool,
) -> Option<LoneSeat> {
    if rule == LoneSeats::Off {
        return None;
    }
    let hall = Hall {
        plan,
        picked: sorted(pick.seats),
        given: sorted(pick.given),
        is_free,
    };
    let rows = hall.picked.iter().filter_map(|seat| plan.good_row(*seat));
    let rows: BTreeMap<u32, &GoodRow> = rows.map(|row| (row.places.start, row)).collect();
    let rows = rows.into_values().filter(|row| row.table.is_none());
    { rows }.find_map(|row| hall.find_in_row(row, rule))
}

struct Hall<'a, F> {
    plan: &'a Plan,
    picked: Vec<SeatIndex>,
    given: Vec<SeatIndex>,
    is_free: F,
}

/// A seat of a run.
#[derive(Clone, Copy)]
struct Cell<'a> {
    index: SeatIndex,
    seat: &'a Seat,
    is_free_now: bool,
    is_picked: bool,
}

impl Cell<'_> {
    /// Whether it is kept for guests in wheelchairs and their company.
    fn is_exempt(&self) -> bool {
        !self.seat.attributes.is_for_all()
    }
}

impl<'a, F: Fn(SeatIndex) -> bool> Hall<'a, F> {
    fn find_in_row(&self, row: &GoodRow, rule: LoneSeats) -> Option<LoneSeat> {
        let runs = self.runs(row);
        runs.iter().enumerate().find_map(|(at, run)| {
            let picked: Vec<Cell<'a>> = run.iter().copied().filter(|cell| cell.is_picked).collect();
            let lone = lone_seat_of(run).filter(|_| !picked.iter().any(Cell::is_exempt))?;
            let mut choices = Choices::instead_of(&picked);
            choices.look_at(run, Nearness::SameRow);
            let others = match rule {
                LoneSeats::Strict => self.runs_of_section(row),
                LoneSeats::Lenient | LoneSeats::Off => Vec::new(),
            };
            if rule == LoneSeats::Strict {
                let of_row = { runs.iter().enumerate() }.filter(|(other, _)| *other != at);
                of_row.for_each(|(_, run)| choices.look_at_free(run, Nearness::SameRow));
                others
                    .iter()
                    .for_each(|run| choices.look_at_free(run, Nearness::OtherRow));
            }
            let choices = choices.nearest_first();
            (!choices.is_empty()).then(|| LoneSeat {
                seat: lone.index,
                picked: picked.iter().map(|cell| cell.index).collect(),
                choices,
            })
        })
    }

    /// The runs of the other rows of a row's section, the best row first, up to [`SEATS_LOOKED_AT_MAX`].
    fn runs_of_section(&self, row: &GoodRow) -> Vec<Vec<Cell<'a>>> {
        let is_other = |other: &&GoodRow| {
            other.section == row.section && other.places != row.places && other.table.is_none()
        };
        let mut looked_at = 0;
        let rows = self.plan.best_first().rows().iter().filter(is_other);
        let rows = rows.take_while(|row| {
            looked_at += row.places.len();
            looked_at <= SEATS_LOOKED_AT_MAX
        });
        rows.flat_map(|row| self.runs(row)).collect()
    }

    /// The runs of a row: what is free, becomes free or is picked, side by side.
    fn runs(&self, row: &GoodRow) -> Vec<Vec<Cell<'a>>> {
        let mut runs: Vec<Vec<Cell<'a>>> = Vec::new();
        let mut goes_on = false;
        for (_, place) in self.plan.best_first().places(row) {
            let Some(cell) = self.cell(place) else {
                goes_on = false;
                continue;
            };
            match runs.last_mut() {
                Some(run) if goes_on && place.joins_previous => run.push(cell),
                _ => runs.push(vec![cell]),
            }
            goes_on = true;
        }
        runs
    }

    /// A seat that is of a run.
    fn cell(&self, place: Place) -> Option<Cell<'a>> {
        let has = |seats: &[SeatIndex]| seats.binary_search(&place.seat).is_ok();
        let is_picked = has(&self.picked);
        let is_free_now = (self.is_free)(place.seat);
        let cell = Cell {
            index: place.seat,
            seat: self.plan.seat(place.seat)?,
            is_free_now,
            is_picked,
        };
        (is_picked || is_free_now || has(&self.given)).then_some(cell)
    }
}

/// The first lone seat that a pick leaves of its run.
fn lone_seat_of<'a>(run: &[Cell<'a>]) -> Option<Cell<'a>> {
    let beside = |at: usize, is_it: fn(&Cell<'_>) -> bool| {
        let before = at.checked_sub(1).and_then(|before| run.get(before));
        { before.into_iter().chain(run.get(at + 1)) }.any(is_it)
    };
    let is_lone = |(at, cell): &(usize, &Cell<'a>)| {
        let is_left = !cell.is_picked && !beside(*at, |cell| !cell.is_picked);
        let was_lone = cell.is_free_now && !beside(*at, |cell| cell.is_free_now);
        is_left && !was_lone && !cell.is_exempt()
    };
    // What nobody picks of leaves nothing.
    let is_picked = run.iter().any(|cell| cell.is_picked);
    let mut cells = run.iter().enumerate().filter(|_| is_picked);
    cells.find(is_lone).map(|(_, cell)| *cell)
}

/// Whether a choice is in the row of the pick; what is sorts before what isn't.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Nearness {
    SameRow,
    OtherRow,
}

/// Seats that would do: part of a run.
struct Choice<'r, 'a> {
    nearness: Nearness,
    distance: f64,
    cells: &'r [Cell<'a>],
}

impl Choice<'_, '_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let first = |choice: &Self| choice.cells.first().map(|cell| cell.index);
        let nearer = self.nearness.cmp(&other.nearness);
        nearer
            .then(self.distance.total_cmp(&other.distance))
            .then_with(|| first(self).cmp(&first(other)))
    }
}

/// The nearest choices for what is picked of a run.
struct Choices<'r, 'a> {
    count: usize,
    picked: Window,
    nearest: Vec<Choice<'r, 'a>>,
}

impl<'r, 'a> Choices<'r, 'a> {
    fn instead_of(picked: &[Cell<'a>]) -> Self {
        let mut window = Window::default();
        picked.iter().for_each(|cell| window.count(cell, 1));
        Self {
            count: picked.len(),
            picked: window,
            nearest: Vec::with_capacity(CHOICES_MAX + 1),
        }
    }

    /// Looks at a run whose picked seats are taken.
    fn look_at_free(&mut self, run: &'r [Cell<'a>], nearness: Nearness) {
        for free in run.split(|cell| cell.is_picked) {
            self.look_at(free, nearness);
        }
    }

    /// Looks at a run, whatever is picked of it now: once along it, whatever its length.
    fn look_at(&mut self, run: &'r [Cell<'a>], nearness: Nearness) {
        let is_lone = |left: Option<&[Cell<'a>]>| matches!(left, Some([lone]) if !lone.is_exempt());
        let mut window = Window::default();
        for (at, cell) in run.iter().enumerate() {
            window.count(cell, 1);
            if let Some(left) = at.checked_sub(self.count).and_then(|left| run.get(left)) {
                window.count(left, -1);
            }
            let end = at + 1;
            let Some(begin) = end.checked_sub(self.count) else {
                continue;
            };
            let leaves_lone = is_lone(run.get(..begin)) || is_lone(run.get(end..));
            if !leaves_lone && window.exempt == 0 && window.categories == self.picked.categories {
                self.nearest.push(Choice {
                    nearness,
                    distance: window.middle_to(&self.picked, self.count),
                    cells: run.get(begin..end).unwrap_or_default(),
                });
                self.nearest.sort_by(Choice::cmp);
                self.nearest.truncate(CHOICES_MAX);
            }
        }
    }

    fn nearest_first(self) -> Vec<Vec<SeatIndex>> {
        let seats = |choice: Choice<'_, '_>| choice.cells.iter().map(|cell| cell.index).collect();
        self.nearest.into_iter().map(seats).collect()
    }
}

/// What there is to know of seats that are looked at together.
#[derive(Default)]
struct Window {
    /// How many are of each category; none that are of none.
    categories: BTreeMap<CategoryIndex, i64>,
    exempt: i64,
    x: f64,
    y: f64,
}

impl Window {
    /// Takes a seat in (1), or out again (-1).
    fn count(&mut self, cell: &Cell<'_>, by: i32) {
        let of_category = self.categories.entry(cell.seat.category).or_default();
        *of_category += i64::from(by);
        if *of_category == 0 {
            self.categories.remove(&cell.seat.category);
        }
        self.exempt += i64::from(by) * i64::from(cell.is_exempt());
        self.x += f64::from(by) * f64::from(cell.seat.x);
        self.y += f64::from(by) * f64::from(cell.seat.y);
    }

    /// How far the middles of this and another one are apart, of as many seats.
    fn middle_to(&self, other: &Self, count: usize) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a plan has no such many seats")]
        let count = count.max(1) as f64;
        (self.x - other.x).hypot(self.y - other.y) / count
    }
}

fn sorted(seats: &[SeatIndex]) -> Vec<SeatIndex> {
    let mut seats = seats.to_vec();
    seats.sort_unstable();
    seats
}

#[cfg(test)]
mod tests;
