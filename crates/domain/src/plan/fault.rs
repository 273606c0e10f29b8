//! What is wrong with a plan's document, and where: all of it at once, so that nobody has to upload it once a fault.

use std::fmt;

use super::{COORDINATE_MAX, NAME_CHARS_MAX, QUALITY_MAX, ZONE_PLACES_MAX};

/// Most faults that are told of one document.
pub const PLAN_FAULTS_MAX: usize = 100;

/// A part of a document, by its places in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The document as a whole.
    Plan(Member),
    /// What the seats look at.
    FocalPoint(Member),
    /// A floor.
    Floor(usize, Member),
    /// A category.
    Category(usize, Member),
    /// A section.
    Section(usize, Member),
    /// A row: the places of its section and of the row in it. Its tables are counted on behind its rows.
    Row([usize; 2], Member),
    /// A seat: the places of its section, of its row and of the seat in it.
    Seat([usize; 3], Member),
    /// A zone.
    Zone(usize, Member),
}

/// What is at fault of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Member {
    /// The part as a whole.
    Whole,
    /// What it is called.
    Name,
    /// What is painted on it.
    Number,
    /// What people are told.
    Label,
    /// Its category.
    Category,
    /// The floor it is on.
    Floor,
    /// The seat whose companion it is.
    CompanionOf,
    /// How good it is.
    Quality,
    /// How it is drawn.
    Color,
    /// How many places it has.
    Capacity,
    /// Where it is.
    X,
    /// Where it is.
    Y,
}

/// A document that can say where it has a part, in its own words.
pub trait Pointers {
    /// A JSON pointer to the part. One that is missing is told by what lacks it.
    fn pointer(&self, part: Part) -> String;
}

/// Why a document is no plan: all its faults, up to [`PLAN_FAULTS_MAX`]. There is at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanError {
    /// In the document's order.
    pub faults: Vec<PlanFault>,
}

/// A fault of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanFault {
    /// The place in the document, as a JSON pointer.
    pub pointer: String,
    /// What is wrong there.
    pub refusal: PlanRefusal,
}

/// What is wrong with a part of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlanRefusal {
    /// A name is empty.
    EmptyName,
    /// A name has more than [`NAME_CHARS_MAX`] characters.
    LongName,
    /// A name has characters that can't be printed.
    UnprintableName,
    /// Something of that name came before.
    Duplicate(String),
    /// Something came before whose name looks the same.
    Twin {
        /// The name.
        name: String,
        /// That of the other.
        other: String,
        /// Where the other is, as a JSON pointer.
        at: String,
    },
    /// No category has that name.
    UnknownCategory(String),
    /// Neither the seat nor its row names a category.
    NoCategory,
    /// No floor has that name.
    UnknownFloor(String),
    /// The plan has floors, and this is on none.
    NoFloor,
    /// No other seat of the row has that name.
    UnknownSeat(String),
    /// The seat of that name is not accessible.
    NotAccessible(String),
    /// A quality is not between 0 and [`QUALITY_MAX`].
    Quality(i64),
    /// A colour is not written as it must be.
    Color,
    /// More of these than this.
    TooMany(&'static str, usize),
    /// A zone has no places or more than [`ZONE_PLACES_MAX`].
    Capacity(i64),
    /// A coordinate is not a number or absurdly far out.
    Coordinate,
    /// The plan has neither seats nor zones.
    Nothing,
}

impl fmt::Display for PlanRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EmptyName => f.write_str("the name is empty"),
            Self::LongName => write!(f, "the name is longer than {NAME_CHARS_MAX} characters"),
            Self::UnprintableName => f.write_str("the name has characters that can't be printed"),
            Self::Duplicate(name) => write!(f, "“{name}” came before"),
            Self::Twin { name, other, at } => write!(
                f,
                "“{name}” can't be told from “{other}” at {at}, though it is written with other characters"
            ),
            Self::UnknownCategory(name) => write!(f, "no category is called “{name}”"),
            Self::NoCategory => f.write_str("neither the seat nor its row names a category"),
            Self::UnknownFloor(name) => write!(f, "no floor is called “{name}”"),
            Self::NoFloor => f.write_str("the plan has floors, and it names none"),
            Self::UnknownSeat(name) => write!(f, "no other seat of its row is called “{name}”"),
            Self::NotAccessible(name) => write!(f, "the seat “{name}” is not accessible"),
            Self::Quality(quality) => {
                write!(
                    f,
                    "a quality lies between 0 and {QUALITY_MAX}, and is not {quality}"
                )
            }
            Self::Color => f.write_str("a colour is written #rgb or #rrggbb"),
            Self::TooMany(what, max) => write!(f, "there may be {max} {what} at most"),
            Self::Capacity(capacity) => {
                write!(f, "a zone has 1 to {ZONE_PLACES_MAX} places, not {capacity}")
            }
            Self::Coordinate => write!(
                f,
                "a coordinate lies between -{COORDINATE_MAX} and {COORDINATE_MAX}"
            ),
            Self::Nothing => f.write_str("the plan has neither seats nor zones"),
        }
    }
}

impl fmt::Display for PlanFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pointer = if self.pointer.is_empty() {
            "/"
        } else {
            &self.pointer
        };
        write!(f, "{pointer}: {}", self.refusal)
    }
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, fault) in self.faults.iter().enumerate() {
            let separator = if at == 0 { "" } else { "; " };
            write!(f, "{separator}{fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for PlanError {}
