//! Bytes for viewers: the parts of a seat map, frames of events, and their WebSocket encoding. Made once, shared by all.

use std::ops::Range;

use actix_http::ws::{OpCode, Parser};
use bytes::{Bytes, BytesMut};
use chrono::{DateTime, SecondsFormat, Utc};
use uuid::Uuid;

use domain::event::{Event, Places, TermsChange};
use domain::id::{Offset, Revision};
use domain::plan::numbering::SeatsMoved;
use domain::plan::{Plan, SeatIndex, ZoneIndex};
use domain::seat_map::{Sale, SeatMap, SeatState, ZoneCount};
use domain::show::Show;
use domain::waitlist::EntryStep;

/// Most bytes of a map for a seat, without its name.
const SEAT_BYTES: usize = 11;
/// Most bytes of a map for a zone, without its name.
const ZONE_BYTES: usize = 100;

/// The names of a show's places as JSON strings, made once.
pub struct PlaceNames {
    plan: String,
    seats: Vec<Box<str>>,
    zones: Vec<Box<str>>,
    /// Of zones that are gone, nothing is told but what they were called.
    gone_zones: Vec<bool>,
    /// The seats that are there, in the plan's order, where that is not the order of their numbers.
    order: Option<Order>,
    map_bytes: usize,
}

/// Which seats are there, and how they stand.
struct Order {
    seats: Vec<SeatIndex>,
    is_there: Vec<bool>,
    first: usize,
}

impl Order {
    fn of(plan: &Plan) -> Option<Self> {
        if plan.is_in_order() {
            return None;
        }
        let numbers = (0..).map(SeatIndex).take(plan.seats().len());
        let is_there: Vec<bool> = numbers.map(|seat| plan.is_there(seat)).collect();
        let first = is_there.iter().position(|is_there| *is_there).unwrap_or_default();
        Some(Self {
            seats: plan.order().to_vec(),
            is_there,
            first,
        })
    }
}

impl PlaceNames {
    /// The names of a show's places.
    pub fn of(show: &Show) -> Self {
        let plan = &show.plan;
        let quote = |name: &str| serde_json::Value::from(name).to_string().into_boxed_str();
        let seats: Vec<_> = plan.seats().iter().map(|seat| quote(&seat.name)).collect();
        let zones: Vec<_> = plan.zones().iter().map(|zone| quote(&zone.name)).collect();
        let seat_bytes: usize = seats.iter().map(|name| name.len() + SEAT_BYTES).sum();
        let zone_bytes: usize = zones.iter().map(|name| name.len() + ZONE_BYTES).sum();
        Self {
            plan: Uuid::from_u128(show.plan_id).to_string(),
            seats,
            zones,
            gone_zones: plan.zones().iter().map(|zone| zone.is_gone).collect(),
            order: Order::of(plan),
            map_bytes: seat_bytes + zone_bytes,
        }
    }

    /// A zone's name, as JSON.
    fn zone(&self, zone: ZoneIndex) -> &str {
        let name = self.zones.get(usize::from(zone.0));
        name.map_or("null", |name| name)
    }

    /// Whether a seat is there, by its number.
    fn has_seat(&self, seat: usize) -> bool {
        let order = self.order.as_ref();
        order.is_none_or(|order| order.is_there.get(seat).copied().unwrap_or_default())
    }

    /// The number of the first seat that is there.
    fn first_seat(&self) -> usize {
        self.order.as_ref().map_or(0, |order| order.first)
    }

    /// These letters, one for each number of a seat, in the plan's order of the seats that are there.
    pub fn in_order(&self, letters: String) -> String {
        let Some(order) = &self.order else {
            return letters;
        };
        let letters = letters.as_bytes();
        let seats = order.seats.iter();
        let letters = seats.filter_map(|seat| letters.get(seat.0 as usize));
        letters.map(|letter| char::from(*letter)).collect()
    }

    /// Whether there are other places than these from this event on.
    pub fn are_outdated_by(&self, event: &Event) -> bool {
        let change = event.change.as_ref();
        change.is_some_and(|change| change.moves_places(self.zones.len()))
    }

    /// How many names there are.
    pub fn names(&self) -> usize {
        self.seats.len() + self.zones.len()
    }

    /// Approximate length of a map with these names, in bytes.
    pub fn map_bytes(&self) -> usize {
        self.map_bytes
    }
}

/// A map as JSON, for snapshots that are read from the database.
pub fn map_json(show: &Show, names: &PlaceNames, map: &SeatMap, at: DateTime<Utc>) -> String {
    let mut text = String::with_capacity(names.map_bytes() + 200);
    push(&mut text, format_args!("{{\"at\":\"{}\",", time(at)));
    write_map(&mut text, show, names, map);
    text.push('}');
    text
}

/// The JSON of events, separated by commas, and where each stands.
pub fn events_text(names: &PlaceNames, events: &[Event]) -> (String, Vec<Range<usize>>) {
    let mut text = String::new();
    let mut ranges = Vec::with_capacity(events.len());
    for event in events {
        if !text.is_empty() {
            text.push(',');
        }
        let begin = text.len();
        write_event(&mut text, names, event);
        ranges.push(begin..text.len());
    }
    (text, ranges)
}

/// An `events` frame of text made by [`events_text`].
pub fn frame(events: &[u8]) -> Bytes {
    text_frame([EVENTS_BEGIN, events, EVENTS_END])
}

/// The text of this many bytes in a frame made by [`frame`], without a copy.
pub fn events_of(frame: &Bytes, text_bytes: usize) -> Bytes {
    let end = frame.len() - EVENTS_END.len();
    frame.slice(end - text_bytes..end)
}

/// The text of a text frame, without a copy.
pub fn text_of(frame: &Bytes) -> Bytes {
    // RFC 6455, 5.2: a length that the second byte has no room for stands behind it.
    let head = match frame.get(1) {
        Some(127) => 10,
        Some(126) => 4,
        _ => 2,
    };
    frame.slice(frame.len().min(head)..)
}

/// An `events` frame of single events.
pub fn frame_of_parts<'a>(events: impl Iterator<Item = &'a [u8]>) -> Bytes {
    let mut text = Vec::new();
    for event in events {
        if !text.is_empty() {
            text.push(b',');
        }
        text.extend_from_slice(event);
    }
    frame(&text)
}

/// The frame after which a viewer drops its state: a snapshot follows.
pub fn resync_frame() -> Bytes {
    text_frame([b"{\"type\":\"resync\"}".as_slice()])
}

/// A control frame.
pub fn control_frame(code: OpCode, payload: &[u8]) -> Bytes {
    let mut frame = BytesMut::new();
    Parser::write_message(&mut frame, payload, code, true, false);
    frame.freeze()
}

const EVENTS_BEGIN: &[u8] = b"{\"type\":\"events\",\"events\":[";
const EVENTS_END: &[u8] = b"]}";

/// A text frame of these parts.
pub fn text_frame<const N: usize>(parts: [&[u8]; N]) -> Bytes {
    let text = parts.concat();
    let mut frame = BytesMut::with_capacity(text.len() + 10);
    Parser::write_message(&mut frame, text, OpCode::Text, true, false);
    frame.freeze()
}

fn write_map(text: &mut String, show: &Show, names: &PlaceNames, map: &SeatMap) {
    write_map_head(text, show, names, map.offset, map.sale, map.revision);
    text.push('{');
    write_seats(text, names, 0, &map.seats);
    text.push('}');
    write_map_tail(text, names, &map.zones, &map.capacities);
}

/// A map's JSON up to its seats.
pub fn write_map_head(
    text: &mut String,
    show: &Show,
    names: &PlaceNames,
    offset: Offset,
    sale: Sale,
    revision: Revision,
) {
    let state = match sale {
        Sale::Open => "open",
        Sale::Closed => "closed",
    };
    push(
        text,
        format_args!(
            "\"show\":\"{}\",\"offset\":{offset},\"state\":\"{state}\",\"revision\":{revision},\"plan\":\"{}\",\"seats\":",
            show.id, names.plan
        ),
    );
}

/// The seats from number `first` on.
pub fn write_seats(text: &mut String, names: &PlaceNames, first: usize, states: &[SeatState]) {
    let seats = names.seats.get(first..).unwrap_or_default();
    let bytes: usize = seats
        .iter()
        .take(states.len())
        .map(|name| name.len() + SEAT_BYTES)
        .sum();
    text.reserve(bytes);
    for (number, (name, state)) in (first..).zip(seats.iter().zip(states)) {
        if !names.has_seat(number) {
            continue;
        }
        if number > names.first_seat() {
            text.push(',');
        }
        text.push_str(name);
        text.push_str(":\"");
        text.push_str(state.name());
        text.push('"');
    }
}

/// A map's JSON after its seats, but for the closing brace.
pub fn write_map_tail(text: &mut String, names: &PlaceNames, zones: &[ZoneCount], capacities: &[u32]) {
    text.push_str(",\"zones\":[");
    let zones = names.zones.iter().zip(capacities).zip(zones);
    let zones = zones.zip(&names.gone_zones).filter(|(_, is_gone)| !**is_gone);
    for (number, (((name, capacity), count), _)) in zones.enumerate() {
        if number > 0 {
            text.push(',');
        }
        let free = count.free(*capacity);
        push(
            text,
            format_args!(
                "{{\"zone\":{name},\"capacity\":{capacity},\"held\":{},\"sold\":{},\"blocked\":{},\"free\":{free}}}",
                count.held, count.sold, count.blocked
            ),
        );
    }
    text.push(']');
}

fn write_event(text: &mut String, names: &PlaceNames, event: &Event) {
    push(
        text,
        format_args!(
            "{{\"offset\":{},\"at\":\"{}\",\"type\":\"{}\",\"seats\":[",
            event.offset,
            time(event.at),
            event.kind.name()
        ),
    );
    write_places(text, names, &event.places);
    text.push(']');
    if let Some(hold) = event.hold {
        push(text, format_args!(",\"hold\":{hold}"));
    }
    if let Some(step) = &event.entry {
        let EntryStep {
            entry,
            place,
            entries,
            ..
        } = &**step;
        push(
            text,
            format_args!(",\"entry\":{entry},\"place\":{place},\"entries\":{entries}"),
        );
    }
    if let Some(change) = &event.change {
        write_change(text, names, change);
    }
    text.push('}');
}

fn write_change(text: &mut String, names: &PlaceNames, change: &TermsChange) {
    push(
        text,
        format_args!(",\"revision\":{},\"capacities\":[", change.revision),
    );
    for (number, part) in change.capacities.iter().enumerate() {
        if number > 0 {
            text.push(',');
        }
        let (name, capacity) = (names.zone(part.zone), part.capacity);
        push(text, format_args!("{{\"zone\":{name},\"capacity\":{capacity}}}"));
    }
    text.push(']');
    let SeatsMoved { added, removed } = &change.seats;
    for (word, seats) in [("seats_added", added), ("seats_removed", removed)] {
        if !seats.is_empty() {
            push(text, format_args!(",\"{word}\":["));
            write_seat_names(text, names, seats);
            text.push(']');
        }
    }
}

/// A time as serde writes it, so that an event reads the same in a frame and in the journal.
fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

fn write_seat_names(text: &mut String, names: &PlaceNames, seats: &[SeatIndex]) {
    for (number, seat) in seats.iter().enumerate() {
        if number > 0 {
            text.push(',');
        }
        text.push_str(names.seats.get(seat.0 as usize).map_or("null", |name| name));
    }
}

fn write_places(text: &mut String, names: &PlaceNames, places: &Places) {
    write_seat_names(text, names, &places.seats);
    text.push_str("],\"zones\":[");
    for (number, part) in places.zones.iter().enumerate() {
        if number > 0 {
            text.push(',');
        }
        let name = names.zone(part.zone);
        push(text, format_args!("{{\"zone\":{name},\"count\":{}}}", part.count));
    }
}

fn push(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    // Writing to a String can't fail.
    let _infallible = std::fmt::Write::write_fmt(text, arguments);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(at: &str) {
        let parsed: DateTime<Utc> = at.parse().expect("a time");
        assert_eq!(time(parsed), at);
        assert_eq!(serde_json::json!(parsed), at);
    }

    #[track_caller]
    fn check_text(bytes: usize) {
        let text = vec![b'7'; bytes];
        assert_eq!(text_of(&text_frame([text.as_slice()])), text, "{bytes} bytes");
    }

    #[test]
    fn a_frame_has_its_text() {
        check_text(0);
        check_text(125);
        check_text(126);
        check_text(65_535);
        check_text(65_536);
    }

    #[test]
    fn a_time_reads_the_same_everywhere() {
        check("2026-11-24T20:00:00Z");
        check("2026-11-24T20:00:00.125Z");
        check("2026-11-24T20:00:00.125001Z");
    }
}
