//! What is sent: each frame as a WebSocket has it, and as an event.

use serde_json::{Map, Value, json};

use super::examples::{
    events_of_orders, events_of_the_organiser, line, no_events, packed_snapshot, resync, snapshot,
};
use crate::http::live::LAST_EVENT_ID;

/// A frame.
struct Frame {
    /// Its `type`.
    word: &'static str,
    /// The type that it is made from.
    schema: &'static str,
    title: &'static str,
    summary: &'static str,
    /// What an event's id is; none where it has none.
    id: Option<Value>,
    /// What each example shows, its event's id, and the text.
    examples: Vec<(&'static str, &'static str, Value)>,
}

/// All messages, by name.
pub fn messages() -> serde_json::Result<Value> {
    let mut messages = Map::new();
    for frame in frames()? {
        messages.insert(frame.word.to_owned(), over_web_socket(&frame));
        messages.insert(format!("{}Event", frame.word), as_event(&frame));
    }
    messages.insert("watch".to_owned(), watch());
    Ok(messages.into())
}

fn frames() -> serde_json::Result<[Frame; 5]> {
    let offset = || {
        Some(
            json!({"type": "string", "pattern": "^[0-9]+$", "description": "The offset that the viewer has now."}),
        )
    };
    Ok([
        Frame {
            word: "snapshot",
            schema: "SnapshotFrame",
            title: "Snapshot",
            summary: "The state of every place: a viewer begins with it, again after `resync`.",
            id: offset(),
            examples: vec![("A small hall", "2", serde_json::to_value(snapshot())?)],
        },
        Frame {
            word: "packed_snapshot",
            schema: "PackedSnapshotFrame",
            title: "Packed snapshot",
            summary: "The same in few bytes, for viewers that have the plan and asked for it by `seats=packed`.",
            id: offset(),
            examples: vec![("A small hall", "2", serde_json::to_value(packed_snapshot())?)],
        },
        Frame {
            word: "events",
            schema: "EventsFrame",
            title: "Events",
            summary: "Events that follow on what the viewer has, in order; none, if it has all.",
            id: offset(),
            examples: vec![
                ("Held, and paid", "4", serde_json::to_value(events_of_orders())?),
                ("Off sale", "6", serde_json::to_value(events_of_the_organiser())?),
                ("Up to date", "6", serde_json::to_value(no_events())?),
            ],
        },
        Frame {
            word: "resync",
            schema: "ResyncFrame",
            title: "Resync",
            summary: "The viewer is to forget what it knows: a snapshot follows.",
            id: Some(
                json!({"type": "string", "enum": [""], "description": "Empty: who comes back begins anew."}),
            ),
            examples: vec![("Too slow", "", serde_json::to_value(resync())?)],
        },
        Frame {
            word: "line",
            schema: "LineFrame",
            title: "Line",
            summary: "How the show's line stands, where it has one. It belongs to no offset, and each one replaces the one before.",
            id: None,
            examples: vec![("On its way", "", serde_json::to_value(line())?)],
        },
    ])
}

fn over_web_socket(frame: &Frame) -> Value {
    let example = |(summary, _, payload): &(&str, &str, Value)| json!({"name": frame.word, "summary": summary, "payload": payload});
    json!({
        "name": frame.word,
        "title": frame.title,
        "summary": frame.summary,
        "contentType": "application/json",
        "payload": payload(frame),
        "examples": frame.examples.iter().map(example).collect::<Vec<_>>(),
    })
}

fn as_event(frame: &Frame) -> Value {
    let example = |(summary, id, payload): &(&str, &str, Value)| {
        let headers = match frame.id {
            Some(_) => json!({"event": frame.word, "id": id}),
            None => json!({"event": frame.word}),
        };
        json!({
            "name": frame.word,
            "summary": summary,
            "headers": headers,
            "payload": payload,
        })
    };
    let mut fields = Map::new();
    fields.insert(
        "event".to_owned(),
        json!({"type": "string", "enum": [frame.word], "description": "The frame's `type`."}),
    );
    fields.extend(frame.id.clone().map(|id| ("id".to_owned(), id)));
    json!({
        "name": format!("{}Event", frame.word),
        "title": format!("{} as an event", frame.title),
        "summary": frame.summary,
        "description": "The headers are the event's other fields, the payload is its `data`.",
        "contentType": "application/json",
        "headers": {
            "type": "object",
            "required": fields.keys().collect::<Vec<_>>(),
            "properties": fields,
        },
        "payload": payload(frame),
        "examples": frame.examples.iter().map(example).collect::<Vec<_>>(),
    })
}

fn payload(frame: &Frame) -> Value {
    json!({"$ref": format!("#/components/schemas/{}", frame.schema)})
}

/// The request for an event stream.
fn watch() -> Value {
    json!({
        "name": "watch",
        "title": "Watch",
        "summary": "A request for an event stream, without a body.",
        "headers": {
            "type": "object",
            "required": ["Accept"],
            "properties": {
                "Accept": {"type": "string", "examples": ["text/event-stream"], "description": "Has `text/event-stream` in it."},
                LAST_EVENT_ID: {"type": "string", "pattern": "^[0-9]*$", "description": "The last event's id: what comes after it follows."},
            },
        },
        "examples": [
            {"name": "watch", "summary": "From the state now", "headers": {"Accept": "text/event-stream"}},
            {"name": "watch", "summary": "Coming back", "headers": {"Accept": "text/event-stream", LAST_EVENT_ID: "4"}},
        ],
    })
}
