//! How far rows and seats are from each other.

use crate::plan::best_first::GoodRow;
use crate::plan::{Plan, Point, SeatIndex, SectionIndex};

/// What is as near as something else: distances are told in such parts of the usual spacing.
const STEPS_A_SPACING: f32 = 4.0;
/// A row is behind another or before it, if it is no further from its middle than this many times the nearest one is.
const ADJACENT_DISTANCES: f32 = 1.5;
/// Rows of a section that are looked at as neighbours of one, on either side of it in the order of their merit.
const ADJACENT_ROWS_LOOKED_AT_MAX: usize = 200;
/// Most neighbours that a row has.
const ADJACENT_ROWS_MAX: usize = 4;

/// How far a plan's rows are from each other, in the order of their merit.
#[derive(Debug)]
pub struct Grounds {
    /// What is usual between two neighbours; never 0.
    spacing: f32,
    /// The rows before and behind each one, the nearest first.
    adjacent: Vec<[Option<u32>; ADJACENT_ROWS_MAX]>,
}

/// The smallest upright rectangle around a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    min: Point,
    max: Point,
}

impl Grounds {
    /// Those of a plan.
    pub fn of(plan: &Plan) -> Self {
        let rows = plan.best_first().rows();
        let (mut sum, mut gaps) = (0.0, 0.0);
        for row in rows {
            let mut previous: Option<Point> = None;
            for (_, place) in plan.best_first().places(row) {
                let Some(point) = plan.seat(place.seat).map(|seat| seat.point()) else {
                    continue;
                };
                if let Some(previous) = previous.filter(|_| place.joins_previous) {
                    sum += f64::from(previous.distance_to(point));
                    gaps += 1.0;
                }
                previous = Some(point);
            }
        }
        let spacing = if sum > 0.0 { (sum / gaps) as f32 } else { 1.0 };
        Self {
            spacing,
            adjacent: adjacent_rows(plan),
        }
    }

    /// How far two points are from each other, in quarters of the usual spacing, to the nearest whole one.
    pub fn steps(&self, from: Point, to: Point) -> u32 {
        whole(from.distance_to(to) / self.spacing * STEPS_A_SPACING + 0.5)
    }

    /// So many steps there are at least to anything within these bounds.
    pub fn steps_to(&self, bounds: Bounds, from: Point) -> u32 {
        // As rounding may have it.
        whole(bounds.distance_to(from) / self.spacing * STEPS_A_SPACING * 0.999 + 0.49)
    }

    /// The rows before and behind a row, the nearest first; all are told by their merits.
    pub fn adjacent(&self, row: usize) -> impl Iterator<Item = usize> {
        let adjacent = self.adjacent.get(row).into_iter().flatten();
        adjacent.map_while(|row| Some((*row)? as usize))
    }

    /// How much memory it takes, in bytes.
    pub fn bytes(&self) -> usize {
        self.adjacent.len() * size_of::<[Option<u32>; ADJACENT_ROWS_MAX]>()
    }
}

// No seat is at a place that is not a number.
impl Eq for Bounds {}

impl Bounds {
    /// That of a row.
    pub fn of(plan: &Plan, row: &GoodRow) -> Self {
        let places = plan.best_first().places(row);
        let points = places.filter_map(|(_, place)| Some(plan.seat(place.seat)?.point()));
        let bounds = points
            .map(|point| Self {
                min: point,
                max: point,
            })
            .reduce(Self::with);
        let origin = Point { x: 0.0, y: 0.0 };
        bounds.unwrap_or(Self {
            min: origin,
            max: origin,
        })
    }

    /// The smallest one around both.
    pub fn with(self, other: Self) -> Self {
        Self {
            min: Point {
                x: self.min.x.min(other.min.x),
                y: self.min.y.min(other.min.y),
            },
            max: Point {
                x: self.max.x.max(other.max.x),
                y: self.max.y.max(other.max.y),
            },
        }
    }

    /// Whether it is wider than it is deep.
    pub fn is_wide(&self) -> bool {
        self.max.x - self.min.x > self.max.y - self.min.y
    }

    /// Twice its middle: across, and in depth.
    pub fn twice_middle(&self) -> (f32, f32) {
        (self.min.x + self.max.x, self.min.y + self.max.y)
    }

    fn distance_to(&self, point: Point) -> f32 {
        let nearest = Point {
            x: point.x.clamp(self.min.x, self.max.x),
            y: point.y.clamp(self.min.y, self.max.y),
        };
        nearest.distance_to(point)
    }
}

/// A row's ends and its middle.
struct Extent {
    ends: [Point; 2],
    middle: Point,
}

/// Of each row, those of its section that are nearest to its middle.
fn adjacent_rows(plan: &Plan) -> Vec<[Option<u32>; ADJACENT_ROWS_MAX]> {
    let rows = plan.best_first().rows();
    let extents: Vec<Option<Extent>> = rows.iter().map(|row| extent(plan, row)).collect();
    let mut sections: Vec<(SectionIndex, Vec<usize>)> = Vec::new();
    let mut of_sections: Vec<usize> = (0..rows.len()).collect();
    of_sections.sort_by_key(|row| rows.get(*row).map(|row| row.section));
    for row in of_sections {
        let Some(section) = rows.get(row).map(|row| row.section) else {
            continue;
        };
        match sections.last_mut() {
            Some((known, rows)) if *known == section => rows.push(row),
            _ => sections.push((section, vec![row])),
        }
    }
    let mut adjacent = vec![[None; ADJACENT_ROWS_MAX]; rows.len()];
    for (_, section) in &sections {
        for (at, row) in section.iter().enumerate() {
            let begin = at.saturating_sub(ADJACENT_ROWS_LOOKED_AT_MAX);
            let end = section.len().min(at + ADJACENT_ROWS_LOOKED_AT_MAX + 1);
            let others = section.get(begin..end).unwrap_or_default();
            if let Some(known) = adjacent.get_mut(*row) {
                let nearest = nearest(&extents, *row, others);
                { known.iter_mut().zip(nearest) }.for_each(|(known, row)| *known = Some(row));
            }
        }
    }
    adjacent
}

fn nearest(extents: &[Option<Extent>], row: usize, others: &[usize]) -> Vec<u32> {
    let Some(Some(Extent { middle, .. })) = extents.get(row) else {
        return Vec::new();
    };
    let distance = |other: &usize| {
        let Extent { ends: [a, b], .. } = extents.get(*other)?.as_ref()?;
        Some((distance_to_line(*middle, *a, *b), u32::try_from(*other).ok()?))
    };
    let others = others.iter().filter(|other| **other != row);
    let mut distances: Vec<(f32, u32)> = others.filter_map(distance).collect();
    distances.sort_by(|(a, first), (b, second)| a.total_cmp(b).then(first.cmp(second)));
    let max = distances
        .first()
        .map_or(0.0, |(least, _)| least * ADJACENT_DISTANCES);
    let near = distances.iter().take_while(|(distance, _)| *distance <= max);
    near.map(|(_, row)| *row).collect()
}

fn extent(plan: &Plan, row: &GoodRow) -> Option<Extent> {
    let places = plan.best_first().places(row);
    let seats: Vec<SeatIndex> = places.map(|(_, place)| place.seat).collect();
    let point = |seat: Option<&SeatIndex>| Some(plan.seat(*seat?)?.point());
    Some(Extent {
        ends: [point(seats.first())?, point(seats.last())?],
        middle: point(seats.get(seats.len() / 2))?,
    })
}

/// How far a point is from what is between two others.
fn distance_to_line(point: Point, a: Point, b: Point) -> f32 {
    let (dx, dy) = (b.x - a.x, b.y - a.y);
    let square = dx * dx + dy * dy;
    let along = if square > 0.0 {
        (((point.x - a.x) * dx + (point.y - a.y) * dy) / square).clamp(0.0, 1.0)
    } else {
        0.0
    };
    let foot = Point {
        x: a.x + along * dx,
        y: a.y + along * dy,
    };
    foot.distance_to(point)
}

/// The middle of these points; none of none.
pub fn middle(points: impl IntoIterator<Item = Point>) -> Option<Point> {
    let (mut x, mut y, mut count) = (0.0, 0.0, 0.0);
    for point in points {
        x += f64::from(point.x);
        y += f64::from(point.y);
        count += 1.0;
    }
    let mean = |sum: f64| (sum / count) as f32;
    (count > 0.0).then(|| Point {
        x: mean(x),
        y: mean(y),
    })
}

/// The whole part; 0 of what is below.
fn whole(number: f32) -> u32 {
    number as u32
}
