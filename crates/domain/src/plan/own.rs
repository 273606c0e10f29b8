//! The own format of seating plans: the one that is documented, stored and given out.

use serde::{Deserialize, Serialize};

use super::builder::{Checks, Look, NewSeat, PlanBuilder};
use super::fault::{Member, Part, PlanError, Pointers};
use super::{Plan, Point};

/// A plan's document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// The venue's name.
    pub name: String,
    /// What the seats look at: the middle of the stage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub focal_point: Option<Point>,
    /// Price categories.
    pub categories: Vec<CategoryPart>,
    /// Sections with numbered seats.
    #[serde(default)]
    pub sections: Vec<SectionPart>,
    /// Zones without numbered seats.
    #[serde(default)]
    pub zones: Vec<ZonePart>,
}

/// A price category.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CategoryPart {
    /// Its name.
    pub name: String,
    /// How it is drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub color: Option<String>,
}

/// A section.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SectionPart {
    /// Its name.
    pub name: String,
    /// Its rows.
    pub rows: Vec<RowPart>,
}

/// A row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RowPart {
    /// Its name.
    pub name: String,
    /// What people are told instead, such as `Row 6`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The category of its seats that name none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Its seats.
    pub seats: Vec<SeatPart>,
}

/// A seat.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeatPart {
    /// What is painted on it.
    pub number: String,
    /// What people are told instead, such as `Seat 12`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Where it is.
    pub x: f32,
    /// Where it is.
    pub y: f32,
    /// Its category, if not its row's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Its name, if not `section-row-number`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// A zone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ZonePart {
    /// Its name.
    pub name: String,
    /// Its category.
    pub category: String,
    /// How many places it has.
    pub capacity: i64,
}

/// The plan that a new document describes. Names that look the same are told by their `look`.
pub fn import(document: &Document, look: Look) -> Result<Plan, PlanError> {
    build(document, Checks::Imported(look))
}

/// The plan that a document describes which was taken before.
pub fn read(document: &Document) -> Result<Plan, PlanError> {
    build(document, Checks::Stored)
}

fn build(document: &Document, checks: Checks) -> Result<Plan, PlanError> {
    let mut builder = PlanBuilder::new(&document.name, document, checks);
    if let Some(point) = document.focal_point {
        builder.focal_point(point);
    }
    for (at, category) in document.categories.iter().enumerate() {
        builder.category(at, &category.name, category.color.as_deref());
    }
    for (section_at, section) in document.sections.iter().enumerate() {
        builder.section(section_at, &section.name);
        for (row_at, row) in section.rows.iter().enumerate() {
            builder.row([section_at, row_at], &row.name, row.label.as_deref());
            for (seat_at, seat) in row.seats.iter().enumerate() {
                let usual_name;
                let name = match &seat.name {
                    Some(name) => name,
                    None => {
                        usual_name = usual_name_of(&section.name, &row.name, &seat.number);
                        &usual_name
                    }
                };
                let new = NewSeat {
                    name,
                    number: &seat.number,
                    label: seat.label.as_deref(),
                    x: seat.x,
                    y: seat.y,
                    category: seat.category.as_deref().or(row.category.as_deref()),
                };
                builder.seat([section_at, row_at, seat_at], new);
            }
        }
    }
    for (at, zone) in document.zones.iter().enumerate() {
        builder.zone(at, &zone.name, &zone.category, zone.capacity);
    }
    builder.finish()
}

impl Pointers for Document {
    fn pointer(&self, part: Part) -> String {
        match part {
            Part::Plan(member) => member_of(String::new(), member),
            Part::FocalPoint(member) => member_of("/focal_point".to_owned(), member),
            Part::Category(at, member) => member_of(format!("/categories/{at}"), member),
            Part::Section(at, member) => member_of(format!("/sections/{at}"), member),
            Part::Row([section, row], member) => member_of(format!("/sections/{section}/rows/{row}"), member),
            Part::Zone(at, member) => member_of(format!("/zones/{at}"), member),
            Part::Seat(at, member) => self.pointer_of_seat(at, member),
        }
    }
}

impl Document {
    /// What a seat does not say itself is at fault where it has it from.
    fn pointer_of_seat(&self, [section, row, at]: [usize; 3], member: Member) -> String {
        let row_pointer = format!("/sections/{section}/rows/{row}");
        let pointer = format!("{row_pointer}/seats/{at}");
        let row = self
            .sections
            .get(section)
            .and_then(|section| section.rows.get(row));
        let seat = row.and_then(|row| row.seats.get(at));
        let has_category = seat.is_some_and(|seat| seat.category.is_some());
        let row_has_category = row.is_some_and(|row| row.category.is_some());
        match member {
            Member::Name if seat.is_none_or(|seat| seat.name.is_none()) => format!("{pointer}/number"),
            Member::Category if !has_category && row_has_category => format!("{row_pointer}/category"),
            Member::Category if !has_category => pointer,
            member => member_of(pointer, member),
        }
    }
}

fn member_of(pointer: String, member: Member) -> String {
    let name = match member {
        Member::Whole => return pointer,
        Member::Name => "name",
        Member::Number => "number",
        Member::Label => "label",
        Member::Category => "category",
        Member::Color => "color",
        Member::Capacity => "capacity",
        Member::X => "x",
        Member::Y => "y",
    };
    format!("{pointer}/{name}")
}

/// A plan's document. Read again, it gives the same plan.
pub fn write(plan: &Plan) -> Document {
    let category_name = |index: super::CategoryIndex| {
        plan.categories()
            .get(usize::from(index.0))
            .map(|category| category.name.clone())
            .unwrap_or_default()
    };
    let mut sections: Vec<SectionPart> = plan
        .sections()
        .iter()
        .map(|section| SectionPart {
            name: section.name.clone(),
            rows: Vec::new(),
        })
        .collect();
    for row in plan.rows() {
        let Some(section) = sections.get_mut(usize::from(row.section.0)) else {
            continue;
        };
        let row_category = plan.row_seats(row).next().map(|(_, seat)| seat.category);
        let seats = plan.row_seats(row).map(|(_, seat)| SeatPart {
            number: seat.number.clone(),
            label: seat.label.clone(),
            x: seat.x,
            y: seat.y,
            category: (Some(seat.category) != row_category).then(|| category_name(seat.category)),
            name: Some(&seat.name)
                .filter(|name| **name != usual_name_of(&section.name, &row.name, &seat.number))
                .cloned(),
        });
        let seats = seats.collect();
        section.rows.push(RowPart {
            name: row.name.clone(),
            label: row.label.clone(),
            category: row_category.map(category_name),
            seats,
        });
    }
    let zone = |zone: &super::Zone| ZonePart {
        name: zone.name.clone(),
        category: category_name(zone.category),
        capacity: i64::from(zone.capacity),
    };
    let category = |category: &super::Category| CategoryPart {
        name: category.name.clone(),
        color: category.color.clone(),
    };
    Document {
        name: plan.name().to_owned(),
        focal_point: plan.focal_point(),
        categories: plan.categories().iter().map(category).collect(),
        sections,
        zones: plan.zones().iter().map(zone).collect(),
    }
}

fn usual_name_of(section: &str, row: &str, number: &str) -> String {
    format!("{section}-{row}-{number}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::generate::{Spec, generate};

    fn check(document: &str, expected: &str) {
        let document: Document = serde_json::from_str(document).expect("a document");
        let error = import(&document, str::to_lowercase).expect_err("a refusal");
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn refusals_name_the_place() {
        check(r#"{"name":"","categories":[]}"#, "/name: the name is empty");
        check(
            r#"{"name":"x","categories":[]}"#,
            "/: the plan has neither seats nor zones",
        );
        check(
            r#"{"name":"x","categories":[{"name":"a"},{"name":"a"}]}"#,
            "/categories/1/name: “a” came before",
        );
        check(
            r#"{"name":"x","categories":[{"name":"a"}],"zones":[{"name":"f","category":"b","capacity":1}]}"#,
            "/zones/0/category: no category is called “b”",
        );
        check(
            r#"{"name":"x","categories":[{"name":"a"}],"zones":[{"name":"f","category":"a","capacity":0}]}"#,
            "/zones/0/capacity: a zone has 1 to 100000 places, not 0",
        );
        let row = r#"{"name":"x","categories":[{"name":"a"}],"sections":[{"name":"S","rows":[{"name":"1","#;
        check(
            &format!(r#"{row}"seats":[{{"number":"1","x":0,"y":0}}]}}]}}]}}"#),
            "/sections/0/rows/0/seats/0: neither the seat nor its row names a category",
        );
        let twice = r#""category":"a","seats":[{"number":"1","x":0,"y":0},{"number":"1","x":1,"y":0}]}]}]}"#;
        check(
            &format!("{row}{twice}"),
            "/sections/0/rows/0/seats/1/number: “S-1-1” came before",
        );
        let far = r#""category":"a","seats":[{"number":"1","x":1e9,"y":0}]}]}]}"#;
        check(
            &format!("{row}{far}"),
            "/sections/0/rows/0/seats/0/x: a coordinate lies between -1000000 and 1000000",
        );
    }

    #[test]
    fn a_plan_written_and_read_is_the_same() {
        let plan = generate(&Spec {
            sections: 3,
            rows: 4,
            seats: 10,
            zones: 2,
        })
        .expect("a plan");
        assert_eq!(read(&write(&plan)), Ok(plan));
    }

    #[test]
    fn all_faults_are_told_at_once_each_at_its_own_place() {
        let document = r##"{"name":"x","categories":[{"name":"a","color":"red"},{"name":"A"}],"sections":[{"name":"S","rows":[
            {"name":"1","category":"none","seats":[{"number":"1","x":0,"y":0},{"number":"2","x":1e9,"y":0}]},
            {"name":"2","category":"a","seats":[{"number":"1","x":0,"y":0,"name":"n"},{"number":"1","x":1,"y":0,"name":"n"}]}]}],
            "zones":[{"name":"f","category":"a","capacity":0}]}"##;
        check(
            document,
            "/categories/0/color: a colour is written #rgb or #rrggbb; \
             /categories/1/name: “A” can't be told from “a” at /categories/0/name, though it is written with other characters; \
             /sections/0/rows/0/category: no category is called “none”; \
             /sections/0/rows/0/seats/1/x: a coordinate lies between -1000000 and 1000000; \
             /sections/0/rows/1/seats/1/name: “n” came before; \
             /zones/0/capacity: a zone has 1 to 100000 places, not 0",
        );
        // What was taken before is read so for ever.
        let stored = r#"{"name":"x","categories":[{"name":"a","color":"red"},{"name":"A"}],"zones":[{"name":"f","category":"A","capacity":1}]}"#;
        let stored: Document = serde_json::from_str(stored).expect("a document");
        assert!(read(&stored).is_ok());
        assert_eq!(
            import(&stored, str::to_lowercase)
                .expect_err("a refusal")
                .faults
                .len(),
            2
        );
    }

    #[test]
    fn a_hundred_faults_are_told_at_most() {
        let categories = (0..300).map(|_| CategoryPart {
            name: String::new(),
            color: None,
        });
        let error = read(&Document {
            name: "x".to_owned(),
            focal_point: None,
            categories: categories.collect(),
            sections: Vec::new(),
            zones: Vec::new(),
        });
        assert_eq!(error.expect_err("a refusal").faults.len(), 100);
    }
}
