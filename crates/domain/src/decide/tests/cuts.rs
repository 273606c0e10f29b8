//! Orders that some places are taken from.

use super::*;
use crate::command::{Dropped, DroppedPlaces};

/// Gives up a seat, if there is one of that number, and places in the zone.
pub fn drop(order: OrderNumber, seat: u32, count: u32) -> Command {
    let zones = (count > 0 || seat > 5).then_some(DroppedPlaces {
        zone: ZoneIndex(0),
        count: count.max(1),
        ticket_type: None,
    });
    let places = Dropped {
        seats: (0..6)
            .contains(&seat)
            .then_some(SeatIndex(seat))
            .into_iter()
            .collect(),
        zones: zones.into_iter().collect(),
    };
    Command::Drop { order, places }
}

impl Rows {
    pub fn write_cut(&mut self, cut: &OrderCut) {
        let live = self
            .live_payment(cut.order)
            .map(|payment| &self.payments[&payment]);
        assert!(live.is_none_or(|payment| payment.awaits_buyer), "{cut:?}");
        let row = self.orders.get_mut(&cut.order).expect("an order");
        assert_eq!((row.state, row.terms.total), (OrderState::Held, cut.from_total));
        let (_, left) = row.places.part(&cut.dropped);
        assert_eq!(left, cut.places);
        assert!(left.count() > 0 && left.count() < row.places.count());
        // What stays keeps its price.
        let first = self.show.first_terms();
        let of = |prices: &Option<Vec<i64>>, places: &Places| {
            prices.clone().unwrap_or_else(|| first.ticket_prices(places))
        };
        let before = of(&row.prices, &row.places);
        let kept = before.iter().enumerate();
        let is_left = |at: usize| {
            !cut.dropped
                .contains(&TicketIndex(u16::try_from(at).expect("a ticket")))
        };
        let kept: Vec<i64> = kept
            .filter(|(at, _)| is_left(*at))
            .map(|(_, price)| *price)
            .collect();
        assert_eq!(of(&cut.prices, &left), kept);
        let fees = cut.bill.as_ref().map_or(0, |bill| bill.fees(&kept));
        assert_eq!(kept.iter().sum::<i64>() + fees, cut.total);
        row.places = left;
        row.terms.total = cut.total;
        row.prices = cut.prices.clone();
        row.bill = cut.bill.clone();
    }
}

#[test]
fn the_last_places_of_a_zone_are_given_up_or_those_of_a_type() {
    let show = Arc::new(Show {
        tariff: Some(Arc::new(tariffs::tariff(&[1, 1, 1]))),
        ..Show::clone(&show())
    });
    let child = crate::tariff::TicketTypeId::try_from("child".to_owned()).expect("an id");
    let zone = |count| Places {
        seats: Vec::new(),
        zones: vec![ZonePlaces {
            zone: ZoneIndex(0),
            count,
        }],
    };
    // Two children first, then two adults.
    let wish = Wish {
        places: zone(4),
        ticket_types: vec![crate::command::TypedPlaces {
            ticket_type: child.clone(),
            places: zone(2),
            together: 0,
        }],
        ..Wish::default()
    };
    let now = DateTime::from_timestamp(1_800_000_000, 0).expect("a time");
    let mut state = ShowState::before_all(&show);
    let mut rows = Rows::new(show.clone());
    let mut numbers = OrderNumbers::default();
    numbers.add(1..9);
    let mut carry_out = |command: Command| {
        let changes =
            decide(&show, &state, &rows.known(), &mut numbers, now, [&command]).expect("a decision");
        rows.write(&changes, now);
        for event in &changes.events {
            state.fold(event).expect("the next event");
        }
        changes.decisions[0].outcome.clone()
    };
    carry_out(Command::Open);
    let session = SessionId(3);
    let hold = Command::Hold {
        session,
        wish,
        details: None,
        booking: Booking::Public,
    };
    assert!(matches!(carry_out(hold), Outcome::Held(held) if held.prices == Some(vec![0, 0, 1, 1])));
    let order = OrderNumber(1);
    let dropped = |ticket_type, count| Command::Drop {
        order,
        places: Dropped {
            seats: Vec::new(),
            zones: vec![DroppedPlaces {
                zone: ZoneIndex(0),
                count,
                ticket_type,
            }],
        },
    };
    assert!(
        matches!(carry_out(dropped(Some(child.clone()), 1)), Outcome::Dropped(held) if held.prices == Some(vec![0, 1, 1]))
    );
    assert_eq!(
        carry_out(dropped(Some(child.clone()), 2)),
        Outcome::Refused(Refusal::ZoneNotInOrder(0))
    );
    assert_eq!(
        carry_out(dropped(None, 3)),
        Outcome::Refused(Refusal::NoPlacesLeft)
    );
    // Two adults at 1 with a fee of 1 each, and 2 for the order; then nothing that has a price, so no fee.
    assert!(matches!(carry_out(dropped(None, 1)), Outcome::Dropped(held) if held.total == Some(4)));
    assert!(matches!(carry_out(dropped(None, 1)), Outcome::Dropped(held) if held.total == Some(0)));
    assert_eq!(state.order(order).expect("an order").places, zone(1));
    assert_eq!(state.session_places(session), 1);
}
