//! The AsyncAPI document: the live feeds of shows and inboxes, as the OpenAPI document tells the rest. Its schemas are made from the same types,
//! its limits from the constants that hold.

mod channels;
mod examples;
mod inbox;
mod messages;
mod parts;
mod schemas;

use serde::Serialize;
use serde_json::{Value, json};

/// The document, in the order in which people read it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AsyncDocument {
    asyncapi: &'static str,
    id: &'static str,
    info: Value,
    default_content_type: &'static str,
    servers: Value,
    channels: Value,
    operations: Value,
    components: Value,
}

/// The document.
pub fn document() -> serde_json::Result<AsyncDocument> {
    Ok(AsyncDocument {
        asyncapi: "3.0.0",
        id: "urn:boxoffice:live",
        info: info(),
        default_content_type: "application/json",
        servers: servers(),
        channels: with(channels::channels(), inbox::channels()),
        operations: with(channels::operations(), inbox::operations()),
        components: json!({
            "schemas": schemas::schemas()?,
            "messages": with(messages::messages()?, inbox::all_messages()),
        }),
    })
}

/// An object with more members.
fn with<K: Into<String>>(mut object: Value, more: impl IntoIterator<Item = (K, Value)>) -> Value {
    if let Some(object) = object.as_object_mut() {
        object.extend(more.into_iter().map(|(name, value)| (name.into(), value)));
    }
    object
}

const DESCRIPTION: &str = "\
The live feed of an ACID ticket office: who watches a show sees every change of it once, in order. The rest of the office is described \
in OpenAPI, at `/openapi.json`.

**A viewer's state.** `snapshot` is the state of every place at an offset of the show's journal. Each event of `events` has the next \
offset and moves that state on:

| `type` | its seats and places become |
| --- | --- |
| `booked` | held |
| `canceled`, `timed_out`, `returned` | free |
| `paid` | sold |
| `blocked`, `unblocked` | blocked, free |
| `opened`, `closed` | as they are: the show's `state` becomes `open`, `closed` |
| `extended` | as they are: a hold is kept longer |

Events of an order have its `hold`, the offset of its first `booked` event, by which a viewer can fold them together. It tells nothing of \
whose order it is.

**Coming back.** When a connection ends, for whatever reason, come back with the last offset: no event is missing then, and none comes \
twice. The last offset is that of the last event, or of the snapshot if none has come since. Any node of the office will do. Wait a \
second first, and longer each time that it fails.

**`resync`** means that what the viewer knows is not to be relied on: it was too slow, or has seen events that were lost in a failover. \
It drops its state; a `snapshot` follows, whose offset may be less than the last one. If the connection ends in between, it comes back \
without an offset.

**`line`** tells how the line of a show stands that has one: which numbers are admitted, and how fast. It is no event of the journal, \
has no offset, and replaces the one before; a viewer is told the present one when it begins.

**Inboxes.** Besides, a session hears what it should know: offers, payments, refunds and so on, as `notice`s that are numbered without a \
gap. It comes back with the last number.

**Compatibility.** At any time there may be new members of what is sent, new frames and new words for `type` and `state`: pass over what \
you don't know.";

fn info() -> Value {
    json!({
        "title": "boxoffice: the live feed",
        "version": env!("CARGO_PKG_VERSION"),
        "description": DESCRIPTION,
        "license": {"name": "MIT OR Apache-2.0"},
        "contact": {"name": "Whoever runs this office"},
        "tags": [
            {"name": "shows", "description": "How shows sell, as it happens."},
            {"name": "inbox", "description": "What a session should know."},
        ],
    })
}

/// Where an office listens by default.
const HOST: &str = "127.0.0.1:8080";

/// A server for each protocol. Which ones an office has is up to who runs it; for the public, those with TLS.
fn servers() -> Value {
    let server = |protocol: &str, description: &str| {
        json!({
            "host": "{host}",
            "protocol": protocol,
            "description": description,
            "variables": {"host": {"default": HOST, "description": "The office's host, and its port unless it is the usual one."}},
        })
    };
    json!({
        "webSocket": server("ws", "WebSockets without TLS, for trials and behind a proxy."),
        "secureWebSocket": server("wss", "WebSockets."),
        "http": server("http", "Server-Sent Events without TLS, for trials and behind a proxy."),
        "https": server("https", "Server-Sent Events."),
    })
}
