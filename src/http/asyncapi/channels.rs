//! The two ways to a show's feed, and what goes over each.

use serde_json::{Value, json};

use super::parts::{messages, query_of, references, servers};
use crate::http::live::{LAST_EVENT_ID, LiveQuery, MISSED_EVENTS_MAX};
use crate::live::event_stream::{BEAT_INTERVAL, RETRY_MILLISECONDS};
use crate::live::incoming::{FRAME_BYTES_MAX, FRAMES_PER_SECOND_MAX};
use crate::live::viewer::{PING_INTERVAL, SILENCE_MAX};

/// The frames' words, which are the messages' names on both channels.
const FRAMES: [&str; 5] = ["snapshot", "packed_snapshot", "events", "resync", "line"];

/// The channels. They have one address: a request asks for the one or the other.
pub fn channels() -> Value {
    let web_socket = FRAMES.map(|frame| (frame, frame.to_owned()));
    let stream = FRAMES.map(|frame| (frame, format!("{frame}Event")));
    let stream = stream.into_iter().chain([("watch", "watch".to_owned())]);
    json!({
        "webSocket": {
            "address": ADDRESS,
            "title": "By WebSocket",
            "summary": "A show's feed as text frames.",
            "description": web_socket_description(),
            "servers": servers(["webSocket", "secureWebSocket"]),
            "parameters": parameters(),
            "messages": references(web_socket),
            "bindings": {"ws": {"method": "GET", "query": query_of::<LiveQuery>(), "bindingVersion": "0.1.0"}},
        },
        "eventStream": {
            "address": ADDRESS,
            "title": "By Server-Sent Events",
            "summary": "A show's feed as an event stream.",
            "description": event_stream_description(),
            "servers": servers(["http", "https"]),
            "parameters": parameters(),
            "messages": references(stream),
        },
    })
}

/// What the office does.
pub fn operations() -> Value {
    json!({
        "sendFrames": {
            "action": "send",
            "channel": {"$ref": "#/channels/webSocket"},
            "title": "Send frames",
            "summary": "Tell a viewer how the show is, and then every change.",
            "description": start_description("`from`"),
            "tags": TAGS,
            "messages": messages("webSocket", &FRAMES),
        },
        "takeViewer": {
            "action": "receive",
            "channel": {"$ref": "#/channels/eventStream"},
            "title": "Take a viewer in",
            "summary": "The request that begins an event stream.",
            "description": "Its answer is 200 and the stream, or a problem (RFC 9457) as the OpenAPI document tells.",
            "tags": TAGS,
            "messages": messages("eventStream", &["watch"]),
            "bindings": {"http": {"method": "GET", "query": query_of::<LiveQuery>(), "bindingVersion": "0.3.0"}},
        },
        "sendEvents": {
            "action": "send",
            "channel": {"$ref": "#/channels/eventStream"},
            "title": "Send events",
            "summary": "Tell a viewer how the show is, and then every change.",
            "description": start_description(&format!("`{LAST_EVENT_ID}` or `from`")),
            "tags": TAGS,
            "messages": messages("eventStream", &FRAMES),
        },
    })
}

const ADDRESS: &str = "/v1/shows/{show}/live";
const TAGS: [Tag; 1] = [Tag { name: "shows" }];

#[derive(serde::Serialize)]
struct Tag {
    name: &'static str,
}

fn web_socket_description() -> String {
    format!(
        "`GET` with a WebSocket handshake (RFC 6455); no token is needed. Each text frame is one JSON text. A snapshot takes some 20 \
         bytes a seat: let the client take as much in one message.

A request that is refused gets a problem (RFC 9457) and no WebSocket: 400 for a parameter or a handshake, 403 for a page of an \
`Origin` that is not allowed, 404 for the show, 429 for too many viewers of an address, 503 for too many viewers of a node, or if it \
can't tell what is wanted; 429 and 503 have `Retry-After`.

**Signs of life.** The office pings every {ping} seconds. Answer pings, as WebSocket libraries do by themselves.

**What viewers send.** Nothing but pongs, pings and a close. Texts and other data are passed over, and count: {frames} frames a second \
at most, {bytes} bytes a frame at most.

**Close codes**, from the office:

| code | why | what to do |
| --- | --- | --- |
| 1000 | the viewer has closed | |
| 1001 | the node stops | come back, with `from` |
| 1002 | what came is not the protocol | mend the client |
| 1008 | nothing came for {silence} seconds, not even a pong; or too many frames | come back, with `from`; send less |
| 1009 | a frame was too large | send nothing that large |
",
        ping = PING_INTERVAL.as_secs(),
        frames = FRAMES_PER_SECOND_MAX,
        bytes = FRAME_BYTES_MAX,
        silence = SILENCE_MAX.as_secs(),
    )
}

fn event_stream_description() -> String {
    format!(
        "`GET` with `Accept: text/event-stream` and without `Upgrade`; no token is needed. The answer is an event stream as the HTML \
         standard has it, which a browser's `EventSource` reads. Each frame is an event: `event` is the frame's `type`, `id` the offset that \
         the viewer has with it, `data` the same text as over a WebSocket, in one line.

A request is refused as for a WebSocket.

**Signs of life.** Every {beat} seconds there is a comment (`:`). The stream begins with `retry`, between {low} and {high} milliseconds: \
each viewer is told a time of its own, so that those of a node that stops don't come back all at once.

**Coming back.** `{LAST_EVENT_ID}` is the last `id`, as `EventSource` sends it by itself; it goes before `from`. After `resync` the `id` \
is empty: who comes back then begins anew. So leave `from` out of an `EventSource`'s address, which it asks for again then. A `line` event has no `id` and changes nothing of that. The stream has no end but that of the connection, or of the node.
",
        beat = BEAT_INTERVAL.as_secs(),
        low = RETRY_MILLISECONDS.start,
        high = RETRY_MILLISECONDS.end,
    )
}

fn start_description(offset: &str) -> String {
    format!(
        "Without {offset} there is a `snapshot` first. With it there are first the `events` after that offset, an empty list if there \
         are none, so that every viewer hears at once how it stands; or a `snapshot` if there are more than {MISSED_EVENTS_MAX}, if some \
         are not kept any more, or if the journal has not come so far. Then every event comes once, in order, several to a frame in a \
         burst. After `resync`, a `snapshot`, and so on from there. Where the show has a line, `line` tells at once how it stands, and again \
         when that has changed, once a second at most."
    )
}

fn parameters() -> Value {
    json!({"show": {"description": "The show's id.", "examples": ["1024"]}})
}
