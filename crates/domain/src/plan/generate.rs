//! Plans made up by rule: the demo's arena and the large ones of load tests.

use super::Plan;
use super::fault::PlanError;
use super::own::{self, CategoryPart, Document, RowPart, SeatPart, SectionPart, ZonePart};

/// The shape of a generated plan.
#[derive(Debug, Clone, Copy)]
pub struct Spec {
    /// Sections, named A, B … Z, AA …
    pub sections: u32,
    /// Rows in each section.
    pub rows: u32,
    /// Seats in each row.
    pub seats: u32,
    /// Zones of 500 places each.
    pub zones: u32,
}

/// A plan of blocks side by side, ten to a tier, in three price categories from the front backwards.
pub fn generate(spec: &Spec) -> Result<Plan, PlanError> {
    let category = |name: &&str| CategoryPart {
        name: (*name).to_owned(),
        color: None,
    };
    let zone = |zone| ZonePart {
        name: format!("Floor {}", zone + 1),
        category: "Back".to_owned(),
        capacity: 500,
        floor: None,
    };
    own::read(&Document {
        name: "Generated hall".to_owned(),
        focal_point: None,
        floors: Vec::new(),
        categories: CATEGORIES.iter().map(category).collect(),
        sections: (0..spec.sections).map(|at| section(spec, at)).collect(),
        zones: (0..spec.zones).map(zone).collect(),
    })
}

fn section(spec: &Spec, at: u32) -> SectionPart {
    let (left, top) = ((at % 10) * (spec.seats + 3), (at / 10) * (spec.rows + 3));
    #[expect(
        clippy::cast_precision_loss,
        reason = "the plan's limits keep coordinates small"
    )]
    let seat = |row: u32, seat: u32| SeatPart {
        number: (seat + 1).to_string(),
        x: (left + seat) as f32 * 10.0,
        y: (top + row) as f32 * 12.0,
        ..SeatPart::default()
    };
    let row = |row: u32| RowPart {
        name: (row + 1).to_string(),
        category: CATEGORIES
            .get((row * 3 / spec.rows.max(1)) as usize)
            .map(|name| (*name).to_owned()),
        seats: (0..spec.seats).map(|at| seat(row, at)).collect(),
        ..RowPart::default()
    };
    SectionPart {
        name: letters(at),
        rows: (0..spec.rows).map(row).collect(),
        ..SectionPart::default()
    }
}

const CATEGORIES: [&str; 3] = ["Front", "Middle", "Back"];

/// A, B … Z, AA, AB … as in a spreadsheet.
fn letters(number: u32) -> String {
    let letter = char::from(b'A' + u8::try_from(number % 26).unwrap_or_default());
    if number < 26 {
        letter.to_string()
    } else {
        format!("{}{letter}", letters(number / 26 - 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_has_a_hundred_thousand_seats_at_most() {
        let plan = generate(&Spec {
            sections: 100,
            rows: 40,
            seats: 25,
            zones: 1,
        })
        .expect("a plan");
        assert_eq!(plan.seats().len(), 100_000);
        let error = generate(&Spec {
            sections: 100,
            rows: 40,
            seats: 26,
            zones: 1,
        })
        .expect_err("a refusal");
        assert_eq!(
            error.to_string(),
            "/sections/96/rows/6/seats/4: there may be 100000 seats at most"
        );
    }
}
