//! What a selection of places is called: its show, so that whoever looks for it knows where, and letters that nobody guesses.

use std::fmt;
use std::str::FromStr;

use super::id::ShowId;

/// Letters that are hard to mistake, five bits each (Douglas Crockford's Base 32, in small letters).
const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// Letters behind the show: 80 bits.
const WORD_LETTERS: usize = 16;
/// Bits of a letter.
const LETTER_BITS: usize = 5;

/// A selection's id, as in `4096-9k7qh2m4xw3p8r5t`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SelectionId {
    /// The show whose places they are.
    pub show: ShowId,
    /// What nobody guesses.
    pub word: String,
}

impl SelectionId {
    /// One of this show, from random bits, of which it takes 80.
    pub fn new(show: ShowId, random: u128) -> Self {
        let letter = |at: usize| {
            let number = (random >> (at * LETTER_BITS)) as usize % LETTERS.len();
            LETTERS.get(number).map(|letter| char::from(*letter))
        };
        let word = (0..WORD_LETTERS).filter_map(letter).collect();
        Self { show, word }
    }
}

impl fmt::Display for SelectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.show, self.word)
    }
}

/// The text is not a selection's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotASelectionId;

impl FromStr for SelectionId {
    type Err = NotASelectionId;

    fn from_str(text: &str) -> Result<Self, NotASelectionId> {
        let (show, word) = text.split_once('-').ok_or(NotASelectionId)?;
        let show = show.parse().map_err(|_not_a_show| NotASelectionId)?;
        let is_word = word.len() == WORD_LETTERS && word.bytes().all(|letter| LETTERS.contains(&letter));
        match is_word {
            true => Ok(Self {
                show,
                word: word.to_owned(),
            }),
            false => Err(NotASelectionId),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_as_it_is_written() {
        for random in [0, 1, u128::MAX, 0x0123_4567_89ab_cdef_0123] {
            let id = SelectionId::new(ShowId(4096), random);
            assert_eq!(id.to_string().parse(), Ok(id));
        }
    }

    #[test]
    fn eighty_bits_tell_two_apart() {
        let id = |random| SelectionId::new(ShowId(1), random);
        assert_ne!(id(1 << 79), id(0));
        assert_ne!(id(1), id(0));
        assert_eq!(id(1 << 80), id(0));
    }

    #[test]
    fn another_text_is_no_id() {
        for bad in [
            "",
            "4096",
            "4096-",
            "4096-9k7qh2m4xw3p8r5",
            "4096-9k7qh2m4xw3p8r5t0",
            "4096-9K7QH2M4XW3P8R5T",
            "4096-9k7qh2m4xw3p8r5u",
            "x-9k7qh2m4xw3p8r5t",
        ] {
            assert_eq!(bad.parse::<SelectionId>(), Err(NotASelectionId), "{bad}");
        }
    }
}
