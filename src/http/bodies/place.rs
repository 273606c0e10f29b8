//! Seats on the wire: their names, and where people find them.

use std::borrow::Cow;

use serde::Serialize;
use utoipa::ToSchema;

use domain::plan::{Plan, SeatIndex};
use domain::show::Show;

/// Where a seat is, as the plan labels it: what to tell people, whom a seat's name may say nothing.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SeatPlaceBody<'a> {
    /// The seat's name.
    pub seat: Cow<'a, str>,
    /// The section's name.
    pub section: Cow<'a, str>,
    /// The row's name, as it is painted.
    pub row: Cow<'a, str>,
    /// The seat's number, as it is painted.
    pub number: Cow<'a, str>,
    /// What the plan would have people told instead of the row's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row_label: Option<Cow<'a, str>>,
    /// What the plan would have people told instead of the seat's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seat_label: Option<Cow<'a, str>>,
}

impl<'a> SeatPlaceBody<'a> {
    /// That of a seat of this plan.
    pub fn of(plan: &'a Plan, index: SeatIndex) -> Option<Self> {
        let seat = plan.seat(index)?;
        let (section, row) = plan.section_and_row(index)?;
        Some(Self {
            seat: Cow::from(&seat.name),
            section: Cow::from(&section.name),
            row: Cow::from(&row.name),
            number: Cow::from(&seat.number),
            row_label: row.label.as_deref().map(Cow::from),
            seat_label: seat.label.as_deref().map(Cow::from),
        })
    }

    /// The same, whatever becomes of the plan.
    pub fn into_owned(self) -> SeatPlaceBody<'static> {
        let owned = |text: Cow<'a, str>| Cow::from(text.into_owned());
        SeatPlaceBody {
            seat: owned(self.seat),
            section: owned(self.section),
            row: owned(self.row),
            number: owned(self.number),
            row_label: self.row_label.map(owned),
            seat_label: self.seat_label.map(owned),
        }
    }
}

/// Names of seats, borrowed or owned.
pub fn seat_names<'a, N: From<&'a str>>(show: &'a Show, seats: &[SeatIndex]) -> Vec<N> {
    seats
        .iter()
        .filter_map(|seat| Some(show.plan.seat(*seat)?.name.as_str().into()))
        .collect()
}

/// Where seats are, as their plan labels them.
pub fn seat_places<'a>(show: &'a Show, seats: &[SeatIndex]) -> Vec<SeatPlaceBody<'a>> {
    seats
        .iter()
        .filter_map(|seat| SeatPlaceBody::of(&show.plan, *seat))
        .collect()
}
