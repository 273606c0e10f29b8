//! The journal's events: every change of a show, numbered without a gap.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::code::CodeId;
use super::id::{Offset, Revision, SessionId};
use super::label::Label;
use super::plan::numbering::SeatsMoved;
use super::plan::{CategoryIndex, Plan, SeatIndex, ZoneIndex};
use super::reference::{OrderNumber, TicketIndex};
use super::waitlist::EntryStep;

/// What happened. The numbers are those in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// Places went into an order.
    Booked = 1,
    /// The buyer gave a hold up, or some of its places.
    Canceled = 2,
    /// A hold lapsed.
    TimedOut = 3,
    /// A held order was paid.
    Paid = 4,
    /// A paid order was given back.
    Returned = 5,
    /// The organiser took free places off sale.
    Blocked = 6,
    /// The organiser put blocked places back on sale.
    Unblocked = 7,
    /// Sale opened.
    Opened = 8,
    /// Sale closed.
    Closed = 9,
    /// A hold was made longer, as its payment has begun.
    Extended = 10,
    /// The organiser changed the show's terms.
    Changed = 11,
    /// A paid ticket got another code, for somebody else.
    Transferred = 12,
    /// Somebody joined the waitlist, or wants something else.
    Joined = 13,
    /// Somebody left the waitlist, or was ended.
    Left = 14,
    /// Somebody who had waited was offered an order.
    Offered = 15,
}

impl EventKind {
    /// Every kind, for tables and tests.
    pub const ALL: [Self; 15] = [
        Self::Booked,
        Self::Canceled,
        Self::TimedOut,
        Self::Paid,
        Self::Returned,
        Self::Blocked,
        Self::Unblocked,
        Self::Opened,
        Self::Closed,
        Self::Extended,
        Self::Changed,
        Self::Transferred,
        Self::Joined,
        Self::Left,
        Self::Offered,
    ];

    /// The kind with this number in the database.
    pub fn from_number(number: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as i16 == number)
    }

    /// Whether seats are free after it that were not before.
    pub const fn frees_seats(self) -> bool {
        matches!(
            self,
            Self::Canceled | Self::TimedOut | Self::Returned | Self::Unblocked
        )
    }

    /// Its name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Booked => "booked",
            Self::Canceled => "canceled",
            Self::TimedOut => "timed_out",
            Self::Paid => "paid",
            Self::Returned => "returned",
            Self::Blocked => "blocked",
            Self::Unblocked => "unblocked",
            Self::Opened => "opened",
            Self::Closed => "closed",
            Self::Extended => "extended",
            Self::Changed => "changed",
            Self::Transferred => "transferred",
            Self::Joined => "joined",
            Self::Left => "left",
            Self::Offered => "offered",
        }
    }
}

/// Some places of one zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ZonePlaces {
    /// The zone.
    pub zone: ZoneIndex,
    /// How many places of it; never 0.
    pub count: u32,
}

/// Seats and zone places that change state together.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Places {
    /// Numbered seats, in the order asked for, none twice.
    pub seats: Vec<SeatIndex>,
    /// Places in zones, no zone twice.
    pub zones: Vec<ZonePlaces>,
}

impl Places {
    /// How many people fit.
    pub fn count(&self) -> u32 {
        let zones: u32 = self.zones.iter().map(|part| part.count).sum();
        u32::try_from(self.seats.len())
            .unwrap_or(u32::MAX)
            .saturating_add(zones)
    }

    /// What each ticket is for, in the order of their numbers: a seat each, then a place of each zone.
    pub fn tickets(&self) -> impl Iterator<Item = (TicketIndex, Place)> {
        let seats = self.seats.iter().copied().map(Place::Seat);
        let zones = self
            .zones
            .iter()
            .flat_map(|part| (0..part.count).map(|_| Place::Zone(part.zone)));
        (0..).map(TicketIndex).zip(seats.chain(zones))
    }

    /// The places of these tickets, and those of the others.
    pub fn part(&self, tickets: &[TicketIndex]) -> (Self, Self) {
        let chosen = self.of_tickets(|ticket| tickets.contains(&ticket));
        (chosen, self.of_tickets(|ticket| !tickets.contains(&ticket)))
    }

    /// The places of some of the tickets.
    pub fn of_tickets(&self, is_chosen: impl Fn(TicketIndex) -> bool) -> Self {
        let mut chosen = Self::default();
        for (_, place) in self.tickets().filter(|(ticket, _)| is_chosen(*ticket)) {
            match place {
                Place::Seat(seat) => chosen.seats.push(seat),
                Place::Zone(zone) => match chosen.zones.last_mut() {
                    Some(part) if part.zone == zone => part.count += 1,
                    _ => chosen.zones.push(ZonePlaces { zone, count: 1 }),
                },
            }
        }
        chosen
    }
}

impl Event {
    /// Whether its order goes on, with fewer places.
    pub fn leaves_a_hold(&self) -> bool {
        self.kind == EventKind::Canceled && !self.tickets.is_empty()
    }
}

/// What one ticket is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// A numbered seat.
    Seat(SeatIndex),
    /// A place in a zone.
    Zone(ZoneIndex),
}

impl Place {
    /// Its category in a plan that knows it.
    pub fn category_in(self, plan: &Plan) -> Option<CategoryIndex> {
        match self {
            Self::Seat(seat) => plan.seat(seat).map(|seat| seat.category),
            Self::Zone(zone) => plan.zone(zone).map(|zone| zone.category),
        }
    }
}

/// The terms of a hold. Not shown to viewers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldTerms {
    /// Whose hold it is.
    pub session: SessionId,
    /// The end that the buyer is shown.
    pub expires_at: DateTime<Utc>,
    /// The real end, a little later: from this instant on the hold is worth nothing.
    pub kept_until: DateTime<Utc>,
    /// When the order was made.
    pub created_at: DateTime<Utc>,
    /// What its places cost when they were put into it, in minor units: whatever becomes of the show's prices.
    pub total: i64,
    /// The code that it was made with.
    pub code: Option<CodeId>,
}

/// What everybody has to know of a change of a show's terms: which they are now, how large the zones are, and which seats there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TermsChange {
    /// The terms from here on.
    pub revision: Revision,
    /// The capacities that are others than before, no zone twice: also those of new zones, and 0 for one that is gone.
    pub capacities: Vec<ZoneCapacity>,
    /// The seats that have come and gone with another plan.
    pub seats: SeatsMoved,
}

impl TermsChange {
    /// Whether there are other places than before: a map of the places before can't be moved on by the event alone.
    pub fn moves_places(&self, zones_before: usize) -> bool {
        let is_moved = |part: &ZoneCapacity| part.capacity == 0 || usize::from(part.zone.0) >= zones_before;
        !self.seats.is_empty() || self.capacities.iter().any(is_moved)
    }
}

/// How large a zone is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ZoneCapacity {
    /// The zone.
    pub zone: ZoneIndex,
    /// How many places it has; 0 if it is gone.
    pub capacity: u32,
}

/// One entry of a show's journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Its number.
    pub offset: Offset,
    /// When, by the database's clock.
    pub at: DateTime<Utc>,
    /// What.
    pub kind: EventKind,
    /// The order whose places these are, where there is one. Not shown to viewers.
    pub order: Option<OrderNumber>,
    /// The order as viewers know it: the offset at which it was first booked. None where there is no order, or where its row is not
    /// kept any more.
    pub hold: Option<Offset>,
    /// The places that changed.
    pub places: Places,
    /// Set on `booked`, on `extended`, and on `canceled` where the order has places left.
    pub terms: Option<HoldTerms>,
    /// The tickets given back, on `returned`; none means all. On `canceled` those of a held order that are given up, where it has others
    /// left: their numbers until then. On `transferred` the one ticket. Not shown to viewers.
    pub tickets: Vec<TicketIndex>,
    /// Set on `changed` alone.
    pub change: Option<Box<TermsChange>>,
    /// Whom the places are kept for, on `blocked` and `unblocked`, and on `booked`, where they were until then. Not shown to viewers.
    pub label: Option<Label>,
    /// Set on `joined`, `left` and `offered` alone.
    pub entry: Option<Box<EntryStep>>,
}
