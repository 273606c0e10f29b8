//! The commands that have to do with money: pay, begin and end a payment, give tickets back.

use super::changes::{OrderChange, OrderStep, PaymentBegin, PaymentChange, PaymentStep};
use super::known::{KnownPayment, OrderState};
use super::purse::Moved;
use super::{Change, Draft, NewPayment, time_delta};
use crate::command::{Booking, Returner, Tender, Wish};
use crate::event::{EventKind, HoldTerms, Places};
use crate::id::{PaymentId, RefundId, SessionId};
use crate::outcome::{Decision, Held, Outcome, Paid, Refusal};
use crate::payment::{Decline, DeclineCode, PaymentState, WITHDRAWN};
use crate::reference::{OrderNumber, TicketIndex};
use crate::show::{LatePayment, Returns};
use crate::state::{LiveOrder, Phase};

/// Tickets of a paid order that can be given back.
pub(super) struct Given<'a> {
    pub(super) live: &'a LiveOrder,
    pub(super) tickets: Vec<TicketIndex>,
    /// Whether no ticket is left without them.
    pub(super) is_whole: bool,
    /// What they cost, with their fees, in minor units; the fee for the order goes with the last ones.
    pub(super) price: i64,
}

impl<'a> Draft<'a> {
    pub(super) fn pay(&mut self, session: SessionId, order: OrderNumber, tender: &Tender) -> Outcome {
        let own = |live: &&LiveOrder| live.terms.session == session;
        let Some(live) = self.overlay.order(order).filter(own) else {
            return Outcome::Refused(Refusal::OrderNotLive);
        };
        if live.phase == Phase::Paid {
            return Outcome::Refused(Refusal::OrderPaid);
        }
        if let Err(refusal) = self.check_exchange(order, live) {
            return Outcome::Refused(refusal);
        }
        if let Err(refusal) = self.replace_waiting_payment(order) {
            return Outcome::Refused(refusal);
        }
        if let Err(refusal) = self.give_for(order, live, tender.payment) {
            return Outcome::Refused(refusal);
        }
        let is_told = self.exchange_of(order).is_some()
            || self.show.tells_prices()
            || live.terms.total != self.show.total(&live.places);
        self.add_payment(live, order, tender, PaymentBegin::Captured);
        self.sell(order, live.places.clone(), tender.payment, OrderStep::Pay);
        Outcome::Paid(Paid {
            payment: tender.payment,
            held: Held {
                order,
                places: live.places.clone(),
                created_at: live.terms.created_at,
                expires_at: live.terms.expires_at,
                total: (is_told || live.terms.code.is_some()).then_some(live.terms.total),
                prices: None,
                bill: None,
                fall_back: None,
            },
        })
    }

    pub(super) fn begin_payment(&mut self, order: OrderNumber, tender: &Tender) -> Outcome {
        let Some(live) = self.overlay.order(order) else {
            return Outcome::Refused(Refusal::OrderNotLive);
        };
        if live.phase == Phase::Paid {
            return Outcome::Refused(Refusal::OrderPaid);
        }
        if let Err(refusal) = self.check_exchange(order, live) {
            return Outcome::Refused(refusal);
        }
        if let Err(refusal) = self.replace_waiting_payment(order) {
            return Outcome::Refused(refusal);
        }
        self.add_payment(live, order, tender, PaymentBegin::Authorising);
        self.extend_hold(order, live.terms);
        Outcome::PaymentBegun(tender.payment)
    }

    /// An order has one payment at a time. One that waits for the buyer gives way: the buyer wants to pay otherwise now.
    pub(super) fn replace_waiting_payment(&mut self, order: OrderNumber) -> Result<(), Refusal> {
        match self.purse.live_payment(order) {
            None => Ok(()),
            Some(live) if live.awaits_buyer => {
                let change = ended(live.id, PaymentStep::Void);
                self.end_payment(change, Outcome::PaymentGivenUp(live.id));
                Ok(())
            }
            Some(_) => Err(Refusal::PaymentInProgress),
        }
    }

    /// Gives the bank time to answer, once: an end that was moved is not moved again.
    fn extend_hold(&mut self, order: OrderNumber, terms: HoldTerms) {
        let was_moved = self.was_extended(order, terms);
        let kept_until = self.now + time_delta(self.show.payment_window);
        if was_moved || self.show.payment_window.is_zero() || kept_until <= terms.kept_until {
            return;
        }
        let terms = HoldTerms { kept_until, ..terms };
        self.emit(Change {
            terms: Some(terms),
            ..Change::new(EventKind::Extended, Some(order), Places::default())
        });
        self.changes.orders.push(OrderChange {
            kept_until: Some(kept_until),
            ..OrderChange::new(order, OrderStep::Extend)
        });
    }

    /// Whether a hold was made longer before. A row of a version that doesn't write it down is of the show's first terms.
    fn was_extended(&self, order: OrderNumber, terms: HoldTerms) -> bool {
        let known = self.known.orders.get(&order);
        let is_written_down = known.is_some_and(|known| known.was_extended);
        let is_of_first_terms = known.is_none_or(|known| known.prices.is_none());
        let first_end = terms.expires_at + time_delta(self.show.first_terms().hold_grace);
        is_written_down || is_of_first_terms && terms.kept_until != first_end
    }

    fn add_payment(&mut self, live: &LiveOrder, order: OrderNumber, tender: &Tender, begin: PaymentBegin) {
        self.changes.new_payments.push(NewPayment {
            payment: tender.payment,
            order,
            provider: tender.provider,
            payment_method: tender.payment_method.clone(),
            return_url: tender.return_url.clone(),
            amount_minor_units: self.due(order, live),
            begin,
        });
    }

    pub(super) fn confirm_payment(
        &mut self,
        order: OrderNumber,
        payment: PaymentId,
        reference: Option<String>,
    ) -> Decision {
        if let Some(decision) = self.ended_before(order, payment) {
            return decision;
        }
        let is_paid = match self.overlay.order(order) {
            Some(live) if live.phase == Phase::Held => {
                let is_given = self.give_for(order, live, payment).is_ok();
                if is_given {
                    self.sell(order, live.places.clone(), payment, OrderStep::Pay);
                } else {
                    // It can never be paid for with those tickets any more.
                    self.release(order, EventKind::Canceled, OrderStep::Cancel);
                }
                is_given
            }
            Some(_) => false,
            None => self.show.late_payment == LatePayment::HonourIfFree && self.retake(order, payment),
        };
        let (step, outcome) = if is_paid {
            (PaymentStep::Confirm, Outcome::PaymentConfirmed(payment))
        } else {
            (PaymentStep::Void, Outcome::PaymentLate(payment))
        };
        let change = PaymentChange {
            reference,
            is_authorised: true,
            ..ended(payment, step)
        };
        self.end_payment(change, outcome)
    }

    pub(super) fn reject_payment(
        &mut self,
        order: OrderNumber,
        payment: PaymentId,
        decline: &Decline,
    ) -> Decision {
        if let Some(decision) = self.ended_before(order, payment) {
            return decision;
        }
        let decline = decline.clone();
        let change = PaymentChange {
            reason: Some(decline.reason.clone()),
            ..ended(payment, PaymentStep::Reject)
        };
        self.end_payment(change, Outcome::PaymentRejected { payment, decline })
    }

    pub(super) fn give_up_payment(&mut self, order: OrderNumber, payment: PaymentId) -> Decision {
        if let Some(decision) = self.ended_before(order, payment) {
            return decision;
        }
        self.end_payment(
            ended(payment, PaymentStep::Void),
            Outcome::PaymentGivenUp(payment),
        )
    }

    pub(super) fn withdraw_payment(&mut self, order: OrderNumber, payment: PaymentId) -> Decision {
        if let Some(decision) = self.ended_before(order, payment) {
            return decision;
        }
        self.changes.payments.push(PaymentChange {
            reason: Some(WITHDRAWN.to_owned()),
            ..ended(payment, PaymentStep::Reject)
        });
        self.decision(Outcome::PaymentWithdrawn(payment))
    }

    fn end_payment(&mut self, change: PaymentChange, outcome: Outcome) -> Decision {
        let decision = self.decision(outcome);
        self.changes.payments.push(PaymentChange {
            decision: Some(decision.clone()),
            ..change
        });
        decision
    }

    /// What became of a payment that someone else has ended: a notice, the outbox, another node.
    fn ended_before(&self, order: OrderNumber, payment: PaymentId) -> Option<Decision> {
        let Some(known) = self.known.payments.get(&payment) else {
            return Some(self.decision(Outcome::Refused(Refusal::NoSuchPayment)));
        };
        if known.state == PaymentState::Authorising {
            return None;
        }
        let of_order = self.known.orders.get(&order);
        if let Some((paid_by, offset)) = of_order.and_then(|order| order.paid)
            && paid_by == payment
        {
            let outcome = Outcome::PaymentConfirmedBefore(payment);
            return Some(Decision {
                outcome,
                offset,
                largest_group: None,
            });
        }
        let is_held = of_order.is_some_and(|order| order.state == OrderState::Held);
        Some(
            self.decision(match known.state {
                PaymentState::Rejected => Outcome::PaymentRejected {
                    payment,
                    decline: known
                        .decline
                        .clone()
                        .unwrap_or_else(|| Decline::new(DeclineCode::Refused, "")),
                },
                _ if is_held => Outcome::PaymentGivenUp(payment),
                _ => Outcome::PaymentLate(payment),
            }),
        )
    }

    /// Takes the places of a lapsed order again and sells them, if they could be booked now; says whether it did. An order
    /// that its buyer gave up is not taken again.
    fn retake(&mut self, order: OrderNumber, payment: PaymentId) -> bool {
        let Some(known) = self.known.orders.get(&order) else {
            return false;
        };
        if known.exchange.is_some() {
            return false;
        }
        // It may have lapsed in this very batch: a row changes once.
        let lapsed_now = self.overlay.has_ended(order);
        let step = match known.state {
            OrderState::Held if lapsed_now => OrderStep::RetakeLapsed,
            OrderState::TimedOut => OrderStep::Retake,
            _ => return false,
        };
        // Others of the buyer's address may have had the places instead, which nobody has counted.
        if self.show.places_per_email_max.is_some() {
            return false;
        }
        let wish = Wish {
            places: known.places.clone(),
            ..Wish::default()
        };
        let code = known.terms.code.and_then(|code| self.known.codes.get(&code));
        if code.is_some_and(|code| self.is_used_up(code) || code.terms.way_in().is_some()) {
            return false;
        }
        let booking = Booking::Public;
        let free = self
            .check_booking(booking)
            .and_then(|()| self.choose_places(known.terms.session, &wish, booking, None, 0));
        if free.is_err() {
            return false;
        }
        if lapsed_now {
            self.changes.orders.retain(|change| change.order != order);
        }
        self.book(order, known.places.clone(), known.terms, None);
        self.sell(order, known.places.clone(), payment, step);
        true
    }

    /// Makes a held order's places sold.
    pub(super) fn sell(&mut self, order: OrderNumber, places: Places, payment: PaymentId, step: OrderStep) {
        self.emit(Change::new(EventKind::Paid, Some(order), places));
        self.changes.orders.push(OrderChange {
            paid: Some((payment, self.overlay.offset())),
            ..OrderChange::new(order, step)
        });
    }

    pub(super) fn give_back(
        &mut self,
        order: OrderNumber,
        tickets: &[TicketIndex],
        by: Returner,
        refund: RefundId,
    ) -> Outcome {
        let given = match self.givable(order, tickets, by) {
            Ok(given) => given,
            Err(refusal) => return Outcome::Refused(refusal),
        };
        let is_whole = given.is_whole;
        let payment = self.purse.live_payment(order);
        let has_credits = !self.purse.credits(order).is_empty();
        let can_be_parted = |payment: &KnownPayment| can_be_parted(payment, is_whole);
        // One payment is empty, but others have some of the order's money.
        let is_half_empty = by == Returner::Provider && has_credits && self.purse.money_left(order) > 0;
        if !payment.is_some_and(can_be_parted) || is_half_empty {
            return Outcome::Refused(Refusal::PaymentInProgress);
        }
        // What its provider or the buyer's bank has given back of this money is not given back once more.
        let back = given.price.min(self.purse.money_left(order));
        let moved = Moved {
            order,
            refund,
            back,
            lent: None,
            is_whole,
        };
        self.purse.move_money(moved, &mut self.changes);
        self.take_back(order, &given, None);
        if is_whole {
            return Outcome::Returned(order);
        }
        Outcome::ReturnedSome {
            order,
            returned: self.overlay.returned(order).into_owned(),
            refunded: Some(self.purse.gone_back(order)),
        }
    }

    /// Tickets of a paid order that may be given back now: these, or all that are left.
    pub(super) fn givable(
        &self,
        order: OrderNumber,
        tickets: &[TicketIndex],
        by: Returner,
    ) -> Result<Given<'a>, Refusal> {
        let (live, left) = self.returnable(order, by)?;
        let not_live: Vec<TicketIndex> = tickets
            .iter()
            .copied()
            .filter(|ticket| !left.contains(ticket))
            .collect();
        if !not_live.is_empty() {
            return Err(Refusal::TicketsNotLive(not_live));
        }
        let wanted = match by {
            Returner::Provider => self.unused(order, &left),
            _ if tickets.is_empty() => left.clone(),
            _ => tickets.to_vec(),
        };
        self.check_not_transferred(order, &wanted, by)?;
        self.check_unused(order, &wanted, by)?;
        if wanted.is_empty() {
            return Err(Refusal::TicketsUsed(left));
        }
        if by == Returner::Buyer {
            let (given, others) = live.places.part(&wanted);
            let others = others.of_tickets(|ticket| left.contains(&ticket));
            self.check_tables_parted(&given.seats, &others.seats)?;
        }
        let is_whole = wanted.len() == left.len();
        let price = match is_whole {
            // The fee for the order goes back with the last ticket.
            true => live.terms.total - self.price_of(order, live, |ticket| !left.contains(&ticket)),
            false => self.price_of(order, live, |ticket| wanted.contains(&ticket)),
        };
        Ok(Given {
            live,
            tickets: wanted,
            is_whole,
            price,
        })
    }

    /// Takes tickets back, for the tickets of another order or for money.
    pub(super) fn take_back(
        &mut self,
        order: OrderNumber,
        given: &Given<'_>,
        exchanged_for: Option<OrderNumber>,
    ) {
        let (live, tickets) = (given.live, &given.tickets);
        let places = live.places.of_tickets(|ticket| tickets.contains(&ticket));
        self.emit(Change {
            tickets: tickets.clone(),
            code: live.terms.code.filter(|_| given.is_whole),
            ..Change::new(EventKind::Returned, Some(order), places.clone()).of(Some(live))
        });
        self.keep_again(&places, live.label.as_ref());
        let step = match given.is_whole {
            true => OrderStep::Refund,
            false => OrderStep::ReturnSome,
        };
        // Tickets may be given back of one order by several commands: for some of them another order is paid.
        let before = self.changes.orders.iter_mut();
        if let Some(change) = { before }.find(|change| change.order == order) {
            change.step = step;
            change.tickets.extend(tickets);
            change.exchanged_for = exchanged_for.or(change.exchanged_for);
        } else {
            self.changes.orders.push(OrderChange {
                tickets: tickets.clone(),
                exchanged_for,
                ..OrderChange::new(order, step)
            });
        }
    }

    /// What some tickets cost when they were put into the order, each with its fee, in minor units.
    fn price_of(&self, order: OrderNumber, live: &LiveOrder, is_chosen: impl Fn(TicketIndex) -> bool) -> i64 {
        let known = self.known.orders.get(&order);
        let told = known.and_then(|known| known.prices.as_deref());
        let bill = known.and_then(|known| known.bill.as_ref());
        self.show.tickets_cost(told, &live.places, bill, is_chosen)
    }

    /// A paid order whose tickets may be given back now, and those that are left.
    fn returnable(
        &self,
        order: OrderNumber,
        by: Returner,
    ) -> Result<(&'a LiveOrder, Vec<TicketIndex>), Refusal> {
        let live = self.overlay.order(order).ok_or(Refusal::OrderNotLive)?;
        if live.phase == Phase::Held {
            return Err(Refusal::OrderNotPaid);
        }
        if by == Returner::Buyer && self.show.returns == Returns::Organiser {
            return Err(Refusal::NoReturns);
        }
        if let (Returner::Buyer, Some(end)) = (by, self.show.returns_until)
            && self.now >= end
        {
            return Err(Refusal::ReturnsOver(end));
        }
        let all = live.places.tickets().map(|(ticket, _)| ticket);
        let returned = self.overlay.returned(order);
        let left = all.filter(|ticket| !returned.contains(ticket)).collect();
        Ok((live, left))
    }

    /// Those of the tickets that nobody has been let in with.
    fn unused(&self, order: OrderNumber, tickets: &[TicketIndex]) -> Vec<TicketIndex> {
        let known = self.known.orders.get(&order);
        let is_used = |ticket: &&TicketIndex| known.is_some_and(|order| order.checked_in.contains(ticket));
        tickets
            .iter()
            .filter(|ticket| !is_used(ticket))
            .copied()
            .collect()
    }

    /// Who has been let in keeps the ticket, unless the show is canceled: then nobody has seen it.
    pub(super) fn check_unused(
        &self,
        order: OrderNumber,
        tickets: &[TicketIndex],
        by: Returner,
    ) -> Result<(), Refusal> {
        if by == Returner::Cancellation {
            return Ok(());
        }
        let unused = self.unused(order, tickets);
        let used: Vec<TicketIndex> = tickets
            .iter()
            .filter(|ticket| !unused.contains(ticket))
            .copied()
            .collect();
        if used.is_empty() {
            Ok(())
        } else {
            Err(Refusal::TicketsUsed(used))
        }
    }
}

/// A payment that takes this step, and no more is known of it.
const fn ended(payment: PaymentId, step: PaymentStep) -> PaymentChange {
    PaymentChange {
        payment,
        step,
        reason: None,
        reference: None,
        is_authorised: false,
        decision: None,
    }
}

/// Money that is not taken yet is released as a whole; before a part of it can go back it has to be taken.
fn can_be_parted(payment: &KnownPayment, is_whole: bool) -> bool {
    match payment.state {
        PaymentState::Captured => true,
        PaymentState::Confirmed => is_whole,
        _ => false,
    }
}
