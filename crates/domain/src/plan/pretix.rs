//! pretix's public seating-plan JSON, as its editor writes it.
//!
//! Its zones are our sections; a seat is known by its `seat_guid`; positions are relative to the row and the zone.
//! Areas are drawings and are passed over, as are fields that only the editor needs.

use std::collections::HashSet;

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
    /// What people are told of the row; `%s` in it stands for the row's number.
    row_label: Option<String>,
    /// What people are told of its seats; `%s` in it stands for the seat's number.
    seat_label: Option<String>,
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

/// The plan that a document describes. A zone or row without a name gets its place in the document for one. Zones may share
/// a name, as the schema asks for none that are unique: each is a section of its own.
pub fn read(document: &Document) -> Result<Plan, PlanError> {
    let mut builder = PlanBuilder::new(&document.name)?;
    for (at, category) in document.categories.iter().enumerate() {
        builder.category(
            &format!("/categories/{at}"),
            &category.name,
            category.color.clone(),
        )?;
    }
    let zone_names = zone_names(document);
    for (zone_at, (zone, zone_name)) in document.zones.iter().zip(&zone_names).enumerate() {
        let zone_path = format!("/zones/{zone_at}");
        builder.section(&zone_path, zone_name)?;
        for (row_at, row) in zone.rows.iter().enumerate() {
            let row_path = format!("{zone_path}/rows/{row_at}");
            builder.row(&row_path, &named(&row.row_number, "Row", row_at))?;
            if let Some(label) = label_of(row.row_label.as_deref(), &row.row_number) {
                builder.row_label(&format!("{row_path}/row_label"), &label)?;
            }
            for (seat_at, seat) in row.seats.iter().enumerate() {
                let label = label_of(row.seat_label.as_deref(), &seat.seat_number);
                let new = NewSeat {
                    label: label.as_deref(),
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

/// The zones' names. One that is made up is nobody else's: people could not tell the two zones apart, though the document can.
fn zone_names(document: &Document) -> Vec<String> {
    let mut taken: HashSet<String> = document.zones.iter().map(|zone| zone.name.clone()).collect();
    let name_of = |(at, zone): (usize, &ZonePart)| {
        let mut made_up = (at..).map(|at| named(&zone.name, "Zone", at));
        let name = made_up.find(|name| *name == zone.name || taken.insert(name.clone()));
        name.unwrap_or_default()
    };
    document.zones.iter().enumerate().map(name_of).collect()
}

/// A label with the number in it, as pretix writes it (`pretix/base/models/seating.py`). An empty one is none.
fn label_of(template: Option<&str>, number: &str) -> Option<String> {
    let label = template?.replace("%s", number);
    Some(label.trim().to_owned()).filter(|label| !label.is_empty())
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

    fn sections(names: &[&str]) -> Vec<String> {
        let zone = |at: usize, name: &str| {
            let seats = serde_json::json!([
                {"seat_guid": format!("s{at}"), "seat_number": "1", "position": {"x": 0, "y": 0}, "category": "C"},
                {"seat_guid": format!("t{at}"), "seat_number": "1", "position": {"x": 9, "y": 0}, "category": "C"},
            ]);
            let row = serde_json::json!({"row_number": "1", "seats": seats});
            serde_json::json!({"name": name, "position": {"x": 0, "y": at * 100}, "rows": [row, {"row_number": "1", "seats": []}]})
        };
        let zones: Vec<_> = names
            .iter()
            .enumerate()
            .map(|(at, name)| zone(at, name))
            .collect();
        let document = serde_json::json!({"name": "H", "categories": [{"name": "C"}], "zones": zones});
        let plan = read(&serde_json::from_value(document).expect("a document")).expect("a plan");
        // What is stored is the same plan again.
        assert_eq!(
            crate::plan::own::read(&crate::plan::own::write(&plan)),
            Ok(plan.clone())
        );
        plan.sections()
            .iter()
            .map(|section| section.name.clone())
            .collect()
    }

    #[test]
    fn zones_may_share_a_name_or_have_none() {
        assert_eq!(sections(&["Balcony", "Balcony"]), ["Balcony", "Balcony"]);
        assert_eq!(sections(&["Zone 2", ""]), ["Zone 2", "Zone 3"]);
        assert_eq!(sections(&["", " ", "Zone 1"]), ["Zone 2", "Zone 3", "Zone 1"]);
        assert_eq!(sections(&["", "", "Pit"]), ["Zone 1", "Zone 2", "Pit"]);
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
