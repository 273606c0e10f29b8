//! The schemas, from the types that go over the wire.

use serde_json::Value;
use utoipa::OpenApi;

use crate::http::bodies::notice::{GapBody, NoticeBody};
use crate::http::document::names::shorten;
use crate::http::document::parts::each_object;
use crate::http::frames::{EventsFrame, LineFrame, PackedSnapshotFrame, ResyncFrame, SnapshotFrame};

#[derive(OpenApi)]
#[openapi(components(schemas(
    SnapshotFrame,
    PackedSnapshotFrame,
    EventsFrame,
    ResyncFrame,
    LineFrame,
    NoticeBody,
    GapBody
)))]
struct Frames;

/// The frames' schemas, and those that they refer to.
pub fn schemas() -> serde_json::Result<Value> {
    let mut described = serde_json::to_value(Frames::openapi())?;
    shorten(&mut described);
    let schemas = described.pointer_mut("/components/schemas");
    let mut schemas = schemas.map(Value::take).unwrap_or_default();
    // There may be more in what is sent one day.
    each_object(&mut schemas, &mut |object| {
        if object.get("additionalProperties") == Some(&Value::Bool(false)) {
            object.remove("additionalProperties");
        }
    });
    Ok(schemas)
}
