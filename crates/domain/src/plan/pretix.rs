//! pretix's public seating-plan JSON, as its editor writes it.
//!
//! Its zones are our sections; a seat is known by its `seat_guid`; positions are relative to the row and the zone.
//! Areas are drawings and are passed over, as are fields that only the editor needs; but where one says that it is the stage,
//! there the seats look at.

use std::collections::HashSet;

use serde::Deserialize;

use super::builder::{Checks, Look, NewRow, NewSeat, PlanBuilder};
use super::fault::{Member, Part, PlanError, Pointers};
use super::{COORDINATE_MAX, Plan, Point};

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
    #[serde(default)]
    areas: Vec<Area>,
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

/// A drawing: as the published schema has it, or as today's editor does.
#[derive(Debug, Clone, Deserialize)]
struct Area {
    position: Option<Position>,
    text: Option<AreaText>,
    rectangle: Option<Size>,
    polygon: Option<Polygon>,
    width: Option<f32>,
    height: Option<f32>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum AreaText {
    Plain(String),
    Placed { text: Option<String> },
}

#[derive(Debug, Clone, Copy, Deserialize)]
struct Size {
    width: f32,
    height: f32,
}

#[derive(Debug, Clone, Deserialize)]
struct Polygon {
    points: Vec<Position>,
}

/// What a stage is called in plans, in small letters. One word of an area's text is enough.
const STAGES: [&str; 9] = [
    "stage",
    "mainstage",
    "scène",
    "scene",
    "escenario",
    "palcoscenico",
    "toneel",
    "podium",
    "scena",
];
/// How such words end in German, where more is written before them: `Hauptbühne`.
const STAGE_ENDINGS: [&str; 2] = ["bühne", "buehne"];

impl Area {
    fn is_stage(&self) -> bool {
        let text = match &self.text {
            Some(AreaText::Plain(text) | AreaText::Placed { text: Some(text) }) => text.to_lowercase(),
            _ => return false,
        };
        let mut words = text.split(|letter: char| !letter.is_alphanumeric());
        words.any(|word| STAGES.contains(&word) || STAGE_ENDINGS.iter().any(|ending| word.ends_with(ending)))
    }

    /// Its middle. Rectangles are placed by their corner, polygons by what their points are relative to, and others by their
    /// middle.
    fn middle(&self) -> Option<Position> {
        let position = self.position?;
        let size = self.rectangle.or(self
            .width
            .zip(self.height)
            .map(|(width, height)| Size { width, height }));
        let points = self.polygon.as_ref().map_or(&[][..], |polygon| &polygon.points);
        let ends = |values: &mut dyn Iterator<Item = f32>| {
            let first = values.next()?;
            let (min, max) = values.fold((first, first), |(min, max), value| {
                (value.min(min), value.max(max))
            });
            Some(f32::midpoint(min, max))
        };
        let x = ends(&mut points.iter().map(|point| point.x)).or(size.map(|size| size.width / 2.0));
        let y = ends(&mut points.iter().map(|point| point.y)).or(size.map(|size| size.height / 2.0));
        Some(Position {
            x: position.x + x.unwrap_or_default(),
            y: position.y + y.unwrap_or_default(),
        })
    }
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
struct Position {
    x: f32,
    y: f32,
}

/// The plan that a document describes; names that look the same are told by their `look`. A zone or row without a name gets
/// its place in the document for one. Zones may share a name, as the schema asks for none that are unique: each is a section
/// of its own.
pub fn import(document: &Document, look: Look) -> Result<Plan, PlanError> {
    let mut builder = PlanBuilder::new(&document.name, document, Checks::Imported(look));
    for (at, category) in document.categories.iter().enumerate() {
        let color = category.color.as_deref().filter(|color| !color.is_empty());
        builder.category(at, &category.name, color);
    }
    if let Some((_, stage)) = document.stage() {
        builder.focal_point(stage);
    }
    let zone_names = zone_names(document);
    for (zone_at, (zone, zone_name)) in document.zones.iter().zip(&zone_names).enumerate() {
        builder.section(zone_at, zone_name, None);
        for (row_at, row) in zone.rows.iter().enumerate() {
            let row_name = named(&row.row_number, "Row", row_at);
            let label = label_of(row.row_label.as_deref(), &row.row_number);
            let new = NewRow {
                name: &row_name,
                label: label.as_deref(),
                ..NewRow::default()
            };
            builder.row([zone_at, row_at], new);
            for (seat_at, seat) in row.seats.iter().enumerate() {
                let label = label_of(row.seat_label.as_deref(), &seat.seat_number);
                let new = NewSeat {
                    label: label.as_deref(),
                    name: &seat.seat_guid,
                    number: &named(&seat.seat_number, "Seat", seat_at),
                    x: zone.position.x + row.position.x + seat.position.x,
                    y: zone.position.y + row.position.y + seat.position.y,
                    category: Some(&seat.category),
                    ..NewSeat::default()
                };
                builder.seat([zone_at, row_at, seat_at], new);
            }
            builder.end_row();
        }
    }
    builder.finish()
}

impl Pointers for Document {
    fn pointer(&self, part: Part) -> String {
        let (pointer, member) = match part {
            // It has no floors.
            Part::Plan(member) | Part::Floor(_, member) => (String::new(), member),
            Part::FocalPoint(member) => {
                let area = self.stage().map(|(pointer, _)| pointer);
                (area.unwrap_or_default(), member)
            }
            Part::Category(at, member) => (format!("/categories/{at}"), member),
            Part::Section(at, member) | Part::Zone(at, member) => (format!("/zones/{at}"), member),
            Part::Row([zone, row], member) => return self.pointer_of_row([zone, row], member),
            Part::Seat(at, member) => return self.pointer_of_seat(at, member),
        };
        match member {
            Member::Name => format!("{pointer}/name"),
            Member::Color => format!("{pointer}/color"),
            _ => pointer,
        }
    }
}

impl Document {
    /// The first area that says that it is the stage, and its middle.
    fn stage(&self) -> Option<(String, Point)> {
        self.zones.iter().enumerate().find_map(|(zone_at, zone)| {
            let (area_at, area) = zone.areas.iter().enumerate().find(|(_, area)| area.is_stage())?;
            let middle = area.middle()?;
            let stage = Point {
                x: zone.position.x + middle.x,
                y: zone.position.y + middle.y,
            };
            Some((format!("/zones/{zone_at}/areas/{area_at}/position"), stage))
        })
    }

    fn pointer_of_row(&self, [zone, row]: [usize; 2], member: Member) -> String {
        let pointer = format!("/zones/{zone}/rows/{row}");
        match member {
            Member::Name => format!("{pointer}/row_number"),
            Member::Label => format!("{pointer}/row_label"),
            _ => pointer,
        }
    }

    fn pointer_of_seat(&self, [zone_at, row_at, at]: [usize; 3], member: Member) -> String {
        let zone_pointer = format!("/zones/{zone_at}");
        let row_pointer = format!("{zone_pointer}/rows/{row_at}");
        let pointer = format!("{row_pointer}/seats/{at}");
        match member {
            Member::Name => format!("{pointer}/seat_guid"),
            Member::Number => format!("{pointer}/seat_number"),
            Member::Label => format!("{row_pointer}/seat_label"),
            Member::Category => format!("{pointer}/category"),
            // A seat is where the three together say; the one that is too far out alone is at fault.
            Member::X | Member::Y => {
                let zone = self.zones.get(zone_at);
                let row = zone.and_then(|zone| zone.rows.get(row_at));
                let axis = if member == Member::X { "x" } else { "y" };
                let is_far = |position: Option<Position>| {
                    position.is_some_and(|position| {
                        let value = if member == Member::X {
                            position.x
                        } else {
                            position.y
                        };
                        value.abs() > COORDINATE_MAX
                    })
                };
                let pointer = if is_far(zone.map(|zone| zone.position)) {
                    zone_pointer
                } else if is_far(row.map(|row| row.position)) {
                    row_pointer
                } else {
                    pointer
                };
                format!("{pointer}/position/{axis}")
            }
            _ => pointer,
        }
    }
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
        let plan = import(&serde_json::from_str(HALL).expect("a document"), str::to_owned).expect("a plan");
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
        let plan = import(
            &serde_json::from_value(document).expect("a document"),
            str::to_owned,
        )
        .expect("a plan");
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
        let error = import(
            &serde_json::from_str(&document).expect("a document"),
            str::to_owned,
        )
        .expect_err("a refusal");
        assert_eq!(
            error.to_string(),
            "/zones/1/rows/0/seats/1/seat_guid: “balcony-1-1” came before"
        );
    }

    #[test]
    fn faults_are_where_the_sender_has_them() {
        let mut document: serde_json::Value = serde_json::from_str(HALL).expect("JSON");
        let row = &mut document["zones"][0]["rows"][1];
        row["row_number"] = "\n2".into();
        row["row_label"] = "\u{202e}%s".into();
        row["seats"][0]["category"] = "none".into();
        row["seats"][1]["seat_number"] = "\n".repeat(3).into();
        row["seats"][2]["seat_number"] = "a\n".into();
        row["seats"][3]["position"]["x"] = 1e9.into();
        document["zones"][1]["position"]["y"] = 1e9.into();
        let document: Document = serde_json::from_value(document).expect("a document");
        let error = import(&document, str::to_owned).expect_err("a refusal");
        let pointers: Vec<_> = error.faults.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(
            pointers,
            [
                "/zones/0/rows/1/row_number",
                "/zones/0/rows/1/row_label",
                "/zones/0/rows/1/seats/0/category",
                "/zones/0/rows/1/seats/2/seat_number",
                "/zones/0/rows/1/seats/3/position/x",
                "/zones/1/position/y",
            ]
        );
    }
}
