//! The live feed's frames: texts of a WebSocket, and the data of Server-Sent Events.

use serde_json::{Value, json};

use super::parts::{Document, Object, reference};
use crate::live::feed::Kind;

/// The kinds that come unasked for, with the names of their schemas.
const FRAMES: [(Kind, &str); 4] = [
    (Kind::Snapshot, "SnapshotFrame"),
    (Kind::Events, "EventsFrame"),
    (Kind::Resync, "ResyncFrame"),
    (Kind::Line, "LineFrame"),
];

/// Adds the schema of any frame, and lets the feed's operation refer to it.
pub fn describe(document: &mut Document) {
    let choices = FRAMES.map(|(_, name)| reference("schemas", name));
    let mapping = FRAMES.map(|(kind, name)| {
        (
            kind.name().to_owned(),
            json!(format!("#/components/schemas/{name}")),
        )
    });
    let frame = json!({
        "description": "What the live feed sends.",
        "oneOf": choices,
        "discriminator": {"propertyName": "type", "mapping": Object::from_iter(mapping)},
    });
    document.components.schemas.insert("Frame".into(), frame);
    let mut operations = document.operations();
    let feed = operations.find(|operation| operation.id == "watch_show");
    let stream = feed.and_then(|feed| {
        feed.object
            .get_mut("responses")?
            .pointer_mut("/200/content/text~1event-stream")
    });
    if let Some(stream) = stream.and_then(Value::as_object_mut) {
        let schema = json!({
            "type": "string",
            "description": "Events whose `data` is a frame.",
            "contentMediaType": "application/json",
            "contentSchema": reference("schemas", "Frame"),
        });
        stream.insert("schema".into(), schema);
    }
}
