//! The own format of seating plans: the one that is documented, stored and given out.

mod document;

use super::builder::{Checks, Look, NewRow, NewSeat, NewZone, PlanBuilder};
use super::fault::{Member, Part, PlanError, Pointers};
use super::{FloorIndex, Plan, Row, Seat, Section, Table};

use document::RowOrTable;
pub use document::{
    AislesPart, CategoryPart, Document, FloorPart, RowPart, SeatPart, SectionPart, Sold, TablePart, ZonePart,
};

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
    for (at, floor) in document.floors.iter().enumerate() {
        builder.floor(at, &floor.name, floor.label.as_deref());
    }
    for (at, category) in document.categories.iter().enumerate() {
        builder.category(at, &category.name, category.color.as_deref());
    }
    for (at, section) in document.sections.iter().enumerate() {
        builder.section(at, &section.name, section.floor.as_deref());
        for (row_at, row) in section.rows_and_tables().enumerate() {
            add_row(&mut builder, [at, row_at], section, &row);
        }
    }
    for (at, zone) in document.zones.iter().enumerate() {
        let new = NewZone {
            name: &zone.name,
            category: &zone.category,
            capacity: zone.capacity,
            floor: zone.floor.as_deref(),
        };
        builder.zone(at, new);
    }
    builder.finish()
}

fn add_row(
    builder: &mut PlanBuilder<'_>,
    [section_at, row_at]: [usize; 2],
    section: &SectionPart,
    row: &RowOrTable<'_>,
) {
    let new = NewRow {
        name: row.name,
        label: row.label,
        table: row.table,
        has_explicit_aisles: row.has_explicit_aisles,
        quality: row.quality,
    };
    builder.row([section_at, row_at], new);
    for (seat_at, seat) in row.seats.iter().enumerate() {
        let usual_name;
        let name = match &seat.name {
            Some(name) => name,
            None => {
                usual_name = usual_name_of(&section.name, row.name, &seat.number);
                &usual_name
            }
        };
        let new = NewSeat {
            name,
            number: &seat.number,
            label: seat.label.as_deref(),
            x: seat.x,
            y: seat.y,
            category: seat.category.as_deref().or(row.category),
            accessible: seat.accessible,
            companion_of: seat.companion_of.as_deref(),
            restricted_view: seat.restricted_view,
            aisle_after: seat.aisle_after,
            quality: seat.quality,
        };
        builder.seat([section_at, row_at, seat_at], new);
    }
    builder.end_row();
}

impl Pointers for Document {
    fn pointer(&self, part: Part) -> String {
        match part {
            Part::Plan(member) => member_of(String::new(), member),
            Part::FocalPoint(member) => member_of("/focal_point".to_owned(), member),
            Part::Category(at, member) => member_of(format!("/categories/{at}"), member),
            Part::Section(at, member) => member_of(format!("/sections/{at}"), member),
            Part::Floor(at, member) => member_of(format!("/floors/{at}"), member),
            Part::Row(at, member) => member_of(self.pointer_of_row(at), member),
            Part::Zone(at, member) => member_of(format!("/zones/{at}"), member),
            Part::Seat(at, member) => self.pointer_of_seat(at, member),
        }
    }
}

impl Document {
    /// Tables are counted on behind the rows.
    fn pointer_of_row(&self, [section, row]: [usize; 2]) -> String {
        let rows = self.sections.get(section).map_or(0, |section| section.rows.len());
        match row.checked_sub(rows) {
            None => format!("/sections/{section}/rows/{row}"),
            Some(table) => format!("/sections/{section}/tables/{table}"),
        }
    }

    /// What a seat does not say itself is at fault where it has it from.
    fn pointer_of_seat(&self, [section, row, at]: [usize; 3], member: Member) -> String {
        let row_pointer = self.pointer_of_row([section, row]);
        let pointer = format!("{row_pointer}/seats/{at}");
        let section = self.sections.get(section);
        let row = section.and_then(|section| section.rows_and_tables().nth(row));
        let seat = row.as_ref().and_then(|row| row.seats.get(at));
        let has_category = seat.is_some_and(|seat| seat.category.is_some());
        let row_has_category = row.as_ref().is_some_and(|row| row.category.is_some());
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
        Member::Floor => "floor",
        Member::CompanionOf => "companion_of",
        Member::Quality => "quality",
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
    let floor_name = |index: Option<FloorIndex>| {
        let floor = plan.floors().get(usize::from(index?.0))?;
        Some(floor.name.clone())
    };
    let section = |section: &Section| SectionPart {
        name: section.name.clone(),
        floor: floor_name(section.floor),
        ..SectionPart::default()
    };
    let mut sections: Vec<SectionPart> = plan.sections().iter().map(section).collect();
    for row in plan.rows() {
        let Some(section) = sections.get_mut(usize::from(row.section.0)) else {
            continue;
        };
        let first = plan.row_seats(row).next().map(|(_, seat)| seat);
        let row_category = first.map(|seat| seat.category);
        // Said of the row, it would be said of seats that have none.
        let qualities = || plan.row_seats(row).map(|(_, seat)| seat.quality);
        let row_quality = first
            .and_then(|seat| seat.quality)
            .filter(|_| qualities().all(|known| known.is_some()));
        let seat = |seat: &Seat| SeatPart {
            number: seat.number.clone(),
            label: seat.label.clone(),
            x: seat.x,
            y: seat.y,
            category: (Some(seat.category) != row_category).then(|| category_name(seat.category)),
            name: Some(&seat.name)
                .filter(|name| **name != usual_name_of(&section.name, &row.name, &seat.number))
                .cloned(),
            accessible: seat.attributes.accessible,
            companion_of: { seat.attributes.companion_of }
                .and_then(|seat| plan.seat(seat))
                .map(|seat| seat.name.clone()),
            restricted_view: seat.attributes.restricted_view,
            aisle_after: seat.aisle_after,
            quality: seat
                .quality
                .filter(|_| seat.quality != row_quality)
                .map(i64::from),
        };
        let seats: Vec<SeatPart> = plan.row_seats(row).map(|(_, each)| seat(each)).collect();
        write_row(
            section,
            row,
            seats,
            row_category.map(category_name),
            row_quality.map(i64::from),
        );
    }
    let floor = |floor: &super::Floor| FloorPart {
        name: floor.name.clone(),
        label: floor.label.clone(),
    };
    let zone = |zone: &super::Zone| ZonePart {
        name: zone.name.clone(),
        category: category_name(zone.category),
        capacity: i64::from(zone.capacity),
        floor: floor_name(zone.floor),
    };
    let category = |category: &super::Category| CategoryPart {
        name: category.name.clone(),
        color: category.color.clone(),
    };
    Document {
        name: plan.name().to_owned(),
        focal_point: plan.focal_point(),
        floors: plan.floors().iter().map(floor).collect(),
        categories: plan.categories().iter().map(category).collect(),
        sections,
        zones: plan.zones().iter().map(zone).collect(),
    }
}

fn write_row(
    section: &mut SectionPart,
    row: &Row,
    seats: Vec<SeatPart>,
    category: Option<String>,
    quality: Option<i64>,
) {
    let (name, label) = (row.name.clone(), row.label.clone());
    match row.table {
        Some(Table { whole }) => section.tables.push(TablePart {
            name,
            label,
            category,
            quality,
            sold: if whole { Sold::Whole } else { Sold::Seats },
            seats,
        }),
        None => section.rows.push(RowPart {
            name,
            label,
            category,
            quality,
            aisles: row.has_explicit_aisles.then_some(AislesPart::Explicit),
            seats,
        }),
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
            floors: Vec::new(),
            categories: categories.collect(),
            sections: Vec::new(),
            zones: Vec::new(),
        });
        assert_eq!(error.expect_err("a refusal").faults.len(), 100);
    }

    /// Two floors, a table of each kind, and whatever can be said of a seat.
    const RICH: &str = r##"{"name":"x","floors":[{"name":"G","label":"Ground"},{"name":"B"}],"categories":[{"name":"a"}],
        "sections":[
            {"name":"S","floor":"G","rows":[{"name":"1","category":"a","quality":700,"aisles":"explicit","seats":[
                {"number":"1","x":0,"y":0,"companion_of":"S-1-2","aisle_after":true},
                {"number":"2","x":1,"y":0,"accessible":true,"quality":0},
                {"number":"3","x":9,"y":0,"restricted_view":true}]}],
             "tables":[{"name":"T","label":"Table T","category":"a","sold":"whole","seats":[
                {"number":"1","x":0,"y":5},{"number":"2","x":1,"y":5,"quality":1000}]}]},
            {"name":"R","floor":"B","rows":[],"tables":[{"name":"T","category":"a","sold":"seats","seats":[{"number":"1","x":0,"y":9}]}]}],
        "zones":[{"name":"f","category":"a","capacity":5,"floor":"B"}]}"##;

    #[test]
    fn what_is_said_of_floors_tables_and_seats_is_kept() {
        let document: Document = serde_json::from_str(RICH).expect("a document");
        let plan = import(&document, str::to_lowercase).expect("a plan");
        let floors: Vec<_> = plan
            .sections()
            .iter()
            .map(|section| section.floor.map(|floor| floor.0))
            .collect();
        assert_eq!(floors, [Some(0), Some(1)]);
        assert_eq!(plan.zones()[0].floor, plan.floor_index("B"));
        let table = |name: &str| {
            plan.section_and_row(plan.seat_index(name).expect("a seat"))
                .expect("a row")
                .1
                .table
        };
        assert_eq!(table("S-1-1"), None);
        assert_eq!(table("S-T-2"), Some(Table { whole: true }));
        assert_eq!(table("R-T-1"), Some(Table { whole: false }));
        let seat = |name: &str| plan.seat(plan.seat_index(name).expect("a seat")).expect("a seat");
        assert_eq!(seat("S-1-1").attributes.companion_of, plan.seat_index("S-1-2"));
        assert!(seat("S-1-2").attributes.accessible && seat("S-1-3").attributes.restricted_view);
        let qualities: Vec<_> = plan.seats().iter().map(|seat| seat.quality).collect();
        assert_eq!(qualities, [Some(700), Some(0), Some(700), None, Some(1000), None]);
        assert_eq!(write(&plan), document);
        assert_eq!(read(&write(&plan)), Ok(plan));
    }

    #[test]
    fn a_document_that_says_nothing_new_is_written_as_it_was() {
        let old = r#"{"name":"x","categories":[{"name":"a"}],"sections":[{"name":"S","rows":[{"name":"1","category":"a","seats":[{"number":"1","x":0.0,"y":0.0}]}]}],"zones":[{"name":"f","category":"a","capacity":1}]}"#;
        let document: Document = serde_json::from_str(old).expect("a document");
        let plan = read(&document).expect("a plan");
        assert_eq!(serde_json::to_string(&write(&plan)).expect("JSON"), old);
        // Nor does it matter that something is said not to be so.
        let denied = old.replace(
            r#""y":0.0"#,
            r#""y":0.0,"accessible":false,"aisle_after":false,"restricted_view":false"#,
        );
        let document: Document = serde_json::from_str(&denied).expect("a document");
        assert_eq!(read(&document), Ok(plan));
    }

    #[test]
    fn what_is_said_wrongly_of_floors_tables_and_seats_is_told() {
        let wrong = RICH
            .replace(r#""name":"S","floor":"G""#, r#""name":"S""#)
            .replace(r#""capacity":5,"floor":"B""#, r#""capacity":5,"floor":"C""#)
            .replace(r#"{"name":"B"}]"#, r#"{"name":"B"},{"name":"B"}]"#)
            .replace(r#""quality":700"#, r#""quality":1001"#)
            .replace(r#""x":9,"y":0"#, r#""x":9,"y":0,"companion_of":"S-T-1""#)
            .replace(r#""x":0,"y":5"#, r#""x":0,"y":5,"companion_of":"S-T-2""#)
            .replace(r#""quality":1000"#, r#""quality":-1,"companion_of":"S-T-2""#);
        check(
            &wrong,
            "/floors/2/name: “B” came before; \
             /sections/0: the plan has floors, and it names none; \
             /sections/0/rows/0/quality: a quality lies between 0 and 1000, and is not 1001; \
             /sections/0/rows/0/seats/2/companion_of: no other seat of its row is called “S-T-1”; \
             /sections/0/tables/0/seats/1/quality: a quality lies between 0 and 1000, and is not -1; \
             /sections/0/tables/0/seats/0/companion_of: the seat “S-T-2” is not accessible; \
             /sections/0/tables/0/seats/1/companion_of: no other seat of its row is called “S-T-2”; \
             /zones/0/floor: no floor is called “C”",
        );
        let floors: Vec<_> = (0..21).map(|at| format!(r#"{{"name":"{at}"}}"#)).collect();
        let many = format!(
            r#"{{"name":"x","floors":[{}],"categories":[{{"name":"a"}}],"zones":[{{"name":"f","category":"a","capacity":1,"floor":"0"}}]}}"#,
            floors.join(",")
        );
        check(&many, "/floors/20: there may be 20 floors at most");
    }
}
