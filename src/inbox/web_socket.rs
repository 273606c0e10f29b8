//! An inbox by WebSocket: a notice a text, and acknowledgements back.

use std::time::Instant;

use actix_http::ws::{CloseCode, OpCode};
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use serde::Deserialize;
use tokio::sync::watch::Receiver;
use tokio::time::Interval;

use super::reader::{Message, Reader};
use crate::closing::until_closing;
use crate::live::incoming::{Heard, Incoming};
use crate::live::render::{control_frame, text_frame};
use crate::live::ticks::ticks;
use crate::live::viewer::{PING_INTERVAL, SILENCE_MAX};

/// What a reader sends.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    /// The number up to which it has all notices.
    acknowledge: i64,
}

struct WebSocket<S, R> {
    reader: Reader,
    /// Writes what is told.
    render: R,
    connection: S,
    incoming: Incoming,
    heard: Instant,
    ping: Interval,
    closing: Receiver<bool>,
    is_closed: bool,
}

/// The frames of one reader, until it leaves, is silent for too long, or the node stops. `render` writes what is told as JSON.
pub fn frames<S, E>(
    reader: Reader,
    render: impl Fn(&Message) -> String,
    connection: S,
    closing: Receiver<bool>,
) -> impl Stream<Item = Result<Bytes, std::convert::Infallible>>
where
    S: Stream<Item = Result<Bytes, E>> + Unpin,
{
    let socket = WebSocket {
        reader,
        render,
        connection,
        incoming: Incoming::default(),
        heard: Instant::now(),
        ping: ticks(PING_INTERVAL),
        closing,
        is_closed: false,
    };
    futures_util::stream::unfold(socket, |mut socket| async move {
        let frame = socket.next_frame().await?;
        Some((Ok(frame), socket))
    })
}

impl<S, E, R> WebSocket<S, R>
where
    S: Stream<Item = Result<Bytes, E>> + Unpin,
    R: Fn(&Message) -> String,
{
    async fn next_frame(&mut self) -> Option<Bytes> {
        while !self.is_closed {
            if let Some(answer) = self.answer().await {
                return Some(answer);
            }
            tokio::select! {
                () = until_closing(&mut self.closing) => return Some(self.close(CloseCode::Away)),
                sent = self.connection.next() => match sent {
                    Some(Ok(bytes)) => self.incoming.receive(&bytes),
                    Some(Err(_)) | None => return None,
                },
                message = self.reader.next() => return Some(text_frame([(self.render)(&message).as_bytes()])),
                _ = self.ping.tick() => {
                    if self.heard.elapsed() > SILENCE_MAX {
                        return Some(self.close(CloseCode::Policy));
                    }
                    return Some(control_frame(OpCode::Ping, b""));
                }
            }
        }
        None
    }

    /// Answers what the reader has sent, as long as there is something to answer; what it acknowledges is written down once.
    async fn answer(&mut self) -> Option<Bytes> {
        let mut through = None;
        let mut answer = None;
        while answer.is_none()
            && let Some(heard) = self.incoming.hear()
        {
            self.heard = Instant::now();
            answer = match heard {
                Heard::Ping(payload) => Some(control_frame(OpCode::Pong, &payload)),
                Heard::Close => Some(self.close(CloseCode::Normal)),
                Heard::Refused(code) => Some(self.close(code)),
                Heard::Text(text) => match serde_json::from_slice::<Sent>(&text) {
                    Ok(Sent { acknowledge }) => {
                        through = through.max(Some(acknowledge));
                        None
                    }
                    Err(_) => Some(self.close(CloseCode::Unsupported)),
                },
                Heard::Other => None,
            };
        }
        if let Some(through) = through
            && !self.reader.acknowledge(through).await
        {
            return Some(self.close(CloseCode::Policy));
        }
        answer
    }

    fn close(&mut self, code: CloseCode) -> Bytes {
        self.is_closed = true;
        control_frame(OpCode::Close, &u16::from(code).to_be_bytes())
    }
}
