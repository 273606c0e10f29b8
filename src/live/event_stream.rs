//! One viewer's Server-Sent Events (the HTML standard's `text/event-stream`): the frames of a WebSocket, each an event of
//! its kind whose id is where the viewer then stands. A browser comes back with the last id by itself.

use bytes::Bytes;
use futures_util::Stream;
use rand::RngExt;
use std::time::Duration;

use super::feed::{Feed, Frame, Kind, SeatsForm, Start};
use super::render::text_of;
use super::ticks::ticks;
use super::viewer::PIECE_BYTES_MAX;
use super::watch::Viewing;

/// How often something is sent, so that nobody on the way takes the connection for dead.
pub const BEAT_INTERVAL: Duration = Duration::from_secs(15);
/// A comment.
pub const BEAT: Bytes = Bytes::from_static(b":\n\n");
/// After how long a browser comes back that has lost its connection, in milliseconds. Each viewer is told a time of its own:
/// those of a node that stops don't come back at once.
pub const RETRY_MILLISECONDS: std::ops::Range<u32> = 1_000..5_000;
/// What ends an event.
const END: &[u8] = b"\n\n";

struct EventStream {
    feed: Feed,
    /// The rest of the current event: its text and what ends it.
    rest: [Bytes; 2],
    beat: tokio::time::Interval,
}

/// The events of one viewer, until it leaves or the node stops.
pub fn events(
    viewing: Viewing,
    start: Start,
    form: SeatsForm,
) -> impl Stream<Item = Result<Bytes, std::convert::Infallible>> {
    let stream = EventStream {
        feed: Feed::new(viewing, start, form),
        rest: [retry(), Bytes::new()],
        beat: ticks(BEAT_INTERVAL),
    };
    futures_util::stream::unfold(stream, |mut stream| async move {
        let piece = stream.next_piece().await?;
        Some((Ok(piece), stream))
    })
}

/// What a stream begins with: after how long to come back.
pub fn retry() -> Bytes {
    Bytes::from(format!(
        "retry: {}\n\n",
        rand::rng().random_range(RETRY_MILLISECONDS)
    ))
}

impl EventStream {
    async fn next_piece(&mut self) -> Option<Bytes> {
        if let Some(rest) = self.rest.iter_mut().find(|rest| !rest.is_empty()) {
            let bytes = rest.len().min(PIECE_BYTES_MAX);
            return Some(rest.split_to(bytes));
        }
        loop {
            if let Some(frame) = self.feed.first().or_else(|| self.feed.news()) {
                return Some(self.begin(&frame));
            }
            if self.feed.is_closing() {
                return None;
            }
            tokio::select! {
                changed = self.feed.changed() => changed?,
                _ = self.beat.tick() => return Some(BEAT),
            }
        }
    }

    /// The first piece of an event. Most events are no longer.
    fn begin(&mut self, frame: &Frame) -> Bytes {
        let text = text_of(&frame.bytes);
        let name = frame.kind.name();
        let head = match (frame.kind, frame.offset) {
            // It is no event of the journal: the viewer stands where it stood.
            (Kind::Line, _) => format!("event: {name}\ndata: "),
            (_, Some(offset)) => format!("id: {offset}\nevent: {name}\ndata: "),
            // After a resync, an empty id: who comes back then begins anew.
            (_, None) => format!("id: \nevent: {name}\ndata: "),
        };
        if head.len() + text.len() + END.len() <= PIECE_BYTES_MAX {
            return [head.as_bytes(), &text, END].concat().into();
        }
        self.rest = [text, Bytes::from_static(END)];
        head.into()
    }
}
