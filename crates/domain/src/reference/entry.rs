//! The ids of entries of waitlists: a show and an entry's number, scattered over 128 bits by a keyed bijection, so that an id tells
//! its show to whoever has the key, and nothing to anybody else.

use std::fmt;
use std::str::FromStr;

use super::{FEISTEL_ROUNDS, ReferenceKey, siphash::siphash};
use crate::id::{ShowId, read_prefixed};
use crate::waitlist::EntryNumber;

const PREFIX: &str = "wle_";
/// Apart from the purposes of orders and tickets.
const PURPOSE: u64 = 3;

/// An entry of a waitlist as it is called outside. Written as `wle_` and 32 digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EntryId(pub u128);

/// The text is not an entry's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAnEntryId;

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{:032x}", self.0)
    }
}

impl FromStr for EntryId {
    type Err = NotAnEntryId;

    fn from_str(text: &str) -> Result<Self, NotAnEntryId> {
        read_prefixed(PREFIX, text).map(Self).ok_or(NotAnEntryId)
    }
}

impl ReferenceKey {
    /// The one id of an entry.
    pub fn entry_id(&self, show: ShowId, entry: EntryNumber) -> EntryId {
        let (mut left, mut right) = (show.0.cast_unsigned(), entry.0.cast_unsigned());
        for round in 0..FEISTEL_ROUNDS {
            (left, right) = (right, left ^ self.mix_entry(round, right));
        }
        EntryId(u128::from(left) << 64 | u128::from(right))
    }

    /// The show and the entry that an id stands for. Any id stands for some: whether there are such ones is another question.
    pub fn read_entry(&self, id: EntryId) -> (ShowId, EntryNumber) {
        let (mut left, mut right) = ((id.0 >> 64) as u64, (id.0 & u128::from(u64::MAX)) as u64);
        for round in (0..FEISTEL_ROUNDS).rev() {
            (left, right) = (right ^ self.mix_entry(round, left), left);
        }
        (ShowId(left.cast_signed()), EntryNumber(right.cast_signed()))
    }

    fn mix_entry(&self, round: u8, half: u64) -> u64 {
        let tweak = PURPOSE << 8 | u64::from(round);
        let mut message = [0; 16];
        let (low, high) = message.split_at_mut(8);
        low.copy_from_slice(&tweak.to_le_bytes());
        high.copy_from_slice(&half.to_le_bytes());
        siphash(&self.0, &message)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_id_is_read_as_it_is_written(show in any::<i64>(), entry in any::<i64>(), key in any::<[u8; 16]>()) {
            let key = ReferenceKey::new(key);
            let id = key.entry_id(ShowId(show), EntryNumber(entry));
            prop_assert_eq!(id.to_string().parse(), Ok(id));
            prop_assert_eq!(key.read_entry(id), (ShowId(show), EntryNumber(entry)));
        }
    }

    #[test]
    fn neighbours_have_nothing_in_common() {
        let key = ReferenceKey::new([7; 16]);
        let ids: Vec<EntryId> = (1..200)
            .map(|entry| key.entry_id(ShowId(1024), EntryNumber(entry)))
            .collect();
        for pair in ids.windows(2) {
            let differing = (pair[0].0 ^ pair[1].0).count_ones();
            assert!((32..=96).contains(&differing), "{differing}");
        }
        for bad in ["", "wle_", "wle_12", "1", &ids[0].to_string().to_uppercase()] {
            assert_eq!(bad.parse::<EntryId>(), Err(NotAnEntryId), "{bad}");
        }
    }
}
