//! Exchanges on the wire.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::order::{NewOrderBody, TypedPlacesBody, ZonePlacesBody, read_list};
use super::together::TogetherBody;

/// Which tickets are given back, and the places that are wanted for them.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExchangeBody {
    /// Codes of the order's tickets; all that are left, if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_items = 1, max_items = 500)]
    pub tickets: Option<Vec<String>>,
    /// Seats by name.
    #[serde(default, deserialize_with = "read_list")]
    #[schema(max_items = 500)]
    pub seats: Option<Vec<String>>,
    /// Seats side by side.
    #[serde(default)]
    pub together: Option<TogetherBody>,
    /// Places in zones.
    #[serde(default, deserialize_with = "read_list")]
    pub zones: Option<Vec<ZonePlacesBody>>,
    /// What some of these places are to be sold as; the others are the first ticket type of their category.
    #[serde(
        default,
        deserialize_with = "read_list",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(max_items = 50)]
    pub ticket_types: Option<Vec<TypedPlacesBody>>,
    /// A code for a discount, in capital letters or small ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 40)]
    pub code: Option<String>,
}

impl ExchangeBody {
    /// The tickets, and the places as a new order asks for them.
    pub fn into_parts(self) -> (Option<Vec<String>>, NewOrderBody) {
        let Self {
            tickets,
            seats,
            together,
            zones,
            ticket_types,
            code,
        } = self;
        let wanted = NewOrderBody {
            seats,
            together,
            zones,
            ticket_types,
            code,
            buyer: None,
            attendees: None,
            metadata: None,
        };
        (tickets, wanted)
    }
}
