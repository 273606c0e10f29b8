//! The AsyncAPI document says what viewers get, and no less.

use std::collections::BTreeSet;

use diesel::connection::SimpleConnection;
use reqwest::Method;
use serde_json::{Value, json};

use super::event_stream::Listener;
use crate::office::{Redis, TestOffice, Viewer};

/// Holds a value against a schema of the document. Both must say all: neither a member that is not described nor a rule that
/// is not known here is passed over.
struct Document(Value);

impl Document {
    fn generated() -> Self {
        let document = boxoffice::http::asyncapi::document().expect("a document");
        Self(serde_json::to_value(document).expect("JSON"))
    }

    fn at(&self, reference: &Value) -> &Value {
        let pointer = reference
            .as_str()
            .and_then(|reference| reference.strip_prefix('#'));
        let found = self.0.pointer(pointer.expect("a reference"));
        found.unwrap_or_else(|| panic!("{reference} leads nowhere"))
    }

    /// The message of this name on a channel.
    fn message(&self, channel: &str, name: &str) -> &Value {
        self.at(&self.0["channels"][channel]["messages"][name]["$ref"])
    }

    fn check(&self, schema: &Value, value: &Value) {
        for (word, rule) in schema.as_object().expect("a schema") {
            let holds = match word.as_str() {
                "$ref" => {
                    self.check(self.at(rule), value);
                    true
                }
                "type" => match rule.as_str().expect("one type") {
                    "object" => value.is_object(),
                    "array" => value.is_array(),
                    "string" => value.is_string(),
                    "integer" => value.is_i64(),
                    "number" => value.is_number(),
                    other => panic!("type {other}"),
                },
                "enum" => rule.as_array().expect("words").contains(value),
                "required" => {
                    let names = rule.as_array().expect("names");
                    names
                        .iter()
                        .all(|name| value.get(name.as_str().expect("a name")).is_some())
                }
                "properties" => {
                    for (name, member) in value.as_object().expect("an object") {
                        let schema = rule.get(name);
                        self.check(
                            schema.unwrap_or_else(|| panic!("{name} is not described")),
                            member,
                        );
                    }
                    true
                }
                "additionalProperties" => {
                    let members = value.as_object().expect("an object").values();
                    members.for_each(|member| self.check(rule, member));
                    true
                }
                "propertyNames" => rule == &json!({"type": "string"}),
                "items" => {
                    let items = value.as_array().expect("a list");
                    items.iter().for_each(|item| self.check(rule, item));
                    true
                }
                "minimum" => value.as_f64() >= rule.as_f64(),
                "maximum" => value.as_i64() <= rule.as_i64(),
                "minLength" => value.as_str().map(|text| text.chars().count() as u64) >= rule.as_u64(),
                "maxLength" => value.as_str().map(|text| text.chars().count() as u64) <= rule.as_u64(),
                "pattern" => {
                    let text = value.as_str().expect("a text");
                    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
                    match rule.as_str() {
                        Some("^[fhsb]*$") => text.chars().all(|letter| "fhsb".contains(letter)),
                        Some("^[A-Z]{3}$") => {
                            text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase())
                        }
                        Some("^[0-9]*$") => is_number,
                        Some("^[0-9]+$") => is_number && !text.is_empty(),
                        _ => false,
                    }
                }
                "format" if rule == "date-time" => {
                    let time = value.as_str().expect("a text");
                    time.ends_with('Z') && chrono::DateTime::parse_from_rfc3339(time).is_ok()
                }
                "format" => ["int64", "int32", "double"].iter().any(|known| rule == known),
                "description" | "examples" => true,
                other => panic!("{other} is not known"),
            };
            assert!(holds, "{value} is not as {word} {rule} has it");
        }
    }

    /// Holds a frame of a WebSocket against its message.
    fn check_frame(&self, frame: &Value) -> String {
        let word = frame["type"].as_str().expect("a type").to_owned();
        self.check(&self.message("webSocket", &word)["payload"], frame);
        word
    }

    /// Holds an event against its message.
    fn check_event(&self, headers: &Value, data: &Value) -> String {
        let word = headers["event"].as_str().expect("an event").to_owned();
        assert_eq!(data["type"], word.as_str());
        let message = self.message("eventStream", &word);
        self.check(&message["headers"], headers);
        self.check(&message["payload"], data);
        word
    }
}

#[test]
fn the_examples_are_as_the_document_says() {
    let document = Document::generated();
    let messages = document.0["components"]["messages"]
        .as_object()
        .expect("messages");
    for message in messages.values() {
        for example in message["examples"].as_array().expect("examples") {
            for part in ["payload", "headers"] {
                if let Some(value) = example.get(part) {
                    document.check(&message[part], value);
                }
            }
        }
    }
    // What it says of channels and messages leads somewhere.
    for (channel, described) in document.0["channels"].as_object().expect("channels") {
        for name in described["messages"].as_object().expect("messages").keys() {
            document.message(channel, name);
        }
    }
    for operation in document.0["operations"].as_object().expect("operations").values() {
        document.at(&operation["channel"]["$ref"]);
        for message in operation["messages"].as_array().expect("messages") {
            document.at(&message["$ref"]);
        }
    }
}

/// Both viewers of a show, at the first node.
struct Viewers {
    document: Document,
    web_socket: Viewer,
    listener: Listener,
    words: BTreeSet<String>,
}

impl Viewers {
    async fn next_frame(&mut self) -> Value {
        let frame = self.web_socket.next_frame().await.expect("a frame");
        self.words.insert(self.document.check_frame(&frame));
        frame
    }

    async fn next_event(&mut self) -> Value {
        let event = self.listener.next().await.expect("an event");
        let mut headers = json!({"event": event.kind});
        if let Some(id) = &event.id {
            headers["id"] = json!(id);
        }
        self.words.insert(format!(
            "{}Event",
            self.document.check_event(&headers, &event.data)
        ));
        event.data
    }

    /// Takes all in up to this offset.
    async fn reach(&mut self, offset: i64) {
        while last_offset(&self.next_frame().await) != Some(offset) {}
        while last_offset(&self.next_event().await) != Some(offset) {}
    }
}

fn last_offset(frame: &Value) -> Option<i64> {
    let last = frame["events"].as_array().and_then(|events| events.last());
    last.unwrap_or(frame)["offset"].as_i64()
}

/// Whatever can happen to a show, but for what time does.
async fn sell(office: &TestOffice, show: &str) {
    let (buyer, organiser) = (office.buyer().await, office.organiser());
    let wish = json!({"seats": ["A-1-1"], "zones": [{"zone": "Floor", "count": 2}]});
    let order = buyer.post(&format!("/v1/shows/{show}/orders"), &wish).await;
    let order = order.expect_status(201)["id"].as_str().expect("an id").to_owned();
    buyer.pay(&order, "card_ok").await.expect_status(200);
    let refund = format!("/v1/orders/{order}/refund");
    organiser.post(&refund, &json!({})).await.expect_status(200);
    let order = buyer.hold(show, &["A-1-2"]).await.expect_status(201);
    let order = order["id"].as_str().expect("an id");
    buyer
        .delete(&format!("/v1/orders/{order}"))
        .await
        .expect_status(200);
    let blocks = format!("/v1/shows/{show}/blocks");
    let places = json!({"seats": ["A-1-3"]});
    organiser.post(&blocks, &places).await.expect_status(200);
    let release = format!("{blocks}/release");
    organiser.post(&release, &places).await.expect_status(200);
    for state in ["closed", "open"] {
        let change = json!({"state": state});
        let changed = organiser.patch(&format!("/v1/shows/{show}"), &change).await;
        changed.expect_status(200);
    }
}

#[tokio::test]
async fn viewers_get_what_the_document_says() {
    let office = TestOffice::with(2, Some(Redis::start()), &[]).await;
    let show = office.show(json!({})).await;
    let client = office.buyer().await;
    let mut viewers = Viewers {
        document: Document::generated(),
        web_socket: Viewer::watch_from(&office.nodes[0], &show, i64::MAX).await,
        listener: Listener::open(&client, &show, None).await,
        words: BTreeSet::new(),
    };
    viewers.reach(1).await;
    sell(&office, &show).await;
    viewers.reach(10).await;
    office
        .buyer_at(1)
        .await
        .hold(&show, &["A-1-4"])
        .await
        .expect_status(201);
    viewers.reach(11).await;
    // What a failover leaves that was not waited for.
    let lose = format!(
        "BEGIN; \
         UPDATE seats SET state = 0, order_id = NULL WHERE show_id = {show} \
         AND order_id = (SELECT order_id FROM journal WHERE show_id = {show} AND journal_offset = 11); \
         DELETE FROM orders WHERE show_id = {show} AND booked_offset = 11; \
         DELETE FROM journal WHERE show_id = {show} AND journal_offset = 11; \
         UPDATE journal_heads SET journal_offset = 10 WHERE show_id = {show}; \
         COMMIT"
    );
    office.database.connect().batch_execute(&lose).expect("a loss");
    viewers.reach(10).await;
    let sent = [
        "events",
        "eventsEvent",
        "resync",
        "resyncEvent",
        "snapshot",
        "snapshotEvent",
    ];
    assert_eq!(viewers.words, BTreeSet::from(sent.map(str::to_owned)));
    let packed = format!("/v1/shows/{show}/live?seats=packed");
    viewers.web_socket = Viewer::watch_at(&office.nodes[0], &packed).await;
    assert_eq!(viewers.next_frame().await["type"], "packed_snapshot");

    // What was missed is told as it was then: every kind of event but those that time brings.
    viewers.web_socket = Viewer::watch_from(&office.nodes[0], &show, 0).await;
    let missed = viewers.next_frame().await;
    let kinds = missed["events"].as_array().expect("events").iter();
    let kinds: BTreeSet<_> = kinds
        .map(|event| event["type"].as_str().expect("a type"))
        .collect();
    let possible = [
        "booked",
        "canceled",
        "paid",
        "returned",
        "blocked",
        "unblocked",
        "opened",
        "closed",
    ];
    assert_eq!(kinds, BTreeSet::from(possible));
    // A document of its own, and who asks for it by HEAD learns that.
    let head = client.request(Method::HEAD, "/asyncapi.json").send().await;
    assert_eq!(
        head.expect("an answer").headers()["content-type"],
        "application/json"
    );
}
