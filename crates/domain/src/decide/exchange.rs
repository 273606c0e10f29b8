//! Tickets that are given back for others: the new ones are booked first, and whoever doesn't get them keeps the old ones.

use super::changes::PaymentBegin;
use super::money::Given;
use super::purse::{CREDITS_MAX, Moved};
use super::{Draft, NewPayment, OrderStep, OutOfNumbers};
use crate::command::{Booking, Dearer, Exchange, Returner};
use crate::exchange::ExchangeTerms;
use crate::id::{PaymentId, RefundId};
use crate::outcome::{Exchanged, Outcome, Refusal};
use crate::payment::PaymentState;
use crate::reference::{OrderNumber, TicketIndex};
use crate::state::LiveOrder;

impl<'a> Draft<'a> {
    pub(super) fn exchange(&mut self, asked: &Exchange) -> Result<Outcome, OutOfNumbers> {
        let refused = |refusal| Ok(Outcome::Refused(refusal));
        let given = match self.exchangeable(asked.order, &asked.tickets, asked.by) {
            Ok(given) => given,
            Err(refusal) => return refused(refusal),
        };
        if self.purse.credits(asked.order).len() >= CREDITS_MAX {
            return refused(Refusal::ExchangedTooOften);
        }
        let booking = match asked.by {
            Returner::Buyer => Booking::Public,
            _ => Booking::House,
        };
        let session = given.live.terms.session;
        let (back, _) = given.live.places.part(&given.tickets);
        let chosen = match self.choose(session, &asked.wish, booking, asked.details.as_deref(), &back) {
            Ok(chosen) => chosen,
            Err(refusal) => return refused(refusal),
        };
        let total = chosen.total();
        let exchange = ExchangeTerms {
            order: asked.order,
            tickets: given.tickets.clone(),
            credit: given.price.min(self.purse.money_left(asked.order)),
        };
        let is_paid = exchange.due(total) == 0;
        if !is_paid && asked.dearer == Dearer::Refused {
            return refused(Refusal::ExchangeNotPayable);
        }
        // What was passed on is nobody's to wait for.
        if !is_paid
            && let Err(refusal) = self.check_not_transferred(asked.order, &given.tickets, Returner::Buyer)
        {
            return refused(refusal);
        }
        let held = self.book_chosen(session, chosen, asked.details.clone(), Some(exchange.clone()))?;
        if is_paid {
            self.settle_exchange(held.order, &exchange, total, &given, asked.refund);
            self.changes.new_payments.push(NewPayment {
                payment: asked.tender.payment,
                order: held.order,
                provider: asked.tender.provider,
                payment_method: asked.tender.payment_method.clone(),
                return_url: None,
                amount_minor_units: 0,
                begin: PaymentBegin::Captured,
            });
            let places = held.places.clone();
            self.sell(held.order, places, asked.tender.payment, OrderStep::Pay);
        }
        Ok(Outcome::Exchanged(Exchanged {
            exchanged: asked.order,
            tickets: exchange.tickets,
            credit: exchange.credit,
            is_paid,
            held,
        }))
    }

    /// What an order was made in exchange for, if it was.
    pub(super) fn exchange_of(&self, order: OrderNumber) -> Option<&'a ExchangeTerms> {
        let known: &'a super::KnownRows = self.known;
        known.orders.get(&order)?.exchange.as_ref()
    }

    /// What is left to pay of a held order, in minor units.
    pub(super) fn due(&self, order: OrderNumber, live: &LiveOrder) -> i64 {
        let total = live.terms.total;
        self.exchange_of(order)
            .map_or(total, |exchange| exchange.due(total))
    }

    /// Whether the tickets can be given back that a held order is in exchange for, if it is. The show's rule was kept when it was
    /// asked for.
    pub(super) fn check_exchange(
        &self,
        order: OrderNumber,
        live: &LiveOrder,
    ) -> Result<Option<(&'a ExchangeTerms, Given<'a>)>, Refusal> {
        let Some(exchange) = self.exchange_of(order) else {
            return Ok(None);
        };
        let gone = || Refusal::TicketsNotLive(exchange.tickets.clone());
        let given = self.exchangeable(exchange.order, &exchange.tickets, Returner::Organiser);
        let given = given.map_err(|refusal| match refusal {
            Refusal::OrderNotLive => gone(),
            other => other,
        })?;
        self.check_not_transferred(exchange.order, &exchange.tickets, Returner::Buyer)
            .map_err(|_transferred| gone())?;
        // Some of the money may have gone back at the provider.
        let worth = given.price.min(self.purse.money_left(exchange.order));
        if worth < exchange.kept(live.terms.total) {
            return Err(gone());
        }
        Ok(Some((exchange, given)))
    }

    /// Gives the old tickets back for which a held order is sold now.
    pub(super) fn give_for(
        &mut self,
        order: OrderNumber,
        live: &LiveOrder,
        payment: PaymentId,
    ) -> Result<(), Refusal> {
        if let Some((exchange, given)) = self.check_exchange(order, live)? {
            // A payment sells an order once.
            let refund = RefundId(!payment.0);
            self.settle_exchange(order, exchange, live.terms.total, &given, refund);
        }
        Ok(())
    }

    /// Tickets that can be given back for others, with money that has been taken.
    fn exchangeable(
        &self,
        order: OrderNumber,
        tickets: &[TicketIndex],
        by: Returner,
    ) -> Result<Given<'a>, Refusal> {
        let given = self.givable(order, tickets, by)?;
        let payment = self.purse.live_payment(order);
        match payment.is_some_and(|payment| payment.state == PaymentState::Captured) {
            true => Ok(given),
            false => Err(Refusal::PaymentInProgress),
        }
    }

    fn settle_exchange(
        &mut self,
        order: OrderNumber,
        exchange: &ExchangeTerms,
        total: i64,
        given: &Given<'_>,
        refund: RefundId,
    ) {
        let kept = exchange.kept(total);
        let worth = given.price.min(self.purse.money_left(exchange.order));
        let moved = Moved {
            order: exchange.order,
            refund,
            back: worth - kept,
            lent: Some((order, kept)),
            is_whole: given.is_whole,
        };
        self.purse.move_money(moved, &mut self.changes);
        self.take_back(exchange.order, given, Some(order));
    }
}
