//! What is sent to endpoints of webhooks, as OpenAPI tells it: calls that the office makes.

use serde_json::{Value, json};

use super::parts::{Document, Object, object_in, reference};
use crate::webhooks::message::{GAP, TEST};
use domain::event::EventKind;

/// The headers of a message.
const HEADERS: [(&str, &str, &str); 3] = [
    (
        "webhook-id",
        "The message's id: the same however often it is sent.",
        "msg_1f0c6a2f4f7e4c7f9a3b1d5e7f9a0c2b",
    ),
    (
        "webhook-timestamp",
        "When it was sent, in seconds since 1970.",
        "1795651200",
    ),
    (
        "webhook-signature",
        "Its signature under the endpoint's secret: a second one, behind a space, is that of the former secret.",
        "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
    ),
];

/// Adds the call, and the schemas of what it may say.
pub fn describe(document: &mut Document) {
    let schemas = &mut document.components.schemas;
    let events = EventKind::ALL.map(EventKind::name);
    let event = of_show(schemas);
    schemas.insert("WebhookEvent".into(), event);
    let gap = object(
        "Where the endpoint was, and where it goes on.",
        &json!({
            "show": reference("schemas", "ShowId"),
            "after": offset("The last event that it was told of.", 0),
            "next": offset("The first event after it that is kept.", 1),
        }),
    );
    let test = object(
        "Whom it was sent to.",
        &json!({"endpoint": reference("schemas", "EndpointId")}),
    );
    let all = [
        (
            "WebhookEventMessage",
            "Something happened on a show.",
            json!(events),
            reference("schemas", "WebhookEvent"),
        ),
        (
            "WebhookGapMessage",
            "What happened on a show is not kept any more: it must be read anew.",
            json!([GAP]),
            gap,
        ),
        (
            "WebhookTestMessage",
            "Somebody asked for a test.",
            json!([TEST]),
            test,
        ),
    ];
    for (name, description, words, data) in &all {
        let members = json!({
            "type": {"type": "string", "enum": words, "description": "What it says."},
            "timestamp": {"type": "string", "format": "date-time", "description": "When that was so."},
            "data": data,
        });
        schemas.insert((*name).to_owned(), object(description, &members));
    }
    let choices: Vec<_> = all.iter().map(|(name, ..)| reference("schemas", name)).collect();
    let message = json!({
        "description": "What is sent to endpoints of webhooks. Pass over a `type` that you don't know.",
        "oneOf": choices,
    });
    schemas.insert("WebhookMessage".into(), message);
    document
        .webhooks
        .insert("message".into(), json!({"post": call()}));
}

/// An event as the journal tells it, and its show.
fn of_show(schemas: &Object) -> Value {
    let mut event = schemas.get("Event").cloned().unwrap_or_default();
    if let Some(object) = event.as_object_mut() {
        let description = "Something that happened on a show, as its journal tells it.";
        object.insert("description".into(), json!(description));
        let required = object.get_mut("required").and_then(Value::as_array_mut);
        required.into_iter().for_each(|names| names.push(json!("show")));
        let members = object_in(object, "properties");
        members
            .into_iter()
            .for_each(|members| drop(members.insert("show".into(), reference("schemas", "ShowId"))));
    }
    event
}

fn call() -> Value {
    let header = |(name, description, example): (&str, &str, &str)| {
        json!({
            "name": name, "in": "header", "required": true, "description": description,
            "schema": {"type": "string"}, "example": example,
        })
    };
    json!({
        "operationId": "take_webhook",
        "tags": ["webhooks"],
        "summary": "Take a message.",
        "description": "What the office sends to an endpoint, signed as Standard Webhooks say (https://www.standardwebhooks.com). Of each \
            show, messages come in order, one at a time, each at least once. Any other answer than one of the class 2XX has it sent \
            again, for days; 410 ends it.",
        "security": [],
        "parameters": HEADERS.map(header),
        "requestBody": {
            "required": true,
            "content": {"application/json": {
                "schema": reference("schemas", "WebhookMessage"),
                "example": {
                    "type": "paid",
                    "timestamp": "2026-11-26T18:00:00Z",
                    "data": {
                        "show": "1024", "offset": 17, "at": "2026-11-26T18:00:00Z", "type": "paid", "seats": ["A-1-1"], "zones": [],
                        "hold": 16,
                    },
                },
            }},
        },
        "responses": {
            "204": {"description": "It is taken."},
            "410": {"description": "Nothing more is to be sent: the endpoint is disabled."},
        },
    })
}

/// An object with these members, all of which are there.
fn object(description: &str, members: &Value) -> Value {
    let names: Vec<_> = members
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, _)| name)
        .collect();
    json!({"type": "object", "description": description, "required": names, "properties": members})
}

fn offset(description: &str, minimum: u8) -> Value {
    json!({"type": "integer", "format": "int64", "minimum": minimum, "description": description})
}
