//! Best-available search: seats side by side, as near the stage and as central as there are.
//!
//! The seats that a wish may be about stand in a [`line::Line`], the best row first, under a tree that knows the longest run of
//! free ones in each stretch ([`runs`]): whether there are so many side by side is known at once, and the first row that has them
//! after one way down. A line is made for the first wish that is about its seats, and kept with the state as that changes
//! ([`index`]); a show of which nobody asks this keeps none. docs/best-available.md says what is best.

pub mod grounds;
pub mod groups;
pub mod index;
pub mod layout;
pub mod line;
pub mod longest;
pub mod nearby;
pub mod runs;
pub mod search;
mod tables;

use serde::{Deserialize, Serialize};

use super::event::Place;
use super::label::Label;
use super::labeled::Labeled;
use super::plan::{CategoryIndex, FloorIndex, Plan, SeatIndex, SectionIndex};
use super::reference::OrderNumber;
use super::seat_map::SeatState;
use super::show::Show;

/// Most groups of one wish.
pub const GROUPS_MAX: usize = 20;

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wish {
    /// How many seats side by side: of one group, or of several that sit near each other.
    pub groups: Vec<u32>,
    /// Which seats may be taken.
    pub filter: Filter,
    /// How many have a wheelchair: so many seats are places for one. Nobody else gets such a place or one beside it that is meant for
    /// company, but for those who sit with them.
    pub accessible: u32,
    /// As near as can be to what this order has, which is the session's own.
    pub near: Option<OrderNumber>,
    /// What will do where a group can't sit side by side, the best first.
    pub fall_backs: Vec<FallBack>,
}

impl Wish {
    /// So many side by side, wherever they are best.
    pub fn of(count: u32) -> Self {
        Self {
            groups: vec![count],
            ..Self::default()
        }
    }

    /// Whether it finds seats where another one does, and none where that doesn't.
    pub fn is_as_hard_as(&self, other: &Self) -> bool {
        (&self.groups, self.accessible, &self.filter, &self.fall_backs)
            == (&other.groups, other.accessible, &other.filter, &other.fall_backs)
    }

    /// How many seats are wanted.
    pub fn count(&self) -> u32 {
        self.groups
            .iter()
            .fold(0, |sum, group| sum.saturating_add(*group))
    }
}

/// Which seats are meant.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Filter {
    /// Of this category alone.
    pub category: Option<CategoryIndex>,
    /// In the sections of this one's name alone; it is the first of them.
    pub section: Option<SectionIndex>,
    /// On this floor alone.
    pub floor: Option<FloorIndex>,
    /// None that costs more as it is sold unless an order says otherwise, in minor units.
    pub price_max: Option<i64>,
    /// Those that are kept under a label, instead of those that are free.
    pub label: Option<Label>,
    /// With places for wheelchairs and for company beside them, which are not meant else.
    pub has_accessible: bool,
}

impl Filter {
    /// The same seats, told in the same way whoever asks for them.
    pub fn plain(&self, show: &Show) -> Self {
        let dearest = |max: i64| show.prices.iter().copied().filter(|price| *price <= max).max();
        let has_own_prices = show
            .tariff
            .as_ref()
            .is_some_and(|tariff| !tariff.seat_prices.is_empty());
        Self {
            price_max: match self.price_max {
                Some(max) if !has_own_prices => {
                    let is_for_all = show.prices.iter().all(|price| *price <= max);
                    (!is_for_all).then(|| dearest(max).unwrap_or(-1))
                }
                max => max,
            },
            ..self.clone()
        }
    }

    /// Whether a seat in this state may be taken.
    pub fn is_free(&self, state: Option<SeatState>, labeled: &Labeled, seat: SeatIndex) -> bool {
        match &self.label {
            None => state == Some(SeatState::Free),
            Some(label) => labeled.has(seat, label),
        }
    }

    /// Whether a section is meant.
    pub fn has_section(&self, plan: &Plan, section: SectionIndex) -> bool {
        let floor = { plan.sections().get(usize::from(section.0)) }.and_then(|section| section.floor);
        self.section
            .is_none_or(|wanted| plan.is_named_as(section, wanted))
            && self.floor.is_none_or(|wanted| floor == Some(wanted))
    }

    /// Whether a seat of such a section is meant.
    pub fn has_seat(&self, show: &Show, seat: SeatIndex) -> bool {
        let Some(known) = show.plan.seat(seat) else {
            return false;
        };
        let is_cheap = |max| show.place_price(Place::Seat(seat)) <= max;
        (self.has_accessible || known.attributes.is_for_all())
            && self.category.is_none_or(|wanted| known.category == wanted)
            && self.price_max.is_none_or(is_cheap)
    }
}

/// What will do for a group that can't sit side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FallBack {
    /// Two parts of it in rows before and behind each other.
    AdjacentRows,
    /// Pairs near each other, one of them three if the number is odd.
    Pairs,
    /// Seats near each other.
    Single,
}

/// What a wish comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The seats, group by group; of each part of one in the plan's order.
    pub seats: Vec<SeatIndex>,
    /// How they differ from what was asked for, if they do.
    pub fall_back: Option<FallBack>,
}

#[cfg(test)]
pub(crate) mod tests;
