//! Where the best seats of a plan are, and which are side by side. Worked out once, when a plan is made: whoever looks for
//! seats only goes along.
//!
//! The row is best that has the seat of the highest quality; where no quality is said, it is [`QUALITY_USUAL`]. Of rows as good,
//! with a focal point, it is the one that has the seat nearest to it. Without one, and of rows as near, it is the one whose name
//! comes first in its section: 1 before 2 before 10, A before B before AA. Rows of one name, such as those of two blocks, are
//! equally good. What is equal still goes by section, and then from the top left.
//!
//! Seats round a table stand as they are listed, the last one beside the first. Tables say nothing of how far apart seats of
//! rows usually are.

use std::cmp::Ordering;
use std::ops::Range;

use super::line::in_line;
use super::parts::{Point, QUALITY_USUAL, Row, Seat, SeatIndex, SectionIndex, Table};

/// Neighbours further apart than this many times what is usual have an aisle between them.
const AISLE_SPACINGS: f32 = 1.75;
/// A gap this many times as wide as another of its row, or as what is usual in the hall, is an aisle.
const AISLE_LEASTS: f32 = 10.0;
/// So few gaps are too few to say alone what is usual.
const FEW_GAPS: usize = 3;
/// Rows and seats whose distances differ by less than this much of the usual spacing are as near.
const AS_NEAR_SPACINGS: f32 = 0.25;

/// A plan's rows, the best first, each with its seats side by side.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BestFirst {
    rows: Vec<GoodRow>,
    places: Vec<Place>,
    /// Where each row of the plan is in `rows`; none of those without seats.
    of_rows: Vec<Option<u32>>,
}

/// A row of [`BestFirst`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoodRow {
    /// The section it is in.
    pub section: SectionIndex,
    /// Its seats, as places in [`BestFirst::places`].
    pub places: Range<u32>,
    /// Twice the place where its best seats are: half places are between two seats.
    pub twice_best: u32,
    /// Set if it is a table.
    pub table: Option<Table>,
    /// Whether the last of its seats is beside the first, as it is round a table.
    pub ends_join: bool,
}

/// A seat of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Which.
    pub seat: SeatIndex,
    /// Whether the one before it in the row is a neighbour, with no aisle between.
    pub joins_previous: bool,
    /// How good the plan says it is; without, it counts as [`QUALITY_USUAL`].
    pub quality: Option<u16>,
}

impl BestFirst {
    /// The rows, the best first.
    pub fn rows(&self) -> &[GoodRow] {
        &self.rows
    }

    /// A row of the plan, by its place in [`super::Plan::rows`]; none without seats.
    pub fn of_row(&self, at: usize) -> Option<&GoodRow> {
        let good = self.of_rows.get(at).copied().flatten()?;
        self.rows.get(good as usize)
    }

    /// A row's seats side by side, and their places.
    pub fn places(&self, row: &GoodRow) -> impl Iterator<Item = (u32, Place)> {
        let places = self
            .places
            .get(row.places.start as usize..row.places.end as usize);
        row.places.clone().zip(places.unwrap_or_default().iter().copied())
    }

    /// The seats at these places, in the plan's order.
    pub fn seats(&self, places: Range<u32>) -> Vec<SeatIndex> {
        let places = self.places.get(places.start as usize..places.end as usize);
        let mut seats: Vec<_> = places
            .unwrap_or_default()
            .iter()
            .map(|place| place.seat)
            .collect();
        seats.sort_unstable();
        seats
    }

    /// Works it out.
    pub fn of(rows: &[Row], order: &[SeatIndex], seats: &[Seat], focal_point: Option<Point>) -> Self {
        let line = |row| Line::of(row, order, seats);
        let lines: Vec<Line> = rows.iter().map(line).collect();
        let usual = Usual::of(rows, &lines);
        let spacing = if usual.hall > 0.0 { usual.hall } else { 1.0 };
        let as_near = spacing * AS_NEAR_SPACINGS;
        let depths = depths_of(rows);
        let mut order: Vec<(Merit, usize, &Row, &Line)> = Vec::with_capacity(rows.len());
        for (at, ((row, line), depth)) in rows.iter().zip(&lines).zip(depths).enumerate() {
            let Some(first) = line.points.first() else {
                continue;
            };
            let merit = Merit {
                quality: line.quality(),
                steps: focal_point.map_or(0.0, |focal| (line.nearest(focal) / as_near).round()),
                depth,
                section: row.section,
                begin: *first,
            };
            order.push((merit, at, row, line));
        }
        order.sort_by(|(a, ..), (b, ..)| a.cmp(b));
        let mut best = Self {
            of_rows: vec![None; rows.len()],
            ..Self::default()
        };
        for (_, at, row, line) in order {
            if let Some(good) = best.of_rows.get_mut(at) {
                *good = u32::try_from(best.rows.len()).ok();
            }
            best.push(row, line, focal_point.map(|focal| (focal, as_near)), &usual);
        }
        best
    }

    fn push(&mut self, row: &Row, line: &Line, focal: Option<(Point, f32)>, usual: &Usual) {
        let begin = u32::try_from(self.places.len()).unwrap_or(u32::MAX);
        let joins = std::iter::once(false).chain(line.joins(row, usual));
        let places = line.seats.iter().zip(&line.qualities).zip(joins);
        let place = |((seat, quality), joins_previous): ((&SeatIndex, &Option<u16>), bool)| Place {
            seat: *seat,
            joins_previous,
            quality: *quality,
        };
        self.places.extend(places.map(place));
        let end = u32::try_from(self.places.len()).unwrap_or(u32::MAX);
        let nearest = focal.map_or(0..end - begin, |(focal, as_near)| {
            line.nearest_places(focal, as_near)
        });
        self.rows.push(GoodRow {
            section: row.section,
            places: begin..end,
            twice_best: 2 * begin + nearest.start + nearest.end,
            table: row.table,
            ends_join: line.ends_join,
        });
    }
}

/// How good a row is; less is better, but of quality.
struct Merit {
    quality: u16,
    steps: f32,
    depth: u32,
    section: SectionIndex,
    begin: Point,
}

impl Merit {
    fn cmp(&self, other: &Self) -> Ordering {
        let better = other.quality.cmp(&self.quality);
        better
            .then(self.steps.total_cmp(&other.steps))
            .then(self.depth.cmp(&other.depth))
            .then(self.section.cmp(&other.section))
            .then(self.begin.y.total_cmp(&other.begin.y))
            .then(self.begin.x.total_cmp(&other.begin.x))
    }
}

/// A row's seats side by side, and the gaps between them.
struct Line {
    seats: Vec<SeatIndex>,
    points: Vec<Point>,
    qualities: Vec<Option<u16>>,
    /// How far apart neighbours are; of a table, nothing.
    gaps: Vec<f32>,
    /// Of each seat but the first, whether the plan says that there is an aisle before it.
    aisles: Vec<bool>,
    ends_join: bool,
}

impl Line {
    fn of(row: &Row, order: &[SeatIndex], seats: &[Seat]) -> Self {
        let listed = order.get(row.seats.start as usize..row.seats.end as usize);
        let listed = listed.unwrap_or_default().iter();
        let listed: Vec<(SeatIndex, &Seat)> = listed
            .filter_map(|index| Some((*index, seats.get(index.0 as usize)?)))
            .collect();
        let points: Vec<Point> = listed.iter().map(|(_, seat)| seat.point()).collect();
        let order = match row.table {
            Some(_) => (0..listed.len()).collect(),
            None => in_line(&points),
        };
        let aisles = aisles_in(&order, &listed);
        let has_end = listed.last().is_none_or(|(_, last)| last.aisle_after);
        let line: Vec<(SeatIndex, &Seat)> = order.iter().filter_map(|at| listed.get(*at).copied()).collect();
        let points: Vec<Point> = line.iter().map(|(_, seat)| seat.point()).collect();
        let pairs = points.iter().zip(points.iter().skip(1));
        let gaps = match row.table {
            Some(_) => Vec::new(),
            None => pairs.map(|(a, b)| a.distance_to(*b)).collect(),
        };
        Self {
            seats: line.iter().map(|(seat, _)| *seat).collect(),
            qualities: line.iter().map(|(_, seat)| seat.quality).collect(),
            points,
            gaps,
            aisles,
            ends_join: row.table.is_some() && !has_end,
        }
    }

    /// The best that is said of any of its seats.
    fn quality(&self) -> u16 {
        let qualities = self.qualities.iter();
        let qualities = qualities.map(|quality| quality.unwrap_or(QUALITY_USUAL));
        qualities.max().unwrap_or(QUALITY_USUAL)
    }

    fn nearest(&self, focal: Point) -> f32 {
        let distances = self.points.iter().map(|point| point.distance_to(focal));
        distances.min_by(f32::total_cmp).unwrap_or_default()
    }

    /// From the first to the last of the row's seats that are as near as any.
    fn nearest_places(&self, focal: Point, as_near: f32) -> Range<u32> {
        let max = self.nearest(focal) + as_near;
        let is_near = |point: &Point| point.distance_to(focal) <= max;
        let first = self.points.iter().position(is_near).unwrap_or_default();
        let last = self.points.iter().rposition(is_near).unwrap_or_default();
        let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        place(first)..place(last) + 1
    }

    /// Of each seat but the first, whether it stands side by side with the one before: no further apart than is usual in the
    /// row. A row of few gaps may have nothing but aisles, so its section and the hall are heard too. Where the plan says that
    /// there is an aisle, there is one.
    fn joins(&self, row: &Row, usual: &Usual) -> Vec<bool> {
        if row.table.is_some() || row.has_explicit_aisles {
            return self.aisles.iter().map(|aisle| !aisle).collect();
        }
        let (quartile, least) = quartile_and_least(&self.gaps).unwrap_or_default();
        let joined_max = AISLE_SPACINGS
            * if self.gaps.len() <= FEW_GAPS {
                quartile.min(usual.of_section(row.section))
            } else {
                quartile
            };
        let aisle_min = AISLE_LEASTS * least.min(usual.hall);
        let is_narrow = |gap: f32| gap == 0.0 || (gap <= joined_max && gap < aisle_min);
        let gaps = self.gaps.iter().zip(&self.aisles);
        gaps.map(|(gap, aisle)| is_narrow(*gap) && !aisle).collect()
    }
}

/// Of each seat of a line but the first, whether the plan says that there is an aisle before it. A seat says so of its side
/// towards the seat that is listed after it: a line may begin at either end of a list.
fn aisles_in(order: &[usize], listed: &[(SeatIndex, &Seat)]) -> Vec<bool> {
    let mut places = vec![0; listed.len()];
    for (place, at) in order.iter().enumerate() {
        if let Some(known) = places.get_mut(*at) {
            *known = place;
        }
    }
    let mut aisles = vec![false; listed.len().saturating_sub(1)];
    let pairs = places.iter().zip(places.iter().skip(1));
    for ((place, next), (_, seat)) in pairs.zip(listed) {
        let before = if next > place {
            *place
        } else {
            place.saturating_sub(1)
        };
        if let Some(aisle) = aisles.get_mut(before) {
            *aisle |= seat.aisle_after;
        }
    }
    aisles
}

/// What is usual between neighbours.
struct Usual {
    hall: f32,
    sections: Vec<Option<f32>>,
}

impl Usual {
    fn of(rows: &[Row], lines: &[Line]) -> Self {
        let mut hall = Vec::new();
        let mut sections: Vec<Vec<f32>> = Vec::new();
        for (row, line) in rows.iter().zip(lines) {
            hall.extend_from_slice(&line.gaps);
            let section = usize::from(row.section.0);
            sections.resize(sections.len().max(section + 1), Vec::new());
            if let Some(gaps) = sections.get_mut(section) {
                gaps.extend_from_slice(&line.gaps);
            }
        }
        let usual = |gaps: &Vec<f32>| quartile_and_least(gaps).map(|(quartile, _)| quartile);
        let says = |gaps: &Vec<f32>| usual(gaps).filter(|_| gaps.len() > FEW_GAPS);
        Self {
            hall: usual(&hall).unwrap_or_default(),
            sections: sections.iter().map(says).collect(),
        }
    }

    /// That of the section, or that of the hall if the section has too few rows to say.
    fn of_section(&self, section: SectionIndex) -> f32 {
        let usual = self.sections.get(usize::from(section.0)).copied().flatten();
        usual.unwrap_or(self.hall)
    }
}

/// The lower quartile of these gaps, and the smallest: in a row of pairs with an aisle after each, every other gap is an
/// aisle, so the median may be one. Seats drawn on top of each other say nothing.
fn quartile_and_least(gaps: &[f32]) -> Option<(f32, f32)> {
    let mut gaps: Vec<f32> = gaps.iter().copied().filter(|gap| *gap > 0.0).collect();
    gaps.sort_by(f32::total_cmp);
    let last = gaps.len().checked_sub(1)?;
    Some((*gaps.get(last / 4)?, *gaps.first()?))
}

/// How far back each row is in its section by its name alone; rows of one name are as far.
fn depths_of(rows: &[Row]) -> Vec<u32> {
    let mut depths = vec![0; rows.len()];
    let mut named: Vec<(SectionIndex, Vec<Chunk>, usize)> = rows
        .iter()
        .enumerate()
        .map(|(at, row)| (row.section, chunks_of(&row.name), at))
        .collect();
    named.sort();
    let mut depth = 0;
    let mut previous: Option<&(SectionIndex, Vec<Chunk>, usize)> = None;
    for row in &named {
        match previous {
            Some(before) if before.0 != row.0 => depth = 0,
            Some(before) if before.1 != row.1 => depth += 1,
            _ => {}
        }
        if let Some(known) = depths.get_mut(row.2) {
            *known = depth;
        }
        previous = Some(row);
    }
    depths
}

/// Part of a name as people count: numbers by their value, letters as a spreadsheet has its columns.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Chunk {
    Number(usize, String),
    Letters(usize, String),
}

fn chunks_of(name: &str) -> Vec<Chunk> {
    let mut chunks = Vec::new();
    let mut rest = name.trim();
    while let Some(first) = rest.chars().next() {
        let is_number = first.is_ascii_digit();
        let end = rest.find(|letter: char| letter.is_ascii_digit() != is_number);
        let (chunk, after) = rest.split_at(end.unwrap_or(rest.len()));
        rest = after;
        chunks.push(if is_number {
            let digits = chunk.trim_start_matches('0');
            Chunk::Number(digits.len(), digits.to_owned())
        } else {
            let letters = chunk.to_uppercase();
            Chunk::Letters(letters.chars().count(), letters)
        });
    }
    chunks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(names: &[&str], expected: &[u32]) {
        let row = |name: &&str| Row {
            section: SectionIndex(0),
            name: (*name).to_owned(),
            label: None,
            seats: 0..0,
            table: None,
            has_explicit_aisles: false,
        };
        let rows: Vec<Row> = names.iter().map(row).collect();
        assert_eq!(depths_of(&rows), expected);
    }

    #[test]
    fn rows_are_counted_as_people_count_them() {
        check(&["10", "9", "1", "1"], &[2, 1, 0, 0]);
        check(&["AA", "B", "A", "Z"], &[3, 1, 0, 2]);
        check(&["Row 10", "Row 2", "Row 02"], &[1, 0, 0]);
        check(&["B", "2", "A"], &[2, 0, 1]);
    }

    /// The names of the seats from the best row on, with a bar where there is no neighbour, and a ring where the ends join.
    fn drawn(rows: &str) -> Vec<String> {
        let text = format!(
            r#"{{"name": "H", "focal_point": {{"x": 0, "y": 0}}, "categories": [{{"name": "C"}}], "sections": [{{"name": "S", {rows}}}]}}"#
        );
        let document = serde_json::from_str(&text).expect("a document");
        let plan = crate::plan::own::read(&document).expect("a plan");
        let good = plan.best_first();
        let rows = good.rows().iter().map(|row| {
            let seats = good.places(row).map(|(_, place)| {
                let bar = if place.joins_previous { "" } else { "|" };
                format!("{bar}{}", plan.seat(place.seat).expect("a seat").number)
            });
            let ring = if row.ends_join { "o" } else { "" };
            format!("{}{ring}", seats.collect::<String>())
        });
        rows.collect()
    }

    #[test]
    fn aisles_are_where_a_plan_says_so() {
        let row = |aisles: &str, seats: &[(u8, i32, &str)]| {
            let seats = seats
                .iter()
                .map(|(number, x, more)| format!(r#"{{"number": "{number}", "x": {x}, "y": 1{more}}}"#));
            let seats = seats.collect::<Vec<_>>().join(",");
            format!(r#""rows": [{{"name": "1", "category": "C"{aisles}, "seats": [{seats}]}}]"#)
        };
        let check = |aisles: &str, seats: &[(u8, i32, &str)], expected: &str| {
            assert_eq!(drawn(&row(aisles, seats)), [expected])
        };
        let (after, explicit) = (r#", "aisle_after": true"#, r#", "aisles": "explicit""#);
        check(
            "",
            &[
                (1, 0, ""),
                (2, 1, after),
                (3, 2, ""),
                (4, 3, ""),
                (5, 4, ""),
                (6, 9, ""),
            ],
            "|12|345|6",
        );
        check(
            explicit,
            &[
                (1, 0, ""),
                (2, 1, after),
                (3, 2, ""),
                (4, 3, ""),
                (5, 4, ""),
                (6, 9, ""),
            ],
            "|12|3456",
        );
        // From right to left, and to and fro: an aisle is on the side towards the next that is listed.
        check(
            explicit,
            &[(6, 5, ""), (5, 4, after), (4, 3, ""), (3, 2, after)],
            "|34|56",
        );
        check(explicit, &[(2, 2, ""), (1, 1, after), (3, 3, "")], "|1|23");
    }

    #[test]
    fn the_ends_of_a_table_join() {
        let table = |name: &str, after: &str| {
            format!(
                r#"{{"name": "{name}", "category": "C", "sold": "seats", "seats": [{{"number": "1", "x": 0, "y": 9}},
                    {{"number": "3", "x": 9, "y": 9}}, {{"number": "2", "x": 1, "y": 9, "name": "{name}"{after}}}]}}"#
            )
        };
        let tables = |after: &str| drawn(&format!(r#""rows": [], "tables": [{}]"#, table("T", after)));
        assert_eq!(tables(""), ["|132o"]);
        assert_eq!(tables(r#", "aisle_after": true"#), ["|132"]);
        // Nor do tables say what is usual in a row.
        let row = r#""rows": [{"name": "1", "category": "C", "seats": [{"number": "7", "x": 0, "y": 5}, {"number": "8", "x": 40, "y": 5}]}]"#;
        assert_eq!(
            drawn(&format!(r#"{row}, "tables": [{}]"#, table("T", ""))),
            ["|78", "|132o"]
        );
    }

    #[test]
    fn quality_comes_before_nearness() {
        let row = |name: u8, y: u8, quality: &str, first: &str| {
            format!(
                r#"{{"name": "{name}", "category": "C"{quality}, "seats": [{{"number": "{name}", "x": 0, "y": {y}{first}}}, {{"number": "0", "x": 1, "y": {y}}}]}}"#
            )
        };
        let quality = |quality: u16| format!(r#", "quality": {quality}"#);
        let rows = [
            row(1, 1, &quality(499), ""),
            row(2, 2, "", ""),
            row(3, 3, "", &quality(100)),
            row(4, 4, &quality(501), ""),
            row(5, 5, "", &quality(900)),
            row(6, 6, &quality(500), ""),
        ];
        let drawn = drawn(&format!(r#""rows": [{}]"#, rows.join(",")));
        assert_eq!(drawn, ["|50", "|40", "|20", "|30", "|60", "|10"]);
    }
}
