//! Numbers that a node has leased, for those who come now.

use std::time::{Duration, Instant};

/// Numbers are given out for so long after they were leased, so that nobody gets one that is before those who came earlier by more.
const KEPT: Duration = Duration::from_secs(1);
/// The least and the most numbers of a block.
const SIZES: std::ops::RangeInclusive<u64> = 4..=8_192;

/// A block of numbers.
#[derive(Debug, Default)]
pub struct Block {
    /// The last number that was given out.
    used_to: u64,
    /// The last one of the block.
    leased_to: u64,
    /// How many the block had.
    size: u64,
    leased_at: Option<Instant>,
}

impl Block {
    /// The next number, if there is one that is new enough.
    pub fn next(&mut self) -> Option<u64> {
        let is_new = self.leased_at.is_some_and(|at| at.elapsed() < KEPT);
        if !is_new || self.used_to >= self.leased_to {
            return None;
        }
        self.used_to += 1;
        Some(self.used_to)
    }

    /// What is left over: the numbers behind the first of these, up to the second.
    pub fn left_over(&self) -> (u64, u64) {
        (self.used_to, self.leased_to)
    }

    /// How many numbers the next block should have: twice as many as were used of this one, if it did not last.
    pub fn next_size(&self) -> u64 {
        let used = self.size.saturating_sub(self.leased_to - self.used_to);
        let size = if used == self.size { used * 2 } else { used };
        size.clamp(*SIZES.start(), *SIZES.end())
    }

    /// A new block of so many numbers, of which this is the last.
    pub fn begin(&mut self, last: u64, size: u64) {
        *self = Self {
            used_to: last.saturating_sub(size),
            leased_to: last,
            size,
            leased_at: Some(Instant::now()),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_given_out_in_order_and_once() {
        let mut block = Block::default();
        assert_eq!(
            (block.next(), block.left_over(), block.next_size()),
            (None, (0, 0), 4)
        );
        block.begin(14, 4);
        let given: Vec<u64> = std::iter::from_fn(|| block.next()).collect();
        assert_eq!(given, [11, 12, 13, 14]);
        assert_eq!((block.left_over(), block.next_size()), ((14, 14), 8));
    }

    #[test]
    fn what_is_old_is_left_over() {
        let mut block = Block::default();
        block.begin(108, 8);
        block.next();
        block.leased_at = Instant::now().checked_sub(KEPT);
        assert_eq!(
            (block.next(), block.left_over(), block.next_size()),
            (None, (101, 108), 4)
        );
    }
}
