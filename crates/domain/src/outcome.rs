//! What became of a command. Stored with its idempotency key, so that the same question gets the same answer.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::event::{Places, ZonePlaces};
use super::id::{Offset, PaymentId, Revision};
use super::payment::Decline;
use super::plan::{CategoryIndex, SeatIndex};
use super::reference::{OrderNumber, TicketIndex};
use super::seat_map::Sale;
use super::show::Show;
use super::tariff::{Bill, TicketTypeId};
use super::together::FallBack;
use super::waitlist::{EntryNumber, Rank, Want};

/// A command's outcome and the journal's offset once it was decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// What became of it.
    pub outcome: Outcome,
    /// The journal's last offset when the command had been carried out: its own event, if it made one.
    pub offset: Offset,
    /// How many could have sat side by side, where it is refused because so many can't: beside the refusal, where nodes of the version
    /// before don't look for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub largest_group: Option<u32>,
}

/// What became of a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The places are in a new order.
    Held(Held),
    /// The places are in a new order, for which tickets are given back: now, or once it is paid.
    Exchanged(Exchanged),
    /// The buyer waits.
    Joined(Joined),
    /// The entry waits no longer.
    Left(EntryNumber),
    /// The entry got an order.
    Offered {
        /// The entry.
        entry: EntryNumber,
        /// The order.
        order: OrderNumber,
    },
    /// The hold was given up.
    Canceled(OrderNumber),
    /// The order is held with fewer places: these.
    Dropped(Held),
    /// The order is paid, by a payment that was settled in the same step.
    Paid(Paid),
    /// The payment is written down; the provider may be asked now.
    PaymentBegun(PaymentId),
    /// The order is paid.
    PaymentConfirmed(PaymentId),
    /// The order had been paid by it before, and whoever confirmed it captures it.
    PaymentConfirmedBefore(PaymentId),
    /// The order was no longer held; the payment is going to be voided.
    PaymentLate(PaymentId),
    /// The payment is written down as refused.
    PaymentRejected {
        /// The payment.
        payment: PaymentId,
        /// Why.
        #[serde(flatten)]
        decline: Decline,
    },
    /// It is as if the payment had not begun.
    PaymentWithdrawn(PaymentId),
    /// The payment is written down as given up.
    PaymentGivenUp(PaymentId),
    /// The paid places are free again and the money goes back.
    Returned(OrderNumber),
    /// Some of the paid places are free again and their money goes back; the order is still paid.
    ReturnedSome {
        /// The order.
        order: OrderNumber,
        /// All its tickets that have been given back by now.
        returned: BTreeSet<TicketIndex>,
        /// What has gone back of its money by now, in minor units. None in what the version before stored: the price of those
        /// tickets.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        refunded: Option<i64>,
    },
    /// The ticket has another code, after so many transfers.
    Transferred {
        /// Its order.
        order: OrderNumber,
        /// The ticket.
        ticket: TicketIndex,
        /// How often it has been transferred, with this time.
        transfers: u8,
    },
    /// The places are off sale.
    Blocked(#[serde(with = "seats_or_places")] Places),
    /// The places are on sale again.
    Unblocked(#[serde(with = "seats_or_places")] Places),
    /// The show sells.
    Opened,
    /// The show doesn't sell.
    Closed,
    /// The show's terms are these now.
    Changed {
        /// Which.
        revision: Revision,
        /// Whether it sells.
        sale: Sale,
    },
    /// Nothing changed.
    Refused(Refusal),
}

/// An order that is held, as it was when it was made or made smaller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// The order.
    pub order: OrderNumber,
    /// Its places.
    pub places: Places,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// The end of the hold that the buyer is shown.
    pub expires_at: DateTime<Utc>,
    /// What it costs, in minor units. None: what the terms say that the show was made with, which no version that says nothing
    /// here could sell at others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<i64>,
    /// What makes it up, where the total is told: the price of each ticket, by their numbers, in minor units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prices: Option<Vec<i64>>,
    /// And what there is besides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bill: Option<Box<Bill>>,
    /// What was done where so many could not sit together, if anything was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fall_back: Option<FallBack>,
}

impl Held {
    /// What it costs, in minor units.
    pub fn total(&self, show: &Show) -> i64 {
        let of_first_terms = || show.first_terms().total(&self.places);
        self.total.unwrap_or_else(of_first_terms)
    }
}

/// An order as it was when it was paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paid {
    /// The payment.
    pub payment: PaymentId,
    /// The order.
    #[serde(flatten)]
    pub held: Held,
}

/// A new order for which tickets of another one are given back, as it was when it was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchanged {
    /// The other one.
    pub exchanged: OrderNumber,
    /// The tickets.
    pub tickets: Vec<TicketIndex>,
    /// What they are worth, in minor units.
    pub credit: i64,
    /// Whether that was enough: then they have been given back, and the order is paid.
    pub is_paid: bool,
    /// The order.
    #[serde(flatten)]
    pub held: Held,
}

/// An entry of the waitlist, as it was when it joined or changed what it wants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Joined {
    /// The entry.
    pub entry: EntryNumber,
    /// Where it stands: the offset at which it got behind all others.
    pub place: Offset,
    /// When that was.
    pub at: DateTime<Utc>,
    /// What it wants.
    pub want: Want,
    /// Where it stands. None: it got an order at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standing: Option<Rank>,
}

impl Refusal {
    /// Whether it is because places are taken: a hold that lapses may change that.
    pub const fn is_for_want_of_places(&self) -> bool {
        matches!(
            self,
            Self::PlacesTaken { .. }
                | Self::NotTogether
                | Self::SessionLimit(_)
                | Self::SeatsNotFree(_)
                | Self::Waitlisted { .. }
                | Self::NothingFits
        )
    }
}

/// Why a command changed nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// These were not free; for zones, the count that was still free.
    PlacesTaken {
        /// The seats that were not free.
        seats: Vec<SeatIndex>,
        /// The zones with too few places, and how many they had.
        zones: Vec<ZonePlaces>,
    },
    /// No row has that many free seats side by side.
    NotTogether,
    /// There is no live order of the session's with seats to be near to.
    NearNotLive,
    /// This seat would be left alone between places that are taken, and there are other choices.
    LoneSeat {
        /// The seat.
        seat: SeatIndex,
        /// Seats that would do in place of those beside it, the nearest first.
        choices: Vec<Vec<SeatIndex>>,
    },
    /// These are the seats of a table that is sold whole, and not all of them were wanted, or are kept.
    TableWhole(Vec<SeatIndex>),
    /// These are kept for those who wait; for zones, the count that is for others.
    Waitlisted {
        /// The seats that are kept.
        seats: Vec<SeatIndex>,
        /// The zones with too few places for others, and how many they have.
        zones: Vec<ZonePlaces>,
    },
    /// The show has no waitlist.
    NoWaitlist,
    /// The session waits already, as this entry.
    WaitsAlready(EntryNumber),
    /// The waitlist has so many entries, which is the most.
    WaitlistFull(u32),
    /// The entries of the waitlist want so many different things, which is the most.
    WaitlistTooVaried(u32),
    /// Nobody need wait for these places: they are free.
    PlacesFree,
    /// The show has not so many places that are like this.
    NoSuchPlaces,
    /// The entry waits no longer.
    EntryNotWaiting,
    /// No places are free that the entry wants.
    NothingFits,
    /// The organiser closed the sale.
    ShowClosed,
    /// The sale begins at this time.
    NotOnSaleYet(DateTime<Utc>),
    /// The sale ended at this time.
    SaleEnded(DateTime<Utc>),
    /// One order may hold this many places.
    OrderLimit(u32),
    /// One session may have this many live places on the show.
    SessionLimit(u32),
    /// The show sells to buyers alone who have left an e-mail address.
    EmailRequired,
    /// The buyers of one e-mail address may have so many live places on the show.
    EmailLimit {
        /// So many.
        max: u32,
        /// So many more.
        left: u32,
    },
    /// These places are not sold as this type.
    TicketTypeNotSold {
        /// Where the order names it, from 0.
        at: usize,
        /// The type.
        ticket_type: TicketTypeId,
        /// The category that it has no price in. None: the show has no such type.
        category: Option<CategoryIndex>,
    },
    /// One order may not have this many tickets of this type.
    TicketTypeLimit {
        /// The type.
        ticket_type: TicketTypeId,
        /// How many it has.
        places: u32,
        /// It must have so many at least.
        min: u32,
        /// It may have so many at most, if that is told.
        max: Option<u32>,
    },
    /// This type is sold only beside others.
    TicketTypeOnlyWith {
        /// The type.
        ticket_type: TicketTypeId,
        /// The others.
        only_with: Vec<TicketTypeId>,
    },
    /// The show has no such code.
    CodeUnknown,
    /// As many orders have the code as may.
    CodeUsedUp,
    /// The code is good from this time on.
    CodeNotValidYet(DateTime<Utc>),
    /// The code was good until this time.
    CodeEnded(DateTime<Utc>),
    /// The code takes nothing off these places.
    CodeNotForThese,
    /// The order has no such seat: where the request names it, from 0.
    SeatNotInOrder(usize),
    /// The order has not so many places of that zone, of that type: where the request names them, from 0.
    ZoneNotInOrder(usize),
    /// The order would have no places left.
    NoPlacesLeft,
    /// The order is neither held nor paid any more.
    OrderNotLive,
    /// The order is paid.
    OrderPaid,
    /// The order is not paid.
    OrderNotPaid,
    /// These tickets are not among those that are left.
    TicketsNotLive(Vec<TicketIndex>),
    /// These tickets have been used.
    TicketsUsed(Vec<TicketIndex>),
    /// A ticket is somebody else's by now.
    TicketTransferred,
    /// The ticket was transferred as often as may be.
    TransferredTooOften,
    /// The show is over.
    ShowOver,
    /// Buyers could return tickets until then.
    ReturnsOver(DateTime<Utc>),
    /// Another payment of the order is under way or done.
    PaymentInProgress,
    /// The show has no such payment.
    NoSuchPayment,
    /// The show is canceled.
    ShowCanceled,
    /// These places can't be blocked: the seats are not free, and the zones have this many free places.
    SeatsNotFree(#[serde(with = "seats_or_places")] Places),
    /// These places can't be unblocked: the seats are not blocked, and the zones have this many blocked places.
    SeatsNotBlocked(#[serde(with = "seats_or_places")] Places),
    /// Buyers can't return tickets of this show.
    NoReturns,
    /// Other terms are in force than those that were to be changed: these.
    OtherTerms(Revision),
    /// These seats can't go, as they are not free; and these zones can't be so small: so many of their places are held, sold or
    /// blocked.
    PlacesInUse(Places),
    /// The currency of a show that is published stays.
    CurrencyFixed,
    /// The order's money is of too many payments.
    ExchangedTooOften,
    /// The places cost more than the tickets are worth, and nobody could pay the difference.
    ExchangeNotPayable,
}

/// Seats alone are stored as a list, as they were before places in zones could be blocked: nodes of both versions read it.
mod seats_or_places {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::event::Places;
    use crate::plan::SeatIndex;

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Stored {
        Seats(Vec<SeatIndex>),
        Places(Places),
    }

    pub fn serialize<S: Serializer>(places: &Places, serializer: S) -> Result<S::Ok, S::Error> {
        match places.zones.is_empty() {
            true => places.seats.serialize(serializer),
            false => places.serialize(serializer),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Places, D::Error> {
        Ok(match Stored::deserialize(deserializer)? {
            Stored::Seats(seats) => Places {
                seats,
                zones: Vec::new(),
            },
            Stored::Places(places) => places,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::PaymentId;
    use crate::payment::DeclineCode;

    /// Stored text, as some version wrote it, and what it means today.
    #[track_caller]
    fn check(stored: &str, expected: Outcome) {
        let read: Decision = serde_json::from_str(stored).expect("a decision");
        assert_eq!(
            read,
            Decision {
                outcome: expected,
                offset: Offset(7),
                largest_group: None,
            }
        );
        assert_eq!(serde_json::to_string(&read).expect("text"), stored);
    }

    #[test]
    fn answers_that_are_stored_can_be_read_for_ever() {
        check(
            r#"{"outcome":{"held":{"order":1024,"places":{"seats":[3,4],"zones":[{"zone":0,"count":2}]},"created_at":"2026-11-25T20:00:00Z","expires_at":"2026-11-25T20:10:00Z"}},"offset":7}"#,
            Outcome::Held(Held {
                order: OrderNumber(1024),
                places: Places {
                    seats: vec![SeatIndex(3), SeatIndex(4)],
                    zones: vec![ZonePlaces {
                        zone: crate::plan::ZoneIndex(0),
                        count: 2,
                    }],
                },
                created_at: "2026-11-25T20:00:00Z".parse().expect("a time"),
                expires_at: "2026-11-25T20:10:00Z".parse().expect("a time"),
                total: None,
                prices: None,
                bill: None,
                fall_back: None,
            }),
        );
        check(
            r#"{"outcome":{"payment_confirmed":5},"offset":7}"#,
            Outcome::PaymentConfirmed(PaymentId(5)),
        );
        check(
            r#"{"outcome":{"payment_rejected":{"payment":5,"code":"expired_card","reason":"no"}},"offset":7}"#,
            Outcome::PaymentRejected {
                payment: PaymentId(5),
                decline: Decline::new(DeclineCode::ExpiredCard, "no"),
            },
        );
        check(
            r#"{"outcome":{"returned_some":{"order":1024,"returned":[0,2]}},"offset":7}"#,
            Outcome::ReturnedSome {
                order: OrderNumber(1024),
                returned: [TicketIndex(0), TicketIndex(2)].into(),
                refunded: None,
            },
        );
        check(
            r#"{"outcome":{"refused":{"places_taken":{"seats":[3],"zones":[]}}},"offset":7}"#,
            Outcome::Refused(Refusal::PlacesTaken {
                seats: vec![SeatIndex(3)],
                zones: Vec::new(),
            }),
        );
        check(
            r#"{"outcome":{"refused":"payment_in_progress"},"offset":7}"#,
            Outcome::Refused(Refusal::PaymentInProgress),
        );
        check(r#"{"outcome":"opened","offset":7}"#, Outcome::Opened);
        let older = r#"{"outcome":{"payment_rejected":{"payment":5,"reason":"no"}},"offset":7}"#;
        let older: Decision = serde_json::from_str(older).expect("a decision of the version before");
        let decline = Decline::new(DeclineCode::CardDeclined, "no");
        let payment = PaymentId(5);
        assert_eq!(older.outcome, Outcome::PaymentRejected { payment, decline });
        let seats = Places {
            seats: vec![SeatIndex(3), SeatIndex(4)],
            zones: Vec::new(),
        };
        check(
            r#"{"outcome":{"blocked":[3,4]},"offset":7}"#,
            Outcome::Blocked(seats.clone()),
        );
        check(
            r#"{"outcome":{"refused":{"seats_not_free":[3,4]}},"offset":7}"#,
            Outcome::Refused(Refusal::SeatsNotFree(seats.clone())),
        );
        let zone = ZonePlaces {
            zone: crate::plan::ZoneIndex(0),
            count: 2,
        };
        check(
            r#"{"outcome":{"unblocked":{"seats":[3,4],"zones":[{"zone":0,"count":2}]}},"offset":7}"#,
            Outcome::Unblocked(Places {
                zones: vec![zone],
                ..seats
            }),
        );
    }
}
