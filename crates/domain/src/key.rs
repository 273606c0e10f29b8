//! Organisers' keys: what they are called, and what each may do.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::text::is_readable;

/// Longest name of a key, in characters.
pub const KEY_NAME_CHARS_MAX: usize = 100;
const PREFIX: &str = "key_";
const ID_DIGITS: usize = 32;

/// What a key is called where it must not be told: in lists, in the audit. Written as `key_` and 32 digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub u128);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{:032x}", self.0)
    }
}

/// The text is not a key's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAKeyId;

impl FromStr for KeyId {
    type Err = NotAKeyId;

    fn from_str(text: &str) -> Result<Self, NotAKeyId> {
        let digits = text.strip_prefix(PREFIX).ok_or(NotAKeyId)?;
        let lower_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if digits.len() != ID_DIGITS || !digits.bytes().all(lower_hex) {
            return Err(NotAKeyId);
        }
        let number = u128::from_str_radix(digits, 16);
        number.map(Self).map_err(|_not_hex| NotAKeyId)
    }
}

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The organiser's own: everything.
    All,
    /// For scanners at the door: checks tickets in, and nothing else.
    Door,
}

/// Something that not every key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Right {
    /// Whatever only organisers may, other than what is named below.
    Organise,
    /// Check tickets in.
    CheckIn,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 2] = [Self::All, Self::Door];

    /// How it is written.
    pub const fn word(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Door => "door",
        }
    }

    /// The role that is written so.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word)
    }

    /// Whether a key of this role may do that.
    pub const fn may(self, right: Right) -> bool {
        match self {
            Self::All => true,
            Self::Door => matches!(right, Right::CheckIn),
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A key's name without the space around it; `None` if it is empty, too long, or has what can't be printed.
pub fn read_key_name(text: &str) -> Option<&str> {
    let name = text.trim();
    let fits = name.chars().count() <= KEY_NAME_CHARS_MAX;
    (fits && is_readable(name)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_as_it_is_written() {
        let id = KeyId(0x0192_af00);
        assert_eq!(id.to_string().parse(), Ok(id));
        let digits = "0".repeat(31);
        let bad = ["", "key_", "key_0192", "boo_a-key-of-somebody", "KEY_1"];
        let nearly = [
            format!("key_{digits}G"),
            format!("key_{digits}A"),
            format!("key_+{digits}"),
        ];
        for bad in bad.map(str::to_owned).iter().chain(&nearly) {
            assert_eq!(bad.parse::<KeyId>(), Err(NotAKeyId), "{bad}");
        }
    }

    #[test]
    fn a_role_is_read_as_it_is_written() {
        for role in Role::ALL {
            assert_eq!(Role::of_word(role.word()), Some(role));
        }
        assert_eq!(Role::of_word("owner"), None);
    }

    #[test]
    fn the_door_checks_in_and_does_no_more() {
        assert!(Role::Door.may(Right::CheckIn) && !Role::Door.may(Right::Organise));
        assert!(Role::All.may(Right::CheckIn) && Role::All.may(Right::Organise));
    }

    #[test]
    fn a_name_can_be_printed() {
        assert_eq!(read_key_name(" Gate 3 "), Some("Gate 3"));
        for bad in ["", "  ", "a\nb", &"x".repeat(101)] {
            assert_eq!(read_key_name(bad), None);
        }
    }
}
