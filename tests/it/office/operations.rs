//! Every operation of the OpenAPI document, to be tried one after the other.

use reqwest::Method;
use serde_json::Value;

/// An operation.
pub struct Operation {
    /// Its id.
    pub id: String,
    pub method: Method,
    /// With `{…}` for ids.
    pub path: String,
    /// Whether it needs neither a token nor a key.
    pub is_public: bool,
}

impl Operation {
    /// Whether it changes something.
    pub fn writes(&self) -> bool {
        self.method != Method::GET
    }

    /// Its path with these ids; `1` for others.
    pub fn path_of(&self, ids: &[(&str, &str)]) -> String {
        let parts = self.path.split('/').map(|part| {
            let name = part.strip_prefix('{').and_then(|part| part.strip_suffix('}'));
            let id = |name| {
                ids.iter()
                    .find(|(known, _)| *known == name)
                    .map_or("1", |(_, id)| id)
            };
            name.map_or(part, id)
        });
        parts.collect::<Vec<_>>().join("/")
    }
}

/// All of them.
pub fn operations() -> Vec<Operation> {
    let document = boxoffice::http::document::document().expect("a document");
    let document: Value = serde_json::to_value(document).expect("JSON");
    let mut found = Vec::new();
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            found.push(Operation {
                id: operation["operationId"].as_str().expect("an id").to_owned(),
                method: method.to_uppercase().parse().expect("a method"),
                path: path.clone(),
                is_public: operation["security"] == serde_json::json!([]),
            });
        }
    }
    assert!(found.len() > 30, "{}", found.len());
    found
}
