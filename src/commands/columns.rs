//! What commands list, a line each, its columns apart by tabs.

use chrono::{DateTime, SecondsFormat, Utc};

/// A time to the second, in UTC; `-` for none.
pub fn time(at: Option<DateTime<Utc>>) -> String {
    let written = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
    at.map_or_else(|| "-".to_owned(), written)
}
