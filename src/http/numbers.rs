//! Whole numbers in requests.

use super::problem::Problem;

/// A number, if it is within its limits; what is usual, if there is none.
pub fn bounded(field: &str, value: Option<i64>, min: u32, max: u32, usual: u32) -> Result<u32, Problem> {
    let Some(value) = value else { return Ok(usual) };
    let inside = u32::try_from(value)
        .ok()
        .filter(|value| (min..=max).contains(value));
    inside.ok_or_else(|| Problem::invalid(field, format!("must be {min} to {max}")))
}
