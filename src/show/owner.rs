//! Which node looks after a show: rendezvous hashing, so that all nodes agree without a word, and a node that comes or
//! goes moves its own shows alone (Thaler and Ravishankar, "Using name-based mappings to increase hit rates", 1998).

use domain::id::ShowId;

/// The place of `node` among `nodes` for this show: 0 is the owner, 1 the first to step in for it. A node that is not
/// among them counts as one of them.
pub fn rank(node: u128, nodes: &[u128], show: ShowId) -> usize {
    let own = (score(node, show), node);
    nodes
        .iter()
        .filter(|other| (score(**other, show), **other) > own)
        .count()
}

/// The node with the highest score owns the show.
fn score(node: u128, show: ShowId) -> u64 {
    let (high, low) = ((node >> 64) as u64, (node & u128::from(u64::MAX)) as u64);
    mix(mix(mix(high) ^ low) ^ show.0.cast_unsigned())
}

/// The finisher of SplitMix64 (Steele, Lea and Flood, 2014): every bit of the input moves every bit of the output.
fn mix(bits: u64) -> u64 {
    let bits = bits.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SHOWS: i64 = 10_000;

    fn owner(nodes: &[u128], show: i64) -> u128 {
        let is_owner = |node: &&u128| rank(**node, nodes, ShowId::new(show, 0)) == 0;
        *nodes.iter().find(is_owner).expect("an owner")
    }

    fn uuids(count: u128) -> Vec<u128> {
        (1..=count)
            .map(|number| number.wrapping_mul(0x0123_4567_89ab_cdef_1122_3344_5566_7789))
            .collect()
    }

    #[test]
    fn each_node_owns_its_share() {
        let nodes = uuids(8);
        for node in &nodes {
            let owned = (1..=SHOWS).filter(|show| owner(&nodes, *show) == *node).count();
            assert!((1_100..=1_400).contains(&owned), "{owned} of {SHOWS}");
        }
    }

    #[test]
    fn a_node_that_comes_or_goes_moves_its_own_shows_alone() {
        let (before, after) = (uuids(8), uuids(9));
        for show in 1..=SHOWS {
            let (old, new) = (owner(&before, show), owner(&after, show));
            assert!(
                old == new || new == after[8],
                "show {show} went from {old} to {new}"
            );
        }
    }

    proptest! {
        #[test]
        fn every_node_has_a_rank_of_its_own(nodes in prop::collection::hash_set(any::<u128>(), 1..20), show in 1..i64::MAX) {
            let nodes: Vec<u128> = nodes.into_iter().collect();
            let mut ranks: Vec<_> = nodes.iter().map(|node| rank(*node, &nodes, ShowId(show))).collect();
            ranks.sort_unstable();
            prop_assert!(ranks.into_iter().eq(0..nodes.len()));
        }
    }

    #[test]
    fn a_node_that_knows_of_no_other_is_first() {
        assert_eq!(rank(7, &[], ShowId(1)), 0);
    }
}
