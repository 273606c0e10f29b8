//! Waitlists, case by case.

use super::*;

fn hold(session: u128, seats: &[u32]) -> Command {
    Command::Hold {
        session: SessionId(session),
        wish: Wish {
            places: Places {
                seats: seats.iter().copied().map(SeatIndex).collect(),
                zones: Vec::new(),
            },
            ..Wish::default()
        },
        details: None,
        booking: Booking::Public,
    }
}

fn join(session: u128, count: u32, categories: &[u16]) -> Command {
    Command::Join {
        session: SessionId(session),
        want: Want {
            count,
            categories: categories.iter().copied().map(CategoryIndex).collect(),
            ..Want::default()
        },
        details: None,
    }
}

fn entry_of(outcome: &Outcome) -> EntryNumber {
    match outcome {
        Outcome::Joined(joined) => joined.entry,
        other => panic!("{other:?}"),
    }
}

fn order_of(outcome: &Outcome) -> OrderNumber {
    match outcome {
        Outcome::Held(held) => held.order,
        other => panic!("{other:?}"),
    }
}

/// All front seats are one order's.
fn sold_out() -> (Trial, OrderNumber) {
    let mut trial = Trial::new(hall(rules()));
    let all = order_of(&trial.pass(&[hold(1, &[0, 1, 2, 3, 4])])[0]);
    (trial, all)
}

#[test]
fn who_asks_in_the_batch_that_frees_places_comes_after_those_who_wait() {
    let (mut trial, all) = sold_out();
    trial.pass(&[join(10, 1, &[0]), join(11, 2, &[0])]);
    let outcomes = trial.pass(&[
        Command::Abort { order: all },
        hold(2, &[0]),
        hold(3, &[3]),
        hold(4, &[4]),
    ]);
    assert!(
        matches!(&outcomes[1], Outcome::Refused(Refusal::PlacesTaken { .. })),
        "{outcomes:?}"
    );
    assert!(matches!(&outcomes[2], Outcome::Held(_)), "{outcomes:?}");
    assert_eq!(trial.state.session_places(SessionId(10)), 1);
    assert_eq!(trial.state.session_places(SessionId(11)), 2);
}

#[test]
fn a_lapsed_offer_goes_to_the_next() {
    let (mut trial, all) = sold_out();
    trial.pass(&[join(10, 5, &[0]), join(11, 5, &[0])]);
    trial.pass(&[Command::Abort { order: all }]);
    assert_eq!(trial.state.session_places(SessionId(10)), 5);
    trial.now += TimeDelta::seconds(OFFER_SECONDS);
    trial.pass(&[hold(2, &[0])]);
    assert_eq!(trial.state.session_places(SessionId(10)), 0);
    assert_eq!(trial.state.session_places(SessionId(11)), 5);
}

#[test]
fn a_group_collects_what_it_needs_and_no_more_and_a_large_one_nothing() {
    let (mut trial, _) = sold_out();
    // Of the middle ones, one by one.
    let orders: Vec<_> = (5..10)
        .map(|seat| order_of(&trial.pass(&[hold(u128::from(seat), &[seat])])[0]))
        .collect();
    // More than three collect nothing.
    trial.pass(&[join(10, 4, &[1]), join(11, 3, &[1]), join(12, 1, &[1])]);
    trial.pass(&[Command::Abort { order: orders[0] }]);
    let outcomes = trial.pass(&[hold(2, &[5])]);
    let waitlisted = Refusal::Waitlisted {
        seats: vec![SeatIndex(5)],
        zones: Vec::new(),
    };
    assert_eq!(outcomes, [Outcome::Refused(waitlisted)]);
    trial.pass(&[Command::Abort { order: orders[1] }]);
    assert_eq!(trial.state.session_places(SessionId(11)), 0);
    trial.pass(&[Command::Abort { order: orders[2] }]);
    assert_eq!(trial.state.session_places(SessionId(11)), 3);
    // Nobody collects before the last one now.
    trial.pass(&[Command::Abort { order: orders[3] }]);
    assert_eq!(trial.state.session_places(SessionId(12)), 1);
    // A large group does not keep others from what it can't have.
    trial.pass(&[Command::Abort { order: orders[4] }]);
    assert!(matches!(&trial.pass(&[hold(2, &[9])])[0], Outcome::Held(_)));
}

#[test]
fn nobody_collects_when_the_sale_is_about_to_end() {
    let mut show = Show::clone(&hall(rules()));
    let end = DateTime::UNIX_EPOCH + TimeDelta::days(3);
    show.times.starts_at = end;
    let mut trial = Trial::new(Arc::new(show));
    let orders: Vec<_> = (0..5)
        .map(|seat| order_of(&trial.pass(&[hold(u128::from(seat), &[seat])])[0]))
        .collect();
    trial.now = end - TimeDelta::seconds(86_401);
    let orders: Vec<_> = match trial.state.order(orders[0]) {
        // They have lapsed by then.
        Some(_) => {
            trial.pass(&[]);
            (0..5)
                .map(|seat| order_of(&trial.pass(&[hold(u128::from(seat), &[seat])])[0]))
                .collect()
        }
        None => orders,
    };
    let known = KnownRows::default();
    let outcomes = trial.pass(&[
        join(10, 2, &[0]),
        Command::Abort { order: orders[0] },
        hold(5, &[0]),
    ]);
    assert!(
        matches!(&outcomes[2], Outcome::Refused(Refusal::Waitlisted { .. })),
        "{outcomes:?}"
    );
    let later = decide(
        &trial.show,
        &trial.state,
        &known,
        &mut trial.numbers,
        trial.now + TimeDelta::seconds(1),
        [&hold(5, &[0])],
    );
    let later = later.expect("numbers");
    assert!(
        matches!(later.decisions[0].outcome, Outcome::Held(_)),
        "{later:?}"
    );
    // With the end of the sale all leave.
    trial.now = end;
    trial.pass_over(&[]);
    assert!(trial.state.waitlist().is_empty());
}

#[test]
fn an_offer_ends_with_the_sale() {
    let mut show = Show::clone(&hall(rules()));
    let end = DateTime::UNIX_EPOCH + TimeDelta::seconds(50);
    show.times.starts_at = end;
    let show = Arc::new(show);
    let mut state = ShowState::before_all(&show);
    let mut numbers = OrderNumbers::default();
    numbers.add(1..100);
    let now = DateTime::UNIX_EPOCH;
    let known = KnownRows::default();
    let commands = [Command::Open, hold(1, &[0, 1, 2, 3, 4]), join(10, 1, &[0])];
    let changes = decide(&show, &state, &known, &mut numbers, now, &commands).expect("numbers");
    fold(&mut state, &changes);
    let order = order_of(&changes.decisions[1].outcome);
    let changes = decide(
        &show,
        &state,
        &known,
        &mut numbers,
        now,
        [&Command::Abort { order }],
    )
    .expect("numbers");
    assert_eq!(changes.new_orders[0].terms.expires_at, end);
}

#[test]
fn a_wish_that_grows_gets_behind_and_one_that_shrinks_stays() {
    let (mut trial, _) = sold_out();
    let outcomes = trial.pass(&[join(10, 2, &[0]), join(11, 2, &[0])]);
    let first = entry_of(&outcomes[0]);
    let change = |count, categories: &[u16]| Command::ChangeWant {
        entry: first,
        want: Want {
            count,
            categories: categories.iter().copied().map(CategoryIndex).collect(),
            ..Want::default()
        },
    };
    let place = |trial: &Trial| trial.queue.iter().position(|(entry, _)| *entry == first);
    trial.pass(&[change(1, &[0])]);
    assert_eq!(place(&trial), Some(0));
    trial.pass(&[change(2, &[0])]);
    assert_eq!(place(&trial), Some(1));
    trial.pass(&[join(12, 2, &[0])]);
    // Another category is more than before, though the places are fewer; but then it is served at once.
    let outcomes = trial.pass(&[change(1, &[0, 1])]);
    assert!(
        matches!(&outcomes[0], Outcome::Joined(joined) if joined.standing.is_none()),
        "{outcomes:?}"
    );
    assert_eq!(trial.state.session_places(SessionId(10)), 1);
}

#[test]
fn who_wants_what_nobody_can_have_or_what_is_there_need_not_wait() {
    let (mut trial, _) = sold_out();
    let outcomes = trial.pass(&[
        join(10, 1, &[1]),
        join(10, 6, &[0]),
        join(10, 1, &[0]),
        join(10, 1, &[0]),
        Command::Leave {
            entry: EntryNumber(1),
        },
        join(1, 3, &[0]),
    ]);
    assert_eq!(outcomes[0], Outcome::Refused(Refusal::PlacesFree));
    assert_eq!(outcomes[1], Outcome::Refused(Refusal::NoSuchPlaces));
    let entry = entry_of(&outcomes[2]);
    assert_eq!(outcomes[3], Outcome::Refused(Refusal::WaitsAlready(entry)));
    assert_eq!(outcomes[4], Outcome::Refused(Refusal::EntryNotWaiting));
    assert_eq!(outcomes[5], Outcome::Refused(Refusal::SessionLimit(7)));
}

#[test]
fn whose_session_has_enough_by_now_loses_its_turn() {
    let (mut trial, all) = sold_out();
    trial.pass(&[join(10, 4, &[0]), join(11, 4, &[0])]);
    trial.pass(&[hold(10, &[5, 6, 7, 8])]);
    trial.pass(&[Command::Abort { order: all }]);
    assert_eq!(trial.state.session_places(SessionId(10)), 4);
    assert_eq!(trial.state.session_places(SessionId(11)), 4);
    assert!(trial.state.waitlist().is_empty());
}

#[test]
fn more_offers_than_a_batch_makes_are_made_by_the_next_and_nobody_comes_between() {
    let mut show = Show::clone(&hall(rules()));
    show.zone_capacities = vec![1_000];
    show.session_places_max = 5_000;
    show.order_places_max = 500;
    let show = Arc::new(show);
    let mut state = ShowState::before_all(&show);
    let mut numbers = OrderNumbers::default();
    numbers.add(1..10_000);
    let now = DateTime::UNIX_EPOCH;
    let known = KnownRows::default();
    let zone = |session, count| Command::Hold {
        session: SessionId(session),
        wish: Wish {
            places: Places {
                seats: Vec::new(),
                zones: vec![ZonePlaces {
                    zone: ZoneIndex(0),
                    count,
                }],
            },
            ..Wish::default()
        },
        details: None,
        booking: Booking::Public,
    };
    let waiting = BATCH_OFFERS_MAX + 10;
    let mut commands = vec![Command::Open, zone(1, 500), zone(1, 500)];
    commands.extend((0..waiting).map(|number| Command::Join {
        session: SessionId(1_000 + number as u128),
        want: Want {
            count: 1,
            zone: Some(ZoneIndex(0)),
            ..Want::default()
        },
        details: None,
    }));
    let changes = decide(&show, &state, &known, &mut numbers, now, &commands).expect("numbers");
    fold(&mut state, &changes);
    let order = order_of(&changes.decisions[1].outcome);
    let commands = [Command::Abort { order }, zone(2, 1)];
    let changes = decide(&show, &state, &known, &mut numbers, now, &commands).expect("numbers");
    assert_eq!(changes.new_orders.len(), BATCH_OFFERS_MAX);
    assert!(changes.is_more_due);
    let refused = &changes.decisions[1].outcome;
    assert!(
        matches!(refused, Outcome::Refused(Refusal::Waitlisted { .. })),
        "{refused:?}"
    );
    fold(&mut state, &changes);
    let changes = decide(&show, &state, &known, &mut numbers, now, [&zone(2, 1)]).expect("numbers");
    assert_eq!(changes.new_orders.len(), 11);
    assert!(!changes.is_more_due);
    // Without a number to spare, the commands have theirs.
    let mut few = OrderNumbers::default();
    few.add(20_000..20_001);
    let orders: Vec<_> = changes.new_orders.iter().map(|order| order.order).collect();
    fold(&mut state, &changes);
    let join = Command::Join {
        session: SessionId(1),
        want: Want {
            count: 300,
            zone: Some(ZoneIndex(0)),
            ..Want::default()
        },
        details: None,
    };
    let changes = decide(
        &show,
        &state,
        &known,
        &mut few,
        now,
        [&join, &Command::Abort { order: orders[0] }, &zone(3, 1)],
    );
    assert!(changes.is_ok());
}

#[test]
fn no_more_is_on_offer_than_may_be_and_what_is_paid_makes_room() {
    let rules = WaitlistRules {
        places_max: Some(2),
        ..rules()
    };
    let mut trial = Trial::new(hall(rules));
    let all = order_of(&trial.pass(&[hold(1, &[0, 1, 2, 3, 4])])[0]);
    trial.pass(&[join(10, 2, &[0]), join(11, 2, &[0]), join(12, 1, &[0])]);
    trial.pass(&[Command::Abort { order: all }]);
    let places = |trial: &Trial| [10, 11, 12].map(|session| trial.state.session_places(SessionId(session)));
    // Nobody overtakes the second one.
    assert_eq!(places(&trial), [2, 0, 0]);
    let offered = trial.orders[1];
    let free = (0..5).find(|seat| trial.state.map().seat(SeatIndex(*seat)) == Some(SeatState::Free));
    let held = trial.pass(&[hold(2, &[free.expect("a free seat")])]);
    assert!(matches!(held[0], Outcome::Held(_)), "{held:?}");
    let tender = Tender {
        payment: PaymentId(1),
        provider: "sandbox",
        payment_method: "card".into(),
        return_url: None,
    };
    let pay = Command::Pay {
        session: SessionId(10),
        order: offered,
        tender,
    };
    trial.pass(&[pay]);
    assert_eq!(places(&trial), [2, 2, 0]);
}

impl Trial {
    /// As `pass`, at a time at which the show sells no more.
    fn pass_over(&mut self, commands: &[Command]) {
        let changes = self.decide(commands);
        fold(&mut self.state, &changes);
    }
}
