//! Nodes that tell what they count, so that what one has told counts once: a message that comes again, or late, is passed
//! over.

use std::collections::HashMap;

use super::message::Telling;

/// How old a message may be, in microseconds: the clocks of nodes are that near to each other.
const AGE_MAX: i64 = 30_000_000;
/// Most nodes that are told apart.
const NODES_MAX: usize = 1_000;

/// When each node last told something.
#[derive(Default)]
pub struct Tellers(HashMap<u128, i64>);

impl Tellers {
    /// Whether this has not been heard yet, at this instant in microseconds since 1970.
    pub fn take(&mut self, telling: &Telling, now: i64) -> bool {
        let Telling(node, at, _) = telling;
        if (now - at).abs() > AGE_MAX || self.0.get(node).is_some_and(|last| last >= at) {
            return false;
        }
        if self.0.len() >= NODES_MAX {
            self.0.retain(|_, last| now - *last <= AGE_MAX);
        }
        // Beyond that these are no nodes.
        if self.0.len() < NODES_MAX || self.0.contains_key(node) {
            self.0.insert(*node, *at);
            return true;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_node_tells_counts_once() {
        let (mut tellers, now) = (Tellers::default(), 1_800_000_000_000_000);
        let telling = |node, at| Telling(node, at, Vec::new());
        assert!(tellers.take(&telling(1, now), now));
        assert!(!tellers.take(&telling(1, now), now));
        assert!(!tellers.take(&telling(1, now - 1), now));
        assert!(tellers.take(&telling(2, now - 1), now));
        assert!(tellers.take(&telling(1, now + 1), now));
        assert!(!tellers.take(&telling(3, now - AGE_MAX - 1), now));
        assert!(!tellers.take(&telling(3, now + AGE_MAX + 1), now));
    }
}
