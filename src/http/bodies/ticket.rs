//! Tickets on the wire.

use std::borrow::Cow;

use serde::Serialize;
use utoipa::ToSchema;

use super::place::SeatPlaceBody;

/// A ticket: who shows its code may enter, once.
#[derive(Debug, Serialize, ToSchema)]
pub struct TicketBody<'a> {
    /// The code, as in `SAZJZ-WBYHS-TKHUE`.
    pub code: String,
    /// The seat, for a numbered place.
    #[schema(required)]
    pub seat: Option<Cow<'a, str>>,
    /// The zone, for a place without a number.
    #[schema(required)]
    pub zone: Option<&'a str>,
    /// Where the seat is, for a numbered place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<SeatPlaceBody<'a>>,
    /// What it was sold as, where the show has ticket types.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticket_type: Option<String>,
}
