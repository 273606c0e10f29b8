//! How many seats are free side by side in each row, under a tree of the largest of these numbers: which of the rows in one part of
//! the hall has so many is known without a look at the others.

use std::sync::Arc;

use super::nearby::Nearby;

/// The longest run of each row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Longest {
    nearby: Arc<Nearby>,
    /// In the order of merit.
    of_rows: Vec<u32>,
    /// By nodes of the tree.
    nodes: Vec<u32>,
}

impl Longest {
    /// That of rows in which nothing is free.
    pub fn new(nearby: Arc<Nearby>) -> Self {
        Self {
            of_rows: vec![0; nearby.rows()],
            nodes: vec![0; 2 * nearby.size()],
            nearby,
        }
    }

    /// Where the rows are.
    pub fn nearby(&self) -> &Nearby {
        &self.nearby
    }

    /// The longest run of a row.
    pub fn of_row(&self, row: usize) -> u32 {
        self.of_rows.get(row).copied().unwrap_or(0)
    }

    /// Those of all rows, by their merits.
    pub fn of_rows(&self) -> &[u32] {
        &self.of_rows
    }

    /// The longest run of the rows under a node.
    pub fn under(&self, node: usize) -> u32 {
        self.nodes.get(node).copied().unwrap_or(0)
    }

    /// Says what the longest run of a row is from now on.
    pub fn set(&mut self, row: usize, longest: u32) {
        let (Some(known), Some(leaf)) = (self.of_rows.get_mut(row), self.nearby.leaf(row)) else {
            return;
        };
        if std::mem::replace(known, longest) == longest {
            return;
        }
        let mut node = self.nearby.size() + leaf;
        if let Some(known) = self.nodes.get_mut(node) {
            *known = longest;
        }
        while node > 1 {
            node /= 2;
            let known = self.under(node);
            self.update(node);
            if self.under(node) == known {
                break;
            }
        }
    }

    /// How much memory it takes, in bytes, without what all lines share.
    pub fn bytes(&self) -> usize {
        (self.of_rows.len() + self.nodes.len()) * size_of::<u32>()
    }

    fn update(&mut self, node: usize) {
        let longest = self.under(2 * node).max(self.under(2 * node + 1));
        if let Some(known) = self.nodes.get_mut(node) {
            *known = longest;
        }
    }
}
