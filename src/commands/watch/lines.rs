//! What is heard of a show, a line each.

use std::io::Write;

use super::super::visitor::bodies::Happened;
use super::super::visitor::follow::News;
use super::super::visitor::seen::Seen;

/// Places of one event that are named; of a larger one their number alone is told.
const SEATS_NAMED_MAX: usize = 24;

/// The line of some news; `seen` is the show after it.
pub fn line_of(news: &News, seen: Option<&Seen>) -> String {
    match news {
        News::Known => match seen {
            Some(seen) => {
                let [free, held, sold, blocked] = seen.seat_counts();
                let offset = seen.map.offset;
                format!("{offset} seats: {free} free, {held} held, {sold} sold, {blocked} blocked")
            }
            None => "no seat is known".to_owned(),
        },
        News::Happened(happened) => event_line(happened),
        News::Live => "connected again, nothing is missing".to_owned(),
        News::Lost(why) => format!("connection lost: {why}"),
    }
}

fn event_line(happened: &Happened) -> String {
    let mut line = format!("{} {}", happened.offset, happened.kind);
    if happened.seats.len() > SEATS_NAMED_MAX {
        line.push_str(&format!(" {} seats", happened.seats.len()));
    } else {
        for seat in &happened.seats {
            line.push_str(&format!(" {}", printable(seat)));
        }
    }
    for zone in &happened.zones {
        line.push_str(&format!(" {}×{}", printable(&zone.zone), zone.count));
    }
    line
}

/// What a terminal would obey is left out.
pub fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

/// Prints a line; an error means that nobody reads any more.
pub fn say(line: &str) -> std::io::Result<()> {
    let mut output = std::io::stdout().lock();
    writeln!(output, "{}", printable(line))?;
    output.flush()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn happened(seats: usize) -> News {
        let seats: Vec<_> = (1..=seats).map(|seat| format!("A-1-{seat}")).collect();
        let event = json!({"offset": 7, "at": "2026-01-01T00:00:00Z", "type": "booked", "seats": seats,
            "zones": [{"zone": "Floor\u{1b}[2J", "count": 3}]});
        News::Happened(serde_json::from_value(event).expect("an event"))
    }

    #[test]
    fn a_line_says_what_happened_and_to_what() {
        assert_eq!(line_of(&happened(2), None), "7 booked A-1-1 A-1-2 Floor[2J×3");
        assert_eq!(line_of(&happened(500), None), "7 booked 500 seats Floor[2J×3");
    }
}
