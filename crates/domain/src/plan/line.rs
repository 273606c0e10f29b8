//! The seats of a row side by side, as they stand, in whatever order a document lists them.

use super::parts::Point;

/// A row that is this many times as long as its ends are apart goes round: half a circle is 1.57 times.
const ROUND_LENGTHS: f64 = 1.6;
/// Longest row that is followed around, in seats: each step looks at all that are left.
const ROUND_SEATS_MAX: usize = 500;

/// The order of a row's seats: the places in `points` from the row's left end to its right one, or from its top down. Seats
/// drawn on one another stay as they are listed, and so does a row without coordinates.
pub fn in_line(points: &[Point]) -> Vec<usize> {
    let mut seats: Vec<(usize, Point)> = points.iter().copied().enumerate().collect();
    // What follows depends on where the seats are and not on how they are listed: so do its roundings.
    seats.sort_by(|(_, a), (_, b)| a.x.total_cmp(&b.x).then(a.y.total_cmp(&b.y)));
    let direction = direction_of(&seats);
    seats.sort_by(|(_, a), (_, b)| along(direction, a).total_cmp(&along(direction, b)));
    if goes_round(&seats)
        && let Some(followed) = follow(&seats)
        && length(&followed) < length(&seats)
    {
        seats = followed;
    }
    seats.into_iter().map(|(at, _)| at).collect()
}

/// The direction in which the seats are spread most (the principal axis): to the right, or down.
fn direction_of(seats: &[(usize, Point)]) -> (f64, f64) {
    let middle = middle_of(seats);
    let [mut xx, mut yy, mut xy] = [0.0; 3];
    for (_, point) in seats {
        let (x, y) = (f64::from(point.x) - middle.0, f64::from(point.y) - middle.1);
        xx += x * x;
        yy += y * y;
        xy += x * y;
    }
    // Added to nothing, -0 is 0, and its angle that of 0.
    let angle = 0.5 * (2.0 * xy + 0.0).atan2(xx - yy);
    (angle.cos(), angle.sin())
}

fn middle_of(seats: &[(usize, Point)]) -> (f64, f64) {
    let sum = seats.iter().fold((0.0, 0.0), |(x, y), (_, point)| {
        (x + f64::from(point.x), y + f64::from(point.y))
    });
    #[expect(clippy::cast_precision_loss, reason = "a plan has no such many seats")]
    let count = seats.len().max(1) as f64;
    (sum.0 / count, sum.1 / count)
}

fn along(direction: (f64, f64), point: &Point) -> f64 {
    direction.0 * f64::from(point.x) + direction.1 * f64::from(point.y)
}

fn length(seats: &[(usize, Point)]) -> f64 {
    let pairs = seats.iter().zip(seats.iter().skip(1));
    pairs.map(|((_, a), (_, b))| f64::from(a.distance_to(*b))).sum()
}

/// Whether the order along the direction goes to and fro, as it does in a horseshoe, or round a table.
fn goes_round(seats: &[(usize, Point)]) -> bool {
    match (seats.first(), seats.last()) {
        (Some((_, first)), Some((_, last))) if seats.len() <= ROUND_SEATS_MAX => {
            length(seats) > ROUND_LENGTHS * f64::from(first.distance_to(*last))
        }
        _ => false,
    }
}

/// From the seat that is furthest out, always to the nearest that is left.
fn follow(seats: &[(usize, Point)]) -> Option<Vec<(usize, Point)>> {
    let (x, y) = middle_of(seats);
    let out = |point: &Point| (f64::from(point.x) - x).hypot(f64::from(point.y) - y);
    let mut left = seats.to_vec();
    let furthest = left
        .iter()
        .enumerate()
        .max_by(|(_, (_, a)), (_, (_, b))| out(a).total_cmp(&out(b)));
    let (at, _) = furthest?;
    let mut followed = vec![left.remove(at)];
    while let Some((_, here)) = followed.last().copied() {
        let nearest = left
            .iter()
            .enumerate()
            .min_by(|(_, (_, a)), (_, (_, b))| here.distance_to(*a).total_cmp(&here.distance_to(*b)));
        let Some((at, _)) = nearest else {
            break;
        };
        followed.push(left.remove(at));
    }
    if followed.last()?.1.x < followed.first()?.1.x {
        followed.reverse();
    }
    Some(followed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(points: &[(f32, f32)], expected: &[usize]) {
        let points: Vec<_> = points.iter().map(|&(x, y)| Point { x, y }).collect();
        assert_eq!(in_line(&points), expected, "{points:?}");
    }

    #[test]
    fn seats_are_side_by_side_as_they_stand() {
        check(&[], &[]);
        check(&[(5.0, 5.0)], &[0]);
        // Without coordinates, as they are listed.
        check(&[(0.0, 0.0); 4], &[0, 1, 2, 3]);
        // Listed from the right; odd numbers first; down a wall; aslant.
        check(&[(30.0, 0.0), (20.0, 0.0), (10.0, 0.0)], &[2, 1, 0]);
        check(
            &[(0.0, 0.0), (20.0, 0.0), (10.0, 0.0), (30.0, 0.0)],
            &[0, 2, 1, 3],
        );
        check(&[(7.0, 30.0), (7.0, 10.0), (7.0, 20.0)], &[1, 2, 0]);
        check(
            &[(20.0, 20.0), (0.0, 0.0), (30.0, 30.0), (10.0, 10.0)],
            &[1, 3, 0, 2],
        );
        // A bow.
        check(
            &[(0.0, 0.0), (20.0, 9.0), (10.0, 6.0), (40.0, 0.0), (30.0, 6.0)],
            &[0, 2, 1, 4, 3],
        );
    }

    #[test]
    fn a_horseshoe_is_followed_around() {
        // Down on the left, along the bottom, and up on the right.
        let horseshoe = [
            (0.0, 0.0),
            (0.0, 10.0),
            (0.0, 20.0),
            (0.0, 30.0),
            (10.0, 35.0),
            (20.0, 30.0),
            (20.0, 20.0),
            (20.0, 10.0),
            (20.0, 0.0),
        ];
        check(&horseshoe, &[0, 1, 2, 3, 4, 5, 6, 7, 8]);
    }
}
