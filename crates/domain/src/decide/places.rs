//! The free places that somebody waits for, and those that are kept.

use std::collections::{BTreeMap, BTreeSet};

use crate::event::Places;
use crate::plan::{CategoryIndex, Plan, SeatIndex, ZoneIndex};
use crate::seat_map::SeatState;

/// Free seats by their categories, of the categories that somebody has asked for.
#[derive(Default)]
pub struct FreeByCategory(BTreeMap<CategoryIndex, BTreeSet<SeatIndex>>);

impl FreeByCategory {
    /// Whether a category is among them.
    pub fn has(&self, category: CategoryIndex) -> bool {
        self.0.contains_key(&category)
    }

    /// Reads the free seats of some categories, in one pass over all seats.
    pub fn read(plan: &Plan, states: &[SeatState], categories: BTreeSet<CategoryIndex>) -> Self {
        let mut free: BTreeMap<_, Vec<SeatIndex>> = BTreeMap::new();
        for category in categories {
            free.insert(category, Vec::new());
        }
        let seats = (0..).map(SeatIndex).zip(states);
        for (seat, _) in seats.filter(|(_, state)| **state == SeatState::Free) {
            let category = plan.seat(seat).map(|known| known.category);
            let wanted = category.and_then(|category| free.get_mut(&category));
            if let Some(wanted) = wanted
                && plan.is_there(seat)
            {
                wanted.push(seat);
            }
        }
        let sets = free.into_iter();
        Self(
            sets.map(|(category, seats)| (category, seats.into_iter().collect()))
                .collect(),
        )
    }

    /// The free seats of a category.
    pub fn of(&self, category: CategoryIndex) -> impl Iterator<Item = SeatIndex> {
        self.0.get(&category).into_iter().flatten().copied()
    }

    /// Seats that are free now, or free no more.
    pub fn note(&mut self, plan: &Plan, seats: &[SeatIndex], are_free: bool) {
        for seat in seats {
            let category = plan.seat(*seat).map(|known| known.category);
            let Some(known) = category.and_then(|category| self.0.get_mut(&category)) else {
                continue;
            };
            match are_free && plan.is_there(*seat) {
                true => known.insert(*seat),
                false => known.remove(seat),
            };
        }
    }
}

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
