//! The published document, against which every answer is held that a test gets: its status, its code, its members.

use std::sync::LazyLock;

use reqwest::{Method, StatusCode};
use serde_json::Value;

use super::Answer;

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../../openapi/openapi.json")).expect("the document is JSON")
});

/// Panics if the document says something else of this answer. What is not in it (`/docs/`, unknown paths) may be anything.
pub fn check(method: &Method, path: &str, answer: &Answer) {
    let Some(operation) = operation(method, path) else {
        return;
    };
    // Said by a proxy before the office.
    let is_foreign = !answer.headers.contains_key("x-request-id");
    if is_foreign || answer.status == StatusCode::METHOD_NOT_ALLOWED {
        return;
    }
    let id = operation["operationId"].as_str().expect("an id");
    let response = resolve(&operation["responses"][answer.status.as_str()]);
    assert!(
        response.is_object(),
        "{id} is not said to answer {}: {}",
        answer.status,
        answer.body
    );
    let kind = answer.headers.get("content-type");
    let kind = kind.map_or("", |kind| kind.to_str().expect("a text"));
    if *method == Method::HEAD || !kind.ends_with("json") {
        return;
    }
    let schema = &response["content"][kind]["schema"];
    assert!(
        schema.is_object(),
        "{id} is not said to answer {} as {kind}",
        answer.status
    );
    if let Err(fault) = fits(schema, &answer.body, Members::Known) {
        panic!(
            "{id} answers {} with something else than it says: {fault} in {}",
            answer.status, answer.body
        );
    }
}

/// Panics if a value is not what the document says of this schema.
pub fn check_value(schema: &str, value: &Value) {
    let known = &DOCUMENT["components"]["schemas"][schema];
    assert!(known.is_object(), "the document has no {schema}");
    if let Err(fault) = fits(known, value, Members::Known) {
        panic!("{value} is no {schema}: {fault}");
    }
}

fn operation(method: &Method, path: &str) -> Option<&'static Value> {
    let method = match *method {
        Method::HEAD => "get".to_owned(),
        _ => method.as_str().to_lowercase(),
    };
    let asked: Vec<_> = path.split('/').collect();
    let fits = |template: &str| {
        let segments: Vec<_> = template.split('/').collect();
        let fits = |(segment, asked): (&&str, &&str)| segment == asked || segment.starts_with('{');
        segments.len() == asked.len() && segments.iter().zip(&asked).all(fits)
    };
    let paths = DOCUMENT["paths"].as_object().expect("paths");
    let mut found = paths.iter().filter(|(template, _)| fits(template));
    found.find_map(|(_, methods)| methods.get(&method))
}

fn resolve(value: &'static Value) -> &'static Value {
    match value["$ref"].as_str() {
        Some(target) => {
            let pointer = target.trim_start_matches('#');
            resolve(DOCUMENT.pointer(pointer).unwrap_or_else(|| panic!("no {target}")))
        }
        None => value,
    }
}

/// Whether an object may have members that its schema doesn't name.
#[derive(Clone, Copy, PartialEq)]
enum Members {
    Known,
    Any,
}

/// What a value has that its schema doesn't allow. Patterns and limits are left to the tools that know them all.
fn fits(schema: &'static Value, value: &Value, members: Members) -> Result<(), String> {
    let schema = resolve(schema);
    let list = |name: &str| schema[name].as_array().into_iter().flatten();
    if let Some(first) = schema["allOf"].get(0) {
        fits(first, value, members)?;
        return list("allOf")
            .skip(1)
            .try_for_each(|part| fits(part, value, Members::Any));
    }
    if schema["oneOf"].is_array() {
        let mut choices = list("oneOf").map(|choice| fits(choice, value, members));
        return choices
            .find(Result::is_ok)
            .unwrap_or_else(|| Err(format!("{value} is none of its choices")));
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let is_kind = |known: &Value| known == kind || known == "number" && kind == "integer";
    let kinds = &schema["type"];
    if !kinds.is_null() && !is_kind(kinds) && !list("type").any(is_kind) {
        return Err(format!("{value} is no {kinds}"));
    }
    if schema["enum"].is_array() && !list("enum").any(|word| word == value) {
        return Err(format!("{value} is not one of the words"));
    }
    if let Some(missing) =
        list("required").find(|name| value.get(name.as_str().unwrap_or_default()).is_none())
    {
        return Err(format!("{missing} is missing"));
    }
    for item in value.as_array().into_iter().flatten() {
        fits(&schema["items"], item, Members::Known)?;
    }
    for (name, value) in value.as_object().into_iter().flatten() {
        let inner = match schema["properties"].get(name) {
            Some(known) => known,
            None if schema["additionalProperties"].is_object() => &schema["additionalProperties"],
            None if members == Members::Any || schema["properties"].is_null() => continue,
            None => return Err(format!("{name} is unknown")),
        };
        fits(inner, value, Members::Known).map_err(|fault| format!("{name}: {fault}"))?;
    }
    Ok(())
}
