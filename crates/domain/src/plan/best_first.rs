//! Where the best seats of a plan are, and which are side by side. Worked out once, when a plan is made: whoever looks for
//! seats only goes along.
//!
//! With a focal point, the row is best that has the seat nearest to it. Without one, and of rows as near, it is the one whose
//! name comes first in its section: 1 before 2 before 10, A before B before AA. Rows of one name, such as those of two
//! blocks, are equally good. What is equal still goes by section, and then from the top left.

use std::cmp::Ordering;
use std::ops::Range;

use super::line::in_line;
use super::parts::{Point, Row, Seat, SeatIndex, SectionIndex};

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
}

/// A seat of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Which.
    pub seat: SeatIndex,
    /// Whether the one before it in the row is a neighbour, with no aisle between.
    pub joins_previous: bool,
}

impl BestFirst {
    /// The rows, the best first.
    pub fn rows(&self) -> &[GoodRow] {
        &self.rows
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
        let mut order: Vec<(Merit, &Row, &Line)> = Vec::with_capacity(rows.len());
        for ((row, line), depth) in rows.iter().zip(&lines).zip(depths) {
            let Some(first) = line.points.first() else {
                continue;
            };
            let merit = Merit {
                steps: focal_point.map_or(0.0, |focal| (line.nearest(focal) / as_near).round()),
                depth,
                section: row.section,
                begin: *first,
            };
            order.push((merit, row, line));
        }
        order.sort_by(|(a, ..), (b, ..)| a.cmp(b));
        let mut best = Self::default();
        for (_, row, line) in order {
            best.push(row, line, focal_point.map(|focal| (focal, as_near)), &usual);
        }
        best
    }

    fn push(&mut self, row: &Row, line: &Line, focal: Option<(Point, f32)>, usual: &Usual) {
        let begin = u32::try_from(self.places.len()).unwrap_or(u32::MAX);
        let joins = std::iter::once(false).chain(line.joins(row.section, usual));
        let places = line.seats.iter().zip(joins);
        self.places.extend(places.map(|(seat, joins_previous)| Place {
            seat: *seat,
            joins_previous,
        }));
        let end = u32::try_from(self.places.len()).unwrap_or(u32::MAX);
        let nearest = focal.map_or(0..end - begin, |(focal, as_near)| {
            line.nearest_places(focal, as_near)
        });
        self.rows.push(GoodRow {
            section: row.section,
            places: begin..end,
            twice_best: 2 * begin + nearest.start + nearest.end,
        });
    }
}

/// How good a row is; less is better.
struct Merit {
    steps: f32,
    depth: u32,
    section: SectionIndex,
    begin: Point,
}

impl Merit {
    fn cmp(&self, other: &Self) -> Ordering {
        self.steps
            .total_cmp(&other.steps)
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
    gaps: Vec<f32>,
}

impl Line {
    fn of(row: &Row, order: &[SeatIndex], seats: &[Seat]) -> Self {
        let listed = order.get(row.seats.start as usize..row.seats.end as usize);
        let listed = listed.unwrap_or_default().iter();
        let listed: Vec<(SeatIndex, Point)> = listed
            .filter_map(|index| Some((*index, seats.get(index.0 as usize)?.point())))
            .collect();
        let points: Vec<Point> = listed.iter().map(|(_, point)| *point).collect();
        let order = in_line(&points);
        let (seats, points): (Vec<SeatIndex>, Vec<Point>) =
            order.iter().filter_map(|at| listed.get(*at).copied()).unzip();
        let pairs = points.iter().zip(points.iter().skip(1));
        let gaps = pairs.map(|(a, b)| a.distance_to(*b)).collect();
        Self { seats, points, gaps }
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
    /// row. A row of few gaps may have nothing but aisles, so its section and the hall are heard too.
    fn joins(&self, section: SectionIndex, usual: &Usual) -> impl Iterator<Item = bool> {
        let (quartile, least) = quartile_and_least(&self.gaps).unwrap_or_default();
        let joined_max = AISLE_SPACINGS
            * if self.gaps.len() <= FEW_GAPS {
                quartile.min(usual.of_section(section))
            } else {
                quartile
            };
        let aisle_min = AISLE_LEASTS * least.min(usual.hall);
        let gaps = self.gaps.iter();
        gaps.map(move |&gap| gap == 0.0 || (gap <= joined_max && gap < aisle_min))
    }
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
}
