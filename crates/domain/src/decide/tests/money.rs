//! The rows of payments, refunds and credits.

use super::*;

impl Rows {
    pub fn lent(&self, payment: PaymentId) -> i64 {
        let of_it = self.credits.iter().filter(|((_, of), _)| *of == payment);
        of_it.map(|(_, (amount, used))| amount - used).sum()
    }

    pub fn credits_of(&self, order: OrderNumber) -> Vec<KnownCredit> {
        let own = self.credits.iter().filter(|((of, _), _)| *of == order);
        let known = |((_, payment), (amount, used)): (&(OrderNumber, PaymentId), &(i64, i64))| KnownCredit {
            payment: *payment,
            left: amount - used,
            refunded: self.refunds.get(&(order, *payment)).copied().unwrap_or(0),
        };
        own.map(known).collect()
    }

    pub fn write_money(&mut self, changes: &Changes) {
        for change in &changes.payments {
            let row = self.payments.get_mut(&change.payment).expect("a payment");
            assert_eq!(row.state, PaymentState::Authorising, "{change:?}");
            row.state = PaymentState::from_number(change.step as i16).expect("a state");
        }
        for new in &changes.new_payments {
            assert_eq!(self.live_payment(new.order), None, "{new:?}");
            let order = &self.orders[&new.order];
            let total = order.terms.total;
            let due = order.exchange.as_ref().map(|exchange| exchange.due(total));
            assert_eq!(new.amount_minor_units, due.unwrap_or(total));
            let row = PaymentRow {
                order: new.order,
                state: PaymentState::from_number(new.begin as i16).expect("a state"),
                awaits_buyer: new.payment.0.is_multiple_of(2),
                amount: new.amount_minor_units,
                refunded: 0,
                elsewhere: 0,
                disputed: 0,
            };
            assert!(self.payments.insert(new.payment, row).is_none());
        }
        for change in &changes.credits {
            let entry = (change.order, change.payment);
            let (amount, used) = self.credits.entry(entry).or_default();
            assert!(*amount == 0 || change.amount == 0, "{change:?}");
            *amount += change.amount;
            *used += change.used;
            assert!(*used <= *amount, "{change:?}");
        }
        let mut ends = HashMap::new();
        for change in &changes.returns {
            let payment = self.payments.get_mut(&change.payment).expect("a payment");
            if payment.state == PaymentState::Captured {
                payment.refunded += change.amount;
                assert!(
                    payment.refunded + payment.disputed <= payment.amount,
                    "{change:?}"
                );
                *self.refunds.entry((change.order, change.payment)).or_default() += change.amount;
            }
            let end = ends.entry(change.payment).or_insert(change.end as i16);
            *end = (*end).max(change.end as i16);
        }
        for (id, end) in ends {
            let lent = self.lent(id);
            let payment = self.payments.get_mut(&id).expect("a payment");
            let is_kept = self.orders[&payment.order].state == OrderState::Paid;
            assert_eq!(end == 3, is_kept || lent > 0, "{id:?}");
            payment.state = match (payment.state, end) {
                (PaymentState::Captured, 3) => PaymentState::Captured,
                (PaymentState::Captured, 7) => PaymentState::Refunding,
                (PaymentState::Confirmed, 4) => PaymentState::Voiding,
                other => panic!("{other:?}: {id:?}"),
            };
            // Once nobody has a ticket, all the money is back.
            if end == 7 {
                assert_eq!(payment.refunded + payment.disputed, payment.amount, "{id:?}");
            }
        }
        self.check_money();
    }

    /// Paid orders have their money, and no money is anybody else's.
    fn check_money(&self) {
        for (number, row) in &self.orders {
            let credits: i64 = self.credits_of(*number).iter().map(|credit| credit.left).sum();
            if row.state != OrderState::Paid {
                assert_eq!(credits, 0, "{number:?}");
                continue;
            }
            let payment = &self.payments[&row.paid.expect("a payment").0];
            let all = self.credits.iter().filter(|((of, _), _)| of == number);
            let all: i64 = all.map(|(_, (amount, _))| amount).sum();
            assert_eq!(payment.amount + all, row.terms.total, "{number:?}");
        }
        for (id, row) in &self.payments {
            let is_live = matches!(row.state, PaymentState::Captured | PaymentState::Confirmed);
            let is_kept = self.orders[&row.order].state == OrderState::Paid;
            assert!(is_live || self.lent(*id) == 0, "{id:?}");
            assert!(!is_live || is_kept || self.lent(*id) > 0, "{id:?}");
        }
    }
}
