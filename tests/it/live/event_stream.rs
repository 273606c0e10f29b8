//! The live feed by Server-Sent Events.

use reqwest::Method;
use serde_json::{Value, json};

use crate::office::{Client, PATIENCE, TestOffice};

/// An event as it came.
#[derive(Debug, Default)]
pub struct Event {
    /// Empty after a resync.
    pub id: Option<String>,
    /// The frame's word.
    pub kind: String,
    /// The frame.
    pub data: Value,
}

/// A browser that listens.
pub struct Listener {
    answer: reqwest::Response,
    text: String,
}

impl Listener {
    /// Begins to listen, or comes back after this id.
    pub async fn open(client: &Client, show: &str, last: Option<&str>) -> Self {
        let path = format!("/v1/shows/{show}/live");
        let mut request = client
            .request(Method::GET, &path)
            .header("Accept", "text/event-stream");
        if let Some(last) = last {
            request = request.header("Last-Event-ID", last);
        }
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        assert_eq!(answer.headers()["cache-control"], "no-store");
        assert_eq!(answer.headers()["x-accel-buffering"], "no");
        let text = String::new();
        Self { answer, text }
    }

    /// The next event; `None` at the end.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            while let Some((block, rest)) = self.text.split_once("\n\n") {
                let event = read(block);
                self.text = rest.to_owned();
                if !event.kind.is_empty() {
                    return Some(event);
                }
            }
            let chunk = tokio::time::timeout(PATIENCE, self.answer.chunk()).await;
            let chunk = chunk.expect("an event in time").ok()??;
            self.text.push_str(std::str::from_utf8(&chunk).expect("text"));
        }
    }
}

fn read(block: &str) -> Event {
    let mut event = Event::default();
    for line in block.lines() {
        match line.split_once(": ").or_else(|| line.split_once(':')) {
            Some(("id", id)) => event.id = Some(id.to_owned()),
            Some(("event", kind)) => event.kind = kind.to_owned(),
            Some(("data", data)) => event.data = serde_json::from_str(data).expect("JSON"),
            _ => {}
        }
    }
    event
}

#[tokio::test]
async fn a_browser_sees_what_is_booked_and_comes_back() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    let mut listener = Listener::open(&buyer, &show, None).await;
    let first = listener.next().await.expect("an event");
    assert_eq!(
        (first.kind.as_str(), first.id.as_deref()),
        ("snapshot", Some("1"))
    );
    assert_eq!(first.data["offset"], 1);
    assert_eq!(first.data["seats"]["A-1-1"], "free");
    buyer.hold(&show, &["A-1-1"]).await.expect_status(201);
    let second = listener.next().await.expect("an event");
    assert_eq!(
        (second.kind.as_str(), second.id.as_deref()),
        ("events", Some("2"))
    );
    assert_eq!(second.data["type"], "events");
    drop(listener);
    for seat in ["A-1-2", "A-1-3"] {
        buyer.hold(&show, &[seat]).await.expect_status(201);
    }
    // What it has missed, and nothing twice.
    let mut listener = Listener::open(&buyer, &show, second.id.as_deref()).await;
    let missed = listener.next().await.expect("an event");
    assert_eq!(
        (missed.kind.as_str(), missed.id.as_deref()),
        ("events", Some("4"))
    );
    assert_eq!(missed.data["events"], json!(office.journal(&show).await[2..]));
    // After a resync its id is empty, and some send that back.
    let mut listener = Listener::open(&buyer, &show, Some("")).await;
    assert_eq!(listener.next().await.expect("an event").kind, "snapshot");
}

#[tokio::test]
async fn browsers_are_refused_as_other_viewers_are() {
    let settings = [("BOXOFFICE_VIEWERS_MAX", "1")];
    let office = TestOffice::with(1, None, &settings).await;
    let show = office.show(json!({})).await;
    let client = Client::new(office.nodes[0].url(), None);
    let path = format!("/v1/shows/{show}/live");
    let ask = |name: &'static str, value: &'static str| {
        let request = client
            .request(Method::GET, &path)
            .header("Accept", "text/event-stream")
            .header(name, value);
        async { crate::office::send(request).await.expect("an answer") }
    };
    ask("Origin", "https://evil.example")
        .await
        .expect_problem(403, "forbidden");
    let problem = ask("Last-Event-ID", "x").await.expect_problem(400, "bad_request");
    assert_eq!(problem["field"], "Last-Event-ID");
    let head = client
        .request(Method::HEAD, &path)
        .header("Accept", "text/event-stream");
    let head = head.send().await.expect("an answer");
    assert_eq!(head.status(), 200);
    assert_eq!(head.headers()["content-type"], "text/event-stream");
    let _first = Listener::open(&client, &show, None).await;
    ask("X-Request-Id", "x")
        .await
        .expect_problem(503, "too_many_viewers");
}

#[tokio::test]
async fn a_stopping_node_ends_its_event_streams() {
    let mut office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let client = Client::new(office.nodes[0].url(), None);
    let mut listener = Listener::open(&client, &show, None).await;
    listener.next().await.expect("an event");
    let node = office.nodes.remove(0);
    let (end, exit) = tokio::join!(listener.next(), node.stop());
    assert!(end.is_none(), "{end:?}");
    assert_eq!(exit, Some(0));
}
