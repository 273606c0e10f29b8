//! What channels and operations are made of.

use serde_json::{Map, Value, json};
use utoipa::IntoParams;

/// A query's schema, from the type by which it is read.
pub fn query_of<Q: IntoParams>() -> Value {
    let mut properties = Map::new();
    for parameter in Q::into_params(|| None) {
        let schema = json!({
            "type": "integer",
            "minimum": 0,
            "description": parameter.description,
        });
        properties.insert(parameter.name, schema);
    }
    json!({"type": "object", "properties": properties, "additionalProperties": false})
}

/// Servers by their names.
pub fn servers(names: [&str; 2]) -> Value {
    let servers = names.map(|name| json!({"$ref": format!("#/servers/{name}")}));
    json!(servers)
}

/// A channel's messages: each its name there and in the components.
pub fn references(messages: impl IntoIterator<Item = (&'static str, String)>) -> Value {
    let reference = |(name, message): (&str, String)| {
        (
            name.to_owned(),
            json!({"$ref": format!("#/components/messages/{message}")}),
        )
    };
    messages.into_iter().map(reference).collect::<Map<_, _>>().into()
}

/// Messages of a channel by their names.
pub fn messages(channel: &str, names: &[&str]) -> Value {
    let reference = |name: &&str| json!({"$ref": format!("#/channels/{channel}/messages/{name}")});
    names.iter().map(reference).collect::<Vec<_>>().into()
}
