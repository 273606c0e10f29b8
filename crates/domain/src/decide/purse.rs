//! Whose money is where: an order's own payment, and parts of older ones, whose tickets it was exchanged for.
//!
//! A payment's money is that of the order that it paid, but for what it lends: credits of orders that came of exchanges. What goes
//! back of an order's money is taken of its own payment first. A payment ends with the last that has money of it.

use std::collections::HashMap;

use super::changes::{Changes, CreditChange, Return, ReturnEnd};
use super::known::{KnownCredit, KnownPayment, KnownRows};
use crate::id::{PaymentId, RefundId};
use crate::payment::PaymentState;
use crate::reference::OrderNumber;

/// Most parts of older payments that an order has.
pub const CREDITS_MAX: usize = 8;

/// Payments and credits as the commands before have left them, where they changed any.
pub struct Purse<'a> {
    known: &'a KnownRows,
    payments: HashMap<PaymentId, KnownPayment>,
    credits: HashMap<OrderNumber, Vec<KnownCredit>>,
}

/// What becomes of money of an order. In minor units.
#[derive(Debug, Clone, Copy)]
pub struct Moved {
    /// Whose money it is.
    pub order: OrderNumber,
    /// Under this id it goes back; under the next ones, where it is of several payments.
    pub refund: RefundId,
    /// What goes back.
    pub back: i64,
    /// What becomes another order's.
    pub lent: Option<(OrderNumber, i64)>,
    /// Whether the order has no ticket left, and so no money.
    pub is_whole: bool,
}

/// Some of an order's money.
struct Source {
    payment: KnownPayment,
    /// Of another order's payment: what this one has of it.
    credit: Option<KnownCredit>,
    back: i64,
    lent: i64,
}

impl Source {
    fn left(&self) -> i64 {
        let left = match (&self.credit, self.payment.state) {
            (Some(credit), _) => credit.left.min(self.payment.left()),
            (None, PaymentState::Captured) => self.payment.left() - self.payment.lent,
            (None, _) => self.payment.amount,
        };
        (left - self.back - self.lent).max(0)
    }
}

impl<'a> Purse<'a> {
    /// Nothing is moved yet.
    pub fn new(known: &'a KnownRows) -> Self {
        Self {
            known,
            payments: HashMap::new(),
            credits: HashMap::new(),
        }
    }

    /// The payment of an order that is under way or has its money.
    pub fn live_payment(&self, order: OrderNumber) -> Option<&KnownPayment> {
        let known = self.known.live_payment(order)?;
        Some(self.payments.get(&known.id).unwrap_or(known))
    }

    /// Parts of older payments that an order has.
    pub fn credits(&self, order: OrderNumber) -> &[KnownCredit] {
        let known = || self.known.orders.get(&order).map(|known| &known.credits);
        let credits = self.credits.get(&order).or_else(known);
        credits.map_or(&[], Vec::as_slice)
    }

    fn sources(&self, order: OrderNumber) -> Vec<Source> {
        let source = |payment: &KnownPayment, credit| Source {
            payment: payment.clone(),
            credit,
            back: 0,
            lent: 0,
        };
        let own = self.live_payment(order).map(|payment| source(payment, None));
        // A payment may have ended of which nothing is left.
        let unused = self.credits(order).iter().filter(|credit| credit.left > 0);
        let older = unused.filter_map(|credit| {
            let known = self.known.payments.get(&credit.payment)?;
            let payment = self.payments.get(&credit.payment).unwrap_or(known);
            Some(source(payment, Some(*credit)))
        });
        own.into_iter().chain(older).collect()
    }

    /// What is left of an order's money, in minor units.
    pub fn money_left(&self, order: OrderNumber) -> i64 {
        self.sources(order).iter().map(Source::left).sum()
    }

    /// What has gone back of an order's money, in minor units.
    pub fn gone_back(&self, order: OrderNumber) -> i64 {
        let own = self.live_payment(order).map_or(0, |payment| payment.refunded_own);
        own + self
            .credits(order)
            .iter()
            .map(|credit| credit.refunded)
            .sum::<i64>()
    }

    /// Moves money of an order, as far as it is there.
    pub fn move_money(&mut self, moved: Moved, changes: &mut Changes) {
        let mut sources = self.sources(moved.order);
        take(&mut sources, moved.back, |source| &mut source.back);
        if let Some((_, amount)) = moved.lent {
            take(&mut sources, amount, |source| &mut source.lent);
        }
        let mut refunds = (0..).map(|number| RefundId(moved.refund.0.wrapping_add(number)));
        let spent = self.credits(moved.order).iter().filter(|credit| credit.left == 0);
        let mut credits: Vec<_> = spent.copied().collect();
        for source in sources {
            let end = self.settle(&moved, &source, &mut credits, changes);
            // Tickets that are given back always show in the payment of their own order.
            if source.credit.is_none() || source.back > 0 || end != ReturnEnd::Part {
                changes.returns.extend(refunds.next().map(|refund| Return {
                    order: moved.order,
                    payment: source.payment.id,
                    refund,
                    amount: source.back,
                    end,
                }));
            }
        }
        self.credits.insert(moved.order, credits);
    }

    /// Takes what was found out about one source down; says how its payment goes on.
    fn settle(
        &mut self,
        moved: &Moved,
        source: &Source,
        credits: &mut Vec<KnownCredit>,
        changes: &mut Changes,
    ) -> ReturnEnd {
        let mut payment = source.payment.clone();
        let is_taken = payment.state == PaymentState::Captured;
        if is_taken {
            payment.refunded += source.back;
        }
        payment.lent += source.lent;
        match source.credit {
            None => {
                payment.refunded_own += source.back;
                payment.is_kept = !moved.is_whole;
            }
            Some(mut credit) => {
                let used = match moved.is_whole {
                    true => credit.left,
                    false => source.back + source.lent,
                };
                payment.lent -= used;
                credit.left -= used;
                credit.refunded += source.back;
                change_credit(changes, moved.order, payment.id, 0, used);
                credits.push(credit);
            }
        }
        if let Some((to, _)) = moved.lent {
            change_credit(changes, to, payment.id, source.lent, 0);
        }
        let end = match is_taken {
            false => ReturnEnd::Void,
            true if payment.lent == 0 && !payment.is_kept => ReturnEnd::Whole,
            true => ReturnEnd::Part,
        };
        self.payments.insert(payment.id, payment);
        end
    }
}

fn change_credit(changes: &mut Changes, order: OrderNumber, payment: PaymentId, amount: i64, used: i64) {
    let is_same = |change: &&mut CreditChange| (change.order, change.payment) == (order, payment);
    if amount + used == 0 {
        return;
    }
    match changes.credits.iter_mut().find(is_same) {
        Some(change) => change.used += used,
        None => changes.credits.push(CreditChange {
            order,
            payment,
            amount,
            used,
        }),
    }
}

/// Takes so much of the sources, of the first ones first.
fn take(sources: &mut [Source], mut amount: i64, part: impl Fn(&mut Source) -> &mut i64) {
    for source in sources {
        let taken = amount.min(source.left());
        *part(source) += taken;
        amount -= taken;
    }
}
