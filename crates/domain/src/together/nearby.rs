//! A hall's rows by where they are: halved again and again along the longer side of what they fill, so that those in one half are near
//! each other (Bentley 1975, "Multidimensional binary search trees used for associative searching").

use super::grounds::Bounds;
use crate::plan::Plan;

/// The rows as the leaves of a tree whose nodes know what they fill. From the root, which is 1; the children of `n` are `2n` and `2n + 1`.
#[derive(Debug, PartialEq, Eq)]
pub struct Nearby {
    /// Where each row's places end in the layout, in the order of merit.
    ends: Vec<u32>,
    /// The leaf of each row.
    leaves: Vec<usize>,
    /// The row of each leaf.
    rows: Vec<usize>,
    /// None where there is no row.
    bounds: Vec<Option<Bounds>>,
}

impl Nearby {
    /// Those of a plan.
    pub fn of(plan: &Plan) -> Self {
        let all = plan.best_first().rows();
        let of_rows: Vec<Bounds> = all.iter().map(|row| Bounds::of(plan, row)).collect();
        let size = all.len().next_power_of_two();
        let mut rows: Vec<usize> = (0..all.len()).collect();
        arrange(&mut rows, size, &of_rows);
        let mut leaves = vec![0; all.len()];
        let mut bounds = vec![None; 2 * size];
        for (leaf, row) in rows.iter().enumerate() {
            if let Some(known) = leaves.get_mut(*row) {
                *known = leaf;
            }
            if let Some(known) = bounds.get_mut(size + leaf) {
                *known = of_rows.get(*row).copied();
            }
        }
        for node in (1..size).rev() {
            let child = |node: usize| bounds.get(node).copied().flatten();
            let both = match (child(2 * node), child(2 * node + 1)) {
                (Some(left), Some(right)) => Some(left.with(right)),
                (left, right) => left.or(right),
            };
            if let Some(known) = bounds.get_mut(node) {
                *known = both;
            }
        }
        Self {
            ends: all.iter().map(|row| row.places.end).collect(),
            leaves,
            rows,
            bounds,
        }
    }

    /// How many leaves there are, with those that have no row.
    pub fn size(&self) -> usize {
        self.bounds.len() / 2
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.rows.len()
    }

    /// Which row a place of the layout is in, in the order of merit.
    pub fn row_of(&self, place: u32) -> usize {
        self.ends.partition_point(|end| *end <= place)
    }

    /// The places of a row.
    pub fn places(&self, row: usize) -> std::ops::Range<u32> {
        let end = |row: usize| self.ends.get(row).copied().unwrap_or(0);
        row.checked_sub(1).map_or(0, end)..end(row)
    }

    /// The leaf of a row.
    pub fn leaf(&self, row: usize) -> Option<usize> {
        self.leaves.get(row).copied()
    }

    /// The row of a node, if it is a leaf.
    pub fn row(&self, node: usize) -> Option<usize> {
        self.rows.get(node.checked_sub(self.size())?).copied()
    }

    /// What the rows under a node fill, if there are some.
    pub fn bounds(&self, node: usize) -> Option<Bounds> {
        self.bounds.get(node).copied().flatten()
    }

    /// How much memory it takes, in bytes.
    pub fn bytes(&self) -> usize {
        self.ends.len() * (size_of::<u32>() + 2 * size_of::<usize>())
            + self.bounds.len() * size_of::<Option<Bounds>>()
    }
}

/// Puts rows in such an order that each half of the leaves, and each half of that, has rows that are near each other.
fn arrange(rows: &mut [usize], leaves: usize, bounds: &[Bounds]) {
    let half = leaves / 2;
    if rows.len() < 2 {
        return;
    }
    if rows.len() > half {
        let middle = |row: usize| bounds.get(row).map(Bounds::twice_middle).unwrap_or_default();
        let of_all = rows.iter().filter_map(|row| bounds.get(*row).copied());
        let is_wide = of_all.reduce(Bounds::with).is_some_and(|bounds| bounds.is_wide());
        let along = |row: &usize| if is_wide { middle(*row).0 } else { middle(*row).1 };
        rows.select_nth_unstable_by(half, |a, b| along(a).total_cmp(&along(b)).then(a.cmp(b)));
    }
    let (left, right) = rows.split_at_mut(half.min(rows.len()));
    arrange(left, half, bounds);
    arrange(right, half, bounds);
}
