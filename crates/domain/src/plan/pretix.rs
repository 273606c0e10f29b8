//! pretix's public seating-plan JSON, as its editor writes it.
//!
//! Its zones are our sections; a seat is known by its `seat_guid`; positions are relative to the row and the zone.
//! Areas are drawings and are passed over, as are fields that only the editor needs.

use serde::Deserialize;

use super::{NewSeat, Plan, PlanBuilder, PlanError};

/// A plan's document.
#[derive(Debug, Clone, Deserialize)]
pub struct Document {
    name: String,
    categories: Vec<CategoryPart>,
    zones: Vec<ZonePart>,
}

#[derive(Debug, Clone, Deserialize)]
struct CategoryPart {
    name: String,
    color: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
struct ZonePart {
    #[serde(default)]
    name: String,
    #[serde(default)]
    position: Position,
    rows: Vec<RowPart>,
}

#[derive(Debug, Clone, Deserialize)]
struct RowPart {
    row_number: String,
    #[serde(default)]
    position: Position,
    seats: Vec<SeatPart>,
}

#[derive(Debug, Clone, Deserialize)]
struct SeatPart {
    seat_guid: String,
    seat_number: String,
    position: Position,
    category: String,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
struct Position {
    x: f32,
    y: f32,
}

/// The plan that a document describes. A zone or row without a name gets its place in the document for one.
pub fn read(document: &Document) -> Result<Plan, PlanError> {
    let mut builder = PlanBuilder::new(&document.name)?;
    for (at, category) in document.categories.iter().enumerate() {
        builder.category(
            &format!("/categories/{at}"),
            &category.name,
            category.color.clone(),
        )?;
    }
    for (zone_at, zone) in document.zones.iter().enumerate() {
        let zone_path = format!("/zones/{zone_at}");
        builder.section(&zone_path, &named(&zone.name, "Zone", zone_at))?;
        for (row_at, row) in zone.rows.iter().enumerate() {
            let row_path = format!("{zone_path}/rows/{row_at}");
            builder.row(&row_path, &named(&row.row_number, "Row", row_at))?;
            for (seat_at, seat) in row.seats.iter().enumerate() {
                let new = NewSeat {
                    name: &seat.seat_guid,
                    number: &named(&seat.seat_number, "Seat", seat_at),
                    x: zone.position.x + row.position.x + seat.position.x,
                    y: zone.position.y + row.position.y + seat.position.y,
                    category: Some(&seat.category),
                };
                builder.seat(&format!("{row_path}/seats/{seat_at}"), new)?;
            }
        }
    }
    builder.finish()
}

fn named(name: &str, what: &str, at: usize) -> String {
    if name.trim().is_empty() {
        format!("{what} {}", at + 1)
    } else {
        name.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HALL: &str = include_str!("../../../../plans/pretix-hall.json");

    #[test]
    fn a_plan_of_pretix_is_read_as_it_is() {
        let plan = read(&serde_json::from_str(HALL).expect("a document")).expect("a plan");
        assert_eq!(
            (plan.seats().len(), plan.sections().len(), plan.zones().len()),
            (12, 2, 0)
        );
        let seat = plan
            .seat(plan.seat_index("ground-2-1").expect("the seat"))
            .expect("the seat");
        assert_eq!((seat.number.as_str(), seat.x, seat.y), ("1", 110.0, 90.0));
    }

    #[test]
    fn a_seat_twice_is_refused_with_its_place() {
        let document = HALL.replace("balcony-1-2", "balcony-1-1");
        let error = read(&serde_json::from_str(&document).expect("a document")).expect_err("a refusal");
        assert_eq!(
            error.to_string(),
            "/zones/1/rows/0/seats/1/name: “balcony-1-1” came before"
        );
    }
}
