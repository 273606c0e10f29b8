//! Examples of requests and answers, as an office has given them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::parts::{Document, Object};

const EXAMPLES: &str = include_str!("../../../openapi/examples.json");

/// Those of an operation.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Examples {
    request: Option<Value>,
    #[serde(default)]
    answers: BTreeMap<String, Value>,
}

/// Adds them to the bodies that they are of.
pub fn add(document: &mut Document) -> serde_json::Result<()> {
    let mut all: BTreeMap<String, Examples> = serde_json::from_str(EXAMPLES)?;
    for mut operation in document.operations() {
        let Some(examples) = all.remove(&operation.id) else {
            continue;
        };
        if let Some(example) = examples.request
            && let Some(body) = operation.object.get_mut("requestBody")
        {
            insert(body, &example);
        }
        let Some(responses) = operation.responses() else {
            continue;
        };
        for (status, example) in examples.answers {
            if let Some(response) = responses.get_mut(&status) {
                insert(response, &example);
            }
        }
    }
    Ok(())
}

fn insert(body: &mut Value, example: &Value) {
    let contents = body.get_mut("content").and_then(Value::as_object_mut);
    let contents = contents.into_iter().flat_map(Object::values_mut);
    for content in contents.filter_map(Value::as_object_mut) {
        content.insert("example".into(), example.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::document::document;

    /// Whether everything in a body or in answers has an example.
    fn has_examples<'a>(mut bodies: impl Iterator<Item = &'a Value>) -> bool {
        bodies.all(|body| {
            let contents = body["content"].as_object().into_iter().flat_map(Object::values);
            contents
                .into_iter()
                .all(|content| content.get("example").or(content.get("examples")).is_some())
        })
    }

    #[test]
    fn every_body_has_an_example() {
        let mut document = document().expect("a document");
        for operation in document.operations() {
            let responses = operation.object["responses"].as_object().expect("responses");
            assert!(has_examples(responses.values()), "{}", operation.id);
            assert!(
                has_examples(operation.object.get("requestBody").into_iter()),
                "{}",
                operation.id
            );
        }
    }
}
