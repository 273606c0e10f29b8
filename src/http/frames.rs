//! What the live feed sends: texts of a WebSocket, and the data of Server-Sent Events.
//!
//! The feed writes them by hand, once for all viewers of a show. These types are what it is documented by, and a test holds
//! what viewers really get against their schemas.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};

use super::bodies::show::SaleBody;
use super::bodies::words::SeatStateBody;
use super::journal::EventBody;
use super::seat_map::ZoneCountBody;
use crate::live::feed::Kind;

/// The state of every place: a viewer begins with it, again after `resync`.
#[derive(Debug, Serialize, ToSchema)]
pub struct SnapshotFrame {
    /// Which frame it is.
    #[serde(rename = "type")]
    #[schema(schema_with = snapshot_word)]
    pub kind: &'static str,
    /// The show.
    pub show: String,
    /// The last event that is in it: events after it follow.
    #[schema(minimum = 0)]
    pub offset: i64,
    /// Whether it sells.
    pub state: SaleBody,
    /// The revision of the show's terms.
    #[schema(minimum = 1)]
    pub revision: i64,
    /// The plan whose seats and zones these are: the show may have taken another one since the viewer read it.
    pub plan: String,
    /// Each seat's state.
    #[schema(value_type = BTreeMap<String, SeatStateBody>)]
    pub seats: BTreeMap<String, &'static str>,
    /// Each zone's counts.
    pub zones: Vec<ZoneCountBody>,
}

/// The same in few bytes, for viewers that have the plan and asked for it by `seats=packed`.
#[derive(Debug, Serialize, ToSchema)]
pub struct PackedSnapshotFrame {
    /// Which frame it is.
    #[serde(rename = "type")]
    #[schema(schema_with = packed_snapshot_word)]
    pub kind: &'static str,
    /// The show.
    pub show: String,
    /// The last event that is in it: events after it follow.
    #[schema(minimum = 0)]
    pub offset: i64,
    /// Whether it sells.
    pub state: SaleBody,
    /// The revision of the show's terms.
    #[schema(minimum = 1)]
    pub revision: i64,
    /// The plan whose seats and zones these are: the show may have taken another one since the viewer read it.
    pub plan: String,
    /// Each seat's state, a letter a seat, in the order in which the plan's document has the seats: `f` is free, `h` held,
    /// `s` sold, `b` blocked.
    #[schema(pattern = "^[fhsb]*$")]
    pub seats: String,
    /// Each zone's counts.
    pub zones: Vec<ZoneCountBody>,
}

/// Events that follow on what the viewer has, in order; none, if it has all.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventsFrame {
    /// Which frame it is.
    #[serde(rename = "type")]
    #[schema(schema_with = events_word)]
    pub kind: &'static str,
    /// The events.
    pub events: Vec<EventBody>,
}

/// The viewer is to forget what it knows: a snapshot follows.
#[derive(Debug, Serialize, ToSchema)]
pub struct ResyncFrame {
    /// Which frame it is.
    #[serde(rename = "type")]
    #[schema(schema_with = resync_word)]
    pub kind: &'static str,
}

/// How the show's line stands, where it has one: it belongs to no offset. Who has a number is behind `number` less `admitted` less 1 others.
#[derive(Debug, Serialize, ToSchema)]
pub struct LineFrame {
    /// Which frame it is.
    #[serde(rename = "type")]
    #[schema(schema_with = line_word)]
    pub kind: &'static str,
    /// Numbers up to this one are admitted.
    #[schema(minimum = 0)]
    pub admitted: i64,
    /// Admissions a second of late.
    #[schema(minimum = 0)]
    pub rate: f64,
    /// The last number that may have been given out.
    #[schema(minimum = 0)]
    pub last_number: i64,
    /// How many drew, about.
    #[schema(minimum = 0)]
    pub drawn: i64,
}

/// The schema of a frame's word.
fn word(kind: Kind) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some([kind.name()]))
        .description(Some("Which frame it is."))
        .into()
}

fn snapshot_word() -> RefOr<Schema> {
    word(Kind::Snapshot)
}

fn packed_snapshot_word() -> RefOr<Schema> {
    word(Kind::PackedSnapshot)
}

fn events_word() -> RefOr<Schema> {
    word(Kind::Events)
}

fn resync_word() -> RefOr<Schema> {
    word(Kind::Resync)
}

fn line_word() -> RefOr<Schema> {
    word(Kind::Line)
}
