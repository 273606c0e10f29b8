//! Free places that are kept for those who wait.

use std::collections::{BTreeMap, BTreeSet};

use crate::event::Places;
use crate::plan::{SeatIndex, ZoneIndex};

/// Free places that are kept for entries that collect them.
#[derive(Default)]
pub struct Kept {
    /// Seats.
    pub seats: BTreeSet<SeatIndex>,
    /// Places of zones.
    pub zones: BTreeMap<ZoneIndex, u32>,
    /// Every free place that somebody waits for, besides: there are offers still to be made.
    pub is_all: bool,
    /// Whether somebody is next whom the organiser allows no more to be offered for now: whoever takes those places lets others be next.
    pub is_halted: bool,
}

impl Kept {
    /// How many places they are.
    pub fn count(&self) -> u32 {
        let seats = u32::try_from(self.seats.len()).unwrap_or(u32::MAX);
        seats.saturating_add(self.zones.values().sum())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.seats.is_empty() && self.zones.is_empty() && !self.is_all
    }

    /// How many of a zone.
    pub fn of_zone(&self, zone: ZoneIndex) -> u32 {
        self.zones.get(&zone).copied().unwrap_or(0)
    }

    /// Keeps these too.
    pub fn add(&mut self, places: &Places) {
        self.seats.extend(&places.seats);
        for part in &places.zones {
            *self.zones.entry(part.zone).or_default() += part.count;
        }
    }
}
