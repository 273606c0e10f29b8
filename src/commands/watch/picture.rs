//! A show in as many characters as a terminal has: the hall from above, with its counts. Where there are colours, a character
//! stands for two points, one above the other.

use std::fmt::Write;

use chrono::{DateTime, Utc};
use domain::plan::Plan;
use domain::seat_map::SeatState;

use super::super::visitor::seen::Seen;
use super::lines::printable;

/// Zones that are listed.
const ZONES_MAX: usize = 4;
/// The smallest hall that is drawn, in columns and lines.
const HALL_MIN: (usize, usize) = (16, 4);

/// What it is drawn with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    /// Colours of the usual 256, told apart by brightness too.
    Colours,
    /// A letter for each state.
    Letters,
}

/// What stands around the hall.
#[derive(Debug)]
pub struct Picture {
    /// What is played.
    pub title: String,
    /// Where.
    pub venue: String,
    /// When.
    pub starts_at: DateTime<Utc>,
    /// Whether it is live.
    pub connection: String,
    /// What happened last.
    pub last: String,
}

/// Columns and lines.
pub type Size = (usize, usize);

/// How each state is drawn: its word, its colour, its letter.
const STATES: [(&str, u8, char); 4] = [
    ("free", 75, '.'),
    ("held", 220, 'o'),
    ("sold", 242, '#'),
    ("blocked", 236, 'x'),
];

/// The lines of a terminal of this size.
pub fn draw(picture: &Picture, plan: &Plan, seen: Option<&Seen>, size: Size, ink: Ink) -> Vec<String> {
    let (columns, lines) = size;
    let when = picture.starts_at.format("%d %b %Y, %H:%M UTC");
    let mut text = vec![cut(
        &format!("{} · {} · {when}", picture.title, picture.venue),
        columns,
    )];
    let Some(seen) = seen else {
        text.push(cut(&picture.connection, columns));
        return text;
    };
    text.push(legend(seen, columns, ink));
    let zones: Vec<_> = zone_lines(plan, seen).map(|line| cut(&line, columns)).collect();
    let said = [picture.connection.as_str(), &picture.last, "q quits"];
    let said: Vec<_> = said.into_iter().filter(|said| !said.is_empty()).collect();
    let foot = cut(&said.join(" · "), columns);
    let hall = (columns, lines.saturating_sub(text.len() + zones.len() + 1));
    if hall.0 >= HALL_MIN.0 && hall.1 >= HALL_MIN.1 {
        text.extend(draw_hall(plan, seen, hall, ink));
    }
    text.extend(zones);
    text.push(foot);
    text.truncate(lines);
    text
}

fn legend(seen: &Seen, columns: usize, ink: Ink) -> String {
    let counts = seen.seat_counts();
    let part = |((word, colour, letter), count): (&(&str, u8, char), usize)| match ink {
        Ink::Colours => (format!("\x1b[38;5;{colour}m■\x1b[0m {word} {count}"), word.len()),
        Ink::Letters => (format!("{letter} {word} {count}"), word.len()),
    };
    let parts: Vec<_> = STATES.iter().zip(counts).map(part).collect();
    let text: Vec<_> = parts.into_iter().map(|(text, _)| text).collect();
    let offset = seen.map.offset;
    let sold = counts.get(2).copied().unwrap_or_default() * 100 / seen.map.seats.len().max(1);
    let text = format!("{}   {sold} % sold   offset {offset}", text.join("  "));
    match ink {
        // What a colour is said by takes no room.
        Ink::Colours => text,
        Ink::Letters => cut(&text, columns),
    }
}

fn zone_lines(plan: &Plan, seen: &Seen) -> impl Iterator<Item = String> {
    let counts = seen.map.zones.iter().zip(&seen.map.capacities);
    plan.zones()
        .iter()
        .zip(counts)
        .take(ZONES_MAX)
        .map(|(zone, (count, capacity))| {
            let free = count.free(*capacity);
            format!(
                "{}: {free} free, {} held, {} sold of {capacity}",
                zone.name, count.held, count.sold
            )
        })
}

/// How many seats of each state are at a point of the picture.
type Point = [u16; 4];

fn draw_hall(plan: &Plan, seen: &Seen, (columns, lines): Size, ink: Ink) -> Vec<String> {
    // A character is twice as high as wide; two points to each make them square.
    let (points_high, aspect) = match ink {
        Ink::Colours => (lines * 2, 1.0),
        Ink::Letters => (lines, 2.0),
    };
    let points = points_of(plan, seen, (columns, points_high), aspect);
    let row = |line: usize| {
        points
            .get(line * columns..(line + 1) * columns)
            .unwrap_or_default()
    };
    match ink {
        Ink::Letters => (0..lines)
            .map(|line| {
                let letter = |point: &Point| state_at(point).map_or(' ', |(_, _, letter)| letter);
                row(line)
                    .iter()
                    .map(letter)
                    .collect::<String>()
                    .trim_end()
                    .to_owned()
            })
            .collect(),
        Ink::Colours => (0..lines)
            .map(|line| colour_line(row(2 * line), row(2 * line + 1)))
            .collect(),
    }
}

/// The hall as a grid of points, row by row. `aspect` is how many times as high as wide a point is.
fn points_of(plan: &Plan, seen: &Seen, (wide, high): Size, aspect: f32) -> Vec<Point> {
    let mut points = vec![Point::default(); wide * high];
    let seats = plan.seats();
    let bounds = |of: fn(&domain::plan::Seat) -> f32| {
        let low = seats.iter().map(of).fold(f32::INFINITY, f32::min);
        (low, seats.iter().map(of).fold(f32::NEG_INFINITY, f32::max) - low)
    };
    let ((left, width), (top, height)) = (bounds(|seat| seat.x), bounds(|seat| seat.y));
    #[expect(clippy::cast_precision_loss, reason = "a terminal is small")]
    let room = ((wide - 1) as f32, (high - 1) as f32 * aspect);
    let scale = (room.0 / width.max(1.0)).min(room.1 / height.max(1.0));
    let margin = ((room.0 - width * scale) / 2.0, (room.1 - height * scale) / 2.0);
    for (seat, state) in seats.iter().zip(&seen.map.seats) {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "inside of the picture"
        )]
        let (x, y) = (
            ((seat.x - left) * scale + margin.0).round() as usize,
            (((seat.y - top) * scale + margin.1) / aspect).round() as usize,
        );
        let point = points.get_mut(y.min(high - 1) * wide + x.min(wide - 1));
        if let Some(count) = point.and_then(|point| point.get_mut(*state as usize)) {
            *count = count.saturating_add(1);
        }
    }
    points
}

/// What most seats at a point are; what is held is seen before what is not.
fn state_at(point: &Point) -> Option<(&'static str, u8, char)> {
    let rank = |state: SeatState| match state {
        SeatState::Held => 3,
        SeatState::Sold => 2,
        SeatState::Free => 1,
        SeatState::Blocked => 0,
    };
    let states = (0..).map_while(SeatState::from_number).zip(point).zip(STATES);
    let there = states.filter(|((_, count), _)| **count > 0);
    there
        .max_by_key(|((state, count), _)| (**count, rank(*state)))
        .map(|(_, drawn)| drawn)
}

/// A line of half blocks: the upper point is the character, the lower one what is behind it.
fn colour_line(upper: &[Point], lower: &[Point]) -> String {
    let mut line = String::new();
    let mut before = (None, None);
    for (upper, lower) in upper.iter().zip(lower) {
        let colours = (
            state_at(upper).map(|drawn| drawn.1),
            state_at(lower).map(|drawn| drawn.1),
        );
        if colours != before {
            line.push_str("\x1b[0m");
            let (front, back) = match colours {
                (None, lower) => (lower, None),
                both => both,
            };
            // Writing to a text never fails.
            if let Some(colour) = front {
                let _written = write!(line, "\x1b[38;5;{colour}m");
            }
            if let Some(colour) = back {
                let _written = write!(line, "\x1b[48;5;{colour}m");
            }
            before = colours;
        }
        line.push(match colours {
            (None, None) => ' ',
            (None, Some(_)) => '▄',
            (Some(_), _) => '▀',
        });
    }
    line.push_str("\x1b[0m");
    line
}

/// As much of it as has room, without what a terminal would obey.
fn cut(text: &str, columns: usize) -> String {
    printable(text).chars().take(columns).collect()
}

#[cfg(test)]
mod tests {
    use boxoffice::http::plans::read_document;
    use serde_json::json;

    use super::*;

    fn hall() -> (Picture, Plan, Seen) {
        let row = |row: u32| {
            let seats =
                (1..=4).map(|seat| json!({"number": seat.to_string(), "x": 10 * seat, "y": 10 * row}));
            json!({"name": row.to_string(), "category": "All", "seats": seats.collect::<Vec<_>>()})
        };
        let rows: Vec<_> = (1..=3).map(row).collect();
        let document = json!({"name": "Hall", "categories": [{"name": "All"}],
            "sections": [{"name": "A", "rows": rows}],
            "zones": [{"name": "Floor", "category": "All", "capacity": 9}]});
        let plan = read_document(&document.to_string()).expect("a plan");
        let mut states: serde_json::Map<_, _> = plan
            .seats()
            .iter()
            .map(|seat| (seat.name.clone(), json!("free")))
            .collect();
        for (seat, state) in [("A-1-1", "held"), ("A-1-4", "sold"), ("A-3-4", "blocked")] {
            states.insert(seat.to_owned(), json!(state));
        }
        let map = json!({"offset": 7, "state": "open", "seats": states,
            "zones": [{"zone": "Floor", "capacity": 9, "held": 1, "sold": 2, "blocked": 0}]});
        let seen = Seen::of(&plan, &serde_json::from_value(map).expect("a map")).expect("a map");
        let picture = Picture {
            title: "A play\u{1b}[2J".to_owned(),
            venue: "Hall".to_owned(),
            starts_at: DateTime::UNIX_EPOCH,
            connection: "live".to_owned(),
            last: "7 booked A-1-1".to_owned(),
        };
        (picture, plan, seen)
    }

    #[test]
    fn the_hall_is_drawn_in_letters() {
        let (picture, plan, seen) = hall();
        let text = draw(&picture, &plan, Some(&seen), (60, 9), Ink::Letters);
        let hall = |seats: &str| format!("{}{seats}", " ".repeat(24));
        let expected = [
            "A play[2J · Hall · 01 Jan 1970, 00:00 UTC",
            ". free 9  o held 1  # sold 1  x blocked 1   8 % sold   offse",
            &hall("o   .   .   #"),
            "",
            &hall(".   .   .   ."),
            "",
            &hall(".   .   .   x"),
            "Floor: 6 free, 1 held, 2 sold of 9",
            "live · 7 booked A-1-1 · q quits",
        ];
        assert_eq!(text, expected);
    }

    #[test]
    fn it_is_never_larger_than_the_terminal() {
        let (picture, plan, seen) = hall();
        for size in [(0, 0), (1, 1), (15, 3), (16, 8), (80, 24), (200, 60)] {
            for ink in [Ink::Colours, Ink::Letters] {
                let text = draw(&picture, &plan, Some(&seen), size, ink);
                assert!(text.len() <= size.1, "{size:?}");
                if ink == Ink::Letters {
                    assert!(text.iter().all(|line| line.chars().count() <= size.0), "{size:?}");
                }
            }
        }
    }

    #[test]
    fn two_points_share_a_character_in_colours() {
        let held = [0, 1, 0, 0];
        let sold = [0, 0, 5, 0];
        let line = colour_line(&[held, Point::default()], &[sold, sold]);
        assert_eq!(
            line,
            "\x1b[0m\x1b[38;5;220m\x1b[48;5;242m▀\x1b[0m\x1b[38;5;242m▄\x1b[0m"
        );
    }
}
