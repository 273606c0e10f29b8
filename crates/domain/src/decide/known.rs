//! What a decision rests on besides the state: rows that only the lock call can tell. Memory does not keep them, as most
//! commands need none.

use std::collections::{BTreeSet, HashMap};

use crate::code::{CodeId, CodeWord, KnownCode};
use crate::event::{HoldTerms, Places};
use crate::id::{Offset, PaymentId};
use crate::payment::{Decline, PaymentState};
use crate::reference::{OrderNumber, TicketIndex};
use crate::tariff::Bill;
use crate::transfers::Transfers;

/// The rows that a batch's commands name, as they are under the show's lock.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KnownRows {
    /// Whether the show is canceled: it never sells again.
    pub is_canceled: bool,
    /// Payments that the commands name.
    pub payments: HashMap<PaymentId, KnownPayment>,
    /// Orders that the commands name.
    pub orders: HashMap<OrderNumber, KnownOrder>,
    /// Codes that the commands and these orders name.
    pub codes: HashMap<CodeId, KnownCode>,
    /// How many live places the buyers of the addresses have that the commands name, as [`email_key`](crate::details::email_key) writes
    /// them. Told where the show has a limit for them.
    pub email_places: HashMap<String, u32>,
}

impl KnownRows {
    /// The code of this word.
    pub fn code(&self, word: &CodeWord) -> Option<&KnownCode> {
        self.codes.values().find(|known| known.word == *word)
    }

    /// The payment of an order that is under way or has its money.
    pub fn live_payment(&self, order: OrderNumber) -> Option<&KnownPayment> {
        let id = self.orders.get(&order)?.live_payment?;
        self.payments.get(&id)
    }
}

/// A payment's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownPayment {
    /// The payment.
    pub id: PaymentId,
    /// Where it stands.
    pub state: PaymentState,
    /// Whether it waits for the buyer to do something on a page.
    pub awaits_buyer: bool,
    /// Why it was refused, if it was.
    pub decline: Option<Decline>,
    /// In minor units, as what follows.
    pub amount: i64,
    /// Of one that is captured: what has gone back or is about to, also of what was given back at the provider.
    pub refunded: i64,
    /// Of one that is captured: what the buyer's bank has called back.
    pub disputed: i64,
}

impl KnownPayment {
    /// What could still go back.
    pub fn left(&self) -> i64 {
        (self.amount - self.refunded - self.disputed).max(0)
    }
}

/// An order's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownOrder {
    /// Where it stands.
    pub state: OrderState,
    /// Whose it is and until when it was kept.
    pub terms: HoldTerms,
    /// Its places, as they were booked.
    pub places: Places,
    /// The price of each ticket, by their numbers, in minor units. None: what the terms say that the show was made with.
    pub prices: Option<Vec<i64>>,
    /// What there is besides, if there is anything.
    pub bill: Option<Bill>,
    /// Whether its hold was made longer, as far as its row says so.
    pub was_extended: bool,
    /// The offset at which it was first booked.
    pub booked: Offset,
    /// The payment that paid it, and the offset of the event that says so.
    pub paid: Option<(PaymentId, Offset)>,
    /// Its payment that is under way or has its money.
    pub live_payment: Option<PaymentId>,
    /// Its tickets that have been used.
    pub checked_in: BTreeSet<TicketIndex>,
    /// Those that were transferred.
    pub transferred: Transfers,
}

/// Where an order stands. The numbers are those in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderState {
    /// Waiting for payment.
    Held = 1,
    /// Paid for.
    Paid = 2,
    /// Given up by the buyer.
    Canceled = 3,
    /// Lapsed.
    TimedOut = 4,
    /// Given back, with its money.
    Refunded = 5,
}

impl OrderState {
    const ALL: [Self; 5] = [
        Self::Held,
        Self::Paid,
        Self::Canceled,
        Self::TimedOut,
        Self::Refunded,
    ];

    /// The state with this number in the database.
    pub fn from_number(number: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|state| *state as i16 == number)
    }
}
