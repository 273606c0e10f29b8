//! The live feed's frames: texts of a WebSocket, and the data of Server-Sent Events.

use serde_json::{Value, json};

use super::parts::{Document, Object, object_in, reference};

/// Adds their schemas, and lets the feed's operation refer to them.
pub fn describe(document: &mut Document) {
    let schemas = &mut document.components.schemas;
    let mut frames = Object::new();
    for (word, name, frame) in frames_of(schemas.get("SeatMap")) {
        schemas.insert(name.into(), frame);
        frames.insert(word.into(), json!(format!("#/components/schemas/{name}")));
    }
    let choices: Vec<_> = frames.values().map(|target| json!({"$ref": target})).collect();
    let frame = json!({
        "description": "What the live feed sends.",
        "oneOf": choices,
        "discriminator": {"propertyName": "type", "mapping": frames},
    });
    schemas.insert("Frame".into(), frame);
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

fn frames_of(map: Option<&Value>) -> [(&'static str, &'static str, Value); 3] {
    let kind = |word: &str| json!({"type": "string", "enum": [word], "description": "Which frame it is."});
    let mut snapshot = map.cloned().unwrap_or_default();
    if let Some(snapshot) = snapshot.as_object_mut() {
        snapshot.insert(
            "description".into(),
            json!("The state of every place: a viewer begins with it, again after `resync`."),
        );
        if let Some(Value::Array(required)) = snapshot.get_mut("required") {
            required.insert(0, json!("type"));
        }
        if let Some(properties) = object_in(snapshot, "properties") {
            properties.remove("at");
            properties.insert("type".into(), kind("snapshot"));
        }
    }
    let events = json!({
        "type": "object",
        "description": "Events that follow on what the viewer has, in order; none, if it has all.",
        "required": ["type", "events"],
        "properties": {
            "type": kind("events"),
            "events": {"type": "array", "items": reference("schemas", "Event"), "description": "The events."},
        },
    });
    let resync = json!({
        "type": "object",
        "description": "The viewer is to forget what it knows: a snapshot follows.",
        "required": ["type"],
        "properties": {"type": kind("resync")},
    });
    [
        ("snapshot", "SnapshotFrame", snapshot),
        ("events", "EventsFrame", events),
        ("resync", "ResyncFrame", resync),
    ]
}
