//! What can be asked of a show. A command says everything that the decision needs besides the show itself.

use std::sync::Arc;

use super::code::CodeWord;
use super::details::Details;
use super::event::Places;
use super::id::{PaymentId, RefundId, Revision, SessionId};
use super::label::Label;
use super::payment::Decline;
use super::plan::{SeatIndex, ZoneIndex};
use super::reference::{OrderNumber, TicketIndex};
use super::seat_map::Sale;
use super::show::Show;
use super::tariff::TicketTypeId;
use super::together;
use super::waitlist::{EntryNumber, Want};

/// Something to be done to one show.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Put places into a new order.
    Hold {
        /// The buyer.
        session: SessionId,
        /// The places.
        wish: Wish,
        /// Who buys and who comes, where that is told.
        details: Option<Arc<Details>>,
        /// On whose account.
        booking: Booking,
    },
    /// Wait for places that are not free.
    Join {
        /// The buyer.
        session: SessionId,
        /// The places.
        want: Want,
        /// Who buys, where that is told.
        details: Option<Arc<Details>>,
    },
    /// Want something else than until now.
    ChangeWant {
        /// The entry.
        entry: EntryNumber,
        /// The places.
        want: Want,
    },
    /// Wait no longer.
    Leave {
        /// The entry.
        entry: EntryNumber,
    },
    /// Offer an entry free places, whoever waits before it.
    Offer {
        /// The entry.
        entry: EntryNumber,
    },
    /// Give a held order up.
    Abort {
        /// The order.
        order: OrderNumber,
    },
    /// Give some of a held order's places up.
    Drop {
        /// The order.
        order: OrderNumber,
        /// The places.
        places: Dropped,
    },
    /// Put places into a new order, for which tickets of another one are given back.
    Exchange(Box<Exchange>),
    /// Sell the places of the session's own order, by a payment of which its provider need not be told.
    Pay {
        /// The buyer.
        session: SessionId,
        /// The order to be paid.
        order: OrderNumber,
        /// What it is paid with.
        tender: Tender,
    },
    /// Write down that a payment is about to be authorised.
    BeginPayment {
        /// The order to be paid.
        order: OrderNumber,
        /// What it is going to be paid with, once the provider has been asked.
        tender: Tender,
    },
    /// The payment is authorised: sell the places, or void the payment.
    ConfirmPayment {
        /// The order to be paid.
        order: OrderNumber,
        /// The authorised payment.
        payment: PaymentId,
        /// The provider's own name for it, if it has one.
        reference: Option<String>,
    },
    /// Stop waiting for a buyer who was to do something at the bank: whatever has been set aside is released.
    GiveUpPayment {
        /// The order that stays unpaid.
        order: OrderNumber,
        /// The payment.
        payment: PaymentId,
    },
    /// The provider could not be asked: it is as if the payment had not begun, and its key is free again.
    WithdrawPayment {
        /// The order that stays unpaid.
        order: OrderNumber,
        /// The payment.
        payment: PaymentId,
    },
    /// The provider refused the payment.
    RejectPayment {
        /// The order that stays unpaid.
        order: OrderNumber,
        /// The refused payment.
        payment: PaymentId,
        /// Why.
        decline: Decline,
    },
    /// Give a paid order's places back, or some of them, and their money too.
    Return {
        /// The order.
        order: OrderNumber,
        /// The tickets; all that are left, if there are none here.
        tickets: Vec<TicketIndex>,
        /// Who wants it.
        by: Returner,
        /// The new refund.
        refund: RefundId,
    },
    /// Pass a paid ticket on: it gets another code, and the one that it has dies.
    Transfer {
        /// The order.
        order: OrderNumber,
        /// The ticket.
        ticket: TicketIndex,
        /// How often it had been transferred when it had the code that is shown.
        transfers: u8,
        /// Who wants it.
        by: Returner,
        /// Who comes with it from now on, if that is told.
        attendee: Option<String>,
    },
    /// Take free places off sale.
    Block {
        /// The places.
        places: Places,
        /// Whom they are kept for, if anybody.
        label: Option<Label>,
    },
    /// Put blocked places back on sale.
    Unblock {
        /// The places.
        places: Places,
        /// Those of this label alone. None: any seats, and places in zones that have no label.
        label: Option<Label>,
    },
    /// Open the sale.
    Open,
    /// Close the sale.
    Close,
    /// Change the show's terms, and open or close its sale besides.
    Change {
        /// The terms that the organiser has seen: nothing is changed while others are in force. None: whatever is in force.
        base: Option<Revision>,
        /// The terms in their place, which are the next revision; none, if they stay.
        terms: Option<Arc<Show>>,
        /// Whether the sale is opened or closed.
        sale: Option<Sale>,
    },
}

impl Command {
    /// Whether it may make an order, which needs a number.
    pub const fn needs_number(&self) -> bool {
        matches!(self, Self::Hold { .. } | Self::Exchange(_) | Self::Offer { .. })
    }

    /// The order that the command is about. A batch takes one command an order, so that no row changes twice in it.
    pub fn order(&self) -> Option<OrderNumber> {
        match self {
            Self::Abort { order }
            | Self::Drop { order, .. }
            | Self::Pay { order, .. }
            | Self::BeginPayment { order, .. }
            | Self::ConfirmPayment { order, .. }
            | Self::RejectPayment { order, .. }
            | Self::GiveUpPayment { order, .. }
            | Self::WithdrawPayment { order, .. }
            | Self::Return { order, .. }
            | Self::Transfer { order, .. } => Some(*order),
            Self::Exchange(exchange) => Some(exchange.order),
            Self::Hold { .. }
            | Self::Join { .. }
            | Self::ChangeWant { .. }
            | Self::Leave { .. }
            | Self::Offer { .. }
            | Self::Block { .. }
            | Self::Unblock { .. }
            | Self::Open
            | Self::Close
            | Self::Change { .. } => None,
        }
    }
}

/// Tickets that are to be given back for others.
#[derive(Debug, Clone, PartialEq)]
pub struct Exchange {
    /// The order that they are of.
    pub order: OrderNumber,
    /// The tickets; all that are left, if there are none here.
    pub tickets: Vec<TicketIndex>,
    /// Who wants it.
    pub by: Returner,
    /// The new refund, of what the new places cost less.
    pub refund: RefundId,
    /// The new places.
    pub wish: Wish,
    /// Who buys, where that is told.
    pub details: Option<Arc<Details>>,
    /// The payment of nothing that pays them, where the tickets are worth enough.
    pub tender: Tender,
    /// What becomes of places that are dearer.
    pub dearer: Dearer,
}

/// What becomes of an exchange for places that cost more than the tickets are worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dearer {
    /// They are held until the difference is paid.
    Held,
    /// Nobody could pay it: refused.
    Refused,
}

/// On whose account places are put into an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Booking {
    /// A buyer's, as the show's terms allow.
    Public,
    /// The organiser's, who sells also what is not on public sale, at the show's prices.
    House,
    /// The same, at no price.
    Free,
}

/// Who gives tickets back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Returner {
    /// Whose order it is: as far as the show allows it.
    Buyer,
    /// Who sells it.
    Organiser,
    /// The show does not take place.
    Cancellation,
    /// All the money went back at the provider: so do the tickets, but for those that have been used.
    Provider,
}

/// What an order is to be paid with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tender {
    /// The new payment.
    pub payment: PaymentId,
    /// The provider.
    pub provider: &'static str,
    /// The buyer's means of payment, in the provider's words.
    pub payment_method: String,
    /// Where a page of the bank's or the provider's sends the buyer back to.
    pub return_url: Option<String>,
}

/// The places that a buyer wants: named ones, and maybe some that the office is to find.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wish {
    /// Seats by name, and places in zones.
    pub places: Places,
    /// Seats side by side, wherever they are best.
    pub together: Option<Box<together::Wish>>,
    /// What they are to be sold as, where that is told. Parts name no place twice, and no other places.
    pub ticket_types: Vec<TypedPlaces>,
    /// The code that the buyer has entered.
    pub code: Option<CodeWord>,
}

/// Places that an order is to have no longer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Dropped {
    /// Seats, none twice.
    pub seats: Vec<SeatIndex>,
    /// Places in zones.
    pub zones: Vec<DroppedPlaces>,
}

/// Some of an order's places in a zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DroppedPlaces {
    /// The zone.
    pub zone: ZoneIndex,
    /// How many; never 0.
    pub count: u32,
    /// What they are sold as. None: whatever the last ones are.
    pub ticket_type: Option<TicketTypeId>,
}

/// Some of the wanted places, and what they are to be sold as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypedPlaces {
    /// The type.
    pub ticket_type: TicketTypeId,
    /// Seats and places in zones that are named.
    pub places: Places,
    /// How many of the seats that the office is to find.
    pub together: u32,
}

impl Wish {
    /// How many places are wanted.
    pub fn count(&self) -> u32 {
        let together = self.together.as_ref().map_or(0, |together| together.count());
        self.places.count().saturating_add(together)
    }
}
