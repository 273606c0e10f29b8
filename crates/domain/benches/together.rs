//! What it costs to find seats side by side in a hall of 100,000 seats: `cargo bench -p domain --bench together`.

#![expect(clippy::expect_used, reason = "what is measured is made by the rules")]

use std::hint::black_box;
use std::sync::Arc;

use chrono::DateTime;
use criterion::{BatchSize, Criterion};
use domain::command::{Booking, Command, Wish};
use domain::decide::{Changes, KnownRows, OrderNumbers, decide};
use domain::id::{SessionId, ShowId};
use domain::labeled::Labeled;
use domain::money::Currency;
use domain::outcome::Outcome;
use domain::plan::SeatIndex;
use domain::plan::own;
use domain::seat_map::{Sale, SeatState};
use domain::show::Show;
use domain::state::ShowState;
use domain::together::groups::find;
use domain::together::index::Index;
use domain::together::search::FreeSeats;
use domain::together::{FallBack, Filter, Wish as Together};
use serde_json::{Value, json};

const ROWS: usize = 2_000;
const ROW_SEATS: usize = 50;
const SECTIONS: usize = 20;
const CATEGORIES: usize = 100;
const BATCH: u128 = 256;

/// A hall of 100,000 seats in 20 sections and 100 categories, a row each of one.
fn show() -> Arc<Show> {
    show_with(|_, _, _| {})
}

/// The same, with what is said of single seats besides.
fn show_with(say: impl Fn(usize, usize, &mut Value)) -> Arc<Show> {
    let seat = |row: usize, at: usize| {
        let mut seat = json!({"number": at.to_string(), "x": 10 * at, "y": 12 * row});
        say(row, at, &mut seat);
        seat
    };
    let row = |row: usize| {
        let seats: Vec<_> = (0..ROW_SEATS).map(|at| seat(row, at)).collect();
        json!({"name": row.to_string(), "category": format!("C{}", row % CATEGORIES), "seats": seats})
    };
    let section = |section: usize| {
        let rows = ROWS / SECTIONS;
        let rows: Vec<_> = (section * rows..(section + 1) * rows).map(row).collect();
        json!({"name": format!("S{section}"), "rows": rows})
    };
    let document = json!({
        "name": "Hall",
        "focal_point": {"x": 250, "y": -50},
        "categories": (0..CATEGORIES).map(|at| json!({"name": format!("C{at}")})).collect::<Vec<_>>(),
        "sections": (0..SECTIONS).map(section).collect::<Vec<_>>(),
    });
    let document: own::Document = serde_json::from_value(document).expect("a document");
    let plan = own::read(&document).expect("a plan");
    let currency = Currency::try_from("EUR".to_owned()).expect("a currency");
    Arc::new(Show {
        session_places_max: 5_000,
        ..Show::with_usual_terms(ShowId(1024), Arc::new(plan), currency)
    })
}

/// A state in which these seats are sold.
fn state(show: &Show, is_sold: impl Fn(usize) -> bool) -> ShowState {
    let mut map = show.map_before_all();
    map.sale = Sale::Open;
    for (seat, state) in map.seats.iter_mut().enumerate() {
        if is_sold(seat) {
            *state = SeatState::Sold;
        }
    }
    ShowState::from_parts(map, Labeled::default(), [])
}

/// Every second seat is sold.
fn chequered(show: &Show) -> ShowState {
    state(show, |seat| seat % 2 == 1)
}

/// And the only two side by side are the last ones of the worst row.
fn with_a_pair_at_the_end(show: &Show) -> ShowState {
    let rows = show.plan.best_first().rows();
    let row = rows.last().expect("a row");
    let worst = show.plan.best_first().seats(row.places.end - 2..row.places.end);
    state(show, |seat| {
        seat % 2 == 1 && !worst.iter().any(|free| free.0 as usize == seat)
    })
}

fn hold(together: Together, session: u128) -> Command {
    Command::Hold {
        session: SessionId(session),
        wish: Wish {
            together: Some(Box::new(together)),
            ..Wish::default()
        },
        details: None,
        booking: Booking::Public,
    }
}

fn decide_on(show: &Arc<Show>, state: &ShowState, commands: &[Command]) -> Changes {
    let mut numbers = OrderNumbers::default();
    numbers.add(1..10_000);
    let known = KnownRows::default();
    decide(show, state, &known, &mut numbers, DateTime::UNIX_EPOCH, commands).expect("numbers")
}

fn is_held(changes: &Changes) -> bool {
    changes
        .decisions
        .iter()
        .all(|decision| matches!(decision.outcome, Outcome::Held(_)))
}

fn of_category(show: &Show) -> Together {
    let filter = Filter {
        category: show.plan.category_index("C99"),
        ..Filter::default()
    };
    Together {
        filter,
        ..Together::of(2)
    }
}

/// The search alone, where its line is known.
fn searches(criterion: &mut Criterion) {
    let show = show();
    let free = |state: &ShowState, filter: &Filter| FreeSeats {
        plan: &show.plan,
        layout: Index::new(&show).layout().clone(),
        line: state.line_of(&show, filter),
        has_accessible: false,
    };
    let any = Filter::default();
    let category = of_category(&show).filter;
    let cases = [
        ("find/empty hall", free(&state(&show, |_| false), &any), true),
        (
            "find/chequered, a pair at the end",
            free(&with_a_pair_at_the_end(&show), &any),
            true,
        ),
        ("find/chequered, none", free(&chequered(&show), &any), false),
        (
            "find/chequered, none of a category",
            free(&chequered(&show), &category),
            false,
        ),
    ];
    for (name, free, is_found) in &cases {
        assert_eq!(find(free, &Together::of(2), None).is_some(), *is_found, "{name}");
        criterion.bench_function(name, |bencher| {
            bencher.iter(|| find(black_box(free), &Together::of(2), None));
        });
    }
    let empty = free(&state(&show, |_| false), &any);
    let middle = show.plan.seat(SeatIndex(50_025)).expect("a seat").point();
    let groups = Together {
        groups: vec![4, 2, 2],
        ..Together::of(0)
    };
    let split = Together {
        fall_backs: vec![FallBack::AdjacentRows],
        ..Together::of(60)
    };
    for (name, free, wish, near) in [
        ("near/empty hall", &empty, Together::of(2), Some(middle)),
        (
            "near/chequered",
            &free(&with_a_pair_at_the_end(&show), &any),
            Together::of(2),
            Some(middle),
        ),
        ("groups/empty hall", &empty, groups.clone(), None),
        (
            "groups/chequered, none",
            &free(&with_a_pair_at_the_end(&show), &any),
            groups,
            None,
        ),
        ("split/empty hall", &empty, split.clone(), None),
        (
            "split/every second row, none",
            &free(&state(&show, |seat| seat / ROW_SEATS % 2 == 1), &any),
            split,
            None,
        ),
    ] {
        assert_eq!(
            find(free, &wish, near).is_none(),
            name.ends_with("none"),
            "{name}"
        );
        criterion.bench_function(name, |bencher| {
            bencher.iter(|| find(black_box(free), &wish, near));
        });
    }
    let mut line = free(&state(&show, |_| false), &any).line;
    let line = Arc::make_mut(&mut line);
    criterion.bench_function("update/a seat", |bencher| {
        let mut at = 0;
        bencher.iter(|| {
            at = (at + 7_919) % 100_000;
            line.set(at, !line.is_free(at));
        });
    });
}

/// Where seats differ: every tenth row has places for wheelchairs and for company at its beginning, and all rows have better seats in
/// the middle.
fn searches_among_different_seats(criterion: &mut Criterion) {
    let show = show_with(|row, at, seat| {
        seat["quality"] = json!(if (20..30).contains(&at) { 900 } else { 500 });
        if row.is_multiple_of(10) && at == 0 {
            seat["accessible"] = json!(true);
        }
    });
    let free = |is_sold: fn(usize) -> bool, has_accessible: bool| {
        let filter = Filter {
            has_accessible,
            ..Filter::default()
        };
        FreeSeats {
            plan: &show.plan,
            layout: Index::new(&show).layout().clone(),
            line: state(&show, is_sold).line_of(&show, &filter),
            has_accessible,
        }
    };
    let wheelchair = Together {
        accessible: 1,
        ..Together::of(2)
    };
    let middle = show.plan.seat(SeatIndex(50_025)).expect("a seat").point();
    for (name, free, wish, near) in [
        (
            "quality/empty hall",
            free(|_| false, false),
            Together::of(2),
            None,
        ),
        (
            "quality/near",
            free(|_| false, false),
            Together::of(2),
            Some(middle),
        ),
        (
            "wheelchair/empty hall",
            free(|_| false, true),
            wheelchair.clone(),
            None,
        ),
        (
            "wheelchair/near",
            free(|_| false, true),
            wheelchair.clone(),
            Some(middle),
        ),
        (
            "wheelchair/none",
            free(|seat| seat % ROW_SEATS == 0, true),
            wheelchair,
            None,
        ),
    ] {
        assert_eq!(
            find(&free, &wish, near).is_none(),
            name.ends_with("none"),
            "{name}"
        );
        criterion.bench_function(name, |bencher| {
            bencher.iter(|| find(black_box(&free), &wish, near));
        });
    }
}

/// All that a batch does to decide on wishes, with a copy of what it changes.
fn decisions(criterion: &mut Criterion) {
    let show = show();
    let empty = state(&show, |_| false);
    let pair = with_a_pair_at_the_end(&show);
    let none = chequered(&show);
    let one = [hold(Together::of(2), 1)];
    let of_category = [hold(of_category(&show), 1)];
    for (name, state, commands, is_found) in [
        ("decide/a pair at the end", &pair, &one, true),
        ("decide/none", &none, &one, false),
        ("decide/one category of a hundred", &empty, &of_category, true),
    ] {
        assert_eq!(is_held(&decide_on(&show, state, commands)), is_found, "{name}");
        criterion.bench_function(name, |bencher| {
            bencher.iter(|| decide_on(&show, black_box(state), commands));
        });
    }
    let batch: Vec<Command> = (0..BATCH).map(|session| hold(Together::of(4), session)).collect();
    let changes = decide_on(&show, &empty, &batch);
    let mut seats: Vec<SeatIndex> = changes.seats.iter().map(|change| change.seat).collect();
    seats.dedup();
    assert!(is_held(&changes) && seats.len() == 4 * batch.len());
    criterion.bench_function("decide/a batch of 256 wishes", |bencher| {
        bencher.iter(|| decide_on(&show, black_box(&empty), &batch));
    });
    criterion.bench_function("fold/a batch of 256 wishes", |bencher| {
        let fold = |mut state: ShowState| {
            for event in &changes.events {
                state.fold(event).expect("a fold");
            }
            state
        };
        bencher.iter_batched(|| empty.clone(), fold, BatchSize::LargeInput);
    });
    criterion.bench_function("make/the line of all seats", |bencher| {
        let index = Index::new(&show);
        let is_free = |seat| empty.map().seat(seat) == Some(SeatState::Free);
        bencher.iter(|| index.make(&show, &Filter::default(), is_free));
    });
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    searches(&mut criterion);
    searches_among_different_seats(&mut criterion);
    decisions(&mut criterion);
    criterion.final_summary();
}
