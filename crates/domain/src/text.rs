//! Names and titles: what people can read.

/// Whether a text is a word for programs: small letters, digits, `-` and `_`, and a letter or digit first.
pub fn is_slug(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let mut bytes = text.bytes();
    bytes.next().is_some_and(is_plain) && bytes.all(|byte| is_plain(byte) || byte == b'-' || byte == b'_')
}

/// Whether something that is called so can be seen and read: a letter, sign or picture at least, nothing that breaks lines
/// or can't be printed, and nothing that turns around the text beside it. Marks and joiners that some scripts need may
/// stand in it.
pub fn is_readable(text: &str) -> bool {
    text.chars().any(is_visible) && !text.chars().any(is_unprintable)
}

fn is_visible(letter: char) -> bool {
    !letter.is_whitespace() && !letter.is_control() && !is_ignorable(letter)
}

/// A text without what takes no room, and with one space for any blanks: what two texts have in common that can't be told
/// apart. Expects compatible letters to be one already (NFKC); capitals stay capitals.
pub fn what_is_seen(text: &str) -> String {
    let mut seen = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_whitespace() || is_blank(letter) {
            if !seen.is_empty() && !seen.ends_with(' ') {
                seen.push(' ');
            }
        } else if !is_without_room(letter) {
            seen.push(letter);
        }
    }
    seen.truncate(seen.trim_end().len());
    seen
}

/// Says nothing alone: takes no room, is blank, or is a mark that is drawn on something else.
fn is_ignorable(letter: char) -> bool {
    is_without_room(letter) || is_blank(letter) || matches!(letter, '\u{300}'..='\u{36f}')
}

/// A blank that is no white space.
fn is_blank(letter: char) -> bool {
    matches!(
        letter,
        '\u{115f}'..='\u{1160}' | '\u{2800}' | '\u{3164}' | '\u{ffa0}'
    )
}

/// Takes no room (Unicode's `Default_Ignorable_Code_Point`).
fn is_without_room(letter: char) -> bool {
    matches!(
        letter,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Breaks a line, turns the text that follows around, or stands for no letter at all.
fn is_unprintable(letter: char) -> bool {
    let is_no_letter = (0xfdd0..=0xfdef).contains(&u32::from(letter)) || u32::from(letter) & 0xfffe == 0xfffe;
    let turns = matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}') || turns || is_no_letter
}

/// Longest name of a key or an organiser, in characters.
pub const NAME_CHARS_MAX: usize = 100;

/// A name of a key or an organiser, without the space around it; `None` if it is empty, too long, or has what can't be printed.
pub fn read_name(text: &str) -> Option<&str> {
    let name = text.trim();
    let fits = name.chars().count() <= NAME_CHARS_MAX;
    (fits && is_readable(name)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::{is_readable, read_name, what_is_seen};

    #[test]
    fn what_takes_no_room_is_not_seen() {
        for same in [
            "Row 1",
            " Row\u{a0} 1 ",
            "Row\u{200b} 1\u{feff}",
            "\u{ad}Row\u{2800}1",
        ] {
            assert_eq!(what_is_seen(same), "Row 1", "{same:?}");
        }
        for (seen, other) in [("Row 1", "row 1"), ("Row 1", "Row1"), ("e\u{301}", "e")] {
            assert_ne!(what_is_seen(seen), what_is_seen(other));
        }
    }

    #[test]
    fn what_is_blank_or_breaks_or_turns_is_no_name() {
        for unseen in [
            "",
            " ",
            "\u{200b}",
            "\u{200f}\u{feff}",
            "\u{2800}",
            "\u{301}",
            "a\u{0}",
            "a\n",
            "\u{202e}a",
            "a\u{1ffff}",
        ] {
            assert!(!is_readable(unseen), "{unseen:?}");
        }
        for name in [
            "7",
            "Å",
            "e\u{301}",
            "می\u{200c}خواهم",
            "שלום\u{200f}",
            "👩\u{200d}👧",
            "❤\u{fe0f}",
        ] {
            assert!(is_readable(name), "{name:?}");
        }
    }

    #[test]
    fn a_name_can_be_printed() {
        assert_eq!(read_name(" Gate 3 "), Some("Gate 3"));
        for bad in ["", "  ", "a\nb", &"x".repeat(101)] {
            assert_eq!(read_name(bad), None);
        }
    }
}
