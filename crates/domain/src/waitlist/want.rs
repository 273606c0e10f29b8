//! What an entry of the waitlist wants.

use serde::{Deserialize, Serialize};

use crate::plan::{CategoryIndex, ZoneIndex};
use crate::tariff::TicketTypeId;

/// Places that somebody waits for. Seats, or places of one zone; never both in one offer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Want {
    /// How many; never 0.
    pub count: u32,
    /// Of these categories alone, in order, none twice. Empty: of any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<CategoryIndex>,
    /// In this zone alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<ZoneIndex>,
    /// Seats side by side alone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub together: bool,
    /// What they are sold as; what is left is sold as the first type of its category.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ticket_types: Vec<TypedCount>,
    /// The most that one place may cost, without fees, in minor units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_max: Option<i64>,
}

/// Some of the wanted places, and what they are to be sold as.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TypedCount {
    /// The type.
    pub ticket_type: TicketTypeId,
    /// How many; never 0.
    pub count: u32,
}

impl Want {
    /// Whether it accepts places of a category.
    pub fn is_of(&self, category: CategoryIndex) -> bool {
        self.categories.is_empty() || self.categories.binary_search(&category).is_ok()
    }

    /// Whether some place may be wanted by both, whatever it costs.
    pub fn meets(&self, other: &Self) -> bool {
        let zones = match (self.zone, other.zone) {
            (Some(zone), Some(another)) => zone == another,
            (Some(_), None) => !other.together,
            (None, Some(_)) => !self.together,
            (None, None) => true,
        };
        let is_shared = |category: &CategoryIndex| other.is_of(*category);
        zones && (self.categories.is_empty() || self.categories.iter().any(is_shared))
    }

    /// Whether it asks for more than it did `before`: more places, or places that were not good enough then.
    pub fn is_more_than(&self, before: &Self) -> bool {
        let is_wider = match (before.categories.is_empty(), self.categories.is_empty()) {
            (true, _) => false,
            (false, true) => true,
            (false, false) => !self.categories.iter().all(|category| before.is_of(*category)),
        };
        let is_elsewhere = before.zone.is_some() && before.zone != self.zone;
        let is_dearer = match (before.price_max, self.price_max) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(before), Some(now)) => now > before,
        };
        self.count > before.count
            || is_wider
            || is_elsewhere
            || is_dearer
            || before.together && !self.together
    }
}
