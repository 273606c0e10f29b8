//! The own format of seating plans: the one that is documented, stored and given out.

use serde::{Deserialize, Serialize};

use super::{NewSeat, Plan, PlanBuilder, PlanError};

/// A plan's document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// The venue's name.
    pub name: String,
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
    /// Its rows, from the stage backwards.
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
    /// Its seats, side by side.
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

/// The plan that a document describes.
pub fn read(document: &Document) -> Result<Plan, PlanError> {
    let mut builder = PlanBuilder::new(&document.name)?;
    for (at, category) in document.categories.iter().enumerate() {
        builder.category(
            &format!("/categories/{at}"),
            &category.name,
            category.color.clone(),
        )?;
    }
    for (section_at, section) in document.sections.iter().enumerate() {
        let section_path = format!("/sections/{section_at}");
        builder.section(&section_path, &section.name)?;
        for (row_at, row) in section.rows.iter().enumerate() {
            let row_path = format!("{section_path}/rows/{row_at}");
            builder.row(&row_path, &row.name)?;
            if let Some(label) = &row.label {
                builder.row_label(&format!("{row_path}/label"), label)?;
            }
            for (seat_at, seat) in row.seats.iter().enumerate() {
                let usual_name;
                let name = match &seat.name {
                    Some(name) => name,
                    None => {
                        usual_name = usual_name_of(&section.name, &row.name, &seat.number);
                        &usual_name
                    }
                };
                let category = seat.category.as_deref().or(row.category.as_deref());
                let new = NewSeat {
                    name,
                    number: &seat.number,
                    label: seat.label.as_deref(),
                    x: seat.x,
                    y: seat.y,
                    category,
                };
                builder.seat(&format!("{row_path}/seats/{seat_at}"), new)?;
            }
        }
    }
    for (at, zone) in document.zones.iter().enumerate() {
        builder.zone(&format!("/zones/{at}"), &zone.name, &zone.category, zone.capacity)?;
    }
    builder.finish()
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
        let error = read(&document).expect_err("a refusal");
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
            "/sections/0/rows/0/seats/1/name: “S-1-1” came before",
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
}
