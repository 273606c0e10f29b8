//! Best-available search: seats side by side, as near the stage and as central in their row as there are.

use std::ops::Range;

use super::plan::{CategoryIndex, Plan, Row, SeatIndex, SectionIndex};
use super::seat_map::SeatState;

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// How many seats side by side.
    pub count: u32,
    /// Of this category alone.
    pub category: Option<CategoryIndex>,
    /// In the sections of this one's name alone; it is the first of them.
    pub section: Option<SectionIndex>,
}

impl Wish {
    /// Whether it asks for the same category and section as another.
    pub fn is_as_choosy_as(&self, other: &Self) -> bool {
        self.category == other.category && self.section == other.section
    }
}

/// The best free seats side by side, or `None` if no row has them. Takes one pass over the seats' `states`.
///
/// Rows nearer the front of their section come first, then sections in the plan's order; within a row, a choice that
/// leaves no single seat over comes before one that does, then the most central.
pub fn find(plan: &Plan, states: &[SeatState], wish: &Wish) -> Option<Vec<SeatIndex>> {
    let count = Some(wish.count).filter(|count| *count > 0)?;
    let mut best: Option<(Rank, Range<u32>)> = None;
    let mut section = None;
    let mut depth = 0;
    for row in plan.rows() {
        depth = if section == Some(row.section) {
            depth + 1
        } else {
            0
        };
        section = Some(row.section);
        if wish
            .section
            .is_some_and(|wanted| !plan.is_named_as(row.section, wanted))
            || best.as_ref().is_some_and(|(rank, _)| rank.depth <= depth)
        {
            continue;
        }
        if let Some((fit, seats)) = best_in_row(plan, row, states, wish, count) {
            let rank = Rank {
                depth,
                section: row.section,
                fit,
            };
            if best.as_ref().is_none_or(|(known, _)| rank < *known) {
                best = Some((rank, seats));
            }
        }
    }
    best.map(|(_, seats)| seats.map(SeatIndex).collect())
}

/// Less is better.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    depth: u32,
    section: SectionIndex,
    fit: Fit,
}

/// Less is better.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Fit {
    leaves_single: bool,
    from_centre: u32,
    first: SeatIndex,
}

fn best_in_row(
    plan: &Plan,
    row: &Row,
    states: &[SeatState],
    wish: &Wish,
    count: u32,
) -> Option<(Fit, Range<u32>)> {
    let mut best = None;
    let mut run = 0..0;
    for (index, seat) in plan.row_seats(row) {
        let usable = states.get(index.0 as usize) == Some(&SeatState::Free)
            && wish.category.is_none_or(|category| category == seat.category);
        if usable && run.end == index.0 && seat.joins_previous {
            run.end += 1;
            continue;
        }
        keep_better(&mut best, best_in_run(row, &run, count));
        run = if usable { index.0..index.0 + 1 } else { 0..0 };
    }
    keep_better(&mut best, best_in_run(row, &run, count));
    best
}

/// The best window of this many seats in a run of free ones.
fn best_in_run(row: &Row, run: &Range<u32>, count: u32) -> Option<(Fit, Range<u32>)> {
    let centre = row.seats.start + row.seats.end;
    let last = run.end.checked_sub(count)?;
    let windows = (run.start..=last).map(|first| {
        let (before, after) = (first - run.start, run.end - first - count);
        let fit = Fit {
            leaves_single: before == 1 || after == 1,
            from_centre: (2 * first + count).abs_diff(centre),
            first: SeatIndex(first),
        };
        (fit, first..first + count)
    });
    windows.min_by(|(a, _), (b, _)| a.cmp(b))
}

fn keep_better(best: &mut Option<(Fit, Range<u32>)>, other: Option<(Fit, Range<u32>)>) {
    if let Some((fit, seats)) = other
        && best.as_ref().is_none_or(|(known, _)| fit < *known)
    {
        *best = Some((fit, seats));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::plan::generate::{Spec, generate};

    fn check(taken: &[&str], count: u32, expected: &[&str]) {
        let plan = generate(&Spec {
            sections: 2,
            rows: 2,
            seats: 6,
            zones: 0,
        })
        .expect("a plan");
        let taken: Vec<_> = taken.iter().filter_map(|name| plan.seat_index(name)).collect();
        let wish = Wish {
            count,
            category: None,
            section: None,
        };
        let mut states = vec![SeatState::Free; plan.seats().len()];
        taken
            .iter()
            .for_each(|seat| states[seat.0 as usize] = SeatState::Held);
        let found = find(&plan, &states, &wish).unwrap_or_default();
        let names: Vec<_> = found
            .iter()
            .filter_map(|seat| plan.seat(*seat))
            .map(|seat| seat.name.as_str())
            .collect();
        assert_eq!(names, expected);
    }

    #[test]
    fn the_front_and_the_middle_come_first() {
        check(&[], 2, &["A-1-3", "A-1-4"]);
        check(&["A-1-3"], 2, &["A-1-1", "A-1-2"]);
        check(&["A-1-1", "A-1-3"], 2, &["A-1-4", "A-1-5"]);
        check(&[], 6, &["A-1-1", "A-1-2", "A-1-3", "A-1-4", "A-1-5", "A-1-6"]);
        check(&["A-1-2", "A-1-4", "A-1-6"], 2, &["B-1-3", "B-1-4"]);
        check(&[], 7, &[]);
        check(&[], 0, &[]);
    }

    /// Which seats of a row at these places join the one before, in a hall whose other row has its seats 10 apart.
    fn joins(places: &[f32]) -> Vec<bool> {
        let seats = |name: &str, places: &[f32]| -> Vec<_> {
            let seat =
                |(at, x): (usize, &f32)| serde_json::json!({"number": format!("{name}{at}"), "x": x, "y": 0});
            places.iter().enumerate().map(seat).collect()
        };
        let row = |name: &str, places: &[f32]| serde_json::json!({"name": name, "category": "C", "seats": seats(name, places)});
        let rows = [row("1", places), row("2", &[0.0, 10.0, 20.0, 30.0])];
        let document = serde_json::json!({"name": "H", "categories": [{"name": "C"}], "sections": [{"name": "A", "rows": rows}]});
        let document = serde_json::from_value(document).expect("a document");
        let plan = crate::plan::own::read(&document).expect("a plan");
        let row = plan.rows().first().expect("a row");
        plan.row_seats(row)
            .skip(1)
            .map(|(_, seat)| seat.joins_previous)
            .collect()
    }

    #[test]
    fn an_aisle_is_one_however_many_a_row_has() {
        assert_eq!(joins(&[0.0, 100.0, 110.0]), [false, true]);
        assert_eq!(joins(&[0.0, 10.0, 60.0, 70.0, 120.0]), [true, false, true, false]);
        assert_eq!(joins(&[0.0, 100.0]), [false]);
        assert_eq!(joins(&[0.0, 50.0, 60.0, 110.0]), [false, true, false]);
        assert_eq!(
            joins(&[0.0, 100.0, 200.0, 300.0, 400.0, 410.0]),
            [false, false, false, false, true]
        );
        // A row of wide chairs, and one with a seat a little out of line.
        assert_eq!(joins(&[0.0, 20.0, 40.0, 60.0, 80.0]), [true; 4]);
        assert_eq!(joins(&[0.0, 8.0, 20.0, 30.0, 40.0]), [true; 4]);
    }

    #[test]
    fn sections_of_one_name_are_asked_for_together() {
        let section = |seat: &str| {
            serde_json::json!({"name": "Balcony", "rows": [{"name": "1", "category": "C", "seats": [
                {"number": "1", "x": 0, "y": 0, "name": seat}]}]})
        };
        let document = serde_json::json!({"name": "H", "categories": [{"name": "C"}], "sections": [section("l"), section("r")]});
        let document = serde_json::from_value(document).expect("a document");
        let plan = crate::plan::own::read(&document).expect("a plan");
        let wish = Wish {
            count: 1,
            category: None,
            section: plan.section_index("Balcony"),
        };
        let found = find(&plan, &[SeatState::Sold, SeatState::Free], &wish);
        assert_eq!(found, Some(vec![SeatIndex(1)]));
    }

    proptest! {
        #[test]
        fn what_is_found_is_free_and_side_by_side_and_nothing_is_missed(free in prop::collection::vec(any::<bool>(), 36), count in 1u32..7) {
            let plan = generate(&Spec { sections: 2, rows: 3, seats: 6, zones: 0 }).expect("a plan");
            let is_free = |seat: SeatIndex| free[seat.0 as usize];
            let exists = plan.rows().iter().any(|row| {
                let row: Vec<bool> = row.seats.clone().map(|seat| free[seat as usize]).collect();
                row.windows(count as usize).any(|window| window.iter().all(|free| *free))
            });
            let states: Vec<_> = free.iter().map(|free| if *free { SeatState::Free } else { SeatState::Sold }).collect();
            match find(&plan, &states, &Wish { count, category: None, section: None }) {
                None => prop_assert!(!exists),
                Some(seats) => {
                    prop_assert_eq!(seats.len(), count as usize);
                    prop_assert!(seats.iter().all(|seat| is_free(*seat)));
                    prop_assert!(seats.windows(2).all(|pair| pair[1].0 == pair[0].0 + 1));
                    prop_assert_eq!(seats[0].0 / 6, seats[seats.len() - 1].0 / 6);
                }
            }
        }
    }
}
