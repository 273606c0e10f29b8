//! Organisers' keys: what they are called, and what each may do.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::id::read_prefixed;

const PREFIX: &str = "key_";

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
        read_prefixed(PREFIX, text).map(Self).ok_or(NotAKeyId)
    }
}

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The organiser's own: everything of that organiser.
    Owner,
    /// For the box office: reads everything, sells and gives back.
    Sales,
    /// For scanners at the door: checks tickets in, and nothing else.
    Door,
    /// Reads everything, and changes nothing.
    Reader,
    /// The operator's: who the organisers are, and whatever is of the office and not of one of them.
    Operator,
}

/// Something that not every key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Right {
    /// See the organiser's orders, and how its shows do.
    Read,
    /// See who bought them and who comes.
    ReadBuyers,
    /// See what doors need to know.
    ReadDoor,
    /// Check tickets in.
    CheckIn,
    /// Make and change orders, give money back, take places off sale.
    Sell,
    /// Make plans and shows, and change what they say.
    Arrange,
    /// Make, list and revoke keys.
    ManageKeys,
    /// See what was asked for with keys, and what providers could not be told.
    Oversee,
    /// Have providers told again.
    Retry,
    /// See the figures of the whole office.
    ReadFigures,
    /// Make, list and rename organisers.
    ManageOrganisers,
}

impl Right {
    /// Every right.
    pub const ALL: [Self; 11] = [
        Self::Read,
        Self::ReadBuyers,
        Self::ReadDoor,
        Self::CheckIn,
        Self::Sell,
        Self::Arrange,
        Self::ManageKeys,
        Self::Oversee,
        Self::Retry,
        Self::ReadFigures,
        Self::ManageOrganisers,
    ];
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 5] = [Self::Owner, Self::Sales, Self::Door, Self::Reader, Self::Operator];

    /// How it is written.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Sales => "sales",
            Self::Door => "door",
            Self::Reader => "reader",
            Self::Operator => "operator",
        }
    }

    /// The role that is written so. `all` is the older word for `owner`.
    pub fn of_word(word: &str) -> Option<Self> {
        if word == "all" {
            return Some(Self::Owner);
        }
        Self::ALL.into_iter().find(|role| role.word() == word)
    }

    /// Whether a key of this role may do that.
    pub fn may(self, right: Right) -> bool {
        self.rights().contains(&right)
    }

    /// What a key of this role may do: of its organiser's, and the operator's of all.
    const fn rights(self) -> &'static [Right] {
        match self {
            Self::Owner => &[
                Right::Read,
                Right::ReadBuyers,
                Right::ReadDoor,
                Right::CheckIn,
                Right::Sell,
                Right::Arrange,
                Right::ManageKeys,
                Right::Oversee,
                Right::Retry,
            ],
            Self::Sales => &[
                Right::Read,
                Right::ReadBuyers,
                Right::ReadDoor,
                Right::Sell,
                Right::Oversee,
            ],
            Self::Door => &[Right::ReadDoor, Right::CheckIn],
            Self::Reader => &[Right::Read, Right::ReadDoor, Right::Oversee],
            Self::Operator => &[
                Right::ManageKeys,
                Right::Oversee,
                Right::Retry,
                Right::ReadFigures,
                Right::ManageOrganisers,
            ],
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
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
        assert_eq!(Role::of_word("all"), Some(Role::Owner));
        assert_eq!(Role::of_word("janitor"), None);
    }

    #[test]
    fn each_role_has_its_rights_and_no_others() {
        let table = [
            (Right::Read, "owner sales reader"),
            (Right::ReadBuyers, "owner sales"),
            (Right::ReadDoor, "owner sales door reader"),
            (Right::CheckIn, "owner door"),
            (Right::Sell, "owner sales"),
            (Right::Arrange, "owner"),
            (Right::ManageKeys, "owner operator"),
            (Right::Oversee, "owner sales reader operator"),
            (Right::Retry, "owner operator"),
            (Right::ReadFigures, "operator"),
            (Right::ManageOrganisers, "operator"),
        ];
        assert_eq!(table.map(|(right, _)| right), Right::ALL);
        for (right, roles) in table {
            let may = Role::ALL.into_iter().filter(|role| role.may(right));
            assert_eq!(
                may.map(Role::word).collect::<Vec<_>>().join(" "),
                roles,
                "{right:?}"
            );
        }
    }
}
