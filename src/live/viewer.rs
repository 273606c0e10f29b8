//! One viewer's WebSocket: a stream of frames that the viewer pulls.

use std::time::{Duration, Instant};

use actix_http::ws::{CloseCode, OpCode};
use bytes::Bytes;
use futures_util::{Stream, StreamExt};

use super::feed::{Feed, SeatsForm, Start};
use super::incoming::{Heard, Incoming};
use super::render::control_frame;
use super::ticks::ticks;
use super::watch::Viewing;

/// How often a viewer is pinged.
pub const PING_INTERVAL: Duration = Duration::from_secs(20);
/// A viewer that says nothing, not even a pong, for this long is gone.
pub const SILENCE_MAX: Duration = Duration::from_secs(60);
/// Longest piece of a frame that is handed to the connection at a time. With a piece and the handshake's headers the
/// connection's buffer still has the 8 KiB that it begins with, so that a viewer costs the same however large its snapshot.
pub const PIECE_BYTES_MAX: usize = 7_680;
/// A connection with this many bytes in its buffer sends before it asks for the next piece.
pub const SEND_BYTES_MIN: usize = 512;

struct Viewer<S> {
    feed: Feed,
    connection: S,
    incoming: Incoming,
    /// The rest of the current frame.
    rest: Bytes,
    heard: Instant,
    ping: tokio::time::Interval,
    closed: bool,
}

/// The frames of one viewer, until it leaves, is silent for too long, or the node stops.
pub fn frames<S, E>(
    viewing: Viewing,
    start: Start,
    form: SeatsForm,
    connection: S,
) -> impl Stream<Item = Result<Bytes, std::convert::Infallible>>
where
    S: Stream<Item = Result<Bytes, E>> + Unpin,
{
    let viewer = Viewer {
        feed: Feed::new(viewing, start, form),
        connection,
        incoming: Incoming::default(),
        rest: Bytes::new(),
        heard: Instant::now(),
        ping: ticks(PING_INTERVAL),
        closed: false,
    };
    futures_util::stream::unfold(viewer, |mut viewer| async move {
        let piece = viewer.next_piece().await?;
        Some((Ok(piece), viewer))
    })
}

impl<S, E> Viewer<S>
where
    S: Stream<Item = Result<Bytes, E>> + Unpin,
{
    async fn next_piece(&mut self) -> Option<Bytes> {
        if self.rest.is_empty() {
            self.rest = self.next_frame().await?;
        }
        let bytes = self.rest.len().min(PIECE_BYTES_MAX);
        Some(self.rest.split_to(bytes))
    }

    async fn next_frame(&mut self) -> Option<Bytes> {
        if let Some(frame) = self.feed.first() {
            return Some(frame.bytes);
        }
        while !self.closed {
            if let Some(frame) = self.answer() {
                return Some(frame);
            }
            if let Some(frame) = self.feed.news() {
                return Some(frame.bytes);
            }
            if self.feed.is_closing() {
                return Some(self.close(CloseCode::Away));
            }
            tokio::select! {
                sent = self.connection.next() => match sent {
                    Some(Ok(bytes)) => self.incoming.receive(&bytes),
                    Some(Err(_)) | None => return None,
                },
                changed = self.feed.changed() => changed?,
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

    /// Answers what the viewer has sent, as long as there is something to answer: it reads no more before that.
    fn answer(&mut self) -> Option<Bytes> {
        while let Some(heard) = self.incoming.hear() {
            self.heard = Instant::now();
            match heard {
                Heard::Ping(payload) => return Some(control_frame(OpCode::Pong, &payload)),
                Heard::Close => return Some(self.close(CloseCode::Normal)),
                Heard::Refused(code) => return Some(self.close(code)),
                Heard::Text(_) | Heard::Other => {}
            }
        }
        None
    }

    fn close(&mut self, code: CloseCode) -> Bytes {
        self.closed = true;
        control_frame(OpCode::Close, &u16::from(code).to_be_bytes())
    }
}
