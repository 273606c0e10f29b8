use proptest::prelude::*;

use std::sync::Arc;

use super::groups;
use super::index::Index;
use super::search::FreeSeats;
use super::*;
use crate::id::ShowId;
use crate::plan::best_first::GoodRow;
use crate::plan::generate::{Spec, generate};
use crate::plan::own::{self, RowPart, SeatPart};

fn show_of(plan: &Plan) -> Show {
    let euro = "EUR".to_owned().try_into().expect("a currency");
    Show::with_usual_terms(ShowId(1024), Arc::new(plan.clone()), euro)
}

/// What is found where the seats are in these states.
pub fn find(plan: &Plan, states: &[SeatState], wish: &Wish) -> Option<Vec<SeatIndex>> {
    let show = show_of(plan);
    let index = Index::new(&show);
    let is_free = |seat: SeatIndex| states.get(seat.0 as usize) == Some(&SeatState::Free);
    let free = FreeSeats {
        plan,
        layout: index.layout().clone(),
        line: Arc::new(index.make(&show, &wish.filter, is_free)),
        has_accessible: wish.filter.has_accessible,
    };
    Some(groups::find(&free, wish, None)?.seats)
}

fn check(taken: &[&str], count: u32, expected: &[&str]) {
    let plan = generate(&Spec {
        sections: 2,
        rows: 2,
        seats: 6,
        zones: 0,
    })
    .expect("a plan");
    let taken: Vec<_> = taken.iter().filter_map(|name| plan.seat_index(name)).collect();
    let wish = Wish::of(count);
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
    let is_first = |row: &&GoodRow| {
        let (_, place) = plan.best_first().places(row).next().expect("a seat");
        place.seat == SeatIndex(0)
    };
    let row = plan.best_first().rows().iter().find(is_first).expect("the row");
    let places = plan.best_first().places(row).skip(1);
    places.map(|(_, place)| place.joins_previous).collect()
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
    let filter = Filter {
        section: plan.section_index("Balcony"),
        ..Filter::default()
    };
    let wish = Wish {
        filter,
        ..Wish::of(1)
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
        match find(&plan, &states, &Wish::of(count)) {
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

/// A row: its name, and its seats as numbers and places.
type DrawnRow<Name> = (Name, Vec<(Name, f32, f32)>);

/// A document with these rows in one section.
fn hall(focal: Option<(f32, f32)>, rows: &[DrawnRow<&str>]) -> own::Document {
    let seat = |row: &str, at: usize, &(number, x, y): &(&str, f32, f32)| serde_json::json!({"number": number, "x": x, "y": y, "name": format!("{row}/{number}/{x}/{y}/{at}")});
    let row = |(name, seats): &DrawnRow<&str>| {
        let seats: Vec<_> = seats
            .iter()
            .enumerate()
            .map(|(at, each)| seat(name, at, each))
            .collect();
        serde_json::json!({"name": name, "category": "C", "seats": seats})
    };
    let rows: Vec<_> = rows.iter().map(row).collect();
    let mut document = serde_json::json!({"name": "H", "categories": [{"name": "C"}], "sections": [{"name": "A", "rows": rows}]});
    if let Some((x, y)) = focal {
        document["focal_point"] = serde_json::json!({"x": x, "y": y});
    }
    serde_json::from_value(document).expect("a document")
}

/// What is offered to those who come one after the other, as names, each in the order of the alphabet.
fn offers(document: &own::Document, count: u32) -> Vec<Vec<String>> {
    let plan = own::read(document).expect("a plan");
    let wish = Wish::of(count);
    let mut states = vec![SeatState::Free; plan.seats().len()];
    let mut offers = Vec::new();
    while let Some(seats) = find(&plan, &states, &wish) {
        let name = |seat: &SeatIndex| plan.seat(*seat).expect("a seat").name.clone();
        let mut names: Vec<String> = seats.iter().map(name).collect();
        names.sort();
        offers.push(names);
        seats
            .iter()
            .for_each(|seat| states[seat.0 as usize] = SeatState::Held);
    }
    offers
}

/// Rows and numbers of what is offered.
fn check_offers(document: &own::Document, count: u32, expected: &[&[&str]]) {
    let short = |name: &String| name.split('/').take(2).collect::<Vec<_>>().join("-");
    let found: Vec<Vec<String>> = offers(document, count)
        .iter()
        .map(|names| names.iter().map(short).collect())
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn rows_nearest_the_stage_come_first_wherever_they_are_listed() {
    let row = |y: f32| vec![("1", 0.0, y), ("2", 10.0, y)];
    let rows = [
        ("14", row(0.0)),
        ("13", row(20.0)),
        ("7", row(100.0)),
        ("6", row(120.0)),
    ];
    let six_first: [&[&str]; 4] = [
        &["6-1", "6-2"],
        &["7-1", "7-2"],
        &["13-1", "13-2"],
        &["14-1", "14-2"],
    ];
    check_offers(&hall(Some((5.0, 140.0)), &rows), 2, &six_first);
    // Without a stage, by their names.
    check_offers(&hall(None, &rows), 2, &six_first);
    let rows = [("1", row(0.0)), ("2", row(20.0))];
    check_offers(
        &hall(Some((5.0, 40.0)), &rows),
        2,
        &[&["2-1", "2-2"], &["1-1", "1-2"]],
    );
}

#[test]
fn the_seat_nearest_the_stage_comes_first_in_a_row() {
    let seats = [("1", 0.0), ("2", 10.0), ("3", 20.0), ("4", 30.0), ("5", 40.0)];
    let seats: Vec<_> = seats.iter().map(|(number, x)| (*number, *x, 0.0)).collect();
    let rows = [("1", seats)];
    check_offers(
        &hall(Some((60.0, 0.0)), &rows),
        1,
        &[&["1-5"], &["1-4"], &["1-3"], &["1-2"], &["1-1"]],
    );
    check_offers(
        &hall(Some((20.0, -20.0)), &rows),
        1,
        &[&["1-3"], &["1-2"], &["1-1"], &["1-4"], &["1-5"]],
    );
}

#[test]
fn blocks_of_one_row_have_an_aisle_between_them() {
    let right = vec![("3", 100.0, 0.0), ("4", 110.0, 0.0)];
    let left = vec![("1", 0.0, 0.0), ("2", 10.0, 0.0)];
    let apart: &[&[&str]] = &[&["1-1", "1-2"], &["1-3", "1-4"]];
    check_offers(
        &hall(None, &[("1", left.clone()), ("1", right.clone())]),
        2,
        apart,
    );
    check_offers(&hall(None, &[("1", [left, right].concat())]), 2, apart);
    // A pillar stands in the way like an aisle.
    let narrow = vec![
        ("1", 0.0, 50.0),
        ("2", 10.0, 50.0),
        ("3", 30.0, 50.0),
        ("4", 40.0, 50.0),
    ];
    check_offers(
        &hall(None, &[("9", narrow)]),
        2,
        &[&["9-1", "9-2"], &["9-3", "9-4"]],
    );
}

#[test]
fn seats_are_side_by_side_whatever_their_numbers() {
    let continental = vec![
        ("1", 30.0, 0.0),
        ("3", 40.0, 0.0),
        ("5", 50.0, 0.0),
        ("2", 20.0, 0.0),
        ("4", 10.0, 0.0),
        ("6", 0.0, 0.0),
    ];
    let offered: [&[&str]; 3] = [&["1-1", "1-2"], &["1-4", "1-6"], &["1-3", "1-5"]];
    check_offers(&hall(None, &[("1", continental)]), 2, &offered);
    // Rows of one seat, and a row that nobody has drawn.
    check_offers(
        &hall(
            Some((0.0, 0.0)),
            &[("1", vec![("1", 0.0, 90.0)]), ("2", vec![("1", 0.0, 50.0)])],
        ),
        1,
        &[&["2-1"], &["1-1"]],
    );
    let undrawn = vec![("2", 0.0, 0.0), ("1", 0.0, 0.0), ("3", 0.0, 0.0)];
    check_offers(&hall(None, &[("1", undrawn)]), 2, &[&["1-1", "1-2"]]);
}

proptest! {
    #[test]
    fn what_is_offered_does_not_depend_on_the_order_of_a_document(
        rows in prop::collection::vec((0u8..5, -9i8..9, -9i8..9, prop::collection::btree_set((-20i8..20, -3i8..3), 1..8)), 1..6),
        focal in prop::option::of((-30i8..30, -30i8..30)),
        keys in prop::collection::vec(any::<u32>(), 48),
        count in 1u32..4,
    ) {
        // No two rows begin at the same place, or nothing but the document could tell them apart.
        let mut places = std::collections::BTreeSet::new();
        let named: Vec<DrawnRow<String>> = rows
            .iter()
            .map(|(name, x, y, seats)| {
                let seats = seats.iter().map(|(dx, dy)| (i16::from(*x) * 7 + i16::from(*dx), i16::from(*y) * 5 + i16::from(*dy)));
                let seats = seats.filter(|place| places.insert(*place)).collect::<Vec<_>>();
                let seats = seats.into_iter().map(|(x, y)| (format!("{x}.{y}"), f32::from(x), f32::from(y)));
                (name.to_string(), seats.collect())
            })
            .collect();
        let seats_of = |seats: &Vec<(String, f32, f32)>| -> Vec<SeatPart> {
            seats.iter().map(|(number, x, y)| SeatPart {
                number: number.clone(), x: *x, y: *y, name: Some(number.clone()), ..SeatPart::default()
            }).collect()
        };
        let mut document = hall(focal.map(|(x, y)| (f32::from(x), f32::from(y))), &[]);
        document.sections[0].rows = named.iter().map(|(name, seats)| RowPart {
            name: name.clone(), category: Some("C".to_owned()), seats: seats_of(seats), ..RowPart::default()
        }).collect();
        prop_assume!(named.iter().any(|(_, seats)| !seats.is_empty()));
        let mut shuffled = document.clone();
        let mut keys = keys.into_iter().cycle();
        let mut key = || keys.next().unwrap_or_default();
        shuffled.sections[0].rows.sort_by_cached_key(|_| key());
        for row in &mut shuffled.sections[0].rows {
            row.seats.sort_by_cached_key(|_| key());
        }
        prop_assert_eq!(offers(&document, count), offers(&shuffled, count));
    }
}

/// A plan of rows of so many seats, 10 apart and 20 behind each other, with an aisle before every seventh.
fn rows_of(rows: &[u8]) -> Plan {
    let row = |(at, seats): (usize, &u8)| {
        let seats = (0..*seats).map(|seat| {
            let x = u32::from(seat) * 10 + u32::from(seat) / 7 * 40;
            serde_json::json!({"number": seat.to_string(), "x": x, "y": at * 20})
        });
        serde_json::json!({"name": at.to_string(), "category": "C", "seats": seats.collect::<Vec<_>>()})
    };
    let rows: Vec<_> = rows.iter().enumerate().map(row).collect();
    let document = serde_json::json!({"name": "H", "categories": [{"name": "C"}], "sections": [{"name": "A", "rows": rows}]});
    own::read(&serde_json::from_value(document).expect("a document")).expect("a plan")
}

fn free_seats<'a>(plan: &'a Plan, is_free: impl Fn(SeatIndex) -> bool) -> FreeSeats<'a> {
    let show = show_of(plan);
    let index = Index::new(&show);
    FreeSeats {
        plan,
        layout: index.layout().clone(),
        line: Arc::new(index.make(&show, &Filter::default(), is_free)),
        has_accessible: false,
    }
}

/// All windows of free seats side by side.
fn all_windows(plan: &Plan, is_free: &dyn Fn(SeatIndex) -> bool, count: usize) -> Vec<Vec<SeatIndex>> {
    let rows = plan.best_first().rows().iter();
    let windows = rows.flat_map(|row| {
        let places: Vec<_> = plan.best_first().places(row).map(|(_, place)| place).collect();
        let windows = places.windows(count).filter(|window| {
            window.iter().all(|place| is_free(place.seat))
                && window.iter().skip(1).all(|place| place.joins_previous)
        });
        let windows = windows.map(|window| window.iter().map(|place| place.seat).collect());
        windows.collect::<Vec<_>>()
    });
    windows.collect()
}

proptest! {
    #[test]
    fn nothing_is_nearer_than_what_is_found(
        rows in prop::collection::vec(1u8..30, 1..9),
        taken in prop::collection::vec(prop::bool::weighted(0.4), 270),
        (x, y) in (-50i16..400, -50i16..250),
        count in 1u32..5,
    ) {
        let plan = rows_of(&rows);
        let is_free = |seat: SeatIndex| !taken[seat.0 as usize];
        let free = free_seats(&plan, is_free);
        let to = crate::plan::Point { x: x.into(), y: y.into() };
        let grounds = free.layout.grounds(&plan);
        let point = |seat: &SeatIndex| plan.seat(*seat).expect("a seat").point();
        let steps = |seats: &Vec<SeatIndex>| {
            let ends = [point(&seats[0]), point(&seats[seats.len() - 1])];
            grounds.steps(grounds::middle(ends).expect("a middle"), to)
        };
        let nearest = all_windows(&plan, &is_free, count as usize).iter().map(steps).min();
        let found = free.nearest(search::Group { count, accessible: 0 }, to);
        let found = found.map(|window| free.seats(&window));
        prop_assert!(found.iter().flatten().all(|seat| is_free(*seat)));
        prop_assert_eq!(found.as_ref().map(steps), nearest);
    }

    #[test]
    fn groups_and_what_will_do_instead_have_free_seats_none_twice(
        rows in prop::collection::vec(1u8..30, 1..9),
        taken in prop::collection::vec(prop::bool::weighted(0.3), 270),
        groups in prop::collection::vec(1u32..7, 1..5),
        fall_backs in prop::sample::subsequence(vec![FallBack::AdjacentRows, FallBack::Pairs, FallBack::Single], 0..4),
    ) {
        let plan = rows_of(&rows);
        let is_free = |seat: SeatIndex| (seat.0 as usize) < plan.seats().len() && !taken[seat.0 as usize];
        let free = free_seats(&plan, is_free);
        let wish = Wish { groups: groups.clone(), fall_backs: fall_backs.clone(), ..Wish::default() };
        let seats = (0..plan.seats().len()).filter(|seat| !taken[*seat]).count();
        match groups::find(&free, &wish, None) {
            Some(Found { seats, fall_back }) => {
                let distinct: std::collections::BTreeSet<_> = seats.iter().collect();
                prop_assert_eq!(distinct.len(), wish.count() as usize);
                prop_assert!(seats.iter().all(|seat| is_free(*seat)));
                prop_assert!(fall_back.is_none_or(|known| fall_backs.contains(&known)));
                if fall_back.is_none() {
                    let mut rest = &seats[..];
                    for group in groups {
                        let (these, others) = rest.split_at(group as usize);
                        let these = these.to_vec();
                        prop_assert!(all_windows(&plan, &is_free, these.len()).contains(&these), "{:?}", these);
                        rest = others;
                    }
                }
            }
            None => {
                prop_assert!(!fall_backs.contains(&FallBack::Single) || seats < wish.count() as usize);
                prop_assert!(groups.len() > 1 || all_windows(&plan, &is_free, groups[0] as usize).is_empty());
            }
        }
    }
}

#[test]
fn a_group_that_finds_no_room_whole_is_split_as_it_says() {
    let check = |rows: &[u8], count: u32, fall_backs: &[FallBack], expected: Option<(FallBack, &[usize])>| {
        let plan = rows_of(rows);
        let free = free_seats(&plan, |_| true);
        let fall_backs = fall_backs.to_vec();
        let wish = Wish {
            fall_backs,
            ..Wish::of(count)
        };
        let found = groups::find(&free, &wish, None);
        let row = |seat: &SeatIndex| plan.section_and_row(*seat).expect("a row").1.name.clone();
        let rows = |found: &Found| {
            let names = found.seats.iter().map(row).collect::<Vec<_>>();
            names.chunk_by(|a, b| a == b).map(<[_]>::len).collect::<Vec<_>>()
        };
        let found = found.map(|found| (found.fall_back.expect("a fall-back"), rows(&found)));
        assert_eq!(
            found,
            expected.map(|(fall_back, rows)| (fall_back, rows.to_vec()))
        );
    };
    use FallBack::{AdjacentRows, Pairs, Single};
    check(
        &[6, 6, 6],
        8,
        &[AdjacentRows, Single],
        Some((AdjacentRows, &[4, 4])),
    );
    check(&[6, 6, 6], 7, &[AdjacentRows], Some((AdjacentRows, &[4, 3])));
    check(&[6, 3, 1], 8, &[AdjacentRows], Some((AdjacentRows, &[5, 3])));
    check(&[6, 1], 7, &[AdjacentRows], None);
    check(&[2, 1], 3, &[AdjacentRows], Some((AdjacentRows, &[2, 1])));
    check(&[2, 3], 5, &[Single, AdjacentRows], Some((Single, &[2, 3])));
    check(&[2, 3], 5, &[Pairs], Some((Pairs, &[3, 2])));
    check(&[1, 1, 1], 3, &[AdjacentRows, Pairs], None);
}
