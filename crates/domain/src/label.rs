//! Labels of blocked places: whom they are kept for. A code may be the way to those of one label.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::text::is_slug;

/// Longest label, in characters.
pub const LABEL_CHARS_MAX: usize = 32;

/// Whom places are kept for: small letters, digits, `-` and `_`, as in `press`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Label(String);

/// The text is no label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotALabel;

impl fmt::Display for NotALabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "must be 1 to {LABEL_CHARS_MAX} small letters, digits, “-” and “_”, and begin with a letter or digit"
        )
    }
}

impl std::error::Error for NotALabel {}

impl TryFrom<String> for Label {
    type Error = NotALabel;

    fn try_from(text: String) -> Result<Self, NotALabel> {
        match text.len() <= LABEL_CHARS_MAX && is_slug(&text) {
            true => Ok(Self(text)),
            false => Err(NotALabel),
        }
    }
}

impl From<Label> for String {
    fn from(label: Label) -> Self {
        label.0
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
