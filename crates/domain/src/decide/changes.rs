//! What a batch changes, row by row: each change states what it expects of the row.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::details::Details;
use crate::event::{Event, HoldTerms, Places};
use crate::exchange::ExchangeTerms;
use crate::id::{Offset, PaymentId, RefundId, SessionId};
use crate::label::Label;
use crate::labeled::LabelChange;
use crate::outcome::Decision;
use crate::plan::{SeatIndex, ZoneIndex};
use crate::reference::{OrderNumber, TicketIndex};
use crate::seat_map::{Sale, SeatState, ZoneCount};
use crate::show::Show;
use crate::tariff::Bill;
use crate::waitlist::{EntryNumber, EntryState, Want};

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
    /// Its new capacity, if that is another one.
    pub capacity: Option<u32>,
}

/// Everything that a batch does to one show.
#[derive(Debug, Default)]
pub struct Changes {
    /// One for each command, in order. Empty if lapsed holds filled the batch and the commands have to wait.
    pub decisions: Vec<Decision>,
    /// New journal entries.
    pub events: Vec<Event>,
    /// Seats that change, each once.
    pub seats: Vec<SeatChange>,
    /// Zones that change, each once.
    pub zones: Vec<ZoneChange>,
    /// New orders.
    pub new_orders: Vec<NewOrder>,
    /// Orders that change, each once.
    pub orders: Vec<OrderChange>,
    /// Those of them that have fewer places.
    pub cuts: Vec<OrderCut>,
    /// Tickets of them that get another code.
    pub transfers: Vec<TicketTransfer>,
    /// New payments.
    pub new_payments: Vec<NewPayment>,
    /// Payments that leave their first state, each once.
    pub payments: Vec<PaymentChange>,
    /// Money that goes back.
    pub returns: Vec<Return>,
    /// What orders have of older payments.
    pub credits: Vec<CreditChange>,
    /// Whether the show opens or closes.
    pub sale: Option<Sale>,
    /// Labels that blocked places get and lose.
    pub labels: Vec<LabelChange>,
    /// Revisions of its terms, in order.
    pub terms: Vec<Arc<Show>>,
    /// Entries of the waitlist that are new or change, each once.
    pub entries: Vec<EntryChange>,
    /// Whether more is due than one batch does: a further one goes on with it.
    pub is_more_due: bool,
}

/// An entry of the waitlist before and after the batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryChange {
    /// The entry.
    pub entry: EntryNumber,
    /// Where it must stand and wait. None: it is new.
    pub from: Option<Offset>,
    /// Where it stands, or stood last.
    pub place: Offset,
    /// Whose it is.
    pub session: SessionId,
    /// What it wants, if it is new or wants something else.
    pub want: Option<Want>,
    /// What becomes of it.
    pub state: EntryState,
    /// The order that it gets, and the offset at which that is booked.
    pub order: Option<(OrderNumber, Offset)>,
    /// Who buys, if it is new and tells.
    pub details: Option<Arc<Details>>,
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
    /// The offset of its `booked` event.
    pub booked: Offset,
    /// The price of each ticket, by their numbers, in minor units of the show's currency. None: what the terms say that the show
    /// was made with.
    pub prices: Option<Vec<i64>>,
    /// What there is besides, if there is anything.
    pub bill: Option<Box<Bill>>,
    /// Who buys and who comes, where that is told.
    pub details: Option<Arc<Details>>,
    /// Whom its places were kept for.
    pub label: Option<Label>,
    /// What it is in exchange for.
    pub exchange: Option<ExchangeTerms>,
}

/// What is left of an order that some places are taken from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderCut {
    /// The order.
    pub order: OrderNumber,
    /// What it cost, in minor units.
    pub from_total: i64,
    /// What it costs now.
    pub total: i64,
    /// The tickets that it had for those places.
    pub dropped: Vec<TicketIndex>,
    /// Its places.
    pub places: Places,
    /// The price of each ticket that is left, as in [`NewOrder::prices`].
    pub prices: Option<Vec<i64>>,
    /// What there is besides, if there is anything.
    pub bill: Option<Bill>,
}

/// A ticket that gets another code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TicketTransfer {
    /// Its order.
    pub order: OrderNumber,
    /// The ticket.
    pub ticket: TicketIndex,
    /// How often it was transferred before.
    pub from_transfers: u8,
    /// Who comes with it now, if that is told.
    pub attendee: Option<String>,
}

/// Where an order can go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderStep {
    /// `held` to `paid`, before the hold's end.
    Pay,
    /// `held` to `canceled`, before the hold's end.
    Cancel,
    /// `held` with fewer places, before the hold's end.
    Drop,
    /// `held` to `timed_out`, not before the hold's end.
    TimeOut,
    /// `held` until later, before the hold's end.
    Extend,
    /// `timed_out` to `paid`: late money is honoured.
    Retake,
    /// The same, where its end is not written down yet: `held` to `paid`, not before the hold's end.
    RetakeLapsed,
    /// `paid` with fewer tickets.
    ReturnSome,
    /// `paid` with another code for a ticket.
    Transfer,
    /// `paid` to `refunded`.
    Refund,
}

impl OrderStep {
    /// The state that the row must have, as in the database: 1 held, 2 paid, 4 timed out.
    pub const fn from_state(self) -> i16 {
        match self {
            Self::Pay | Self::Cancel | Self::Drop | Self::TimeOut | Self::Extend | Self::RetakeLapsed => 1,
            Self::ReturnSome | Self::Transfer | Self::Refund => 2,
            Self::Retake => 4,
        }
    }

    /// The state that it gets: besides those, 3 canceled and 5 refunded.
    pub const fn to_state(self) -> i16 {
        match self {
            Self::Extend | Self::Drop => 1,
            Self::Pay | Self::Retake | Self::RetakeLapsed | Self::ReturnSome | Self::Transfer => 2,
            Self::Cancel => 3,
            Self::TimeOut => 4,
            Self::Refund => 5,
        }
    }

    /// Whether a held order must have lapsed; else it must not.
    pub const fn is_lapsed(self) -> bool {
        matches!(self, Self::TimeOut | Self::RetakeLapsed)
    }
}

/// A step of an existing order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderChange {
    /// The order.
    pub order: OrderNumber,
    /// Its step.
    pub step: OrderStep,
    /// The payment that pays it, and the offset of the event that says so, where it is paid.
    pub paid: Option<(PaymentId, Offset)>,
    /// The hold's new end, where it is extended.
    pub kept_until: Option<DateTime<Utc>>,
    /// The tickets that are given back; none of them was before.
    pub tickets: Vec<TicketIndex>,
    /// The order whose tickets were given for some of them.
    pub exchanged_for: Option<OrderNumber>,
}

impl OrderChange {
    /// A step that needs to say no more.
    pub const fn new(order: OrderNumber, step: OrderStep) -> Self {
        Self {
            order,
            step,
            paid: None,
            kept_until: None,
            tickets: Vec::new(),
            exchanged_for: None,
        }
    }
}

/// Money of one payment that is to be given back for tickets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Return {
    /// The order whose tickets they are.
    pub order: OrderNumber,
    /// The payment.
    pub payment: PaymentId,
    /// The new refund.
    pub refund: RefundId,
    /// Minor units of the show's currency.
    pub amount: i64,
    /// How the payment goes on.
    pub end: ReturnEnd,
}

/// How a payment goes on of which money goes back. The numbers are those in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReturnEnd {
    /// An order still has money of it.
    Part = 3,
    /// It was not taken yet: it is released.
    Void = 4,
    /// No order has any money of it.
    Whole = 7,
}

/// What an order has of an older payment, whose tickets it was exchanged for. In minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CreditChange {
    /// The order.
    pub order: OrderNumber,
    /// The payment.
    pub payment: PaymentId,
    /// What it gets; 0 where it has some already.
    pub amount: i64,
    /// What of it has gone back or has become another order's.
    pub used: i64,
}

/// Where a payment begins. The numbers are those in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaymentBegin {
    /// The provider is going to be asked.
    Authorising = 1,
    /// There is nobody to ask and nothing to fetch; its order is paid in the same batch.
    Captured = 3,
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
    /// Where the buyer is sent back to.
    pub return_url: Option<String>,
    /// The amount, in minor units of the show's currency.
    pub amount_minor_units: i64,
    /// Where it begins.
    pub begin: PaymentBegin,
}

/// Where an authorised or refused payment goes. The numbers are those in the database, where 1 is `authorising`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaymentStep {
    /// Its order is paid; to be captured.
    Confirm = 2,
    /// Its order is gone, or it is waited for no longer; to be voided.
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
    /// Why, for people, for [`PaymentStep::Reject`].
    pub reason: Option<String>,
    /// The provider's own name for it, as far as it is known by now.
    pub reference: Option<String>,
    /// Whether the provider has said that the money is set aside.
    pub is_authorised: bool,
    /// What became of it: the final answer under the key that it was begun with. None: the key is free again.
    pub decision: Option<Decision>,
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
