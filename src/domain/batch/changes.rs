//! What a batch changes, row by row: each change states what it expects of the row.

use std::collections::VecDeque;
use std::ops::Range;

use crate::domain::event::{HoldTerms, Places};
use crate::domain::id::PaymentId;
use crate::domain::plan::{SeatIndex, ZoneIndex};
use crate::domain::reference::OrderNumber;
use crate::domain::seat_map::{SeatState, ZoneCount};

/// A seat with the order it is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeatCell {
    /// Its state.
    pub state: SeatState,
    /// The order it is in, for `held` and `sold`.
    pub order: Option<OrderNumber>,
}

/// A seat's row before and after the batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeatChange {
    /// The seat.
    pub seat: SeatIndex,
    /// What the row must be.
    pub from: SeatCell,
    /// What it becomes.
    pub to: SeatCell,
}

/// A zone's row before and after the batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ZoneChange {
    /// The zone.
    pub zone: ZoneIndex,
    /// What the row must be.
    pub from: ZoneCount,
    /// What it becomes.
    pub to: ZoneCount,
}

/// A row for a new order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOrder {
    /// Its number.
    pub order: OrderNumber,
    /// Whose it is and until when.
    pub terms: HoldTerms,
    /// Its places.
    pub places: Places,
    /// Its price, in minor units of the show's currency.
    pub total_minor_units: i64,
}

/// Where an order can go from its live phases. The numbers are those in the database, where 1 is `held`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderStep {
    /// `held` to `paid`, before the hold's end.
    Pay = 2,
    /// `held` to `canceled`.
    Cancel = 3,
    /// `held` to `timed_out`, not before the hold's end.
    TimeOut = 4,
    /// `paid` to `refunded`.
    Refund = 5,
}

/// A step of an existing order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderChange {
    /// The order.
    pub order: OrderNumber,
    /// Its step.
    pub step: OrderStep,
    /// The payment that pays it, for [`OrderStep::Pay`].
    pub payment: Option<PaymentId>,
}

/// Where a payment begins. The numbers are those in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaymentBegin {
    /// The provider is going to be asked.
    Authorising = 1,
    /// Authorised at once; its order is paid in the same batch.
    Confirmed = 2,
}

/// A row for a new payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPayment {
    /// The payment.
    pub payment: PaymentId,
    /// The order it is for.
    pub order: OrderNumber,
    /// The provider.
    pub provider: &'static str,
    /// The buyer's means of payment.
    pub payment_method: String,
    /// The amount, in minor units of the show's currency.
    pub amount_minor_units: i64,
    /// Where it begins.
    pub begin: PaymentBegin,
    /// The command it belongs to, by its place in the batch.
    pub command: usize,
}

/// Where an authorised or refused payment goes. The numbers are those in the database, where 1 is `authorising`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaymentStep {
    /// Its order is paid; to be captured.
    Confirm = 2,
    /// Its order is gone; to be voided.
    Void = 4,
    /// The provider refused it.
    Reject = 6,
}

/// A step of an existing payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentChange {
    /// The payment.
    pub payment: PaymentId,
    /// Its step.
    pub step: PaymentStep,
    /// Why, for [`PaymentStep::Reject`].
    pub reason: Option<String>,
}

/// Order numbers set aside for a show, taken from the front.
#[derive(Debug, Default)]
pub struct OrderNumbers {
    ranges: VecDeque<Range<i64>>,
}

impl OrderNumbers {
    /// How many are left.
    pub fn left(&self) -> usize {
        self.ranges
            .iter()
            .map(|range| usize::try_from(range.end - range.start).unwrap_or(0))
            .sum()
    }

    /// Adds a leased block.
    pub fn add(&mut self, block: Range<i64>) {
        self.ranges.push_back(block);
    }

    pub(super) fn take(&mut self) -> Option<OrderNumber> {
        loop {
            match self.ranges.front_mut()?.next() {
                Some(number) => return Some(OrderNumber(number)),
                None => self.ranges.pop_front(),
            };
        }
    }
}
