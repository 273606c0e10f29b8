//! Seating plans made up for a run.

use std::rc::Rc;

use serde_json::json;

const SEATS_PER_ROW: usize = 100;
const ROWS_PER_SECTION: usize = 50;
/// Most seats of one plan, as the office allows.
pub const PLAN_SEATS_MAX: usize = 100_000;
/// The only price category.
pub const CATEGORY: &str = "all";

/// A plan: its seats' names, in order, and its document.
pub struct SeatingPlan {
    /// `section-row-number`, as the office names them.
    pub seats: Rc<[String]>,
    /// The office's own format.
    pub document: String,
}

impl SeatingPlan {
    /// A plan with full rows of a hundred, so at least `seats` and at most [`PLAN_SEATS_MAX`] of them.
    pub fn with_seats(seats: usize) -> Self {
        let rows = seats.clamp(1, PLAN_SEATS_MAX).div_ceil(SEATS_PER_ROW);
        let mut names = Vec::with_capacity(rows * SEATS_PER_ROW);
        let mut sections = Vec::new();
        for first_row in (0..rows).step_by(ROWS_PER_SECTION) {
            let section = format!("S{}", sections.len() + 1);
            let rows = first_row..rows.min(first_row + ROWS_PER_SECTION);
            let rows: Vec<_> = rows.map(|row| row_of(&section, row, &mut names)).collect();
            sections.push(json!({ "name": section, "rows": rows }));
        }
        let document = json!({
            "name": format!("Hall of {}", names.len()),
            "categories": [{ "name": CATEGORY }],
            "sections": sections,
            "zones": [],
        });
        Self {
            seats: names.into(),
            document: document.to_string(),
        }
    }
}

fn row_of(section: &str, row: usize, names: &mut Vec<String>) -> serde_json::Value {
    let row_name = (row % ROWS_PER_SECTION + 1).to_string();
    let seat = |at: usize| {
        names.push(format!("{section}-{row_name}-{}", at + 1));
        json!({ "number": (at + 1).to_string(), "x": at, "y": row })
    };
    let seats: Vec<_> = (0..SEATS_PER_ROW).map(seat).collect();
    json!({ "name": row_name, "category": CATEGORY, "seats": seats })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(seats: usize, expected: usize) {
        let plan = SeatingPlan::with_seats(seats);
        let distinct: std::collections::HashSet<_> = plan.seats.iter().collect();
        assert_eq!(
            (plan.seats.len(), distinct.len()),
            (expected, expected),
            "{seats}"
        );
    }

    #[test]
    fn plans_have_whole_rows_and_distinct_names() {
        check(0, 100);
        check(250, 300);
        check(10_000, 10_000);
        check(1_000_000, PLAN_SEATS_MAX);
    }

    #[test]
    fn names_are_those_the_office_gives() {
        let plan = SeatingPlan::with_seats(5_200);
        assert_eq!(plan.seats.first().map(String::as_str), Some("S1-1-1"));
        assert_eq!(plan.seats.last().map(String::as_str), Some("S2-2-100"));
    }
}
