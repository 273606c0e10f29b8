//! Times on the wire (RFC 3339).

use std::ops::RangeInclusive;

use chrono::{DateTime, Datelike, Utc};
use serde::de::{Deserialize, Deserializer, Error};

/// The years that a time may be in. Later ones are written in a form that few clients can read; earlier ones are mistakes.
const YEARS: RangeInclusive<i32> = 1970..=9999;

/// Reads a time.
pub fn read<'de, D: Deserializer<'de>>(text: D) -> Result<DateTime<Utc>, D::Error> {
    let text = String::deserialize(text)?;
    parse(&text).map_err(D::Error::custom)
}

/// Reads a time that may be missing.
pub fn read_optional<'de, D: Deserializer<'de>>(text: D) -> Result<Option<DateTime<Utc>>, D::Error> {
    let text = Option::<String>::deserialize(text)?;
    text.map(|text| parse(&text))
        .transpose()
        .map_err(D::Error::custom)
}

/// A time of any year from its text, to compare with; else what is wrong with it.
pub fn parse_any_year(text: &str) -> Result<DateTime<Utc>, String> {
    let form = |_error| "must be a time with its offset from UTC, as in 2030-01-01T20:00:00Z".to_owned();
    text.parse::<DateTime<Utc>>().map_err(form)
}

/// Whether a time is in the years that can be told.
pub fn is_told(time: &DateTime<Utc>) -> bool {
    YEARS.contains(&time.year())
}

fn parse(text: &str) -> Result<DateTime<Utc>, String> {
    let time = parse_any_year(text)?;
    if !is_told(&time) {
        return Err(format!(
            "must be in the years {} to {}",
            YEARS.start(),
            YEARS.end()
        ));
    }
    Ok(time)
}
