//! Passing a ticket on: in one step it gets another code, and the one before is worth nothing.

use super::{Change, Draft, OrderChange, OrderStep, TicketTransfer};
use crate::command::Returner;
use crate::event::{EventKind, Places};
use crate::outcome::{Outcome, Refusal};
use crate::reference::{OrderNumber, TicketIndex};
use crate::state::Phase;
use crate::transfers::TRANSFERS_MAX;

impl Draft<'_> {
    /// `shown`: the ticket, and how often it had been transferred when it had the code that is shown.
    pub(super) fn transfer(
        &mut self,
        order: OrderNumber,
        shown: (TicketIndex, u8),
        by: Returner,
        attendee: Option<String>,
    ) -> Outcome {
        let (ticket, _) = shown;
        let transfers = match self.check_transfer(order, shown, by) {
            Ok(transfers) => transfers,
            Err(refusal) => return Outcome::Refused(refusal),
        };
        self.emit(Change {
            tickets: vec![ticket],
            ..Change::new(EventKind::Transferred, Some(order), Places::default())
        });
        self.changes
            .orders
            .push(OrderChange::new(order, OrderStep::Transfer));
        self.changes.transfers.push(TicketTransfer {
            order,
            ticket,
            from_transfers: transfers,
            attendee,
        });
        Outcome::Transferred {
            order,
            ticket,
            transfers: transfers + 1,
        }
    }

    /// How often the ticket was transferred before, if it may be once more.
    fn check_transfer(
        &self,
        order: OrderNumber,
        (ticket, shown): (TicketIndex, u8),
        by: Returner,
    ) -> Result<u8, Refusal> {
        if self.known.is_canceled {
            return Err(Refusal::ShowCanceled);
        }
        let live = self.overlay.order(order).ok_or(Refusal::OrderNotLive)?;
        if live.phase == Phase::Held {
            return Err(Refusal::OrderNotPaid);
        }
        let is_there = live.places.tickets().any(|(known, _)| known == ticket);
        if !is_there || live.returned.contains(&ticket) {
            return Err(Refusal::TicketsNotLive(vec![ticket]));
        }
        let known = self.known.orders.get(&order).ok_or(Refusal::OrderNotLive)?;
        let transfers = known.transferred.count(ticket);
        // Whose code was passed on has nothing left to pass on.
        if shown != transfers || by == Returner::Buyer && transfers > 0 {
            return Err(Refusal::TicketTransferred);
        }
        self.check_unused(order, &[ticket], by)?;
        if self.now >= self.show.times.over_at() {
            return Err(Refusal::ShowOver);
        }
        if transfers >= TRANSFERS_MAX {
            return Err(Refusal::TransferredTooOften);
        }
        Ok(transfers)
    }

    /// What was passed on is not the buyer's to give back.
    pub(super) fn check_not_transferred(
        &self,
        order: OrderNumber,
        tickets: &[TicketIndex],
        by: Returner,
    ) -> Result<(), Refusal> {
        let known = self.known.orders.get(&order);
        let is_transferred = |ticket| known.is_some_and(|known| known.transferred.count(ticket) > 0);
        match by == Returner::Buyer && tickets.iter().any(|ticket| is_transferred(*ticket)) {
            true => Err(Refusal::TicketTransferred),
            false => Ok(()),
        }
    }
}
