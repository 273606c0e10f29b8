//! How each operation may fail: one response a status, with the codes that it may have.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::headers::{add_to_failure, takes_key};
use super::parts::{Document, Object, Operation, reference};
use super::surface::{Who, line_of};
use crate::http::problem::Code;

/// The schema of any problem, and what the names of those of some codes end in.
pub const PROBLEM: &str = "Problem";

/// How anything may fail.
const ANYTHING: &[Code] = &[
    Code::RequestTimeout,
    Code::UriTooLong,
    Code::TooManyRequests,
    Code::Internal,
    Code::Busy,
    Code::Unavailable,
];
/// How what takes a body may fail besides.
const WITH_BODY: &[Code] = &[Code::BadRequest, Code::TooLarge, Code::UnsupportedMediaType];
/// How what takes an idempotency key may fail besides.
const WITH_KEY: &[Code] = &[Code::BadRequest, Code::KeyReused];

/// Lists them. What several operations have alike stands among the components.
pub fn list(document: &mut Document) {
    let mut times: BTreeMap<String, u32> = BTreeMap::new();
    for operation in document.operations() {
        for (_, codes) in failures(&operation) {
            *times.entry(name_of(&codes)).or_default() += 1;
        }
    }
    let (mut shared, mut problems) = (Object::new(), Object::new());
    for mut operation in document.operations() {
        let failures = failures(&operation);
        let own_name = pascal(&operation.id);
        let Some(responses) = operation.responses() else {
            continue;
        };
        for (status, codes) in failures {
            let name = name_of(&codes);
            let is_shared = times.get(&name).is_some_and(|times| *times > 1);
            let problem = match is_shared {
                true => format!("{name}{PROBLEM}"),
                false => format!("{own_name}{status}{PROBLEM}"),
            };
            let response = if is_shared {
                let response = || response(status, &codes, &problem);
                shared.entry(name.as_str()).or_insert_with(response);
                reference("responses", &name)
            } else {
                response(status, &codes, &problem)
            };
            responses.insert(status.to_string(), response);
            problems.entry(problem).or_insert_with(|| narrowed(&codes));
        }
    }
    document.components.responses = shared;
    document.components.schemas.extend(problems);
}

/// How an operation may fail, by status.
fn failures(operation: &Operation<'_>) -> Vec<(u16, Vec<Code>)> {
    let Some(line) = line_of(&operation.id) else {
        return Vec::new();
    };
    let mut codes = [ANYTHING, line.codes].concat();
    if operation.has_parameters("path") {
        codes.push(Code::NotFound);
    }
    if operation.has_parameters("query") {
        codes.push(Code::BadRequest);
    }
    if operation.object.contains_key("requestBody") {
        codes.extend(WITH_BODY);
    }
    if takes_key(operation) {
        codes.extend(WITH_KEY);
    }
    if line.who != Who::Anyone {
        codes.extend([Code::Unauthorized, Code::Forbidden]);
    }
    let mut by_status: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
    for code in Code::ALL.iter().filter(|code| codes.contains(code)) {
        by_status.entry(code.status().as_u16()).or_default().push(*code);
    }
    by_status.into_iter().collect()
}

/// The name of a response with these codes, as in `BusyOrUnavailable`.
fn name_of(codes: &[Code]) -> String {
    let names: Vec<_> = codes.iter().map(|code| pascal(code.name())).collect();
    names.join("Or")
}

/// A name in the way of types, as in `CreateOrder` for `create_order`.
fn pascal(name: &str) -> String {
    let capital = |word: &str| {
        let (first, rest) = word.split_at_checked(1).unwrap_or_default();
        first.to_uppercase() + rest
    };
    name.split('_').map(capital).collect()
}

/// The schema of a problem that has one of these codes.
fn narrowed(codes: &[Code]) -> Value {
    let words: Vec<_> = codes.iter().map(|code| code.name()).collect();
    let code = json!({"type": "string", "enum": words, "description": "What went wrong, in a word."});
    json!({
        "description": "A problem with one of these codes.",
        "allOf": [
            reference("schemas", PROBLEM),
            {"type": "object", "required": ["code"], "properties": {"code": code}},
        ],
    })
}

fn response(status: u16, codes: &[Code], problem: &str) -> Value {
    let told: Vec<_> = codes
        .iter()
        .map(|code| format!("`{}`: {}.", code.name(), code.title()))
        .collect();
    let examples: Object = codes
        .iter()
        .map(|code| (code.name().to_owned(), example(*code)))
        .collect();
    let mut response = json!({
        "description": told.join(" "),
        "content": {"application/problem+json": {"schema": reference("schemas", problem), "examples": examples}},
    });
    add_to_failure(&mut response, status);
    response
}

fn example(code: Code) -> Value {
    json!({"summary": code.title(), "value": {
        "type": format!("urn:boxoffice:problem:{}", code.name()),
        "title": code.title(),
        "status": code.status().as_u16(),
        "detail": code.title(),
        "code": code.name(),
    }})
}

#[cfg(test)]
mod tests {
    use crate::http::document::document;

    #[test]
    fn no_class_of_statuses_stands_for_all() {
        let mut document = document().expect("a document");
        for mut operation in document.operations() {
            let responses = operation.responses().expect("responses");
            let classes = responses.keys().filter(|status| status.ends_with("XX"));
            assert_eq!(
                classes.count(),
                0,
                "{}: the table tells how it fails",
                operation.id
            );
        }
    }
}
