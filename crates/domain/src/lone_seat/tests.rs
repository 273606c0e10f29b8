//! Pictures of rows, and random halls held against the rule as one would say it aloud.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::plan::own;

/// A seat of a picture: `.` free, `#` taken, `P` picked, `K` kept by an order of which others are given up, `g` given up, `a` an
/// accessible one that is free, `A` one that is picked. Behind it there may be an aisle, and its category may be another one.
#[derive(Debug, Clone, Copy)]
struct Drawn {
    picture: char,
    aisle_after: bool,
    category: u8,
}

impl Drawn {
    fn is_picked(self) -> bool {
        matches!(self.picture, 'P' | 'K' | 'A')
    }

    fn is_exempt(self) -> bool {
        matches!(self.picture, 'a' | 'A')
    }

    /// Whether it can be picked, or is.
    fn has_room(self) -> bool {
        self.picture != '#'
    }

    fn is_free_now(self) -> bool {
        !matches!(self.picture, '#' | 'g' | 'K')
    }
}

/// Rows, each in a section.
type Rows = Vec<(u8, Vec<Drawn>)>;

/// A row as it is drawn, with `|` for an aisle and `,` for a free seat of another category.
fn row(picture: &str) -> Vec<Drawn> {
    let mut row: Vec<Drawn> = Vec::new();
    for picture in picture.chars() {
        match (picture, row.last_mut()) {
            ('|', Some(last)) => last.aisle_after = true,
            (',', _) => row.push(Drawn {
                picture: '.',
                aisle_after: false,
                category: 1,
            }),
            _ => row.push(Drawn {
                picture,
                aisle_after: false,
                category: 0,
            }),
        }
    }
    row
}

fn plan_of(rows: &Rows) -> Plan {
    let sections = (0..=1).map(|section| {
        let rows = rows.iter().enumerate().filter(|(_, (of, _))| *of == section);
        let rows = rows.map(|(at, (_, seats))| {
            let seats = seats.iter().enumerate().map(|(seat, drawn)| {
                json!({"number": seat.to_string(), "name": format!("{at}.{seat}"), "x": seat, "y": at,
                    "category": drawn.category.to_string(), "aisle_after": drawn.aisle_after, "accessible": drawn.is_exempt()})
            });
            json!({"name": at.to_string(), "aisles": "explicit", "seats": seats.collect::<Vec<_>>()})
        });
        json!({"name": section.to_string(), "rows": rows.collect::<Vec<_>>()})
    });
    let document = json!({"name": "H", "categories": [{"name": "0"}, {"name": "1"}], "sections": sections.collect::<Vec<_>>()});
    let document: own::Document = serde_json::from_value(document).expect("a document");
    own::read(&document).expect("a plan")
}

/// What the rule says: the seat that would be left, and the choices; seats as `row.seat`.
fn found(rows: &Rows, rule: LoneSeats) -> Option<(String, Vec<Vec<String>>)> {
    let plan = plan_of(rows);
    let seats = |is_it: fn(Drawn) -> bool| -> Vec<SeatIndex> {
        let all = { rows.iter().enumerate() }.flat_map(|(at, (_, seats))| {
            seats
                .iter()
                .enumerate()
                .map(move |(seat, drawn)| (format!("{at}.{seat}"), *drawn))
        });
        all.filter(|(_, drawn)| is_it(*drawn))
            .filter_map(|(name, _)| plan.seat_index(&name))
            .collect()
    };
    let (picked, given) = (seats(Drawn::is_picked), seats(|drawn| drawn.picture == 'g'));
    let free = seats(Drawn::is_free_now);
    let name = |seat: &SeatIndex| plan.seat(*seat).expect("a seat").name.clone();
    let pick = Pick {
        seats: &picked,
        given: &given,
    };
    let lone = find(&plan, rule, pick, |seat| free.contains(&seat))?;
    let choices = lone.choices.iter().map(|seats| seats.iter().map(name).collect());
    Some((name(&lone.seat), choices.collect()))
}

/// The number of the seat that would be left in the first row, and the first seats of the choices, as `row.seat`.
#[track_caller]
fn check(rule: LoneSeats, pictures: &[&str], expected: Option<(&str, &[&str])>) {
    let rows = pictures.iter().map(|picture| (0, row(picture))).collect();
    let found = found(&rows, rule);
    let found = found.map(|(seat, choices)| {
        (
            seat,
            choices
                .into_iter()
                .map(|seats| seats[0].clone())
                .collect::<Vec<_>>(),
        )
    });
    let expected = expected.map(|(seat, choices)| {
        (
            seat.to_owned(),
            choices.iter().map(|seat| (*seat).to_owned()).collect(),
        )
    });
    assert_eq!(found, expected);
}

#[test]
fn a_seat_is_not_left_alone_where_its_neighbours_would_do() {
    let lenient = |picture: &str, expected| check(LoneSeats::Lenient, &[picture], expected);
    lenient("PP..", None);
    lenient(".PP..", Some(("0.0", &["0.0", "0.3"])));
    lenient(".PP...", Some(("0.0", &["0.0", "0.2", "0.4"])));
    lenient("..P..", None);
    lenient("......PP.", Some(("0.8", &["0.5", "0.7", "0.4"])));
    lenient("P.P..", Some(("0.1", &["0.0", "0.3"])));
    // All but one of the run: whoever picks leaves one.
    lenient("#PP.#", None);
    lenient("P.", None);
    lenient("P.P", None);
    // An aisle is as good as a taken seat.
    lenient("...|P..|...", None);
    lenient("...|.P.|...", Some(("0.3", &["0.3", "0.5"])));
    // What was alone before stays so, and a taken seat beside it changes nothing.
    lenient(".#PP", None);
    lenient("PP#.#", None);
    check(LoneSeats::Off, &[".PP.."], None);
}

#[test]
fn the_strict_rule_looks_in_the_section() {
    let strict = |pictures: &[&str], expected| check(LoneSeats::Strict, pictures, expected);
    strict(&["#PP.#"], None);
    strict(&["PP.", "..."], None);
    strict(&["PP.", "...."], Some(("0.2", &["1.0", "1.2"])));
    strict(&["PP.|..", "...."], Some(("0.2", &["0.3", "1.0", "1.2"])));
    // Elsewhere, what else is picked is taken.
    strict(&["PP.", "PP.."], Some(("0.2", &["1.2"])));
    let other_section = vec![(0, row("PP.")), (1, row("...."))];
    assert_eq!(found(&other_section, LoneSeats::Strict), None);
}

#[test]
fn seats_of_other_prices_and_wheelchair_places_are_no_choice() {
    let lenient = |picture: &str, expected| check(LoneSeats::Lenient, &[picture], expected);
    lenient(".PP,,", Some(("0.0", &["0.0"])));
    lenient("#.PP,,", Some(("0.1", &["0.1"])));
    lenient(",PP.#", Some(("0.0", &["0.2"])));
    lenient("aPP..", None);
    lenient(".A...", None);
    lenient(".PPa..", Some(("0.0", &["0.0", "0.4"])));
}

#[test]
fn what_is_given_up_is_free_with_the_pick() {
    // Seat 3 in exchange for 5: 4 is beside a free seat then.
    check(LoneSeats::Lenient, &["##g.P##"], None);
    check(LoneSeats::Lenient, &["###.P.."], Some(("0.3", &["0.3", "0.6"])));
    // All but one of four seats stay, whichever goes; of two that stay, others would do.
    check(LoneSeats::Lenient, &["PPgP"], None);
    check(LoneSeats::Lenient, &["K.Kg..."], None);
    check(
        LoneSeats::Lenient,
        &["KgKg..."],
        Some(("0.1", &["0.0", "0.2", "0.3"])),
    );
    check(LoneSeats::Lenient, &["PgPg"], Some(("0.1", &["0.0", "0.2"])));
}

/// Every run of a pick with the lone seats that it leaves and the choices that there are, as one would say it.
fn by_the_word(rows: &Rows, rule: LoneSeats) -> Vec<(BTreeSet<String>, BTreeSet<Vec<String>>)> {
    let mut told = Vec::new();
    for (at, (section, seats)) in rows.iter().enumerate() {
        for run in runs(seats, |_, drawn| drawn.has_room()) {
            let picked: Vec<usize> = run
                .iter()
                .copied()
                .filter(|seat| seats[*seat].is_picked())
                .collect();
            if picked.is_empty() || picked.iter().any(|seat| seats[*seat].is_exempt()) {
                continue;
            }
            let left: Vec<usize> = run
                .iter()
                .copied()
                .filter(|seat| !picked.contains(seat))
                .collect();
            let free_now: Vec<usize> = run
                .iter()
                .copied()
                .filter(|seat| seats[*seat].is_free_now())
                .collect();
            let is_alone =
                |seat: usize, among: &[usize]| !among.iter().any(|other| other.abs_diff(seat) == 1);
            let lone = left.iter().copied().filter(|seat| {
                is_alone(*seat, &left)
                    && !(free_now.contains(seat) && is_alone(*seat, &free_now))
                    && !seats[*seat].is_exempt()
            });
            let lone: BTreeSet<String> = lone.map(|seat| format!("{at}.{seat}")).collect();
            let categories = |row: &[Drawn], of: &[usize]| {
                let mut categories: Vec<u8> = of.iter().map(|seat| row[*seat].category).collect();
                categories.sort_unstable();
                categories
            };
            let wanted = categories(seats, &picked);
            let mut choices = BTreeSet::new();
            let mut add = |at: usize, row: &[Drawn], run: &[usize]| {
                for window in run.windows(picked.len()) {
                    let rest: Vec<usize> = run
                        .iter()
                        .copied()
                        .filter(|seat| !window.contains(seat))
                        .collect();
                    let leaves_one = rest
                        .iter()
                        .any(|seat| is_alone(*seat, &rest) && !row[*seat].is_exempt());
                    let is_kept = window.iter().any(|seat| row[*seat].is_exempt());
                    if !leaves_one && !is_kept && categories(row, window) == wanted {
                        choices.insert(window.iter().map(|seat| format!("{at}.{seat}")).collect());
                    }
                }
            };
            add(at, seats, &run);
            if rule == LoneSeats::Strict {
                for (other_at, (other_section, other)) in rows.iter().enumerate() {
                    let has_room = |seat: usize, drawn: Drawn| {
                        drawn.has_room() && !drawn.is_picked() && !(other_at == at && run.contains(&seat))
                    };
                    if other_section == section {
                        runs(other, has_room)
                            .iter()
                            .for_each(|run| add(other_at, other, run));
                    }
                }
            }
            if !lone.is_empty() && !choices.is_empty() {
                told.push((lone, choices));
            }
        }
    }
    told
}

/// Seats side by side for which something holds.
fn runs(seats: &[Drawn], is_of_run: impl Fn(usize, Drawn) -> bool) -> Vec<Vec<usize>> {
    let mut runs = vec![Vec::new()];
    for (seat, drawn) in seats.iter().enumerate() {
        match is_of_run(seat, *drawn) {
            true => runs.last_mut().expect("a run").push(seat),
            false => runs.push(Vec::new()),
        }
        if drawn.aisle_after {
            runs.push(Vec::new());
        }
    }
    runs.retain(|run| !run.is_empty());
    runs
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn the_rule_is_what_it_says(
        rows in prop::collection::vec((0u8..2, prop::collection::vec((prop::sample::select(vec!['.', '.', '.', '#', 'P', 'P', 'K', 'g', 'a', 'A']), 0u8..8, 0u8..6), 1..9)), 1..5),
        is_strict: bool,
    ) {
        let drawn = |(picture, aisle, category): &(char, u8, u8)| Drawn { picture: *picture, aisle_after: *aisle == 0, category: u8::from(*category == 0) };
        let rows: Rows = rows.iter().map(|(section, seats)| (*section, seats.iter().map(drawn).collect())).collect();
        let rule = if is_strict { LoneSeats::Strict } else { LoneSeats::Lenient };
        let told = by_the_word(&rows, rule);
        match found(&rows, rule) {
            None => prop_assert!(told.is_empty(), "{told:?}"),
            Some((seat, found)) => {
                let run = told.iter().find(|(lone, _)| lone.contains(&seat));
                let Some((_, choices)) = run else { return Err(TestCaseError::fail(format!("{seat}: {told:?}"))) };
                prop_assert_eq!(found.len(), choices.len().min(CHOICES_MAX));
                prop_assert!(found.iter().all(|seats| choices.contains(seats)));
                // Those of the row come first.
                let is_here = |seats: &&Vec<String>| seats[0].split('.').next() == seat.split('.').next();
                let here = choices.iter().filter(is_here).count().min(CHOICES_MAX);
                prop_assert_eq!(found.iter().take_while(is_here).count(), here);
            }
        }
    }
}
