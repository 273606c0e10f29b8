//! Batches made by hand: what each command sees of those before it.

use super::*;
use crate::event::Place;

#[test]
fn more_lapses_than_a_batch_takes_make_the_commands_wait() {
    let mut show = Show::clone(&show());
    show.zone_capacities = vec![u32::MAX];
    show.session_places_max = u32::MAX;
    let show = Arc::new(show);
    let mut state = ShowState::before_all(&show);
    let known = KnownRows::default();
    let mut numbers = OrderNumbers::default();
    numbers.add(1..10_000);
    let now = DateTime::UNIX_EPOCH;
    let places = Places {
        seats: Vec::new(),
        zones: vec![ZonePlaces {
            zone: ZoneIndex(0),
            count: 1,
        }],
    };
    let hold = Command::Hold {
        session: SessionId(1),
        wish: Wish {
            places,
            ..Wish::default()
        },
        details: None,
        booking: Booking::Public,
    };
    let mut commands = vec![Command::Open];
    commands.resize(BATCH_LAPSES_MAX + 2, hold.clone());
    let all = decide(&show, &state, &known, &mut numbers, now, &commands).expect("numbers");
    fold(&mut state, &all);

    let later = now + TimeDelta::seconds(HOLD_SECONDS);
    let first = decide(&show, &state, &known, &mut numbers, later, [&hold]).expect("numbers");
    assert_eq!((first.events.len(), first.decisions.len()), (BATCH_LAPSES_MAX, 0));
    fold(&mut state, &first);
    let second = decide(&show, &state, &known, &mut numbers, later, [&hold]).expect("numbers");
    assert_eq!((second.events.len(), second.decisions.len()), (2, 1));
}

#[test]
fn a_wish_that_found_nothing_finds_seats_that_are_freed_later_in_the_batch() {
    let show = show();
    let mut state = ShowState::before_all(&show);
    let known = KnownRows::default();
    let mut numbers = OrderNumbers::default();
    numbers.add(1..100);
    let now = DateTime::UNIX_EPOCH;
    let together = |count| Command::Hold {
        session: SessionId(1),
        wish: Wish {
            together: Some(Box::new(together::Wish::of(count))),
            ..Wish::default()
        },
        details: None,
        booking: Booking::Public,
    };
    let opening = decide(
        &show,
        &state,
        &known,
        &mut numbers,
        now,
        [&Command::Open, &together(5)],
    )
    .expect("numbers");
    fold(&mut state, &opening);
    let order = opening.new_orders[0].order;
    let commands = [
        together(2),
        together(3),
        Command::Abort { order },
        together(3),
        together(2),
    ];
    let changes = decide(&show, &state, &known, &mut numbers, now, &commands).expect("numbers");
    let held: Vec<bool> = changes
        .decisions
        .iter()
        .map(|decision| matches!(decision.outcome, Outcome::Held(_)))
        .collect();
    assert_eq!(held, [false, false, false, true, true]);
}

#[test]
fn terms_change_between_two_commands_of_a_batch_and_orders_keep_their_prices() {
    let show = show();
    let mut state = ShowState::before_all(&show);
    let known = KnownRows::default();
    let mut numbers = OrderNumbers::default();
    numbers.add(1..100);
    let now = DateTime::UNIX_EPOCH;
    let in_zone = |count| Command::Hold {
        session: SessionId(1),
        wish: Wish {
            places: blocked(None, count),
            ..Wish::default()
        },
        details: None,
        booking: Booking::Public,
    };
    let mut larger = show.next_terms();
    larger.prices = vec![10, 20, 30];
    larger.zone_capacities = vec![7];
    let mut too_small = show.next_terms();
    too_small.zone_capacities = vec![4];
    let change = |terms: &Show| Command::Change {
        base: Some(Revision::FIRST),
        terms: Some(Arc::new(terms.clone())),
        sale: None,
    };
    let commands = [
        Command::Open,
        in_zone(5),
        in_zone(2),
        change(&too_small),
        change(&larger),
        in_zone(2),
        change(&larger),
    ];
    let changes = decide(&show, &state, &known, &mut numbers, now, &commands).expect("numbers");
    let outcomes: Vec<_> = changes
        .decisions
        .iter()
        .map(|decision| &decision.outcome)
        .collect();
    let in_use = ZonePlaces {
        zone: ZoneIndex(0),
        count: 5,
    };
    assert!(matches!(outcomes[1], Outcome::Held(held) if held.total.is_none()));
    assert!(matches!(
        outcomes[2],
        Outcome::Refused(Refusal::PlacesTaken { .. })
    ));
    assert_eq!(
        *outcomes[3],
        Outcome::Refused(Refusal::PlacesInUse(Places {
            zones: vec![in_use],
            ..Places::default()
        }))
    );
    let changed = Outcome::Changed {
        revision: Revision(2),
        sale: Sale::Open,
    };
    assert_eq!(*outcomes[4], changed);
    let price = larger.place_price(Place::Zone(ZoneIndex(0)));
    assert!(matches!(outcomes[5], Outcome::Held(held) if held.total == Some(2 * price)));
    assert_eq!(*outcomes[6], Outcome::Refused(Refusal::OtherTerms(Revision(2))));
    assert_eq!(changes.new_orders[1].prices, Some(vec![price; 2]));
    let zones: Vec<_> = changes
        .zones
        .iter()
        .map(|change| (change.to.held, change.capacity))
        .collect();
    assert_eq!(zones, [(7, Some(7))]);
    fold(&mut state, &changes);
    assert_eq!(
        (state.map().revision, state.map().capacity(ZoneIndex(0))),
        (Revision(2), 7)
    );
}

#[test]
fn a_draft_sells_nothing_until_it_is_opened() {
    let mut draft = Show::clone(&show());
    draft.is_draft = true;
    let show = Arc::new(draft);
    let state = ShowState::before_all(&show);
    let mut numbers = OrderNumbers::default();
    numbers.add(1..100);
    let hold = Command::Hold {
        session: SessionId(1),
        wish: Wish {
            places: blocked(Some(0), 0),
            ..Wish::default()
        },
        details: None,
        booking: Booking::Public,
    };
    let commands = [hold.clone(), Command::Open, hold];
    let known = KnownRows::default();
    let now = DateTime::UNIX_EPOCH;
    let changes = decide(&show, &state, &known, &mut numbers, now, &commands).expect("numbers");
    let kinds: Vec<_> = changes.events.iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [EventKind::Changed, EventKind::Opened, EventKind::Booked]);
    assert_eq!(
        changes.decisions[0].outcome,
        Outcome::Refused(Refusal::ShowClosed)
    );
    assert!(changes.terms.iter().all(|terms| !terms.is_draft));
}
