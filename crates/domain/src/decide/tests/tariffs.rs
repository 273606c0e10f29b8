//! What orders cost: ticket types, fees, prices of single seats.

use super::*;
use crate::code::{CodeId, CodeTerms, CodeWord, KnownCode, Off};
use crate::command::TypedPlaces;
use crate::label::Label;
use crate::plan::CategoryIndex;
use crate::tariff::{Fees, Tariff, Tax, TicketType, TicketTypeId};

fn id(text: &str) -> TicketTypeId {
    TicketTypeId::try_from(text.to_owned()).expect("an id")
}

fn ticket_type(name: &str, prices: Vec<Option<i64>>) -> TicketType {
    TicketType {
        id: id(name),
        name: name.to_owned(),
        prices,
        places_min: 1,
        places_max: None,
        only_with: Vec::new(),
    }
}

/// Adults at the usual prices, children for nothing, and fees.
pub fn tariff(prices: &[i64]) -> Tariff {
    let adult = ticket_type("adult", prices.iter().copied().map(Some).collect());
    let child = ticket_type("child", vec![Some(0); prices.len()]);
    Tariff {
        ticket_types: vec![adult, child],
        fees: Fees {
            per_ticket: 1,
            per_order: 2,
        },
        ..Tariff::default()
    }
}

/// A code that takes half off, for two orders at a time.
pub fn half() -> KnownCode {
    KnownCode {
        id: CodeId(5),
        word: CodeWord::read("half").expect("a code"),
        terms: CodeTerms {
            off: Off::Percent(50),
            categories: None,
            ticket_types: None,
            step: 1,
        },
        uses_max: Some(2),
        valid_from: None,
        valid_until: None,
        ended_at: None,
    }
}

/// Whom some places are kept for.
pub fn press() -> Label {
    Label::try_from("press".to_owned()).expect("a label")
}

/// The way to their places.
pub fn way_in() -> KnownCode {
    KnownCode {
        id: CodeId(6),
        word: CodeWord::read("way-in").expect("a code"),
        terms: CodeTerms {
            off: Off::WayIn(press()),
            ..half().terms
        },
        uses_max: None,
        ..half()
    }
}

/// What each session enters.
pub fn code_of(session: u128) -> Option<CodeWord> {
    match session {
        1 => Some(way_in().word),
        2 => Some(half().word),
        _ => None,
    }
}

/// One of these places is a child's, or one of those that are found.
pub fn one_child(zones: Option<ZonePlaces>, together: u32) -> Option<TypedPlaces> {
    let zones = zones.map(|part| ZonePlaces { count: 1, ..part });
    Some(TypedPlaces {
        ticket_type: id("child"),
        together: u32::from(together > 0 && zones.is_none()),
        places: Places {
            seats: Vec::new(),
            zones: zones.into_iter().collect(),
        },
    })
    .filter(|typed| typed.together + typed.places.count() > 0)
}

/// Six seats of category 0 at 100, and a zone; children pay 40 on seats and are not sold in the zone. Groups are of three or four.
fn show_of(change: impl FnOnce(&mut Tariff)) -> Arc<Show> {
    let mut show = Show::clone(&show());
    show.prices = vec![100; show.plan.categories().len()];
    let seats = show.plan.seats()[0].category;
    let prices = |price: i64| {
        let mut prices = vec![None; show.plan.categories().len()];
        prices[usize::from(seats.0)] = Some(price);
        prices
    };
    let adult = ticket_type("adult", vec![Some(100); show.plan.categories().len()]);
    let child = TicketType {
        only_with: vec![id("adult")],
        ..ticket_type("child", prices(40))
    };
    let group = TicketType {
        places_min: 3,
        places_max: Some(4),
        ..ticket_type("group", prices(80))
    };
    let mut tariff = Tariff {
        ticket_types: vec![adult, child, group],
        ..Tariff::default()
    };
    change(&mut tariff);
    show.tariff = Some(Arc::new(tariff));
    Arc::new(show)
}

fn hold(show: &Arc<Show>, wish: Wish) -> Outcome {
    let state = ShowState::before_all(show);
    let mut numbers = OrderNumbers::default();
    numbers.add(1..100);
    let hold = Command::Hold {
        session: SessionId(1),
        wish,
        details: None,
        booking: Booking::Public,
    };
    let (known, now) = (KnownRows::default(), DateTime::UNIX_EPOCH);
    let changes = decide(show, &state, &known, &mut numbers, now, [&Command::Open, &hold]).expect("numbers");
    changes.decisions[1].outcome.clone()
}

fn seats(seats: &[u32]) -> Places {
    Places {
        seats: seats.iter().copied().map(SeatIndex).collect(),
        zones: Vec::new(),
    }
}

fn typed(ticket_type: &str, places: Places, together: u32) -> TypedPlaces {
    TypedPlaces {
        ticket_type: id(ticket_type),
        places,
        together,
    }
}

#[track_caller]
fn check(show: &Arc<Show>, wish: Wish, prices: &[i64], total: i64) -> Bill {
    match hold(show, wish) {
        Outcome::Held(held) => {
            assert_eq!((held.prices.as_deref(), held.total), (Some(prices), Some(total)));
            *held.bill.expect("a bill")
        }
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn refuse(show: &Arc<Show>, wish: Wish) -> Refusal {
    match hold(show, wish) {
        Outcome::Refused(refusal) => refusal,
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_place_costs_what_it_is_sold_as() {
    let show = show_of(|_| ());
    let wish = Wish {
        places: seats(&[0, 1, 2]),
        ticket_types: vec![typed("child", seats(&[1]), 0)],
        ..Wish::default()
    };
    let bill = check(&show, wish, &[100, 40, 100], 240);
    let ids: Vec<_> = bill
        .ticket_types
        .into_iter()
        .flatten()
        .map(String::from)
        .collect();
    assert_eq!(ids, ["adult", "child", "adult"]);
    // Of places that the office finds, the first ones.
    let wish = Wish {
        together: Some(Box::new(together::Wish::of(3))),
        ticket_types: vec![typed("child", Places::default(), 2)],
        ..Wish::default()
    };
    check(&show, wish, &[40, 40, 100], 180);
}

#[test]
fn a_seat_may_have_a_price_of_its_own_for_all_types() {
    let show = show_of(|tariff| {
        tariff.seat_prices = [(SeatIndex(1), 70), (SeatIndex(2), 50)].into();
    });
    let as_children = |children: &[u32]| Wish {
        places: seats(&[0, 1, 2]),
        ticket_types: vec![typed("child", seats(children), 0)],
        ..Wish::default()
    };
    check(&show, as_children(&[1]), &[100, 10, 50], 160);
    // Never less than nothing.
    check(&show, as_children(&[2]), &[100, 70, 0], 170);
}

#[test]
fn fees_are_of_what_costs_something_and_the_tax_is_within() {
    let free = |tariff: &mut Tariff| {
        tariff.ticket_types[1].prices = vec![Some(0); 3];
        tariff.ticket_types[1].only_with = Vec::new();
        tariff.fees = Fees {
            per_ticket: 5,
            per_order: 7,
        };
        tariff.tax = Some(Tax {
            name: "VAT".to_owned(),
            basis_points: 1_000,
        });
    };
    let show = show_of(free);
    let children = |children: &[u32]| Wish {
        places: seats(&[0, 1]),
        ticket_types: vec![typed("child", seats(children), 0)],
        ..Wish::default()
    };
    let bill = check(&show, children(&[1]), &[100, 0], 112);
    assert_eq!(bill.tax.expect("a tax").within(112), 10);
    check(&show, children(&[0, 1]), &[0, 0], 0);
}

#[test]
fn a_code_is_good_at_its_time_for_its_places_and_as_often_as_it_may_be() {
    let show = show_of(|tariff| tariff.fees.per_ticket = 5);
    let state = ShowState::before_all(&show);
    let now = DateTime::UNIX_EPOCH;
    let hold = |seat: u32| Command::Hold {
        session: SessionId(1),
        wish: Wish {
            places: seats(&[seat]),
            code: Some(half().word),
            ..Wish::default()
        },
        details: None,
        booking: Booking::Public,
    };
    let outcomes = |code: Option<KnownCode>| {
        let known = KnownRows {
            codes: code.into_iter().map(|code| (code.id, code)).collect(),
            ..KnownRows::default()
        };
        let mut numbers = OrderNumbers::default();
        numbers.add(1..100);
        let commands = [Command::Open, hold(0), hold(1), hold(2)];
        let changes = decide(&show, &state, &known, &mut numbers, now, &commands).expect("numbers");
        let outcomes = changes
            .decisions
            .into_iter()
            .skip(1)
            .map(|decision| decision.outcome);
        outcomes.collect::<Vec<_>>()
    };
    let all = outcomes(Some(half()));
    assert!(
        matches!(&all[0], Outcome::Held(held) if held.total == Some(55) && held.prices == Some(vec![50]))
    );
    assert!(
        matches!(&all[1], Outcome::Held(held) if held.bill.as_ref().is_some_and(|bill| bill.discount.is_some()))
    );
    assert_eq!(all[2], Outcome::Refused(Refusal::CodeUsedUp));
    let refused = |change: &dyn Fn(&mut KnownCode)| {
        let mut code = half();
        change(&mut code);
        outcomes(Some(code)).remove(0)
    };
    let (before, after) = (now - TimeDelta::seconds(1), now + TimeDelta::seconds(1));
    assert_eq!(outcomes(None)[0], Outcome::Refused(Refusal::CodeUnknown));
    for (found, refusal) in [
        (
            refused(&|code| code.valid_from = Some(after)),
            Refusal::CodeNotValidYet(after),
        ),
        (
            refused(&|code| code.valid_until = Some(now)),
            Refusal::CodeEnded(now),
        ),
        (
            refused(&|code| code.ended_at = Some(before)),
            Refusal::CodeEnded(before),
        ),
        (
            refused(&|code| code.terms.ticket_types = Some(vec![id("child")])),
            Refusal::CodeNotForThese,
        ),
        (
            refused(&|code| code.terms.categories = Some(Vec::new())),
            Refusal::CodeNotForThese,
        ),
    ] {
        assert_eq!(found, Outcome::Refused(refusal));
    }
    assert!(matches!(
        refused(&|code| code.valid_from = Some(now)),
        Outcome::Held(_)
    ));
}

#[test]
fn types_that_may_not_stand_so_are_refused() {
    let show = show_of(|_| ());
    let of = |ticket_type: &str, count: u32| Wish {
        places: seats(&(0..count).collect::<Vec<_>>()),
        ticket_types: vec![typed(ticket_type, seats(&(0..count).collect::<Vec<_>>()), 0)],
        ..Wish::default()
    };
    let limit = |places| Refusal::TicketTypeLimit {
        ticket_type: id("group"),
        places,
        min: 3,
        max: Some(4),
    };
    assert_eq!(refuse(&show, of("group", 2)), limit(2));
    assert_eq!(refuse(&show, of("group", 5)), limit(5));
    check(&show, of("group", 3), &[80; 3], 240);
    let alone = Refusal::TicketTypeOnlyWith {
        ticket_type: id("child"),
        only_with: vec![id("adult")],
    };
    assert_eq!(refuse(&show, of("child", 1)), alone);
    let unknown = Refusal::TicketTypeNotSold {
        at: 0,
        ticket_type: id("senior"),
        category: None,
    };
    assert_eq!(refuse(&show, of("senior", 1)), unknown);
    let plain = self::show();
    assert_eq!(refuse(&plain, of("senior", 1)), unknown);
    let zone = Wish {
        places: blocked(None, 2),
        ticket_types: vec![typed("child", blocked(None, 1), 0)],
        ..Wish::default()
    };
    let category = show.plan.zones()[0].category;
    assert!(
        matches!(refuse(&show, zone), Refusal::TicketTypeNotSold { category: Some(at), .. } if at == category)
    );
    assert_ne!(category, CategoryIndex(0));
}

#[test]
fn places_of_a_label_are_found_by_its_code_alone_and_kept_again_afterwards() {
    let show = show();
    let mut state = ShowState::before_all(&show);
    let known = KnownRows {
        codes: HashMap::from([(way_in().id, way_in())]),
        ..KnownRows::default()
    };
    let mut numbers = OrderNumbers::default();
    numbers.add(1..100);
    let hold = |places: &[u32], code: Option<CodeWord>| Command::Hold {
        session: SessionId(1),
        wish: Wish {
            places: seats(places),
            code,
            ..Wish::default()
        },
        details: None,
        booking: Booking::Public,
    };
    let together = |count| Command::Hold {
        session: SessionId(1),
        wish: Wish {
            together: Some(Box::new(together::Wish::of(count))),
            code: Some(way_in().word),
            ..Wish::default()
        },
        details: None,
        booking: Booking::Public,
    };
    let press_only = Command::Block {
        places: seats(&[2, 3, 4]),
        label: Some(press()),
    };
    let now = DateTime::UNIX_EPOCH;
    let commands = [
        Command::Open,
        press_only,
        hold(&[2], None),
        hold(&[0], Some(way_in().word)),
        hold(&[2], Some(way_in().word)),
        hold(&[2], Some(way_in().word)),
        together(2),
        together(1),
    ];
    let changes = decide(&show, &state, &known, &mut numbers, now, &commands).expect("numbers");
    let outcomes: Vec<_> = changes
        .decisions
        .iter()
        .map(|decision| &decision.outcome)
        .collect();
    let taken = |seat: u32| {
        let (seats, zones) = (vec![SeatIndex(seat)], Vec::new());
        Outcome::Refused(Refusal::PlacesTaken { seats, zones })
    };
    assert_eq!(*outcomes[2], taken(2));
    assert_eq!(*outcomes[3], Outcome::Refused(Refusal::CodeNotForThese));
    assert!(matches!(outcomes[4], Outcome::Held(held) if held.places == seats(&[2])));
    assert_eq!(*outcomes[5], taken(2));
    assert!(matches!(outcomes[6], Outcome::Held(held) if held.places == seats(&[3, 4])));
    assert_eq!(*outcomes[7], Outcome::Refused(Refusal::NotTogether));
    fold(&mut state, &changes);
    assert!(state.labeled().seats.is_empty());
    let later = now + TimeDelta::seconds(HOLD_SECONDS);
    let lapsed = decide(&show, &state, &known, &mut numbers, later, [&hold(&[2], None)]).expect("numbers");
    let kinds: Vec<_> = lapsed.events.iter().map(|event| event.kind).collect();
    let (out, kept) = (EventKind::TimedOut, EventKind::Blocked);
    assert_eq!(kinds, [out, kept, out, kept]);
    assert_eq!(lapsed.decisions[0].outcome, taken(2));
    fold(&mut state, &lapsed);
    assert_eq!(state.labeled().seats.len(), 3);
    let release = |label| Command::Unblock {
        places: seats(&[2]),
        label,
    };
    let other = Label::try_from("other".to_owned()).expect("a label");
    let commands = [release(Some(other)), release(None), hold(&[2], None)];
    let freed = decide(&show, &state, &known, &mut numbers, later, &commands).expect("numbers");
    let not_its = Outcome::Refused(Refusal::SeatsNotBlocked(seats(&[2])));
    assert_eq!(freed.decisions[0].outcome, not_its);
    assert!(matches!(freed.decisions[2].outcome, Outcome::Held(_)));
    fold(&mut state, &freed);
    assert_eq!(state.labeled().seats.len(), 2);
}

#[test]
fn a_part_that_goes_back_keeps_the_use_and_the_last_one_takes_all_that_is_left() {
    let show = show_of(|tariff| {
        tariff.fees = Fees {
            per_ticket: 5,
            per_order: 7,
        };
    });
    let mut state = ShowState::before_all(&show);
    let mut numbers = OrderNumbers::default();
    numbers.add(1..100);
    let once = KnownCode {
        uses_max: Some(1),
        ..half()
    };
    let hold = |places: &[u32]| Command::Hold {
        session: SessionId(1),
        wish: Wish {
            places: seats(places),
            code: Some(once.word.clone()),
            ..Wish::default()
        },
        details: None,
        booking: Booking::Public,
    };
    let (order, payment, now) = (OrderNumber(1), PaymentId(1), DateTime::UNIX_EPOCH);
    let mut known = KnownRows {
        codes: HashMap::from([(once.id, once.clone())]),
        ..KnownRows::default()
    };
    let made = decide(
        &show,
        &state,
        &known,
        &mut numbers,
        now,
        [&Command::Open, &hold(&[0, 1])],
    )
    .expect("numbers");
    fold(&mut state, &made);
    let tender = Tender {
        payment,
        provider: "sandbox",
        payment_method: "card".into(),
        return_url: None,
    };
    let pay = Command::Pay {
        session: SessionId(1),
        order,
        tender,
    };
    let paid = decide(&show, &state, &known, &mut numbers, now, [&pay]).expect("numbers");
    fold(&mut state, &paid);
    let new = &made.new_orders[0];
    let row = KnownOrder {
        state: OrderState::Paid,
        terms: new.terms,
        places: new.places.clone(),
        prices: new.prices.clone(),
        bill: new.bill.as_deref().cloned(),
        was_extended: false,
        booked: new.booked,
        paid: None,
        live_payment: Some(payment),
        checked_in: BTreeSet::new(),
        exchange: None,
        credits: Vec::new(),
        transferred: crate::transfers::Transfers::NONE,
    };
    known.orders.insert(order, row);
    let money = |refunded| KnownPayment {
        id: payment,
        state: PaymentState::Captured,
        awaits_buyer: false,
        decline: None,
        amount: 2 * 55 + 7,
        refunded,
        disputed: 0,
        lent: 0,
        refunded_own: refunded,
        is_kept: true,
    };
    let give_back = |tickets: Vec<TicketIndex>| Command::Return {
        order,
        tickets,
        by: Returner::Organiser,
        refund: RefundId(1),
    };
    known.payments.insert(payment, money(0));
    let some = [give_back(vec![TicketIndex(1)]), hold(&[2])];
    let some = decide(&show, &state, &known, &mut numbers, now, &some).expect("numbers");
    assert_eq!(some.returns[0].amount, 55);
    assert_eq!(some.decisions[1].outcome, Outcome::Refused(Refusal::CodeUsedUp));
    fold(&mut state, &some);
    known.payments.insert(payment, money(55));
    let rest = [give_back(Vec::new()), hold(&[2])];
    let rest = decide(&show, &state, &known, &mut numbers, now, &rest).expect("numbers");
    assert_eq!(rest.returns[0].amount, 62);
    assert!(matches!(rest.decisions[1].outcome, Outcome::Held(_)));
}
