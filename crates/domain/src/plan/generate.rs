//! Plans made up by rule: the demo's arena and the large ones of load tests.

use super::{NewSeat, Plan, PlanBuilder, PlanError};

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
    let mut builder = PlanBuilder::new("Generated hall")?;
    for (at, name) in CATEGORIES.into_iter().enumerate() {
        builder.category(&format!("/categories/{at}"), name, None)?;
    }
    for section in 0..spec.sections {
        let name = letters(section);
        builder.section(&format!("/sections/{section}"), &name)?;
        let (left, top) = (
            (section % 10) * (spec.seats + 3),
            (section / 10) * (spec.rows + 3),
        );
        for row in 0..spec.rows {
            let path = format!("/sections/{section}/rows/{row}");
            builder.row(&path, &(row + 1).to_string())?;
            let category = CATEGORIES.get((row * 3 / spec.rows.max(1)) as usize).copied();
            for seat in 0..spec.seats {
                let (number, x, y) = ((seat + 1).to_string(), left + seat, top + row);
                let name = format!("{name}-{}-{number}", row + 1);
                #[expect(
                    clippy::cast_precision_loss,
                    reason = "the plan's limits keep coordinates small"
                )]
                let (x, y) = (x as f32 * 10.0, y as f32 * 12.0);
                builder.seat(
                    &format!("{path}/seats/{seat}"),
                    NewSeat {
                        name: &name,
                        number: &number,
                        label: None,
                        x,
                        y,
                        category,
                    },
                )?;
            }
        }
    }
    for zone in 0..spec.zones {
        builder.zone(
            &format!("/zones/{zone}"),
            &format!("Floor {}", zone + 1),
            "Back",
            500,
        )?;
    }
    builder.finish()
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
            "/sections/96/rows/6/seats/4: there may be 100000 at most"
        );
    }
}
