//! How a key's role is written in the database.
//!
//! Nodes of the version before know the words `all` and `door`, and know of one organiser: whoever has a key with one of these
//! words may do with any show there what that role may. So only the first organiser's keys have them; with any other word such
//! a node lets nobody in.

use domain::id::OrganiserId;
use domain::key::Role;

const OWNER_OF_FIRST: &str = "all";
const DOOR_OF_FIRST: &str = "door";
const DOOR_OF_ANOTHER: &str = "door_of_another";

/// The word for a role with this organiser's things.
pub fn word_of(role: Role, organiser: Option<OrganiserId>) -> &'static str {
    match (role, organiser == Some(OrganiserId::FIRST)) {
        (Role::Owner, true) => OWNER_OF_FIRST,
        (Role::Door, true) => DOOR_OF_FIRST,
        (Role::Door, false) => DOOR_OF_ANOTHER,
        _ => role.word(),
    }
}

/// The role that a word stands for. A role that only a newer version knows has none.
pub fn role_of(word: &str) -> Option<Role> {
    match word {
        DOOR_OF_ANOTHER => Some(Role::Door),
        _ => Role::of_word(word),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_read_as_it_is_written() {
        for organiser in [Some(OrganiserId::FIRST), Some(OrganiserId(7)), None] {
            for role in Role::ALL {
                assert_eq!(role_of(word_of(role, organiser)), Some(role));
            }
        }
        assert_eq!(role_of("janitor"), None);
    }

    #[test]
    fn nodes_of_the_version_before_let_in_no_key_of_another_organiser() {
        for role in Role::ALL {
            let word = word_of(role, Some(OrganiserId(7)));
            assert!(!matches!(word, "all" | "door"), "{word}");
        }
    }
}
