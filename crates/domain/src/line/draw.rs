//! The order of those who drew.

/// The number of whoever drew this hash, when so many drew: the hash's place among all hashes, so that numbers are as even as hashes
/// are, and those who drew the same number are as few as chance makes them.
pub fn number_of(hash: u64, drawn: u64) -> u64 {
    let scaled = (u128::from(hash) * u128::from(drawn)) >> 64;
    u64::try_from(scaled).unwrap_or(u64::MAX) + 1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn hashes_are_spread_over_all_numbers() {
        let check = |hash, drawn, number| assert_eq!(number_of(hash, drawn), number);
        check(0, 10, 1);
        check(u64::MAX, 10, 10);
        check(u64::MAX / 2 + 1, 10, 6);
        check(12_345, 0, 1);
        check(u64::MAX, u64::MAX >> 1, u64::MAX >> 1);
    }

    proptest! {
        #[test]
        fn a_smaller_hash_is_never_behind(one: u64, other: u64, drawn in 1..u64::MAX) {
            prop_assert!(number_of(one.min(other), drawn) <= number_of(one.max(other), drawn));
            prop_assert!((1..=drawn).contains(&number_of(one, drawn)));
        }
    }
}
