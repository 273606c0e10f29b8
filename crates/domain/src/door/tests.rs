use chrono::TimeDelta;
use proptest::prelude::*;

use super::*;
use crate::plan::SeatIndex;
use crate::plan::generate::{Spec, generate};

fn hall() -> Plan {
    let spec = Spec {
        sections: 2,
        rows: 3,
        seats: 4,
        zones: 5,
    };
    generate(&spec).expect("a plan")
}

fn minute(minute: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::minutes(minute)
}

fn passage(at: i64, nonce: &str, direction: Direction) -> Passage {
    Passage {
        at: minute(at),
        device: "gate".to_owned(),
        nonce: nonce.to_owned(),
        direction,
        may_reenter: true,
        fault: None,
    }
}

fn entry(at: i64, nonce: &str) -> Passage {
    passage(at, nonce, Direction::Entry)
}

fn exit(at: i64, nonce: &str) -> Passage {
    passage(at, nonce, Direction::Exit)
}

#[track_caller]
fn check(passages: &[Passage], conflicts: &[Option<Reason>], entered: Option<usize>, is_inside: bool) {
    let expected = Visit {
        conflicts: conflicts.to_vec(),
        entered,
        is_inside,
    };
    assert_eq!(judge(passages), expected);
}

#[test]
fn the_entry_that_was_made_first_counts() {
    use Reason::{AlreadyIn, NoReentry, NotInside};
    check(&[], &[], None, false);
    check(&[entry(1, "a")], &[None], Some(0), true);
    check(
        &[entry(2, "a"), entry(1, "b")],
        &[Some(AlreadyIn), None],
        Some(1),
        true,
    );
    // At the same instant the names decide, whoever reports first.
    check(
        &[entry(1, "b"), entry(1, "a")],
        &[Some(AlreadyIn), None],
        Some(1),
        true,
    );
    check(&[entry(1, "a"), exit(2, "b")], &[None, None], Some(0), false);
    check(&[exit(1, "a")], &[Some(NotInside)], None, false);
    check(
        &[exit(3, "c"), entry(4, "d"), entry(1, "a")],
        &[None, None, None],
        Some(2),
        true,
    );
    let once = Passage {
        may_reenter: false,
        ..entry(3, "c")
    };
    check(
        &[entry(1, "a"), exit(2, "b"), once.clone()],
        &[None, None, Some(NoReentry)],
        Some(0),
        false,
    );
    // The list that lets nobody in again lets everybody in once.
    check(&[once], &[None], Some(0), true);
}

#[test]
fn a_passage_with_a_fault_counts_for_nothing() {
    let early = Passage {
        fault: Some(Reason::TooEarly),
        ..entry(1, "a")
    };
    check(
        &[early, exit(2, "b"), entry(3, "c")],
        &[Some(Reason::TooEarly), Some(Reason::NotInside), None],
        Some(2),
        true,
    );
}

fn known() -> Known {
    Known {
        order: OrderState::Paid,
        given_back: Since::Never,
        disputed: Since::Never,
        canceled: Since::Never,
        over_at: minute(100),
    }
}

#[test]
fn what_had_happened_when_a_scan_was_made_counts() {
    let plan = hall();
    let place = Place::Seat(SeatIndex(0));
    let fault = |known: Known, at| known.fault_of_entry(&plan, place, None, minute(at));
    assert_eq!(fault(known(), 1), None);
    assert_eq!(fault(known(), 100), Some(Reason::ShowOver));
    let at_ten = Since::Instant(minute(10));
    let returned = Known {
        order: OrderState::Refunded,
        given_back: at_ten,
        ..known()
    };
    assert_eq!(fault(returned, 9), None);
    assert_eq!(returned.came_after(minute(9)), Some(Reason::GivenBack));
    assert_eq!(fault(returned, 10), Some(Reason::GivenBack));
    let disputed = Known {
        disputed: at_ten,
        ..known()
    };
    assert_eq!(fault(disputed, 9), None);
    assert_eq!(disputed.came_after(minute(9)), Some(Reason::PaymentDisputed));
    assert_eq!(fault(disputed, 10), Some(Reason::PaymentDisputed));
    let canceled = Known {
        canceled: Since::Always,
        ..returned
    };
    assert_eq!(fault(canceled, 9), Some(Reason::ShowCanceled));
    for order in [OrderState::Held, OrderState::Canceled, OrderState::TimedOut] {
        assert_eq!(fault(Known { order, ..known() }, 1), Some(Reason::NotPaid));
    }
    assert_eq!(known().came_after(minute(1)), None);
}

#[test]
fn a_list_admits_its_places_in_its_time() {
    let plan = hall();
    let seat = Place::Seat(SeatIndex(0));
    let everybody = List {
        name: "Gate".to_owned(),
        categories: None,
        sections: None,
        zones: None,
        from: Some(minute(10)),
        until: Some(minute(20)),
        allows_reentry: false,
        deleted: Since::Instant(minute(15)),
    };
    let fault = |list: &List, at| known().fault_of_entry(&plan, seat, Some(list), minute(at));
    assert_eq!(fault(&everybody, 9), Some(Reason::TooEarly));
    assert_eq!(fault(&everybody, 10), None);
    assert_eq!(fault(&everybody, 15), Some(Reason::ListDeleted));
    let endless = List {
        deleted: Since::Never,
        ..everybody
    };
    assert_eq!(fault(&endless, 19), None);
    assert_eq!(fault(&endless, 20), Some(Reason::TooLate));

    let category = seat.category_in(&plan).expect("a category");
    let (_, row) = plan.section_and_row(SeatIndex(0)).expect("a row");
    let of = |categories: Option<u16>, sections: Option<u16>, zones: Option<u16>| {
        let list = List {
            categories: categories.map(|number| vec![CategoryIndex(number)]),
            sections: sections.map(|number| vec![SectionIndex(number)]),
            zones: zones.map(|number| vec![ZoneIndex(number)]),
            ..endless.clone()
        };
        list.admits(&plan, seat)
    };
    let (own, other) = (category.0, category.0 + 1);
    assert!(of(None, None, None) && of(Some(own), None, None) && !of(Some(other), None, None));
    let (own, other) = (row.section.0, u16::MAX);
    assert!(of(None, Some(own), None) && !of(None, Some(other), None) && of(None, Some(own), Some(0)));
    // A gate of a zone alone has no seats.
    assert!(!of(None, None, Some(0)));
    let zone = List {
        zones: Some(vec![ZoneIndex(3)]),
        ..endless
    };
    assert!(zone.admits(&plan, Place::Zone(ZoneIndex(3))) && !zone.admits(&plan, Place::Zone(ZoneIndex(4))));
}

#[test]
fn words_and_numbers_are_each_their_own() {
    for reason in Reason::ALL {
        assert_eq!(Reason::from_number(*reason as i16), Some(*reason));
    }
    for result in ScanResult::ALL {
        assert_eq!(ScanResult::from_number(*result as i16), Some(*result));
    }
    for direction in [Direction::Entry, Direction::Exit] {
        assert_eq!(Direction::from_number(direction as i16), Some(direction));
    }
    assert_eq!(Reason::from_number(0), None);
    assert_eq!(Direction::from_number(3), None);
}

fn any_passage() -> impl Strategy<Value = Passage> {
    (0..6_i64, 0..3_u8, any::<bool>(), any::<bool>(), 0..8_u8).prop_map(
        |(at, device, is_entry, may_reenter, fault)| Passage {
            at: minute(at),
            device: device.to_string(),
            nonce: String::new(),
            direction: if is_entry {
                Direction::Entry
            } else {
                Direction::Exit
            },
            may_reenter,
            fault: (fault == 0).then_some(Reason::NotOnList),
        },
    )
}

proptest! {
    /// In whatever order scans are reported, each is judged alike.
    #[test]
    fn the_order_of_reports_changes_nothing(
        passages in prop::collection::vec(any_passage(), 0..12),
        shuffle in prop::collection::vec(any::<u64>(), 12),
    ) {
        let named: Vec<_> = passages
            .into_iter()
            .enumerate()
            .map(|(number, passage)| Passage { nonce: number.to_string(), ..passage })
            .collect();
        let mut shuffled: Vec<_> = named.iter().cloned().zip(shuffle).collect();
        shuffled.sort_by_key(|(_, by)| *by);
        let shuffled: Vec<_> = shuffled.into_iter().map(|(passage, _)| passage).collect();
        let verdicts = |passages: &[Passage]| {
            let visit = judge(passages);
            let of: Vec<_> = passages.iter().map(|passage| passage.nonce.clone()).zip(visit.conflicts).collect();
            let mut of = of;
            of.sort();
            let entered = visit.entered.and_then(|number| passages.get(number)).map(|passage| passage.nonce.clone());
            (of, entered, visit.is_inside)
        };
        prop_assert_eq!(verdicts(&named), verdicts(&shuffled));
    }

    /// Who is inside has come in once more than gone out, and nobody else has.
    #[test]
    fn entries_and_exits_take_turns(passages in prop::collection::vec(any_passage(), 0..12)) {
        let visit = judge(&passages);
        let count = |direction| {
            let counted = passages.iter().zip(&visit.conflicts);
            counted.filter(|(passage, conflict)| passage.direction == direction && conflict.is_none()).count()
        };
        let (entries, exits) = (count(Direction::Entry), count(Direction::Exit));
        prop_assert_eq!(entries, exits + usize::from(visit.is_inside));
        prop_assert_eq!(entries > 0, visit.entered.is_some());
    }
}
