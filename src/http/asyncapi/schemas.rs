//! The schemas, from the types that go over the wire.

use serde_json::{Map, Value};
use utoipa::OpenApi;

use crate::http::frames::{EventsFrame, ResyncFrame, SnapshotFrame};

/// What names of types end with that go over the wire. Clients call things without it.
const SUFFIX: &str = "Body";

#[derive(OpenApi)]
#[openapi(components(schemas(SnapshotFrame, EventsFrame, ResyncFrame)))]
struct Frames;

/// The frames' schemas, and those that they refer to.
pub fn schemas() -> serde_json::Result<Value> {
    let components = Frames::openapi().components.unwrap_or_default();
    let mut schemas = Map::new();
    for (name, schema) in components.schemas {
        let mut schema = serde_json::to_value(schema)?;
        make_open(&mut schema);
        schemas.insert(short(&name).to_owned(), schema);
    }
    Ok(schemas.into())
}

/// There may be more in what is sent one day, and references are to the short names.
fn make_open(value: &mut Value) {
    match value {
        Value::Object(object) => {
            if object.get("additionalProperties") == Some(&Value::Bool(false)) {
                object.remove("additionalProperties");
            }
            if let Some(Value::String(target)) = object.get_mut("$ref") {
                *target = short(target).to_owned();
            }
            object.values_mut().for_each(make_open);
        }
        Value::Array(list) => list.iter_mut().for_each(make_open),
        _ => {}
    }
}

fn short(name: &str) -> &str {
    name.strip_suffix(SUFFIX).unwrap_or(name)
}
