//! A viewer: follows a show by WebSocket and holds what it says against the journal's rules.

use futures_util::StreamExt;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::Node;

/// A connected viewer.
pub struct Viewer {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// The last offset it has heard of.
    pub offset: i64,
    /// Every event it has heard, in order.
    pub events: Vec<Value>,
    /// The seats as it knows them.
    pub seats: std::collections::HashMap<String, String>,
}

impl Viewer {
    /// Watches a show from its state now.
    pub async fn watch(node: &Node, show: &str) -> Self {
        let mut viewer = Self::open(node, &format!("/v1/shows/{show}/live"), 0).await;
        viewer.take_frame().await;
        viewer
    }

    /// Watches a show from its state now, or tells the status with which it was turned away.
    pub async fn try_watch(node: &Node, show: &str) -> Result<Self, u16> {
        let mut viewer = Self::try_open(node, &format!("/v1/shows/{show}/live"), 0).await?;
        viewer.take_frame().await;
        Ok(viewer)
    }

    /// Watches a show from an offset, or tells the status with which it was turned away.
    pub async fn try_watch_from(node: &Node, show: &str, from: i64) -> Result<Self, u16> {
        Self::try_open(node, &format!("/v1/shows/{show}/live?from={from}"), from).await
    }

    /// Watches a show from an offset.
    pub async fn watch_from(node: &Node, show: &str, from: i64) -> Self {
        Self::open(node, &format!("/v1/shows/{show}/live?from={from}"), from).await
    }

    /// Watches at an address, and takes nothing in yet.
    pub async fn watch_at(node: &Node, path: &str) -> Self {
        Self::open(node, path, 0).await
    }

    /// Hears its old connection out and goes on at another node from where it stands.
    pub async fn go_on(&mut self, node: &Node, show: &str) {
        while let Ok(frame) = self.next_frame().await {
            self.take(&frame);
        }
        let path = format!("/v1/shows/{show}/live?from={}", self.offset);
        self.socket = connect_async(node.websocket_url(&path))
            .await
            .expect("a WebSocket")
            .0;
    }

    async fn open(node: &Node, path: &str, offset: i64) -> Self {
        let opened = Self::try_open(node, path, offset).await;
        opened.expect("a WebSocket")
    }

    async fn try_open(node: &Node, path: &str, offset: i64) -> Result<Self, u16> {
        let socket = match connect_async(node.websocket_url(path)).await {
            Ok((socket, _)) => socket,
            Err(Error::Http(response)) => return Err(response.status().as_u16()),
            Err(error) => panic!("{error}"),
        };
        Ok(Self {
            socket,
            offset,
            events: Vec::new(),
            seats: std::collections::HashMap::new(),
        })
    }

    /// The next frame, or the code with which the server closed.
    pub async fn next_frame(&mut self) -> Result<Value, u16> {
        // Pings, which keep a connection that says nothing else, don't count.
        let deadline = tokio::time::Instant::now() + super::PATIENCE;
        loop {
            let message = tokio::time::timeout_at(deadline, self.socket.next())
                .await
                .expect("a frame in time");
            match message {
                Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text).expect("JSON")),
                Some(Ok(Message::Close(frame))) => return Err(frame.map_or(1005, |frame| frame.code.into())),
                Some(Ok(_)) => {}
                None | Some(Err(Error::ConnectionClosed | Error::Protocol(_) | Error::Io(_))) => {
                    return Err(1006);
                }
                Some(Err(error)) => panic!("{error}"),
            }
        }
    }

    /// Takes a frame in; every event must be the very next one.
    pub async fn take_frame(&mut self) {
        let frame = self.next_frame().await.expect("a frame");
        self.take(&frame);
    }

    fn take(&mut self, frame: &Value) {
        match frame["type"].as_str() {
            Some("snapshot") => {
                self.offset = frame["offset"].as_i64().expect("an offset");
                let seats = frame["seats"].as_object().expect("seats");
                let state = |state: &Value| state.as_str().expect("a state").to_owned();
                self.seats = seats
                    .iter()
                    .map(|(name, value)| (name.clone(), state(value)))
                    .collect();
            }
            Some("events") => {
                for event in frame["events"].as_array().expect("events") {
                    assert_eq!(
                        event["offset"],
                        self.offset + 1,
                        "an event is missing or out of order"
                    );
                    self.offset += 1;
                    self.fold(event);
                    self.events.push(event.clone());
                }
            }
            Some("resync") => {}
            other => panic!("a frame of type {other:?}"),
        }
    }

    /// Takes frames in until an offset has been reached.
    pub async fn reach(&mut self, offset: i64) {
        while self.offset < offset {
            self.take_frame().await;
        }
    }

    fn fold(&mut self, event: &Value) {
        let state = match event["type"].as_str().expect("a type") {
            "booked" => "held",
            "paid" => "sold",
            "blocked" => "blocked",
            _ => "free",
        };
        for seat in event["seats"].as_array().expect("seats") {
            self.seats
                .insert(seat.as_str().expect("a name").to_owned(), state.to_owned());
        }
    }
}
