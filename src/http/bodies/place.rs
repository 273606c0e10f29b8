//! Seats on the wire: their names, and where people find them.

use serde::Serialize;
use utoipa::ToSchema;

use domain::plan::{Plan, SeatIndex};
use domain::show::Show;

/// Where a seat is, as the plan labels it: what to tell people, whom a seat's name may say nothing.
#[derive(Debug, Clone, Serialize, ToSchema)]
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

/// Names of seats.
pub fn seat_names(show: &Show, seats: &[SeatIndex]) -> Vec<String> {
    seats
        .iter()
        .filter_map(|seat| Some(show.plan.seat(*seat)?.name.clone()))
        .collect()
}

/// Where seats are, as their plan labels them.
pub fn seat_places(show: &Show, seats: &[SeatIndex]) -> Vec<SeatPlaceBody> {
    seats
        .iter()
        .filter_map(|seat| SeatPlaceBody::of(&show.plan, *seat))
        .collect()
}
