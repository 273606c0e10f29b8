//! Seats side by side on the wire.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::money::MoneyBody;
use domain::together::FallBack;

/// Seats side by side, wherever they are best: of one group, whose `count` is said, or of several `groups`.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TogetherBody {
    /// How many, of one group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 500)]
    pub count: Option<i64>,
    /// In this category alone.
    #[serde(default)]
    pub category: Option<String>,
    /// In this section alone.
    #[serde(default)]
    pub section: Option<String>,
    /// On this floor alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub floor: Option<String>,
    /// How many of each group, instead of `count`. All get seats or none; the groups sit near each other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_items = 1, max_items = 20)]
    pub groups: Option<Vec<i64>>,
    /// How many of the seats must be places for wheelchairs; without it none is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 500)]
    pub accessible: Option<i64>,
    /// No seat that costs more, as it is sold unless `ticket_types` says otherwise; in the show's currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_max: Option<MoneyBody>,
    /// The reference of a live order of the same session and show: as near as can be to its seats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub near: Option<String>,
    /// What will do where so many can't sit side by side, the best first. Without it nothing else will.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 3)]
    pub fall_back: Option<Vec<FallBackBody>>,
}

/// What will do where so many can't sit side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FallBackBody {
    /// Two parts of a group in rows before and behind each other.
    AdjacentRows,
    /// Pairs near each other, one of them three if the number is odd.
    Pairs,
    /// Seats near each other.
    Single,
}

impl From<FallBackBody> for FallBack {
    fn from(body: FallBackBody) -> Self {
        match body {
            FallBackBody::AdjacentRows => Self::AdjacentRows,
            FallBackBody::Pairs => Self::Pairs,
            FallBackBody::Single => Self::Single,
        }
    }
}

impl From<FallBack> for FallBackBody {
    fn from(fall_back: FallBack) -> Self {
        match fall_back {
            FallBack::AdjacentRows => Self::AdjacentRows,
            FallBack::Pairs => Self::Pairs,
            FallBack::Single => Self::Single,
        }
    }
}

/// How an order's seats differ from those that were wanted together.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderTogetherBody {
    /// What was done of what the order's `fall_back` listed.
    pub fall_back: FallBackBody,
}
