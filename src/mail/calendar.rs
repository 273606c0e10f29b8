//! A show as an entry of a calendar (RFC 5545). Times are in UTC, which every calendar shows in its own zone.

use chrono::{DateTime, Utc};
use lettre::Address;

use domain::show::Show;

/// Longest line, in bytes; a longer one goes on in the next.
const LINE_BYTES_MAX: usize = 75;

/// Whether a show takes place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It does.
    Confirmed,
    /// It doesn't any more.
    Canceled,
}

/// The entry of a show, for an order. The same order has the same entry however often it is told: later terms take its place.
pub fn calendar(show: &Show, order: &str, organiser: &Address, status: Status, now: DateTime<Utc>) -> String {
    let ends_at = show.times.ends_at.map(|at| format!("DTEND:{}", time(at)));
    let (word, sequence) = match status {
        Status::Confirmed => ("CONFIRMED", i64::from(show.revision.0)),
        // Later than whatever was told before.
        Status::Canceled => ("CANCELLED", i64::from(show.revision.0) + 1),
    };
    let method = match status {
        Status::Confirmed => "METHOD:PUBLISH",
        Status::Canceled => "METHOD:CANCEL",
    };
    let lines = [
        Some("BEGIN:VCALENDAR".to_owned()),
        Some("VERSION:2.0".to_owned()),
        Some("PRODID:-//boxoffice//EN".to_owned()),
        Some(method.to_owned()),
        Some("BEGIN:VEVENT".to_owned()),
        Some(format!("UID:{}.{order}@{}", show.id, organiser.domain())),
        Some(format!("SEQUENCE:{sequence}")),
        Some(format!("DTSTAMP:{}", time(now))),
        Some(format!("DTSTART:{}", time(show.times.starts_at))),
        ends_at,
        Some(format!("SUMMARY:{}", escape(&show.title))),
        Some(format!("LOCATION:{}", escape(show.plan.name()))),
        Some(format!("ORGANIZER:mailto:{organiser}")),
        Some(format!("STATUS:{word}")),
        Some("END:VEVENT".to_owned()),
        Some("END:VCALENDAR".to_owned()),
    ];
    lines.into_iter().flatten().map(|line| fold(&line)).collect()
}

fn time(at: DateTime<Utc>) -> String {
    at.format("%Y%m%dT%H%M%SZ").to_string()
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\\' | ';' | ',' => escaped.extend(['\\', letter]),
            '\n' => escaped.push_str("\\n"),
            letter if letter.is_control() => {}
            letter => escaped.push(letter),
        }
    }
    escaped
}

/// A line with its end, in pieces that begin with a space.
fn fold(line: &str) -> String {
    let mut folded = String::with_capacity(line.len() + 2);
    let mut bytes = 0;
    for letter in line.chars() {
        if bytes + letter.len_utf8() > LINE_BYTES_MAX {
            folded.push_str("\r\n ");
            bytes = 1;
        }
        folded.push(letter);
        bytes += letter.len_utf8();
    }
    folded.push_str("\r\n");
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_title_ends_its_line() {
        assert_eq!(escape("a;b,c\\d\r\nDTEND:x"), "a\\;b\\,c\\\\d\\nDTEND:x");
    }

    #[test]
    fn long_lines_go_on_in_the_next_one() {
        let folded = fold(&format!("SUMMARY:{}", "ü".repeat(100)));
        assert!(folded.ends_with("\r\n"));
        let lines: Vec<_> = folded.trim_end().split("\r\n").collect();
        assert_eq!(lines.len(), 3);
        assert!(lines.iter().all(|line| line.len() <= LINE_BYTES_MAX));
        assert!(lines[1..].iter().all(|line| line.starts_with(' ')));
        assert_eq!(
            folded.replace("\r\n ", ""),
            format!("SUMMARY:{}\r\n", "ü".repeat(100))
        );
    }
}
