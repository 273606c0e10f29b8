//! The commands that have to do with money: pay, begin and end a payment, give tickets back.

use super::changes::{OrderChange, OrderStep, PaymentBegin, PaymentChange, PaymentStep, Return};
use super::{BatchError, Change, Draft, NewPayment, time_delta};
use crate::command::{Lapsed, Returner, Tender, Wish};
use crate::event::{EventKind, HoldTerms, Places};
use crate::id::{PaymentId, RefundId, SessionId};
use crate::outcome::{Held, Outcome, Paid, Refusal};
use crate::reference::{OrderNumber, TicketIndex};
use crate::state::{LiveOrder, Phase};

impl Draft<'_> {
    pub(super) fn pay(
        &mut self,
        position: usize,
        session: SessionId,
        order: OrderNumber,
        tender: &Tender,
    ) -> Result<Outcome, BatchError> {
        let own = |live: &&LiveOrder| live.terms.session == session;
        let Some(live) = self.inventory.order(order).filter(own) else {
            return Ok(Outcome::Refused(Refusal::OrderNotLive));
        };
        if live.phase == Phase::Paid {
            return Ok(Outcome::Refused(Refusal::OrderPaid));
        }
        let (places, expires_at) = (live.places.clone(), live.terms.expires_at);
        let amount_minor_units = self.show.total(&places).amount;
        self.add_payment(
            position,
            order,
            tender,
            amount_minor_units,
            PaymentBegin::Captured,
        );
        self.sell(order, tender.payment, OrderStep::Pay)?;
        Ok(Outcome::Paid(Paid {
            payment: tender.payment,
            held: Held {
                order,
                places,
                created_at: expires_at - time_delta(self.show.hold),
                expires_at,
            },
        }))
    }

    pub(super) fn begin_payment(
        &mut self,
        position: usize,
        order: OrderNumber,
        tender: &Tender,
    ) -> Result<Outcome, BatchError> {
        let outcome = match self.inventory.order(order) {
            Some(LiveOrder {
                phase: Phase::Held,
                places,
                terms,
                ..
            }) => {
                let (amount, terms) = (self.show.total(places).amount, *terms);
                self.add_payment(position, order, tender, amount, PaymentBegin::Authorising);
                self.extend_hold(order, terms)?;
                Outcome::PaymentBegun(tender.payment)
            }
            Some(LiveOrder {
                phase: Phase::Paid, ..
            }) => Outcome::Refused(Refusal::OrderPaid),
            None => Outcome::Refused(Refusal::OrderNotLive),
        };
        Ok(outcome)
    }

    /// Gives the bank time to answer, once: an end that was moved is not moved again.
    fn extend_hold(&mut self, order: OrderNumber, terms: HoldTerms) -> Result<(), BatchError> {
        let was_moved = terms.kept_until != terms.expires_at + time_delta(self.show.hold_grace);
        let kept_until = self.now + time_delta(self.show.payment_window);
        if was_moved || self.show.payment_window.is_zero() || kept_until <= terms.kept_until {
            return Ok(());
        }
        let terms = HoldTerms { kept_until, ..terms };
        self.emit(Change {
            terms: Some(terms),
            ..Change::new(EventKind::Extended, Some(order), Places::default())
        })?;
        self.batch.orders.push(OrderChange {
            kept_until: Some(kept_until),
            ..OrderChange::new(order, OrderStep::Extend)
        });
        Ok(())
    }

    fn add_payment(
        &mut self,
        position: usize,
        order: OrderNumber,
        tender: &Tender,
        amount_minor_units: i64,
        begin: PaymentBegin,
    ) {
        self.batch.new_payments.push(NewPayment {
            payment: tender.payment,
            order,
            provider: tender.provider,
            payment_method: tender.payment_method.clone(),
            return_url: tender.return_url.clone(),
            amount_minor_units,
            begin,
            command: position,
        });
    }

    pub(super) fn confirm_payment(
        &mut self,
        order: OrderNumber,
        payment: PaymentId,
        reference: Option<String>,
        late: Option<&Lapsed>,
    ) -> Result<Outcome, BatchError> {
        let is_paid = match (self.phase(order), late) {
            (Some(Phase::Held), _) => {
                self.sell(order, payment, OrderStep::Pay)?;
                true
            }
            (None, Some(lapsed)) => self.retake(order, payment, lapsed)?,
            (Some(Phase::Paid), _) | (None, None) => false,
        };
        let (step, outcome) = if is_paid {
            (PaymentStep::Confirm, Outcome::PaymentConfirmed(payment))
        } else {
            (PaymentStep::Void, Outcome::PaymentLate(payment))
        };
        self.batch.payments.push(PaymentChange {
            payment,
            step,
            reason: None,
            reference,
            is_authorised: true,
        });
        Ok(outcome)
    }

    /// Takes the places of a lapsed order again and sells them, if they could be booked now; says whether it did.
    fn retake(
        &mut self,
        order: OrderNumber,
        payment: PaymentId,
        lapsed: &Lapsed,
    ) -> Result<bool, BatchError> {
        let wish = Wish {
            places: lapsed.places.clone(),
            together: None,
        };
        if self.choose_places(lapsed.terms.session, &wish).is_err() {
            return Ok(false);
        }
        // It may have lapsed in this very batch: a row changes once.
        let lapsing = self.batch.orders.iter().position(|change| change.order == order);
        let step = match lapsing {
            Some(position) => {
                self.batch.orders.swap_remove(position);
                OrderStep::RetakeLapsed
            }
            None => OrderStep::Retake,
        };
        self.book(order, lapsed.places.clone(), lapsed.terms)?;
        self.sell(order, payment, step)?;
        Ok(true)
    }

    /// Makes a held order's places sold.
    fn sell(&mut self, order: OrderNumber, payment: PaymentId, step: OrderStep) -> Result<(), BatchError> {
        let places = self.places_of(order);
        self.emit(Change::new(EventKind::Paid, Some(order), places))?;
        self.batch.orders.push(OrderChange {
            payment: Some(payment),
            ..OrderChange::new(order, step)
        });
        Ok(())
    }

    pub(super) fn give_back(
        &mut self,
        order: OrderNumber,
        tickets: &[TicketIndex],
        by: Returner,
        refund: RefundId,
    ) -> Result<Outcome, BatchError> {
        let Some(live) = self.inventory.order(order) else {
            return Ok(Outcome::Refused(Refusal::OrderNotLive));
        };
        if live.phase == Phase::Held {
            return Ok(Outcome::Refused(Refusal::OrderNotPaid));
        }
        if let (Returner::Buyer, Some(end)) = (by, self.show.returns_until)
            && self.now >= end
        {
            return Ok(Outcome::Refused(Refusal::ReturnsOver(end)));
        }
        let left = live.places.tickets().map(|(ticket, _)| ticket);
        let left: Vec<TicketIndex> = left.filter(|ticket| !live.returned.contains(ticket)).collect();
        let not_live: Vec<TicketIndex> = tickets
            .iter()
            .copied()
            .filter(|ticket| !left.contains(ticket))
            .collect();
        if !not_live.is_empty() {
            return Ok(Outcome::Refused(Refusal::TicketsNotLive(not_live)));
        }
        let is_whole = tickets.is_empty() || tickets.len() == left.len();
        let tickets = if is_whole { left } else { tickets.to_vec() };
        let places = live.places.of_tickets(|ticket| tickets.contains(&ticket));
        let mut returned = live.returned.clone();
        returned.extend(&tickets);
        self.batch.returns.push(Return {
            order,
            refund,
            amount: self.show.total(&places).amount,
            is_whole,
        });
        self.emit(Change {
            tickets: tickets.clone(),
            ..Change::new(EventKind::Returned, Some(order), places)
        })?;
        let (step, outcome) = if is_whole {
            (OrderStep::Refund, Outcome::Returned(order))
        } else {
            (OrderStep::ReturnSome, Outcome::ReturnedSome { order, returned })
        };
        self.batch.orders.push(OrderChange {
            tickets,
            ..OrderChange::new(order, step)
        });
        Ok(outcome)
    }
}
