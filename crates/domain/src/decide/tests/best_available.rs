//! Seats together in random halls, batch after batch, held against a plain look at all windows of all rows.

use super::*;
use crate::plan::best_first::GoodRow;
use crate::plan::own;
use crate::together::index::Index;
use crate::together::{Filter, Wish as Together};

/// What one command of a batch does, by seats and orders that there may be.
#[derive(Debug, Clone)]
enum Move {
    Together(Ask),
    Hold(Vec<usize>),
    Abort(usize),
    Block(Vec<usize>, bool),
    Unblock(Vec<usize>, bool),
    /// A new revision with these prices.
    Change(i64),
}

#[derive(Debug, Clone)]
struct Ask {
    count: u32,
    category: Option<u16>,
    section: Option<u16>,
    price_max: Option<i64>,
    is_labeled: bool,
    accessible: u32,
}

/// What stands in a line of a hall.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Row,
    /// A row of which some seats are better than others.
    Varied,
    Table,
    WholeTable,
}

/// Of a seat: whether an aisle is before it, its category, a die for its quality, whether it is a wheelchair's.
type Drawn = (bool, u16, u16, bool);

/// A hall: of each row its section, what it is, and its seats.
type Hall = Vec<(u8, Kind, Vec<Drawn>)>;

fn halls() -> impl Strategy<Value = Hall> {
    let category = (0u16..6).prop_map(|dice| dice / 5);
    let seat = (
        prop::bool::weighted(0.1),
        category,
        0u16..3,
        prop::bool::weighted(0.1),
    );
    let kind = prop_oneof![5 => Just(Kind::Row), 2 => Just(Kind::Varied), 2 => Just(Kind::Table), 1 => Just(Kind::WholeTable)];
    prop::collection::vec((0u8..3, kind, prop::collection::vec(seat, 1..20)), 1..8)
}

fn moves() -> impl Strategy<Value = Move> {
    let seats = || prop::collection::vec(0usize..60, 1..6);
    let ask = (
        1u32..6,
        prop::option::weighted(0.3, 0u16..2),
        prop::option::weighted(0.3, 0u16..3),
        prop::option::weighted(0.2, 0i64..4),
        prop::bool::weighted(0.2),
        prop_oneof![4 => Just(0u32), 1 => Just(1), 1 => Just(2)],
    );
    let ask = ask.prop_map(
        |(count, category, section, price_max, is_labeled, accessible)| Ask {
            accessible: accessible.min(count),
            count,
            category,
            section,
            price_max,
            is_labeled,
        },
    );
    prop_oneof![
        6 => ask.prop_map(Move::Together),
        4 => seats().prop_map(Move::Hold),
        3 => (0usize..12).prop_map(Move::Abort),
        1 => (seats(), any::<bool>()).prop_map(|(seats, is_labeled)| Move::Block(seats, is_labeled)),
        1 => (seats(), any::<bool>()).prop_map(|(seats, is_labeled)| Move::Unblock(seats, is_labeled)),
        1 => (0i64..3).prop_map(Move::Change),
    ]
}

fn show_of(hall: &Hall, focal: Option<(i8, i8)>) -> Arc<Show> {
    let mut rows = [const { Vec::new() }; 3];
    let mut tables = [const { Vec::new() }; 3];
    for (at, (section, kind, seats)) in hall.iter().enumerate() {
        let mut x = 0;
        let mut previous = None;
        let is_row = matches!(kind, Kind::Row | Kind::Varied);
        let seats: Vec<_> = { seats.iter().enumerate() }
            .map(|(number, (is_behind_aisle, category, die, is_accessible))| {
                x += if *is_behind_aisle && is_row { 40 } else { 10 };
                let mut seat = serde_json::json!({
                    "number": number.to_string(), "x": x, "y": 12 * at, "category": format!("C{category}")});
                if *kind == Kind::Varied && *die > 0 {
                    seat["quality"] = serde_json::json!(die * 300);
                }
                if *is_accessible {
                    seat["accessible"] = serde_json::json!(true);
                } else if let Some(wheelchair) = previous.take() {
                    seat["companion_of"] = serde_json::json!(wheelchair);
                }
                previous = is_accessible.then(|| format!("S{section}-{at}-{number}"));
                seat
            })
            .collect();
        let section = usize::from(*section);
        let name = at.to_string();
        match kind {
            Kind::Row | Kind::Varied => rows[section].push(serde_json::json!({"name": name, "seats": seats})),
            Kind::Table | Kind::WholeTable => {
                let sold = if *kind == Kind::Table { "seats" } else { "whole" };
                tables[section].push(serde_json::json!({"name": name, "sold": sold, "seats": seats}));
            }
        }
    }
    let sections: Vec<_> = { rows.iter().zip(&tables).enumerate() }
        .map(|(at, (rows, tables))| serde_json::json!({"name": format!("S{at}"), "rows": rows, "tables": tables}))
        .collect();
    let mut document = serde_json::json!({
        "name": "H", "categories": [{"name": "C0"}, {"name": "C1"}], "sections": sections});
    if let Some((x, y)) = focal {
        document["focal_point"] = serde_json::json!({"x": x, "y": y});
    }
    let document: own::Document = serde_json::from_value(document).expect("a document");
    let plan = own::read(&document).expect("a plan");
    let currency = Currency::try_from("EUR".to_owned()).expect("a currency");
    Arc::new(Show {
        prices: vec![1, 2],
        order_places_max: 100,
        session_places_max: 1_000,
        ..Show::with_usual_terms(ShowId(1024), Arc::new(plan), currency)
    })
}

/// A seat as a plain look sees it.
#[derive(Debug, Clone, PartialEq)]
struct Cell {
    state: SeatState,
    is_labeled: bool,
}

fn is_wanted(show: &Show, cells: &[Cell], ask: &Ask, seat: SeatIndex) -> bool {
    let cell = &cells[seat.0 as usize];
    let known = show.plan.seat(seat).expect("a seat");
    let category = known.category.0;
    let is_for_all = !known.attributes.accessible && known.attributes.companion_of.is_none();
    let is_free = match ask.is_labeled {
        true => cell.is_labeled,
        false => cell.state == SeatState::Free,
    };
    is_free
        && (ask.accessible > 0 || is_for_all)
        && ask.category.is_none_or(|wanted| wanted == category)
        && ask
            .price_max
            .is_none_or(|max| show.prices[usize::from(category)] <= max)
}

/// How good a window is, less being better: wheelchairs' places in excess, quality that is lacking, whether it leaves a single seat
/// over, how far from the row's best place it is, and where it begins.
type Score = (usize, u32, bool, u32, usize);

/// All windows of a row.
fn windows(
    show: &Show,
    cells: &[Cell],
    ask: &Ask,
    row: &GoodRow,
    count: usize,
) -> Vec<(Score, Vec<SeatIndex>)> {
    let places: Vec<_> = show.plan.best_first().places(row).collect();
    let size = places.len();
    let is_whole_table = row.table.is_some_and(|table| table.whole);
    if count > size || is_whole_table && count < size {
        return Vec::new();
    }
    let wanted = |at: usize| is_wanted(show, cells, ask, places[at % size].1.seat);
    let joins = |at: usize| match at % size {
        0 => row.ends_join,
        at => places[at].1.joins_previous,
    };
    let is_round = (0..size).all(joins);
    let is_empty = is_round && (0..size).all(wanted);
    let quality = |at: usize| u32::from(places[at % size].1.quality.unwrap_or(crate::plan::QUALITY_USUAL));
    let is_varied = (1..size).any(|at| quality(at) != quality(0));
    let mut windows = Vec::new();
    for first in 0..size {
        let end = first + count;
        let fits = (first..end).all(wanted) && (is_whole_table || (first + 1..end).all(joins));
        let is_again = first > 0 && (is_whole_table || count == size && is_empty);
        if !fits || is_again {
            continue;
        }
        let rest = size - count;
        let before = (1..=rest)
            .take_while(|by| joins(first + size + 1 - by) && wanted(first + size - by))
            .count();
        let after = (0..rest)
            .take_while(|by| joins(end + by) && wanted(end + by))
            .count();
        let is_whole = !joins(first + size - before) && !joins(end + after);
        let is_alone = !is_whole_table && !is_empty && !is_whole && (before == 1 || after == 1);
        let seats: Vec<SeatIndex> = (first..end).map(|at| places[at % size].1.seat).collect();
        let attributes = |seat: &SeatIndex| show.plan.seat(*seat).expect("a seat").attributes;
        let accessible = seats.iter().filter(|seat| attributes(seat).accessible).count();
        let with_company = seats
            .iter()
            .filter_map(|seat| attributes(seat).companion_of)
            .all(|of| seats.contains(&of));
        if ask.accessible > 0 && (accessible < ask.accessible as usize || !with_company) {
            continue;
        }
        let middle = 2 * u32::try_from(first).expect("a place") + u32::try_from(count).expect("a count");
        let apart = (2 * places[0].0 + middle).abs_diff(row.twice_best);
        let from_best = match row.ends_join || is_whole_table {
            true => {
                let round = 2 * u32::try_from(size).expect("a size");
                (apart % round).min(round - apart % round)
            }
            false => apart,
        };
        let wasted = if ask.accessible > 0 {
            accessible - ask.accessible as usize
        } else {
            0
        };
        let worse = if is_varied {
            (first..end).map(|at| 1_000 - quality(at)).sum()
        } else {
            0
        };
        windows.push(((wasted, worse, is_alone, from_best, first), seats));
    }
    windows
}

/// The best of all windows of so many seats: the best row's, and there the one with the best score.
fn best(show: &Show, cells: &[Cell], ask: &Ask, count: usize) -> Option<Vec<SeatIndex>> {
    let section = |row: &GoodRow| &show.plan.sections()[usize::from(row.section.0)].name;
    let rows = show.plan.best_first().rows().iter();
    let mut rows = rows.filter(|row| {
        ask.section
            .is_none_or(|wanted| *section(row) == format!("S{wanted}"))
    });
    let of_row = |row: &GoodRow| {
        let windows = windows(show, cells, ask, row, count).into_iter();
        windows.min_by(|(a, _), (b, _)| a.cmp(b))
    };
    let (_, mut seats) = rows.find_map(of_row)?;
    seats.sort_unstable();
    Some(seats)
}

fn filter_of(show: &Show, ask: &Ask) -> Filter {
    Filter {
        category: ask.category.map(crate::plan::CategoryIndex),
        section: ask
            .section
            .and_then(|section| show.plan.section_index(&format!("S{section}"))),
        price_max: ask.price_max,
        ..Filter::default()
    }
}

fn command_of(show: &Arc<Show>, step: &Move, orders: &[OrderNumber]) -> Option<Command> {
    let hold = |wish: Wish| Command::Hold {
        session: SessionId(1),
        wish,
        details: None,
        booking: Booking::Public,
    };
    let places = |seats: &[usize]| {
        let seats: BTreeSet<_> = seats.iter().map(|seat| seat % show.plan.seats().len()).collect();
        let seats = seats
            .into_iter()
            .map(|seat| SeatIndex(u32::try_from(seat).expect("a seat")));
        Places {
            seats: seats.collect(),
            zones: Vec::new(),
        }
    };
    Some(match step {
        Move::Together(ask) => hold(Wish {
            together: Some(Box::new(Together {
                filter: filter_of(show, ask),
                accessible: ask.accessible,
                ..Together::of(ask.count)
            })),
            code: ask.is_labeled.then(|| tariffs::way_in().word),
            ..Wish::default()
        }),
        Move::Hold(seats) => hold(Wish {
            places: places(seats),
            ..Wish::default()
        }),
        Move::Abort(at) => Command::Abort {
            order: *orders.get(*at)?,
        },
        Move::Block(seats, is_labeled) => Command::Block {
            places: places(seats),
            label: is_labeled.then(tariffs::press),
        },
        Move::Unblock(seats, is_labeled) => Command::Unblock {
            places: places(seats),
            label: is_labeled.then(tariffs::press),
        },
        Move::Change(price) => {
            let mut terms = show.next_terms();
            terms.prices = vec![*price, 1];
            Command::Change {
                base: Some(show.revision),
                terms: Some(Arc::new(terms)),
                sale: None,
            }
        }
    })
}

/// What a batch's events make of the seats, one after the other; a plain look before each wish says what it has to come to.
fn check_batch(show: &mut Arc<Show>, cells: &mut [Cell], batch: &[(Move, Command)], changes: &Changes) {
    let mut events = changes.events.iter().peekable();
    for ((step, command), decision) in batch.iter().zip(&changes.decisions) {
        if let Move::Together(ask) = step {
            let expected = best(show, cells, ask, ask.count as usize);
            match &decision.outcome {
                Outcome::Held(held) => assert_eq!(Some(&held.places.seats), expected.as_ref(), "{ask:?}"),
                Outcome::Refused(Refusal::NotTogether) => {
                    assert_eq!(expected, None, "{ask:?}");
                    let largest = (1..20)
                        .rev()
                        .find(|count| best(show, cells, ask, *count).is_some());
                    let largest = u32::try_from(largest.unwrap_or(0)).expect("a count");
                    assert!(
                        ask.accessible > 0 || decision.largest_group == Some(largest),
                        "{ask:?}"
                    );
                }
                other => panic!("{other:?}"),
            }
        }
        while let Some(event) = events.next_if(|event| event.offset <= decision.offset) {
            for seat in &event.places.seats {
                let cell = &mut cells[seat.0 as usize];
                let (state, is_labeled) = match event.kind {
                    EventKind::Booked => (SeatState::Held, false),
                    EventKind::Blocked => (SeatState::Blocked, event.label.is_some()),
                    _ => (SeatState::Free, false),
                };
                *cell = Cell { state, is_labeled };
            }
        }
        if let (
            Command::Change {
                terms: Some(terms), ..
            },
            Outcome::Changed { .. },
        ) = (command, &decision.outcome)
        {
            *show = terms.clone();
        }
    }
}

/// What the state keeps is what would be made anew.
fn check_kept(show: &Show, state: &ShowState, asks: &[Ask]) {
    let index = Index::new(show);
    for ask in asks {
        let filter = Filter {
            label: ask.is_labeled.then(tariffs::press),
            has_accessible: ask.accessible > 0,
            ..filter_of(show, ask)
        };
        let filter = filter.plain(show);
        let is_free = |seat| filter.is_free(state.map().seat(seat), state.labeled(), seat);
        assert_eq!(*state.line_of(show, &filter), index.make(show, &filter, is_free));
    }
}

proptest! {
    #[test]
    fn the_best_seats_are_those_of_a_plain_look(
        hall in halls(),
        focal in prop::option::of((-20i8..120, -20i8..120)),
        batches in prop::collection::vec((prop::bool::weighted(0.7), prop::collection::vec(moves(), 1..7)), 1..16),
    ) {
        let mut show = show_of(&hall, focal);
        let mut state = ShowState::before_all(&show);
        let known = KnownRows {
            codes: HashMap::from([(tariffs::way_in().id, tariffs::way_in())]),
            ..KnownRows::default()
        };
        let mut numbers = OrderNumbers::default();
        numbers.add(1..10_000);
        let now = DateTime::UNIX_EPOCH;
        let opening = decide(&show, &state, &known, &mut numbers, now, [&Command::Open]).expect("numbers");
        fold(&mut state, &opening);
        let free = Cell { state: SeatState::Free, is_labeled: false };
        let mut cells = vec![free; show.plan.seats().len()];
        let (mut orders, mut asks) = (Vec::new(), Vec::new());
        for (is_committed, steps) in batches {
            // One change of the terms a batch, as one order changes once.
            let is_changed = |(at, step): &(usize, Move)| !matches!(step, Move::Change(_)) || *at == 0;
            let steps = steps.into_iter().enumerate().filter(is_changed).map(|(_, step)| step);
            let mut aborted = BTreeSet::new();
            let batch: Vec<_> = steps.filter_map(|step| {
                let command = command_of(&show, &step, &orders)?;
                let is_first = command.order().is_none_or(|order| aborted.insert(order));
                is_first.then_some((step, command))
            }).collect();
            asks.extend(batch.iter().filter_map(|(step, _)| match step {
                Move::Together(ask) => Some(ask.clone()),
                _ => None,
            }));
            let commands = batch.iter().map(|(_, command)| command);
            let changes = decide(&show, &state, &known, &mut numbers, now, commands).expect("numbers");
            let (mut later, mut later_cells) = (show.clone(), cells.clone());
            check_batch(&mut later, &mut later_cells, &batch, &changes);
            // One that failed has changed nothing.
            if is_committed {
                fold(&mut state, &changes);
                (show, cells) = (later, later_cells);
                orders.extend(changes.new_orders.iter().map(|order| order.order));
            }
            check_kept(&show, &state, &asks);
        }
    }
}
