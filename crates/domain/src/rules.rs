//! What a show asks of its orders besides prices and limits. A show that asks for nothing has none.

use serde::{Deserialize, Serialize};

use super::line::LineRules;
use super::waitlist::WaitlistRules;

/// The rules of a show.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Rules {
    /// Whether single seats may be left over.
    #[serde(default)]
    pub lone_seats: LoneSeats,
    /// Who waits for places that are not free, and what becomes of those that are freed. None: nobody can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waitlist: Option<WaitlistRules>,
    /// Who waits for their turn to choose places. None: everybody may at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<LineRules>,
}

/// Whether an order may leave a single free seat between places that are taken ([`super::lone_seat`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LoneSeats {
    /// Any may.
    #[default]
    Off,
    /// One may that has no other choice beside.
    Lenient,
    /// One may for which there is no other choice in the section.
    Strict,
}
