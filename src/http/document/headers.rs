//! Headers of requests and of answers.

use serde_json::{Value, json};

use super::parts::{Document, Object, Operation, object_in, reference};
use crate::http::extract::IDEMPOTENCY_KEY_CHARS_MAX;

/// Writes that take no idempotency key: providers' notices have numbers of their own.
const WITHOUT_KEY: [&str; 1] = ["take_notice"];
/// What is made by these is at no address.
const WITHOUT_LOCATION: [&str; 2] = ["create_session", "create_series"];
/// What tells the revision of a show's terms.
const TELLS_REVISION: [&str; 3] = ["create_show", "get_show", "update_show"];
/// Reads that go on without the database, and then say how old they are.
const MAY_BE_STALE: [&str; 3] = ["get_show", "get_seat_map", "list_holds"];

/// What there is another way for by now. Its answers say so, too.
const DEPRECATED: [&str; 1] = ["unblock_seats"];

/// Whether an operation takes an idempotency key.
pub fn takes_key(operation: &Operation<'_>) -> bool {
    operation.writes() && !WITHOUT_KEY.contains(&operation.id.as_str())
}

/// Adds those of requests, and those of answers that went well.
pub fn add(document: &mut Document) {
    document.components.parameters = parameters();
    document.components.headers = headers();
    for mut operation in document.operations() {
        let id = operation.id.clone();
        let takes_key = takes_key(&operation);
        let Some(responses) = operation.responses() else {
            continue;
        };
        let is_conditional = responses.contains_key("304");
        for (status, response) in responses.iter_mut() {
            if status.starts_with(['1', '2', '3']) {
                let names = of_success(&id, status, is_conditional);
                insert(response, &names);
            }
        }
        if DEPRECATED.contains(&id.as_str()) {
            operation.object.insert("deprecated".into(), json!(true));
        }
        let wanted = [("IdempotencyKey", takes_key), ("IfNoneMatch", is_conditional)];
        let wanted = wanted.into_iter().filter(|(_, is_wanted)| *is_wanted);
        if let Some(parameters) = operation.parameters() {
            parameters.extend(wanted.map(|(name, _)| reference("parameters", name)));
        }
    }
}

/// Adds those of an answer of this status that tells of a failure.
pub fn add_to_failure(response: &mut Value, status: u16) {
    let more: &[&str] = match status {
        401 => &["WWW-Authenticate"],
        429 => &["Retry-After", "RateLimit", "RateLimit-Policy"],
        503 => &["Retry-After"],
        _ => &[],
    };
    insert(response, &[&["X-Request-Id"], more].concat());
}

fn of_success(id: &str, status: &str, is_conditional: bool) -> Vec<&'static str> {
    let mut names = vec!["X-Request-Id"];
    if status == "201" && !WITHOUT_LOCATION.contains(&id) {
        names.push("Location");
    }
    if is_conditional {
        names.extend(["ETag", "Cache-Control"]);
    }
    if TELLS_REVISION.contains(&id) {
        names.push("ETag");
    }
    if MAY_BE_STALE.contains(&id) {
        names.extend(["Stale", "Age"]);
    }
    if DEPRECATED.contains(&id) {
        names.extend(["Deprecation", "Sunset", "Link"]);
    }
    names
}

fn insert(response: &mut Value, names: &[&str]) {
    let headers = response
        .as_object_mut()
        .and_then(|response| object_in(response, "headers"));
    let named = names
        .iter()
        .map(|name| ((*name).to_owned(), reference("headers", name)));
    headers
        .into_iter()
        .for_each(|headers| headers.extend(named.clone()));
}

fn parameters() -> Object {
    let key = json!({
        "name": "Idempotency-Key",
        "in": "header",
        "description": "A name of the client's choice for this request, such as a UUID. The same key with the same request gets \
            the same answer, and its effect once: again, at the same time, from another node, after a crash. The same key with \
            another request is refused (`idempotency_key_reused`).",
        "required": false,
        "schema": {
            "type": "string",
            "minLength": 1,
            "maxLength": IDEMPOTENCY_KEY_CHARS_MAX,
            "pattern": "^[!-~]([ -~]*[!-~])?$",
        },
        "example": "7f1c9f0e-0f0e-4b3a-9c55-0e0b8a1f8f10",
    });
    let tag = json!({
        "name": "If-None-Match",
        "in": "header",
        "description": "The `ETag` of what the client has. If that is what it would get, the answer is 304 and has no body.",
        "required": false,
        "schema": {"type": "string"},
        "example": "\"7\"",
    });
    [
        ("IdempotencyKey".to_owned(), key),
        ("IfNoneMatch".to_owned(), tag),
    ]
    .into_iter()
    .collect()
}

fn headers() -> Object {
    let text = || json!({"type": "string"});
    let seconds = || json!({"type": "integer", "format": "int64", "minimum": 0});
    let all = [
        (
            "X-Request-Id",
            "What the log and the audit call this request: its own `X-Request-Id`, or a new one. Name it when you ask for help.",
            json!({"type": "string", "minLength": 1, "maxLength": 64}),
            json!("0199f0f4-63c4-7a4e-8f5b-2b1c7d9d0a11"),
        ),
        (
            "Location",
            "Where the thing that was made is read.",
            json!({"type": "string", "format": "uri-reference"}),
            json!("/v1/orders/HRVEN-UTABR"),
        ),
        (
            "ETag",
            "The name of what was answered, for `If-None-Match`, another one for each content coding; of a show, the revision of its \
                terms, for `If-Match`.",
            text(),
            json!("\"7\""),
        ),
        (
            "Cache-Control",
            "How long it may be kept: what never changes, for ever.",
            text(),
            json!("no-cache"),
        ),
        (
            "Stale",
            "`true` if the database is away, and this is what the node knew before.",
            json!({"type": "string", "enum": ["true"]}),
            json!("true"),
        ),
        (
            "Age",
            "How old a stale answer is, in seconds.",
            seconds(),
            json!(3),
        ),
        (
            "Retry-After",
            "After how many seconds to come back.",
            seconds(),
            json!(1),
        ),
        (
            "RateLimit",
            "The share that is used up, what is left of it (`r`), and in how many seconds there will be enough (`t`).",
            text(),
            json!("\"holds\";r=0;t=2"),
        ),
        (
            "RateLimit-Policy",
            "How much of that share there is usually (`q`) in a time (`w`, in seconds).",
            text(),
            json!("\"holds\";q=300;w=60"),
        ),
        (
            "Deprecation",
            "Since when there is another way, in seconds since 1970 (RFC 9745).",
            text(),
            json!("@1795651200"),
        ),
        (
            "Sunset",
            "Until when this way is there at least (RFC 8594).",
            text(),
            json!("Fri, 26 Nov 2027 00:00:00 GMT"),
        ),
        (
            "Link",
            "What to call instead.",
            text(),
            json!("</v1/shows/1024/blocks/release>; rel=\"successor-version\""),
        ),
        (
            "WWW-Authenticate",
            "The kind of token that is needed.",
            text(),
            json!("Bearer"),
        ),
    ];
    let header = |(name, description, schema, example): (&str, &str, Value, Value)| {
        let header = json!({"description": description, "schema": schema, "example": example});
        (name.to_owned(), header)
    };
    all.into_iter().map(header).collect()
}
