use chrono::DateTime;
use domain::event::{Event, EventKind, Places};
use domain::id::{Offset, SessionId};
use domain::reference::OrderNumber;

use std::sync::Arc;
use std::time::Duration;

use super::*;

const ORIGIN: Subject = Subject::Origin(Origin::V4(7));
const SESSION: Subject = Subject::Session(SessionId(7));
const HOLDERS: [Option<(Kind, Subject)>; 2] = [
    Some((Kind::UnpaidPlacesOfSession, SESSION)),
    Some((Kind::UnpaidPlacesOfOrigin, ORIGIN)),
];

fn shares() -> Arc<Shares> {
    Shares::new([1; 16], OriginShares::On { factor: 1 }, 5)
}

/// How many parts are there.
fn count(shares: &Shares, kind: Kind, subject: Subject) -> u32 {
    let is_there = |count: &u32| {
        let there = shares.take_many(kind, subject, *count).is_ok();
        if there {
            shares.give_back(kind, subject, *count);
        }
        there
    };
    (1..=kind.quota(1).burst).rev().find(is_there).unwrap_or(0)
}

fn ended(order: i64, kind: EventKind) -> Event {
    Event {
        offset: Offset(1),
        at: DateTime::UNIX_EPOCH,
        kind,
        order: Some(OrderNumber(order)),
        hold: None,
        places: Places::default(),
        terms: None,
        tickets: Vec::new(),
        change: None,
        label: None,
        entry: None,
    }
}

#[test]
fn everybody_has_a_share_of_their_own() {
    let shares = shares();
    while shares.take(Kind::HoldsOfOrigin, ORIGIN).is_ok() {}
    let other = Subject::Origin(Origin::V4(8));
    assert_eq!(shares.take(Kind::HoldsOfOrigin, other), Ok(()));
    assert_eq!(shares.take(Kind::SessionsOfOrigin, ORIGIN), Ok(()));
    let same_bits = Subject::Origin(Origin::V6(7 << 32));
    assert_eq!(shares.take(Kind::HoldsOfOrigin, same_bits), Ok(()));
}

#[test]
fn addresses_have_none_where_they_say_nothing() {
    let shares = Shares::new([1; 16], OriginShares::Off, 5);
    for _ in 0..10_000 {
        assert_eq!(shares.take(Kind::HoldsOfOrigin, ORIGIN), Ok(()));
        assert_eq!(shares.take(Kind::HoldsOfSession, SESSION), Ok(()));
    }
    let order = Subject::Order(OrderNumber(7));
    let tries = (0..100).filter(|_| shares.take(Kind::DeclinesOfOrder, order).is_ok());
    assert_eq!(tries.count(), 6);
    let larger = Shares::new([1; 16], OriginShares::On { factor: 10 }, 5);
    let burst = Kind::HoldsOfOrigin.quota(1).burst;
    assert_eq!(larger.take_many(Kind::HoldsOfOrigin, ORIGIN, 10 * burst), Ok(()));
}

#[test]
fn places_come_back_when_they_are_paid_or_given_up_and_not_when_they_lapse() {
    let shares = shares();
    let unpaid = UnpaidPlaces::new(shares.clone());
    let all = Kind::UnpaidPlacesOfSession.quota(1).burst;
    let hold = |order| {
        let reserved = unpaid.reserve(HOLDERS, 20).expect("places");
        reserved.keep(OrderNumber(order), Duration::from_secs(600));
    };
    (1..=3).for_each(hold);
    assert_eq!(count(&shares, Kind::UnpaidPlacesOfSession, SESSION), all - 60);
    unpaid.note_events(&[
        ended(1, EventKind::Paid),
        ended(2, EventKind::Canceled),
        ended(3, EventKind::TimedOut),
        // Their ends are told more than once.
        ended(1, EventKind::Paid),
        ended(3, EventKind::Canceled),
    ]);
    assert_eq!(count(&shares, Kind::UnpaidPlacesOfSession, SESSION), all - 20);
    assert_eq!(unpaid.count(), 0);
}

#[test]
fn a_hold_that_is_not_made_takes_nothing() {
    let shares = shares();
    let unpaid = UnpaidPlaces::new(shares.clone());
    let all = |kind: Kind| kind.quota(1).burst;
    drop(unpaid.reserve(HOLDERS, 20).expect("places"));
    assert_eq!(
        count(&shares, Kind::UnpaidPlacesOfSession, SESSION),
        all(Kind::UnpaidPlacesOfSession)
    );
    // The origin has enough for two sessions: the third is refused, and its own share is whole.
    for session in 1..=2 {
        let holders = [
            Some((Kind::UnpaidPlacesOfSession, Subject::Session(SessionId(session)))),
            Some((Kind::UnpaidPlacesOfOrigin, ORIGIN)),
        ];
        let reserved = unpaid.reserve(holders, 100).expect("places");
        reserved.keep(OrderNumber(session as i64), Duration::from_secs(600));
    }
    let used_up = unpaid.reserve(HOLDERS, 1).err().expect("a refusal");
    assert_eq!(used_up.kind, Kind::UnpaidPlacesOfOrigin);
    assert_eq!(
        count(&shares, Kind::UnpaidPlacesOfSession, SESSION),
        all(Kind::UnpaidPlacesOfSession)
    );
}

#[test]
fn an_order_that_is_told_of_twice_is_counted_once() {
    let shares = shares();
    let unpaid = UnpaidPlaces::new(shares.clone());
    let all = Kind::UnpaidPlacesOfSession.quota(1).burst;
    for _ in 0..2 {
        let reserved = unpaid.reserve(HOLDERS, 20).expect("places");
        reserved.keep(OrderNumber(1), Duration::from_secs(600));
    }
    // An answer of long ago.
    unpaid
        .reserve(HOLDERS, 20)
        .expect("places")
        .keep(OrderNumber(2), Duration::ZERO);
    assert_eq!(count(&shares, Kind::UnpaidPlacesOfSession, SESSION), all - 20);
}

#[test]
fn nodes_that_hear_each_other_count_together_and_others_grant_their_part() {
    let (here, there) = (shares(), shares());
    for shares in [&here, &there] {
        shares.divide(2, Neighbours::Hear);
    }
    let all = Kind::HoldsOfOrigin.quota(1).burst;
    assert_eq!(here.take_many(Kind::HoldsOfOrigin, ORIGIN, all - 10), Ok(()));
    here.give_back(Kind::HoldsOfOrigin, ORIGIN, 5);
    there.hear(&here.take_told());
    assert_eq!(here.take_told(), []);
    assert_eq!(there.take_many(Kind::HoldsOfOrigin, ORIGIN, 15), Ok(()));
    assert!(there.take_many(Kind::HoldsOfOrigin, ORIGIN, 5).is_err());

    let alone = shares();
    alone.divide(4, Neighbours::Silent);
    assert_eq!(alone.take_many(Kind::HoldsOfOrigin, ORIGIN, all / 4), Ok(()));
    assert!(alone.take_many(Kind::HoldsOfOrigin, ORIGIN, 5).is_err());
    assert_eq!(alone.take_told(), []);
}
