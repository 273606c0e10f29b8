//! What a show asks of its orders besides, on the wire.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use domain::rules::LoneSeats;

/// Whether an order may leave a single free seat between places that are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LoneSeatsBody {
    /// Any may.
    Off,
    /// One may that has no other choice beside.
    Lenient,
    /// One may for which there is no other choice in the section.
    Strict,
}

impl From<LoneSeatsBody> for LoneSeats {
    fn from(rule: LoneSeatsBody) -> Self {
        match rule {
            LoneSeatsBody::Off => Self::Off,
            LoneSeatsBody::Lenient => Self::Lenient,
            LoneSeatsBody::Strict => Self::Strict,
        }
    }
}

impl From<LoneSeats> for LoneSeatsBody {
    fn from(rule: LoneSeats) -> Self {
        match rule {
            LoneSeats::Off => Self::Off,
            LoneSeats::Lenient => Self::Lenient,
            LoneSeats::Strict => Self::Strict,
        }
    }
}
