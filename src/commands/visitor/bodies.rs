//! What an office says, as far as it matters here. Whatever else it says is passed over.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde::Deserialize;

/// A show.
#[derive(Debug, Clone, Deserialize)]
pub struct Show {
    /// Its id.
    pub id: String,
    /// Its plan's id.
    pub plan: String,
    /// What it is called.
    pub title: String,
    /// When it begins.
    pub starts_at: DateTime<Utc>,
    /// Most places in one order.
    pub order_places_max: u32,
    /// Whether what it sells is for trial.
    pub test: bool,
}

/// A page of shows.
#[derive(Debug, Deserialize)]
pub struct Shows {
    /// The shows.
    pub shows: Vec<Show>,
}

/// The state of every place, as a map and as the first frame of a feed.
#[derive(Debug, Deserialize)]
pub struct Map {
    /// The last event that is in it.
    pub offset: i64,
    /// Whether it sells: `open` or `closed`.
    pub state: String,
    /// The revision of the show's terms.
    #[serde(default = "first_revision")]
    pub revision: i32,
    /// The plan whose places these are. Offices of the version before don't say: there, a show keeps its plan.
    pub plan: Option<String>,
    /// Each seat's state.
    pub seats: HashMap<String, String>,
    /// Each zone's counts.
    pub zones: Vec<ZoneCounts>,
}

/// Offices of the version before know of no other.
fn first_revision() -> i32 {
    1
}

/// A zone's counts.
#[derive(Debug, Deserialize)]
pub struct ZoneCounts {
    /// The zone.
    pub zone: String,
    /// How many places it has.
    pub capacity: u32,
    /// In orders that are not paid yet.
    pub held: u32,
    /// In paid orders.
    pub sold: u32,
    /// Kept off sale.
    pub blocked: u32,
}

/// A frame of the feed.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Frame {
    /// The state of every place.
    Snapshot(Map),
    /// What has happened since.
    Events {
        /// In order.
        events: Vec<Happened>,
    },
    /// A snapshot follows.
    Resync {},
    /// Of a later version of the office.
    #[serde(other)]
    Unknown,
}

/// An event.
#[derive(Debug, Clone, Deserialize)]
pub struct Happened {
    /// Its number.
    pub offset: i64,
    /// When.
    pub at: DateTime<Utc>,
    /// What, in a word.
    #[serde(rename = "type")]
    pub kind: String,
    /// The seats that changed.
    #[serde(default)]
    pub seats: Vec<String>,
    /// The places in zones that changed.
    #[serde(default)]
    pub zones: Vec<ZonePart>,
    /// The revision of the show's terms from here on, where they have changed.
    pub revision: Option<i32>,
    /// The zones that have another capacity from here on.
    #[serde(default)]
    pub capacities: Vec<Capacity>,
}

/// How large a zone is.
#[derive(Debug, Clone, Deserialize)]
pub struct Capacity {
    /// The zone.
    pub zone: String,
    /// How many places it has.
    pub capacity: u32,
}

/// Some places of a zone.
#[derive(Debug, Clone, Deserialize)]
pub struct ZonePart {
    /// The zone.
    pub zone: String,
    /// How many.
    pub count: u32,
}

/// Who takes payments of a show.
#[derive(Debug, Deserialize)]
pub struct Providers {
    /// In the order in which they are to be offered.
    pub providers: Vec<Provider>,
}

/// One of them.
#[derive(Debug, Deserialize)]
pub struct Provider {
    /// Its name.
    pub name: String,
    /// How a buyer pays with it.
    pub kind: String,
}

/// A new session.
#[derive(Debug, Deserialize)]
pub struct Session {
    /// Its token.
    pub token: String,
}

/// An order.
#[derive(Debug, Deserialize)]
pub struct Order {
    /// Its reference.
    pub id: String,
}

/// Why something was refused.
#[derive(Debug, Default, Deserialize)]
pub struct Problem {
    /// In a word.
    #[serde(default)]
    pub code: String,
}
