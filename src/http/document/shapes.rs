//! Bodies of requests and of answers are not alike: a request has what is described and nothing else, and an answer may have
//! more one day. What goes both ways has a schema for each.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::parts::{Document, Object, each_object};

const SCHEMAS: &str = "#/components/schemas/";
/// What a name of a request's schema begins with where an answer has one of the same name.
const OF_REQUESTS: &str = "New";

/// Makes them so.
pub fn open_answers(document: &mut Document) {
    let schemas = &document.components.schemas;
    let (mut asked, mut answered) = (BTreeSet::new(), BTreeSet::new());
    let mut bodies = Vec::new();
    for operation in document
        .paths
        .values()
        .filter_map(Value::as_object)
        .flat_map(Object::values)
    {
        bodies.push(&operation["requestBody"]);
        reach(&operation["responses"], schemas, &mut answered);
    }
    for body in bodies {
        reach(body, schemas, &mut asked);
    }
    for response in document.components.responses.values() {
        reach(response, schemas, &mut answered);
    }
    let is_object = |name: &&String| {
        schemas
            .get(*name)
            .is_some_and(|schema| schema["type"] == "object")
    };
    let both: BTreeSet<String> = asked.intersection(&answered).filter(is_object).cloned().collect();

    // Those of requests get names of their own.
    let schemas = &mut document.components.schemas;
    for name in &both {
        if let Some(schema) = schemas.get(name) {
            schemas.insert(format!("{OF_REQUESTS}{name}"), schema.clone());
        }
    }
    let only_asked = |name: &String| asked.contains(name) && !answered.contains(name);
    for (name, schema) in schemas.iter_mut() {
        let is_split = name
            .strip_prefix(OF_REQUESTS)
            .is_some_and(|name| both.contains(name));
        if only_asked(name) || is_split {
            each_object(schema, &mut |object| redirect(object, &both));
        } else {
            each_object(schema, &mut |object| open(object));
        }
        if both.contains(name) {
            // Sums are larger than what may be asked for at a time.
            each_object(schema, &mut |object| drop(object.remove("maximum")));
        }
    }
    for operation in document.operations() {
        if let Some(body) = operation.object.get_mut("requestBody") {
            each_object(body, &mut |object| redirect(object, &both));
            body.as_object_mut().into_iter().for_each(may_be_missing);
        }
        if let Some(parameters) = operation.object.get_mut("parameters") {
            each_object(parameters, &mut never_null);
        }
    }
}

/// Collects the names of the schemas that a value refers to, also through others.
fn reach(value: &Value, schemas: &Object, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            let target = object.get("$ref").and_then(Value::as_str);
            if let Some(name) = target.and_then(|target| target.strip_prefix(SCHEMAS))
                && found.insert(name.to_owned())
                && let Some(schema) = schemas.get(name)
            {
                reach(schema, schemas, found);
            }
            object.values().for_each(|inner| reach(inner, schemas, found));
        }
        Value::Array(list) => list.iter().for_each(|inner| reach(inner, schemas, found)),
        _ => {}
    }
}

/// Lets a reference to a schema of which there are two point to that of requests.
fn redirect(object: &mut Object, both: &BTreeSet<String>) {
    if let Some(Value::String(target)) = object.get_mut("$ref")
        && let Some(name) = target.strip_prefix(SCHEMAS)
        && both.contains(name)
    {
        *target = format!("{SCHEMAS}{OF_REQUESTS}{name}");
    }
}

/// An answer's object: more may be in it, and what may be missing is never null.
fn open(object: &mut Object) {
    if object.get("additionalProperties") == Some(&json!(false)) {
        object.remove("additionalProperties");
    }
    let required = object.get("required").cloned().unwrap_or_default();
    let is_required = |name: &str| {
        required
            .as_array()
            .is_some_and(|names| names.iter().any(|known| known == name))
    };
    let properties = object.get_mut("properties").and_then(Value::as_object_mut);
    for (name, property) in properties.into_iter().flatten() {
        if let Some(property) = property.as_object_mut().filter(|_| !is_required(name)) {
            never_null(property);
        }
    }
}

/// A body that may be null may as well be left out, which is how it is told.
fn may_be_missing(body: &mut Object) {
    let is_required = body.get("required") == Some(&json!(true));
    body.insert("required".into(), json!(is_required));
    let contents = body.get_mut("content").and_then(Value::as_object_mut);
    for content in contents.into_iter().flat_map(Object::values_mut) {
        let schema = content.get_mut("schema").and_then(Value::as_object_mut);
        schema.into_iter().for_each(never_null);
    }
}

/// A member that may be left out is said to be null then, also where it may not be null.
pub fn drop_null_defaults(described: &mut Value) {
    match described {
        Value::Object(members) => {
            if members.get("default") == Some(&Value::Null) {
                members.remove("default");
            }
            members.values_mut().for_each(drop_null_defaults);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_null_defaults),
        _ => {}
    }
}

/// Takes null out of what a schema allows.
fn never_null(schema: &mut Object) {
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|known| known != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            schema.insert("type".into(), only);
        }
    }
    if let Some(Value::Array(choices)) = schema.get_mut("oneOf") {
        choices.retain(|choice| choice["type"] != "null");
        if let [Value::Object(only)] = choices.as_slice() {
            let only = only.clone();
            schema.remove("oneOf");
            schema.extend(only);
        }
    }
}
