//! A session's inbox as a feed: the two ways to it, and what goes over each.

use serde_json::{Map, Value, json};

use super::parts::{messages, query_of, references, servers};
use crate::http::inbox::InboxQuery;
use crate::http::live::LAST_EVENT_ID;
use crate::inbox::SESSION_READERS_MAX;
use crate::live::event_stream::BEAT_INTERVAL;
use crate::live::incoming::{FRAME_BYTES_MAX, FRAMES_PER_SECOND_MAX};
use crate::live::viewer::{PING_INTERVAL, SILENCE_MAX};
use crate::store::inbox::{INBOX_DAYS, INBOX_NOTICES_MAX};

const ADDRESS: &str = "/v1/inbox";

/// The channels: a request at the same address asks for the one or the other.
pub fn channels() -> Vec<(&'static str, Value)> {
    let told = [("notice", "notice".to_owned()), ("gap", "gap".to_owned())];
    let acknowledge = [("acknowledge", "acknowledge".to_owned())];
    let events = ["notice", "gap"].map(|word| (word, format!("{word}Event")));
    let read = [("read", "read".to_owned())];
    vec![
        (
            "inboxWebSocket",
            json!({
                "address": ADDRESS,
                "title": "An inbox by WebSocket",
                "summary": "A session's notices as text frames.",
                "description": web_socket_description(),
                "servers": servers(["webSocket", "secureWebSocket"]),
                "messages": references(told.into_iter().chain(acknowledge)),
                "bindings": {"ws": {"method": "GET", "query": query_of::<InboxQuery>(), "bindingVersion": "0.1.0"}},
            }),
        ),
        (
            "inboxEventStream",
            json!({
                "address": ADDRESS,
                "title": "An inbox by Server-Sent Events",
                "summary": "A session's notices as an event stream.",
                "description": event_stream_description(),
                "servers": servers(["http", "https"]),
                "messages": references(events.into_iter().chain(read)),
            }),
        ),
    ]
}

/// What the office does.
pub fn operations() -> Vec<(&'static str, Value)> {
    let tags = json!([{"name": "inbox"}]);
    let bearer = json!([{"type": "http", "scheme": "bearer", "description": "A buyer's token."}]);
    vec![
        (
            "sendNotices",
            json!({
                "action": "send",
                "channel": {"$ref": "#/channels/inboxWebSocket"},
                "title": "Send notices",
                "summary": "Tell a session what it should know, in order.",
                "description": "The notices after `after`, or after those that are acknowledged, and then each new one.",
                "security": bearer,
                "tags": tags,
                "messages": messages("inboxWebSocket", &["notice", "gap"]),
            }),
        ),
        (
            "takeAcknowledgements",
            json!({
                "action": "receive",
                "channel": {"$ref": "#/channels/inboxWebSocket"},
                "title": "Take acknowledgements",
                "summary": "Hear up to which notice the session has them.",
                "description": "As by `POST /v1/inbox/acknowledgement`. It is not answered.",
                "security": bearer,
                "tags": tags,
                "messages": messages("inboxWebSocket", &["acknowledge"]),
            }),
        ),
        (
            "takeReader",
            json!({
                "action": "receive",
                "channel": {"$ref": "#/channels/inboxEventStream"},
                "title": "Take a reader in",
                "summary": "The request that begins an event stream.",
                "description": "Its answer is 200 and the stream, or a problem (RFC 9457) as the OpenAPI document tells.",
                "security": bearer,
                "tags": tags,
                "messages": messages("inboxEventStream", &["read"]),
                "bindings": {"http": {"method": "GET", "query": query_of::<InboxQuery>(), "bindingVersion": "0.3.0"}},
            }),
        ),
        (
            "sendNoticeEvents",
            json!({
                "action": "send",
                "channel": {"$ref": "#/channels/inboxEventStream"},
                "title": "Send notices as events",
                "summary": "Tell a session what it should know, in order.",
                "description": format!(
                    "The notices after `{LAST_EVENT_ID}` or `after`, or after those that are acknowledged, and then each new one."
                ),
                "security": bearer,
                "tags": tags,
                "messages": messages("inboxEventStream", &["notice", "gap"]),
            }),
        ),
    ]
}

/// All messages, by name.
pub fn all_messages() -> Map<String, Value> {
    let notice = json!({
        "number": 2, "kind": "payment", "at": "2026-11-27T09:59:10.482113Z", "show": "1024", "order": "NNGGU-FSEDS",
        "payment_state": "succeeded", "amount": {"amount": 11_500, "currency": "EUR"},
    });
    let notice_summary = "Something that the session should know.";
    let gap_summary = "Some notices are not kept any more, and the reader has not had them all.";
    let number = json!({"type": "string", "pattern": "^[0-9]+$", "description": "The number of the last notice that the reader has with it."});
    let acknowledgement = json!({
        "type": "object",
        "required": ["acknowledge"],
        "properties": {"acknowledge": {"type": "integer", "format": "int64", "minimum": 0, "description": "The number of the last notice that it has."}},
    });
    let read = json!({
        "type": "object",
        "required": ["Accept"],
        "properties": {
            "Accept": {"type": "string", "examples": ["text/event-stream"], "description": "Has `text/event-stream` in it."},
            LAST_EVENT_ID: {"type": "string", "pattern": "^[0-9]*$", "description": "The last event's id: what comes after it follows."},
        },
    });
    let messages = [
        (
            "notice",
            json!({
                "name": "notice", "title": "Notice", "summary": notice_summary, "contentType": "application/json",
                "payload": {"$ref": "#/components/schemas/Notice"},
                "examples": [{"name": "notice", "summary": "An order is paid", "payload": notice}],
            }),
        ),
        (
            "noticeEvent",
            json!({
                "name": "noticeEvent", "title": "Notice as an event", "summary": notice_summary,
                "description": "The header is the event's `id`, the payload its `data`. It has no `event` field.",
                "contentType": "application/json",
                "headers": {"type": "object", "required": ["id"], "properties": {"id": number}},
                "payload": {"$ref": "#/components/schemas/Notice"},
                "examples": [{"name": "notice", "summary": "An order is paid", "headers": {"id": "2"}, "payload": notice}],
            }),
        ),
        (
            "gap",
            json!({
                "name": "gap", "title": "Gap", "summary": gap_summary, "contentType": "application/json",
                "payload": {"$ref": "#/components/schemas/Gap"},
                "examples": [{"name": "gap", "summary": "The first 150 are gone", "payload": {"first": 151}}],
            }),
        ),
        (
            "gapEvent",
            json!({
                "name": "gapEvent", "title": "Gap as an event", "summary": gap_summary,
                "description": "The headers are the event's other fields, the payload is its `data`.",
                "contentType": "application/json",
                "headers": {
                    "type": "object", "required": ["event", "id"],
                    "properties": {"event": {"type": "string", "enum": ["gap"], "description": "The event's name."}, "id": number},
                },
                "payload": {"$ref": "#/components/schemas/Gap"},
                "examples": [{"name": "gap", "summary": "The first 150 are gone", "headers": {"event": "gap", "id": "150"}, "payload": {"first": 151}}],
            }),
        ),
        (
            "acknowledge",
            json!({
                "name": "acknowledge", "title": "Acknowledge", "summary": "The session has all notices up to this one.",
                "contentType": "application/json", "payload": acknowledgement,
                "examples": [{"name": "acknowledge", "summary": "It has two", "payload": {"acknowledge": 2}}],
            }),
        ),
        (
            "read",
            json!({
                "name": "read", "title": "Read", "summary": "A request for an event stream, without a body.", "headers": read,
                "examples": [{"name": "read", "summary": "Coming back", "headers": {"Accept": "text/event-stream", LAST_EVENT_ID: "2"}}],
            }),
        ),
    ];
    messages
        .map(|(name, message)| (name.to_owned(), message))
        .into_iter()
        .collect()
}

fn web_socket_description() -> String {
    format!(
        "`GET` with a WebSocket handshake (RFC 6455) and a buyer's token in `Authorization`. Each text is a notice, or a `gap`, which alone \
         has no `number`: of an inbox {INBOX_NOTICES_MAX} notices are kept, for {INBOX_DAYS} days. A session has {SESSION_READERS_MAX} \
         readers at once at most on a node.

**What readers send.** `{{\"acknowledge\": 2}}`, pongs, pings and a close: {FRAMES_PER_SECOND_MAX} frames a second at most, {FRAME_BYTES_MAX} \
         bytes a frame at most. The office pings every {ping} seconds.

**Close codes**, from the office:

| code | why | what to do |
| --- | --- | --- |
| 1000 | the reader has closed | |
| 1001 | the node stops | come back, with `after` |
| 1002 | what came is not the protocol | mend the client |
| 1003 | a text is no acknowledgement | mend the client |
| 1008 | nothing came for {silence} seconds, not even a pong; too many frames; or there is no notice of the number that was acknowledged | come back, with `after` |
| 1009 | a frame was too large | send nothing that large |
",
        ping = PING_INTERVAL.as_secs(),
        silence = SILENCE_MAX.as_secs(),
    )
}

fn event_stream_description() -> String {
    format!(
        "`GET` with `Accept: text/event-stream`, without `Upgrade`, and with a buyer's token in `Authorization`. Each notice is an event \
         without a name, whose `id` is its number; `gap` is one of that name, whose `id` is the number of the last notice that is gone. \
         Every {beat} seconds there is a comment.

**Coming back.** `{LAST_EVENT_ID}` is the last `id`; it goes before `after`.
",
        beat = BEAT_INTERVAL.as_secs(),
    )
}
