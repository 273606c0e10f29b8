//! An inbox as it is told live: by Server-Sent Events and by WebSocket.

use futures_util::{SinkExt, StreamExt};
use reqwest::Method;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::{FILL, PATH, hold, once_it_has, open, paid};
use crate::office::{Client, Node, PATIENCE, Redis, TestOffice, check_value};

/// Who listens to Server-Sent Events.
struct Listener {
    answer: reqwest::Response,
    text: String,
}

impl Listener {
    async fn open(buyer: &Client, query: &str, last: Option<&str>) -> Self {
        let request = buyer.request(Method::GET, &format!("{PATH}{query}"));
        let mut request = request.header("Accept", "text/event-stream");
        if let Some(last) = last {
            request = request.header("Last-Event-ID", last);
        }
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        let text = String::new();
        Self { answer, text }
    }

    /// The next event: its id, its kind and its data.
    async fn next(&mut self) -> Option<(i64, String, Value)> {
        loop {
            while let Some((block, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| {
                    let line = block.lines().find_map(|line| line.strip_prefix(name));
                    line.map(str::to_owned)
                };
                let event = field("data: ").map(|data| {
                    let id = field("id: ").expect("an id").parse().expect("a number");
                    let data = serde_json::from_str(&data).expect("JSON");
                    (id, field("event: ").unwrap_or_default(), data)
                });
                self.text = rest.to_owned();
                if event.is_some() {
                    return event;
                }
            }
            let chunk = tokio::time::timeout(PATIENCE, self.answer.chunk()).await;
            let chunk = chunk.expect("an event in time").ok()??;
            self.text.push_str(std::str::from_utf8(&chunk).expect("text"));
        }
    }

    /// The number of the next notice.
    async fn number(&mut self) -> i64 {
        let (id, kind, notice) = self.next().await.expect("an event");
        assert_eq!((kind.as_str(), &notice["number"]), ("", &json!(id)));
        check_value("Notice", &notice);
        id
    }
}

/// Who listens by WebSocket.
struct Socket(WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>);

impl Socket {
    async fn open(node: &Node, token: &str, query: &str) -> Result<Self, u16> {
        let url = node.websocket_url(&format!("{PATH}{query}"));
        let mut request = url.into_client_request().expect("a request");
        let bearer = format!("Bearer {token}").parse().expect("a header");
        request.headers_mut().insert("Authorization", bearer);
        match connect_async(request).await {
            Ok((socket, _)) => Ok(Self(socket)),
            Err(Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    /// The next text, or the code with which it was closed.
    async fn next(&mut self) -> Result<Value, u16> {
        loop {
            let message = tokio::time::timeout(PATIENCE, self.0.next())
                .await
                .expect("a text in time");
            match message {
                Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text).expect("JSON")),
                Some(Ok(Message::Close(frame))) => return Err(frame.map_or(1005, |frame| frame.code.into())),
                Some(Ok(_)) => {}
                None | Some(Err(_)) => return Err(1006),
            }
        }
    }

    async fn say(&mut self, text: &str) {
        self.0.send(Message::text(text)).await.expect("a way there");
    }
}

async fn buy(buyer: &Client, show: &str, seat: &str) {
    let order = hold(buyer, show, &[seat]).await;
    buyer.pay(&order, "card_ok").await.expect_status(200);
}

#[tokio::test]
async fn a_listener_hears_each_notice_once_and_comes_back() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let (buyer, _) = paid(&office, &show, "A-1-1").await;
    let mut listener = Listener::open(&buyer, "", None).await;
    assert_eq!(listener.number().await, 1);
    for (seat, number) in [("A-1-2", 2), ("A-1-3", 3)] {
        buy(&buyer, &show, seat).await;
        assert_eq!(listener.number().await, number);
    }
    drop(listener);
    buy(&buyer, &show, "A-1-4").await;
    once_it_has(&buyer, 4).await;
    assert_eq!(Listener::open(&buyer, "?after=2", None).await.number().await, 3);
    // What a browser says of itself goes before what it began with.
    assert_eq!(
        Listener::open(&buyer, "?after=0", Some("3")).await.number().await,
        4
    );
    let path = format!("{PATH}/acknowledgement");
    buyer.post(&path, &json!({"through": 3})).await.expect_status(200);
    assert_eq!(Listener::open(&buyer, "", None).await.number().await, 4);
}

#[tokio::test]
async fn a_socket_hears_each_notice_once_and_acknowledges() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let (buyer, _) = paid(&office, &show, "A-1-1").await;
    let node = &office.nodes[0];
    let mut socket = Socket::open(node, &buyer.token(), "").await.expect("a socket");
    let first = socket.next().await.expect("a notice");
    check_value("Notice", &first);
    assert_eq!(first["number"], 1);
    buy(&buyer, &show, "A-1-2").await;
    assert_eq!(socket.next().await.expect("a notice")["number"], 2);
    socket.say(r#"{"acknowledge": 2}"#).await;
    socket.say(r#"{"acknowledge": 1}"#).await;
    office
        .database
        .wait_until("SELECT acknowledged FROM inboxes", 2)
        .await;
    buy(&buyer, &show, "A-1-3").await;
    assert_eq!(socket.next().await.expect("a notice")["number"], 3);
    drop(socket);
    let mut socket = Socket::open(node, &buyer.token(), "").await.expect("a socket");
    assert_eq!(socket.next().await.expect("a notice")["number"], 3);
    let mut socket = Socket::open(node, &buyer.token(), "?after=1")
        .await
        .expect("a socket");
    assert_eq!(socket.next().await.expect("a notice")["number"], 2);
    assert_eq!(socket.next().await.expect("a notice")["number"], 3);
    socket.say(r#"{"acknowledge": 4}"#).await;
    assert_eq!(socket.next().await, Err(1008));
    let mut socket = Socket::open(node, &buyer.token(), "?after=3")
        .await
        .expect("a socket");
    socket.say("hello").await;
    assert_eq!(socket.next().await, Err(1003));
    assert_eq!(Socket::open(node, "nobody", "").await.err(), Some(401));
}

#[tokio::test]
async fn a_listener_is_told_where_notices_are_gone() {
    let office = TestOffice::start().await;
    let buyer = office.buyer().await;
    open(&buyer).await;
    office.database.execute(FILL);
    office
        .database
        .execute("DELETE FROM inbox_notices WHERE number <= 150; UPDATE inboxes SET first_kept = 151");
    let mut listener = Listener::open(&buyer, "?after=10", None).await;
    let (id, kind, gap) = listener.next().await.expect("an event");
    assert_eq!((id, kind.as_str(), gap), (150, "gap", json!({"first": 151})));
    for number in 151..=200 {
        assert_eq!(listener.number().await, number);
    }
    // One that has what its inbox has not begins anew.
    let node = &office.nodes[0];
    let mut socket = Socket::open(node, &buyer.token(), "?after=500")
        .await
        .expect("a socket");
    assert_eq!(socket.next().await.expect("a gap"), json!({"first": 151}));
    assert_eq!(socket.next().await.expect("a notice")["number"], 151);
    // None is missed by one that has the last that is gone.
    let mut socket = Socket::open(node, &buyer.token(), "?after=150")
        .await
        .expect("a socket");
    assert_eq!(socket.next().await.expect("a notice")["number"], 151);
}

#[tokio::test]
async fn another_node_tells_it_too_and_goes_away_politely() {
    let mut office = TestOffice::with(2, Some(Redis::start()), &[]).await;
    let show = office.show(json!({})).await;
    let (buyer, _) = paid(&office, &show, "A-1-1").await;
    once_it_has(&buyer, 1).await;
    let mut socket = Socket::open(&office.nodes[1], &buyer.token(), "")
        .await
        .expect("a socket");
    let mut listener = Listener::open(&buyer.at(office.nodes[1].url()), "", None).await;
    assert_eq!(socket.next().await.expect("a notice")["number"], 1);
    assert_eq!(listener.number().await, 1);
    buy(&buyer, &show, "A-1-2").await;
    assert_eq!(socket.next().await.expect("a notice")["number"], 2);
    assert_eq!(listener.number().await, 2);
    let stopped = office.nodes.remove(1);
    let (stopped, closed, ended) = tokio::join!(stopped.stop(), socket.next(), listener.next());
    assert_eq!((stopped, closed, ended), (Some(0), Err(1001), None));
}

#[tokio::test]
async fn a_session_has_eight_readers_and_a_place_is_free_again() {
    let office = TestOffice::start().await;
    let (buyer, other) = (office.buyer().await, office.buyer().await);
    let node = &office.nodes[0];
    let mut sockets = Vec::new();
    for _ in 0..8 {
        sockets.push(Socket::open(node, &buyer.token(), "").await.expect("a socket"));
    }
    assert_eq!(Socket::open(node, &buyer.token(), "").await.err(), Some(429));
    Socket::open(node, &other.token(), "")
        .await
        .expect("a socket of another");
    let mut leaving = sockets.pop().expect("a socket");
    leaving.0.close(None).await.expect("a way there");
    assert_eq!(leaving.next().await, Err(1000));
    drop(leaving);
    let begin = std::time::Instant::now();
    while Socket::open(node, &buyer.token(), "").await.is_err() {
        assert!(begin.elapsed() < PATIENCE, "no place is free again");
    }
}
