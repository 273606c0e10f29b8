//! An inbox by Server-Sent Events: a notice an event, whose id is its number.

use bytes::Bytes;
use futures_util::Stream;
use tokio::sync::watch::Receiver;
use tokio::time::Interval;

use super::reader::{Message, Reader};
use crate::closing::until_closing;
use crate::live::event_stream::{BEAT, BEAT_INTERVAL, retry};
use crate::live::ticks::ticks;

struct EventStream<R> {
    reader: Reader,
    /// Writes what is told.
    render: R,
    /// What is sent first.
    first: Option<Bytes>,
    beat: Interval,
    closing: Receiver<bool>,
}

/// The events of one reader, until it leaves or the node stops. `render` writes what is told as JSON in one line.
pub fn events(
    reader: Reader,
    render: impl Fn(&Message) -> String,
    closing: Receiver<bool>,
) -> impl Stream<Item = Result<Bytes, std::convert::Infallible>> {
    let stream = EventStream {
        reader,
        render,
        first: Some(retry()),
        beat: ticks(BEAT_INTERVAL),
        closing,
    };
    futures_util::stream::unfold(stream, |mut stream| async move {
        let event = stream.next_event().await?;
        Some((Ok(event), stream))
    })
}

impl<R: Fn(&Message) -> String> EventStream<R> {
    async fn next_event(&mut self) -> Option<Bytes> {
        if let Some(first) = self.first.take() {
            return Some(first);
        }
        tokio::select! {
            () = until_closing(&mut self.closing) => None,
            message = self.reader.next() => Some(self.event(&message)),
            _ = self.beat.tick() => Some(BEAT),
        }
    }

    fn event(&self, message: &Message) -> Bytes {
        // A notice is a plain message, so that a page needs no name for what it listens to.
        let kind = match message {
            Message::Notice(_) => "",
            Message::Gap { .. } => "event: gap\n",
        };
        let (number, text) = (message.number(), (self.render)(message));
        Bytes::from(format!("id: {number}\n{kind}data: {text}\n\n"))
    }
}
