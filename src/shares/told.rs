//! What nodes tell each other of the shares that they count: sums, a few times a second.

use std::collections::HashMap;

use super::kind::Kind;

/// Most shares that are told of at a time; what is beyond is counted here alone.
const TOLD_MAX: usize = 4_096;

/// What a node has counted of one share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spent {
    /// The number of its kind.
    pub kind: u8,
    /// Whose it is, under a key that only the office's nodes have.
    pub hash: u64,
    /// How much was taken; negative if more was given back.
    pub count: i64,
}

/// Sums that have not been told yet.
#[derive(Default)]
pub struct Told {
    /// Whether anybody listens.
    pub is_wanted: bool,
    sums: HashMap<(u8, u64), i64>,
}

impl Told {
    /// Adds to a sum.
    pub fn note(&mut self, kind: Kind, hash: u64, count: i64) {
        let key = (kind as u8, hash);
        if !self.is_wanted || self.sums.len() >= TOLD_MAX && !self.sums.contains_key(&key) {
            return;
        }
        *self.sums.entry(key).or_default() += count;
    }

    /// All sums; from then on they begin anew.
    pub fn take(&mut self) -> Vec<Spent> {
        let spent = self.sums.drain().filter(|(_, count)| *count != 0);
        spent
            .map(|((kind, hash), count)| Spent { kind, hash, count })
            .collect()
    }
}
