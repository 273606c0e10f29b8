//! Tickets on the wire, and where their seats are.

use serde::Serialize;
use utoipa::ToSchema;

use domain::plan::{Plan, SeatIndex};

/// Where a seat is, as the plan labels it: what to tell people, whom a seat's name may say nothing.
#[derive(Debug, Serialize, ToSchema)]
pub struct SeatPlaceBody {
    /// The seat's name.
    pub seat: String,
    /// The section's name.
    pub section: String,
    /// The row's name, as it is painted.
    pub row: String,
    /// The seat's number, as it is painted.
    pub number: String,
    /// What the plan would have people told instead of the row's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row_label: Option<String>,
    /// What the plan would have people told instead of the seat's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seat_label: Option<String>,
}

impl SeatPlaceBody {
    /// That of a seat of this plan.
    pub fn of(plan: &Plan, index: SeatIndex) -> Option<Self> {
        let seat = plan.seat(index)?;
        let (section, row) = plan.section_and_row(index)?;
        Some(Self {
            seat: seat.name.clone(),
            section: section.name.clone(),
            row: row.name.clone(),
            number: seat.number.clone(),
            row_label: row.label.clone(),
            seat_label: seat.label.clone(),
        })
    }
}

/// A ticket: who shows its code may enter, once.
#[derive(Debug, Serialize, ToSchema)]
pub struct TicketBody {
    /// The code, as in `SAZJZ-WBYHS-TKHUE`.
    pub code: String,
    /// The seat, for a numbered place.
    #[schema(required)]
    pub seat: Option<String>,
    /// The zone, for a place without a number.
    #[schema(required)]
    pub zone: Option<String>,
    /// Where the seat is, for a numbered place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<SeatPlaceBody>,
}
