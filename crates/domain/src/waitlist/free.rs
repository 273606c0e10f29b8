//! The free seats that somebody may wait for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::tree::Tree;
use crate::plan::{CategoryIndex, Plan, SeatIndex};
use crate::seat_map::SeatState;

/// What a free seat takes in memory, in bytes.
const SEAT_BYTES: usize = 56;

/// Free seats by their categories, of the categories that somebody has asked for. A copy costs nothing, and can be changed alone.
#[derive(Debug, Clone)]
pub struct FreeByCategory {
    plan: Arc<Plan>,
    seats: BTreeMap<CategoryIndex, Tree<SeatIndex, ()>>,
}

impl FreeByCategory {
    /// Of a plan, before anybody has asked.
    pub fn of_plan(plan: Arc<Plan>) -> Self {
        Self {
            plan,
            seats: BTreeMap::new(),
        }
    }

    /// Whether these categories are among them.
    pub fn has(&self, categories: &BTreeSet<CategoryIndex>) -> bool {
        categories
            .iter()
            .all(|category| self.seats.contains_key(category))
    }

    /// Reads the free seats of those of these categories that are not among them, in one pass over all seats.
    pub fn read(&mut self, categories: &BTreeSet<CategoryIndex>, states: &[SeatState]) {
        let missing = { categories.iter().copied() }.filter(|category| !self.seats.contains_key(category));
        let mut read: BTreeMap<_, Vec<SeatIndex>> = missing.map(|category| (category, Vec::new())).collect();
        if read.is_empty() {
            return;
        }
        let seats = (0..).map(SeatIndex).zip(states);
        for (seat, _) in seats.filter(|(_, state)| **state == SeatState::Free) {
            let known = self.category(seat).and_then(|category| read.get_mut(&category));
            if let Some(known) = known {
                known.push(seat);
            }
        }
        let read = read.into_iter();
        let read =
            read.map(|(category, seats)| (category, seats.into_iter().map(|seat| (seat, ())).collect()));
        self.seats.extend(read);
    }

    /// The free seats of a category.
    pub fn of(&self, category: CategoryIndex) -> impl Iterator<Item = SeatIndex> {
        let seats = self.seats.get(&category).into_iter();
        seats.flat_map(|seats| seats.iter().map(|(seat, ())| *seat))
    }

    /// A seat that is free now, or free no more.
    pub fn note(&mut self, seat: SeatIndex, is_free: bool) {
        let category = self.category(seat);
        let Some(known) = category.and_then(|category| self.seats.get_mut(&category)) else {
            return;
        };
        match is_free {
            true => known.insert(seat, ()),
            false => drop(known.remove(&seat)),
        }
    }

    /// How much memory it takes, in bytes.
    pub fn bytes(&self) -> usize {
        self.seats.values().map(|seats| seats.len() * SEAT_BYTES).sum()
    }

    /// The category of a seat that is there.
    fn category(&self, seat: SeatIndex) -> Option<CategoryIndex> {
        let known = self.plan.seat(seat).filter(|_| self.plan.is_there(seat))?;
        Some(known.category)
    }
}
