//! Names of components: as clients call things, without the `Body` by which the code tells them from what they are made of.

use serde_json::Value;

use super::parts::{Object, each_object};

const SUFFIX: &str = "Body";

/// Takes the suffix off every name and every reference.
pub fn shorten(document: &mut Value) {
    each_object(document, &mut |object| {
        if let Some(Value::String(target)) = object.get_mut("$ref")
            && let Some(short) = target.strip_suffix(SUFFIX)
        {
            *target = short.to_owned();
        }
    });
    if let Some(Value::Object(schemas)) = document.pointer_mut("/components/schemas") {
        let all = std::mem::take(schemas);
        *schemas = all
            .into_iter()
            .map(|(name, schema)| (short(&name), schema))
            .collect::<Object>();
    }
}

fn short(name: &str) -> String {
    name.strip_suffix(SUFFIX).unwrap_or(name).to_owned()
}
