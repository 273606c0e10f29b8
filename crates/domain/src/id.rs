//! Identifiers: each its own type, so that one can't be passed for another.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Bits of a show's id that name its shard.
const SHARD_BITS: u32 = 10;

/// A show: one performance of one event in one venue. The low ten bits name the shard that keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ShowId(pub i64);

impl ShowId {
    /// The id of the `sequence`-th show of `shard`.
    pub const fn new(sequence: i64, shard: u16) -> Self {
        Self(sequence << SHARD_BITS | shard as i64)
    }
}

impl fmt::Display for ShowId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The text is not a show's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAShowId;

impl FromStr for ShowId {
    type Err = NotAShowId;

    fn from_str(text: &str) -> Result<Self, NotAShowId> {
        match text.parse::<i64>() {
            Ok(number) if number > 0 && text.bytes().all(|b| b.is_ascii_digit()) => Ok(Self(number)),
            _ => Err(NotAShowId),
        }
    }
}

/// Digits of an id that is written with a prefix.
const PREFIXED_DIGITS: usize = 32;

/// The number of an id that is written as this prefix and 32 digits, all as they are written here: one id has one spelling.
pub(crate) fn read_prefixed(prefix: &str, text: &str) -> Option<u128> {
    let digits = text.strip_prefix(prefix)?;
    let lower_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if digits.len() != PREFIXED_DIGITS || !digits.bytes().all(lower_hex) {
        return None;
    }
    u128::from_str_radix(digits, 16).ok()
}

const ORGANISER_PREFIX: &str = "org_";

/// An organiser: whose plans and shows they are. Written as `org_` and 32 digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrganiserId(pub u128);

impl OrganiserId {
    /// The organiser that every office has: whoever runs it, if nobody else sells there.
    pub const FIRST: Self = Self(1);
}

impl fmt::Display for OrganiserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{ORGANISER_PREFIX}{:032x}", self.0)
    }
}

/// The text is not an organiser's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAnOrganiserId;

impl FromStr for OrganiserId {
    type Err = NotAnOrganiserId;

    fn from_str(text: &str) -> Result<Self, NotAnOrganiserId> {
        read_prefixed(ORGANISER_PREFIX, text)
            .map(Self)
            .ok_or(NotAnOrganiserId)
    }
}

/// A place in a show's journal: 1 is the first event, 0 the empty journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Offset(pub i64);

impl Offset {
    /// The offset right after this one.
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Which terms of a show: 1 are those that it was made with, and each change of them has the next number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Revision(pub i32);

impl Revision {
    /// The terms that a show was made with.
    pub const FIRST: Self = Self(1);

    /// The revision right after this one.
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

macro_rules! opaque_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(pub u128);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:032x}", self.0)
            }
        }
    };
}

opaque_id! {
    /// An anonymous buyer. Random; known only to the holder of its token.
    SessionId
}

opaque_id! {
    /// One attempt to pay one order; also the key under which the payment provider knows it.
    PaymentId
}

impl PaymentId {
    /// A new payment of this show. It carries the show, as an order's number does: the payment's id names both.
    pub fn new(show: ShowId, random: u64) -> Self {
        Self((u128::from(show.0.cast_unsigned()) << 64) | u128::from(random))
    }

    /// The show that it carries.
    pub fn show(self) -> ShowId {
        ShowId(((self.0 >> 64) as u64).cast_signed())
    }
}

opaque_id! {
    /// One giving back of money; also the key under which the payment provider knows it.
    RefundId
}

opaque_id! {
    /// One calling back of money by a buyer's bank.
    DisputeId
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn show_ids_are_plain_positive_numbers() {
        assert_eq!("1024".parse(), Ok(ShowId(1024)));
        for bad in ["", "0", "-1", "+5", "1.0", "x", "99999999999999999999"] {
            assert_eq!(bad.parse::<ShowId>(), Err(NotAShowId), "{bad}");
        }
    }

    #[test]
    fn an_organisers_id_is_read_as_it_is_written() {
        let id = OrganiserId(0x0192_af00);
        assert_eq!(id.to_string().parse(), Ok(id));
        for bad in [
            "",
            "org_",
            "org_0192",
            "1",
            &"0".repeat(32),
            &id.to_string().to_uppercase(),
        ] {
            assert_eq!(bad.parse::<OrganiserId>(), Err(NotAnOrganiserId), "{bad}");
        }
    }
}
