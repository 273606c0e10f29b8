//! Giving some of a held order's places up: what stays keeps the prices that it was given.

use std::collections::BTreeSet;

use super::prices::check_types;
use super::{Change, Draft, OrderChange, OrderCut, OrderStep};
use crate::command::Dropped;
use crate::event::{EventKind, HoldTerms, Place, Places};
use crate::outcome::{Held, Outcome, Refusal};
use crate::reference::{OrderNumber, TicketIndex};
use crate::state::Phase;
use crate::tariff::{Bill, Tariff, TicketTypeId, left_of};

impl Draft<'_> {
    pub(super) fn drop_places(&mut self, order: OrderNumber, dropped: &Dropped) -> Outcome {
        self.try_drop(order, dropped).unwrap_or_else(Outcome::Refused)
    }

    fn try_drop(&mut self, order: OrderNumber, dropped: &Dropped) -> Result<Outcome, Refusal> {
        let live = self.overlay.order(order).ok_or(Refusal::OrderNotLive)?;
        if live.phase == Phase::Paid {
            return Err(Refusal::OrderPaid);
        }
        let known = self.known.orders.get(&order).ok_or(Refusal::OrderNotLive)?;
        let tickets = find_tickets(&live.places, known.bill.as_ref(), dropped)?;
        let is_left = |ticket: TicketIndex| !tickets.contains(&ticket);
        let tickets: Vec<TicketIndex> = tickets.iter().copied().collect();
        let (gone, places) = live.places.part(&tickets);
        // Nobody asks for nothing; the event of it would end the order.
        if gone.count() == 0 || places.count() == 0 {
            return Err(Refusal::NoPlacesLeft);
        }
        self.check_tables_parted(&gone.seats, &places.seats)?;
        self.check_lone_seats(&places.seats, &gone.seats)?;
        let known_prices = self.show.order_prices(known.prices.as_deref(), &live.places);
        let prices = left_of(&known_prices, is_left);
        let bill = known.bill.as_ref().map(|bill| bill.of_tickets(is_left, &prices));
        self.check_types_left(bill.as_ref())?;
        self.replace_waiting_payment(order)?;

        let total = prices.iter().sum::<i64>() + bill.as_ref().map_or(0, |bill| bill.fees(&prices));
        let terms = HoldTerms { total, ..live.terms };
        let prices = known.prices.is_some().then_some(prices);
        self.emit(Change {
            terms: Some(terms),
            tickets: tickets.clone(),
            session: Some(terms.session),
            ..Change::new(EventKind::Canceled, Some(order), gone.clone())
        });
        self.keep_again(&gone, live.label.as_ref());
        self.changes.orders.push(OrderChange::new(order, OrderStep::Drop));
        self.changes.cuts.push(OrderCut {
            order,
            from_total: live.terms.total,
            total,
            dropped: tickets,
            places: places.clone(),
            prices: prices.clone(),
            bill: bill.clone(),
        });
        Ok(Outcome::Dropped(Held {
            order,
            places,
            created_at: terms.created_at,
            expires_at: terms.expires_at,
            total: Some(total),
            prices,
            bill: bill.map(Box::new),
            fall_back: None,
        }))
    }

    /// Whether what is left may stand so, as the show's terms have it now.
    fn check_types_left(&self, bill: Option<&Bill>) -> Result<(), Refusal> {
        let none = Tariff::default();
        let tariff = self.show.tariff.as_deref().unwrap_or(&none);
        let sold_as = bill.map(|bill| bill.ticket_types.iter());
        let known = |id: &Option<TicketTypeId>| tariff.ticket_type(id.as_ref()?);
        let types: Vec<_> = sold_as.into_iter().flatten().map(known).collect();
        check_types(tariff, &types)
    }
}

/// The tickets of the places that are named. Those of a type are found before those of any.
fn find_tickets(
    places: &Places,
    bill: Option<&Bill>,
    dropped: &Dropped,
) -> Result<BTreeSet<TicketIndex>, Refusal> {
    let mut found = BTreeSet::new();
    for (at, seat) in dropped.seats.iter().enumerate() {
        let mut tickets = places.tickets();
        let own = tickets.find(|(_, place)| *place == Place::Seat(*seat));
        let (ticket, _) = own.ok_or(Refusal::SeatNotInOrder(at))?;
        found.insert(ticket);
    }
    let sold_as = |ticket: TicketIndex| bill?.ticket_type(ticket);
    let parts = dropped.zones.iter().enumerate();
    let (of_a_type, of_any): (Vec<_>, Vec<_>) = parts.partition(|(_, part)| part.ticket_type.is_some());
    for (at, part) in of_a_type.into_iter().chain(of_any) {
        let is_meant = |(ticket, place): &(TicketIndex, Place)| {
            let is_type = part.ticket_type.is_none() || part.ticket_type.as_ref() == sold_as(*ticket);
            *place == Place::Zone(part.zone) && is_type && !found.contains(ticket)
        };
        let meant: Vec<TicketIndex> = places
            .tickets()
            .filter(is_meant)
            .map(|(ticket, _)| ticket)
            .collect();
        let first = meant.len().checked_sub(part.count as usize);
        let last = first.and_then(|first| meant.get(first..));
        found.extend(last.ok_or(Refusal::ZoneNotInOrder(at))?);
    }
    Ok(found)
}
