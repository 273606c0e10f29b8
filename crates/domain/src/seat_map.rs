//! The public state of a show at an offset, and the fold that moves it one event on.

use serde::{Deserialize, Serialize};

use super::event::{Event, EventKind, Places, TermsChange, ZonePlaces};
use super::id::{Offset, Revision};
use super::plan::{SeatIndex, ZoneIndex};

/// A seat's state. The numbers are those in the database and in snapshots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum SeatState {
    /// For sale.
    Free = 0,
    /// In an order that is not paid yet.
    Held = 1,
    /// In a paid order.
    Sold = 2,
    /// Kept off sale by the organiser.
    Blocked = 3,
}

impl SeatState {
    /// The state with this number.
    pub const fn from_number(number: i16) -> Option<Self> {
        match number {
            0 => Some(Self::Free),
            1 => Some(Self::Held),
            2 => Some(Self::Sold),
            3 => Some(Self::Blocked),
            _ => None,
        }
    }

    /// Its name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Held => "held",
            Self::Sold => "sold",
            Self::Blocked => "blocked",
        }
    }

    /// The first letter of its name, for maps that have no room for more.
    pub const fn letter(self) -> char {
        match self {
            Self::Free => 'f',
            Self::Held => 'h',
            Self::Sold => 's',
            Self::Blocked => 'b',
        }
    }
}

/// A zone's places that are not for sale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct ZoneCount {
    /// Places in orders that are not paid yet.
    pub held: u32,
    /// Places in paid orders.
    pub sold: u32,
    /// Places kept off sale by the organiser.
    pub blocked: u32,
}

impl ZoneCount {
    /// Places that are not for sale.
    pub const fn taken(&self) -> u32 {
        self.held.saturating_add(self.sold).saturating_add(self.blocked)
    }

    /// Places for sale, of this many.
    pub const fn free(&self, capacity: u32) -> u32 {
        capacity.saturating_sub(self.taken())
    }
}

/// Whether a show sells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sale {
    /// Orders are taken.
    Open,
    /// No new orders; holds already given can still be paid.
    Closed,
}

/// An event that can't follow the map it was folded into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FoldError {
    /// Its offset is not the next one.
    Gap {
        /// The offset of the map.
        at: Offset,
        /// The offset of the event.
        event: Offset,
    },
    /// It moves a place from a state that the place isn't in.
    Contradiction(Offset),
}

impl std::fmt::Display for FoldError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Gap { at, event } => write!(f, "event {event} can't follow offset {at}"),
            Self::Contradiction(offset) => write!(f, "event {offset} contradicts the state before it"),
        }
    }
}

impl std::error::Error for FoldError {}

/// The state of every place of a show at one offset of its journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeatMap {
    /// The last event folded in.
    pub offset: Offset,
    /// Whether the show sells.
    pub sale: Sale,
    /// The terms that it sells at.
    pub revision: Revision,
    /// By [`SeatIndex`]; also seats that are gone, which are free.
    pub seats: Vec<SeatState>,
    /// By zone index.
    pub zones: Vec<ZoneCount>,
    /// How many places each zone has, by zone index.
    pub capacities: Vec<u32>,
}

impl SeatMap {
    /// The map before the first event: everything free, sale closed.
    pub fn new(seats: usize, capacities: Vec<u32>) -> Self {
        Self {
            offset: Offset(0),
            sale: Sale::Closed,
            revision: Revision::FIRST,
            seats: vec![SeatState::Free; seats],
            zones: vec![ZoneCount::default(); capacities.len()],
            capacities,
        }
    }

    /// How many places a zone has; none, if the plan has no such zone.
    pub fn capacity(&self, zone: ZoneIndex) -> u32 {
        let capacity = self.capacities.get(usize::from(zone.0));
        capacity.copied().unwrap_or(0)
    }

    /// The state of one seat; `None` for a seat that the show has no number for. One that is gone is free.
    pub fn seat(&self, seat: SeatIndex) -> Option<SeatState> {
        self.seats.get(seat.0 as usize).copied()
    }

    /// Folds the next event in. On an error the map may be half changed and must be thrown away, except after
    /// [`FoldError::Gap`], which changes nothing.
    pub fn fold(&mut self, event: &Event) -> Result<(), FoldError> {
        if event.offset != self.offset.next() {
            return Err(FoldError::Gap {
                at: self.offset,
                event: event.offset,
            });
        }
        let applied = match &event.change {
            Some(change) if event.kind == EventKind::Changed => self.change(change),
            _ => self.apply(event.kind, &event.places),
        };
        applied.ok_or(FoldError::Contradiction(event.offset))?;
        self.offset = event.offset;
        Ok(())
    }

    /// Takes other terms up.
    fn change(&mut self, change: &TermsChange) -> Option<()> {
        if change.revision != self.revision.next() {
            return None;
        }
        self.revision = change.revision;
        for seat in change.seats.added.iter().chain(&change.seats.removed) {
            let seat = seat.0 as usize;
            // New seats have the next numbers. One that has been there before was free when it went.
            if seat == self.seats.len() {
                self.seats.push(SeatState::Free);
            }
            self.seats.get(seat).filter(|state| **state == SeatState::Free)?;
        }
        for part in &change.capacities {
            let zone = usize::from(part.zone.0);
            if zone == self.zones.len() {
                self.zones.push(ZoneCount::default());
                self.capacities.push(0);
            }
            let count = self.zones.get(zone)?;
            let capacity = self.capacities.get_mut(zone)?;
            *capacity = Some(part.capacity).filter(|capacity| count.taken() <= *capacity)?;
        }
        Some(())
    }

    fn apply(&mut self, kind: EventKind, places: &Places) -> Option<()> {
        use SeatState::{Blocked, Free, Held, Sold};
        let (from, to) = match kind {
            EventKind::Booked => (Free, Held),
            EventKind::Canceled | EventKind::TimedOut => (Held, Free),
            EventKind::Paid => (Held, Sold),
            EventKind::Returned => (Sold, Free),
            EventKind::Blocked => (Free, Blocked),
            EventKind::Unblocked => (Blocked, Free),
            EventKind::Opened => {
                self.sale = Sale::Open;
                return Some(());
            }
            EventKind::Closed => {
                self.sale = Sale::Closed;
                return Some(());
            }
            EventKind::Extended
            | EventKind::Transferred
            | EventKind::Joined
            | EventKind::Left
            | EventKind::Offered => return Some(()),
            // It says nothing of what has changed.
            EventKind::Changed => return None,
        };
        for seat in &places.seats {
            let cell = self
                .seats
                .get_mut(seat.0 as usize)
                .filter(|cell| **cell == from)?;
            *cell = to;
        }
        for part in &places.zones {
            self.apply_zone(kind, part)?;
        }
        Some(())
    }

    fn apply_zone(&mut self, kind: EventKind, part: &ZonePlaces) -> Option<()> {
        let zone = self.zones.get_mut(usize::from(part.zone.0))?;
        match kind {
            EventKind::Booked => zone.held = zone.held.checked_add(part.count)?,
            EventKind::Canceled | EventKind::TimedOut => zone.held = zone.held.checked_sub(part.count)?,
            EventKind::Paid => {
                zone.held = zone.held.checked_sub(part.count)?;
                zone.sold = zone.sold.checked_add(part.count)?;
            }
            EventKind::Returned => zone.sold = zone.sold.checked_sub(part.count)?,
            EventKind::Blocked => zone.blocked = zone.blocked.checked_add(part.count)?,
            EventKind::Unblocked => zone.blocked = zone.blocked.checked_sub(part.count)?,
            EventKind::Opened
            | EventKind::Closed
            | EventKind::Extended
            | EventKind::Changed
            | EventKind::Transferred
            | EventKind::Joined
            | EventKind::Left
            | EventKind::Offered => return None,
        }
        Some(())
    }
}
