//! What is sent to endpoints: `{"type", "timestamp", "data"}`. An event is told as the journal and the live feed tell it.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::live::render::{PlaceNames, events_text};
use domain::event::{Event, EventKind};
use domain::id::{Offset, ShowId};
use domain::webhook::EndpointId;

/// What a message says whose events are not kept any more.
pub const GAP: &str = "journal_gap";
/// What a message says that an organiser has asked for.
pub const TEST: &str = "test";

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its id: the same however often it is sent, so that a receiver knows it again.
    pub id: String,
    /// What it says, in a word.
    pub event_type: String,
    /// Its body.
    pub text: String,
}

impl Message {
    /// That of an event.
    pub fn of_event(endpoint: EndpointId, show: ShowId, names: &PlaceNames, event: &Event) -> Self {
        let (members, _) = events_text(names, std::slice::from_ref(event));
        let members = members.strip_prefix('{').unwrap_or_default();
        let event_type = event.kind.name().to_owned();
        Self {
            id: id_of(endpoint, show, event, &event_type),
            text: format!(
                "{{\"type\":\"{event_type}\",\"timestamp\":\"{}\",\"data\":{{\"show\":\"{show}\",{members}}}",
                time(event.at)
            ),
            event_type,
        }
    }

    /// That of events between an offset and the next one that is kept.
    pub fn of_gap(endpoint: EndpointId, show: ShowId, after: Offset, next: &Event) -> Self {
        let data = json!({"show": show.to_string(), "after": after.0, "next": next.offset.0});
        Self {
            id: id_of(endpoint, show, next, GAP),
            event_type: GAP.to_owned(),
            text: json!({"type": GAP, "timestamp": time(next.at), "data": data}).to_string(),
        }
    }

    /// A test, of this number, that is sent now.
    pub fn of_test(endpoint: EndpointId, number: u128, now: DateTime<Utc>) -> Self {
        let data = json!({"endpoint": endpoint.to_string()});
        Self {
            id: format!("msg_{number:032x}"),
            event_type: TEST.to_owned(),
            text: json!({"type": TEST, "timestamp": time(now), "data": data}).to_string(),
        }
    }
}

/// Whether a message of this type may be asked for: that of an event may.
pub fn is_event_type(word: &str) -> bool {
    EventKind::ALL.iter().any(|kind| kind.name() == word)
}

/// The time of the event is in it: behind a failover that lost commits, an offset may stand for another event.
fn id_of(endpoint: EndpointId, show: ShowId, event: &Event, event_type: &str) -> String {
    let mut hasher = Sha256::new();
    hasher.update(endpoint.0.to_be_bytes());
    hasher.update(show.0.to_be_bytes());
    hasher.update(event.offset.0.to_be_bytes());
    hasher.update(event.at.timestamp_micros().to_be_bytes());
    hasher.update(event_type);
    let digest: [u8; 32] = hasher.finalize().into();
    let number = digest.first_chunk().map_or(0, |half| u128::from_be_bytes(*half));
    format!("msg_{number:032x}")
}

fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}
