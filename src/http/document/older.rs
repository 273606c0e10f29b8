//! The same document as OpenAPI 3.0.3, for tools that read nothing newer. It says a little less: of what an operation may fail
//! with, the codes are in the descriptions alone, as generators for 3.0 want one type for all errors of an operation.

use serde_json::{Value, json};

use super::errors::PROBLEM;
use super::parts::{Document, Object, each_object};

/// Words of schemas that 3.0 doesn't have, and that say nothing that a client must know.
const UNKNOWN: [&str; 4] = [
    "contentMediaType",
    "contentSchema",
    "contentEncoding",
    "propertyNames",
];

impl Document {
    /// The document as OpenAPI 3.0.3.
    pub fn into_older(mut self) -> serde_json::Result<Value> {
        self.openapi = "3.0.3".to_owned();
        // 3.0 tells of no calls that the office makes.
        self.webhooks.clear();
        if let Some(Value::Object(license)) = self.info.get_mut("license") {
            license.remove("identifier");
        }
        let schemas = &mut self.components.schemas;
        schemas.retain(|name, _| name == PROBLEM || !name.ends_with(PROBLEM));
        for operation in self.operations() {
            succeed_in_one_way(operation.object);
        }
        let mut document = serde_json::to_value(self)?;
        each_object(&mut document, &mut |object| {
            widen_problem(object);
            UNKNOWN.iter().for_each(|word| drop(object.remove(*word)));
            tell_null(object);
            choose_one(object);
            if let Some(only) = object.remove("const") {
                object.insert("enum".into(), json!([only]));
            }
            if let Some(Value::Array(examples)) = object.get("examples").cloned() {
                object.remove("examples");
                object.extend(
                    examples
                        .into_iter()
                        .next()
                        .map(|first| ("example".to_owned(), first)),
                );
            }
            if object.contains_key("$ref") {
                object.retain(|name, _| name == "$ref");
            }
        });
        Ok(document)
    }
}

/// Generators for 3.0 want one type for what an operation succeeds with: of the live feed, Server-Sent Events without the
/// WebSocket.
fn succeed_in_one_way(operation: &mut Object) {
    if let Some(Value::Object(responses)) = operation.get_mut("responses")
        && responses.contains_key("200")
    {
        responses.remove("101");
    }
}

/// A reference to a problem of some codes becomes one to any problem.
fn widen_problem(object: &mut Object) {
    if let Some(Value::String(target)) = object.get_mut("$ref")
        && target.starts_with("#/components/schemas/")
        && target.ends_with(PROBLEM)
    {
        *target = format!("#/components/schemas/{PROBLEM}");
    }
}

/// A list of a type and null becomes a type that is nullable.
fn tell_null(object: &mut Object) {
    let Some(Value::Array(types)) = object.get("type").cloned() else {
        return;
    };
    let some: Vec<_> = types.iter().filter(|kind| *kind != "null").collect();
    if some.len() < types.len() {
        object.insert("nullable".into(), json!(true));
    }
    match some.as_slice() {
        [only] => drop(object.insert("type".into(), (*only).clone())),
        several => {
            let choices: Vec<_> = several.iter().map(|kind| json!({"type": kind})).collect();
            object.remove("type");
            object.insert("anyOf".into(), json!(choices));
        }
    }
}

/// A choice between a schema and null becomes that schema: there is no other way to say it of one that is referred to. Whatever
/// may be null so may also be left out.
fn choose_one(object: &mut Object) {
    let Some(Value::Array(choices)) = object.get_mut("oneOf") else {
        return;
    };
    choices.retain(|choice| choice["type"] != "null");
    if let [Value::Object(only)] = choices.as_slice() {
        let only = only.clone();
        object.remove("oneOf");
        object.extend(only);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::document::document;

    #[test]
    fn nothing_newer_is_left() {
        let document = document().expect("a document");
        let mut older = document.into_older().expect("JSON");
        assert_eq!(older["openapi"], "3.0.3");
        assert!(older.get("webhooks").is_none() && older["info"]["license"].get("identifier").is_none());
        each_object(&mut older, &mut |object| {
            for word in [
                "const",
                "contentSchema",
                "contentMediaType",
                "propertyNames",
                "prefixItems",
                "$defs",
            ] {
                assert!(!object.contains_key(word), "{word} in {object:?}");
            }
            let kind = object.get("type");
            assert!(
                kind.is_none_or(|kind| kind != "null" && !kind.is_array()),
                "{object:?}"
            );
            assert!(!object.get("examples").is_some_and(Value::is_array), "{object:?}");
            assert!(
                !object.get("exclusiveMinimum").is_some_and(Value::is_number),
                "{object:?}"
            );
            assert!(!object.contains_key("$ref") || object.len() == 1, "{object:?}");
        });
    }

    #[test]
    fn what_is_a_choice_with_null_may_be_left_out() {
        let mut document = serde_json::to_value(document().expect("a document")).expect("JSON");
        each_object(&mut document, &mut |object| {
            let required: Vec<_> = object
                .get("required")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .collect();
            for (name, schema) in object
                .get("properties")
                .and_then(Value::as_object)
                .into_iter()
                .flatten()
            {
                let choices = schema["oneOf"].as_array().into_iter().flatten();
                let is_null = choices.into_iter().any(|choice| choice["type"] == "null");
                assert!(!is_null || !required.iter().any(|known| *known == name), "{name}");
            }
        });
    }

    #[test]
    fn null_is_told_in_the_older_way() {
        let mut document = document().expect("a document").into_older().expect("JSON");
        let show = document.pointer_mut("/components/schemas/Show/properties/ends_at");
        let ends_at = show.expect("a member");
        assert_eq!(
            (&ends_at["type"], &ends_at["nullable"]),
            (&json!("string"), &json!(true))
        );
    }
}
