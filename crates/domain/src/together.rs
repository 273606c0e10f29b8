//! Best-available search: seats side by side, as near the stage and as central in their row as there are.

use super::plan::{CategoryIndex, Plan, Row, SeatIndex, SectionIndex};

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// How many seats side by side.
    pub count: u32,
    /// Of this category alone.
    pub category: Option<CategoryIndex>,
    /// In this section alone.
    pub section: Option<SectionIndex>,
}

/// The best free seats side by side, or `None` if no row has them. Takes one pass over the seats.
///
/// Rows nearer the front of their section come first, then sections in the plan's order; within a row, a choice that
/// leaves no single seat over comes before one that does, then the most central.
pub fn find(plan: &Plan, is_free: impl Fn(SeatIndex) -> bool, wish: &Wish) -> Option<Vec<SeatIndex>> {
    let count = usize::try_from(wish.count).ok().filter(|count| *count > 0)?;
    let mut best: Option<(Rank, Vec<SeatIndex>)> = None;
    let mut section = None;
    let mut depth = 0;
    for row in plan.rows() {
        depth = if section == Some(row.section) {
            depth + 1
        } else {
            0
        };
        section = Some(row.section);
        if wish.section.is_some_and(|wanted| wanted != row.section)
            || best.as_ref().is_some_and(|(rank, _)| rank.depth <= depth)
        {
            continue;
        }
        if let Some((fit, seats)) = best_in_row(plan, row, &is_free, wish, count) {
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
    best.map(|(_, seats)| seats)
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
    from_centre: usize,
    first: SeatIndex,
}

fn best_in_row(
    plan: &Plan,
    row: &Row,
    is_free: &impl Fn(SeatIndex) -> bool,
    wish: &Wish,
    count: usize,
) -> Option<(Fit, Vec<SeatIndex>)> {
    let mut runs: Vec<Vec<SeatIndex>> = Vec::new();
    let mut open = false;
    for (index, seat) in plan.row_seats(row) {
        let usable = is_free(index) && wish.category.is_none_or(|category| category == seat.category);
        if usable {
            match runs.last_mut().filter(|_| open && seat.joins_previous) {
                Some(run) => run.push(index),
                None => runs.push(vec![index]),
            }
        }
        open = usable;
    }
    let centre = (row.seats.start + row.seats.end) as usize;
    let choices = runs.iter().flat_map(|run| {
        run.windows(count)
            .enumerate()
            .filter_map(move |(before, window)| {
                let (first, last) = (window.first()?, window.last()?);
                let after = run.len() - count - before;
                let from_centre = (first.0 as usize + last.0 as usize + 1).abs_diff(centre);
                Some((
                    Fit {
                        leaves_single: before == 1 || after == 1,
                        from_centre,
                        first: *first,
                    },
                    window,
                ))
            })
    });
    choices
        .min_by(|(a, _), (b, _)| a.cmp(b))
        .map(|(fit, window)| (fit, window.to_vec()))
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
        let found = find(&plan, |seat| !taken.contains(&seat), &wish).unwrap_or_default();
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

    proptest! {
        #[test]
        fn what_is_found_is_free_and_side_by_side_and_nothing_is_missed(free in prop::collection::vec(any::<bool>(), 36), count in 1u32..7) {
            let plan = generate(&Spec { sections: 2, rows: 3, seats: 6, zones: 0 }).expect("a plan");
            let is_free = |seat: SeatIndex| free[seat.0 as usize];
            let exists = plan.rows().iter().any(|row| {
                let row: Vec<bool> = row.seats.clone().map(|seat| free[seat as usize]).collect();
                row.windows(count as usize).any(|window| window.iter().all(|free| *free))
            });
            match find(&plan, is_free, &Wish { count, category: None, section: None }) {
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
