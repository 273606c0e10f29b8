//! The live feed by Server-Sent Events, and the fold that makes a map of it.

use std::collections::HashMap;

use futures_util::StreamExt;

use crate::Result;
use crate::client::types::{Event, EventType, Frame, SeatState};
use crate::client::{ByteStream, Client};

/// A show's feed.
pub struct Feed {
    stream: ByteStream,
    /// What has come of the next event.
    text: Vec<u8>,
}

impl Feed {
    /// Begins with a snapshot, or with the events after a number.
    pub async fn open(office: &Client, show: &str, after: Option<i64>) -> Result<Self> {
        let watch = office.watch_show().show(show);
        let watch = match after {
            Some(offset) => watch.last_event_id(offset),
            None => watch,
        };
        let stream = watch.send().await?.into_inner();
        Ok(Self {
            stream,
            text: Vec::new(),
        })
    }

    /// The next frame.
    async fn frame(&mut self) -> Result<Frame> {
        loop {
            // An empty line ends an event.
            while let Some(end) = self.text.windows(2).position(|two| two == b"\n\n") {
                let event = String::from_utf8(self.text.drain(..end + 2).collect())?;
                if let Some(data) = event.lines().find_map(|line| line.strip_prefix("data: ")) {
                    return Ok(serde_json::from_str(data)?);
                }
            }
            let piece = self.stream.next().await.ok_or("the feed has ended")??;
            self.text.extend_from_slice(&piece);
        }
    }
}

/// A show as its viewer sees it.
#[derive(Default)]
pub struct View {
    pub seats: HashMap<String, SeatState>,
    /// The last event that is in it.
    pub offset: i64,
    /// The events that came one by one.
    pub events: Vec<Event>,
}

impl View {
    /// Takes a frame at least, and more until the event of this number is in.
    pub async fn follow(&mut self, feed: &mut Feed, until: i64) -> Result<()> {
        loop {
            match feed.frame().await? {
                Frame::SnapshotFrame(snapshot) => {
                    self.seats = snapshot.seats;
                    self.offset = snapshot.offset;
                }
                Frame::EventsFrame(frame) => {
                    frame.events.into_iter().try_for_each(|event| self.fold(event))?;
                }
                // A snapshot follows a resync, and stands for all that was before. How the line stands is nothing that a map shows.
                Frame::ResyncFrame(_) | Frame::LineFrame(_) => {}
            }
            if self.offset >= until {
                return Ok(());
            }
        }
    }

    /// Takes an event, which must be the next one.
    fn fold(&mut self, event: Event) -> Result<()> {
        let offset = i64::try_from(event.offset.get())?;
        if offset != self.offset + 1 {
            return Err(format!("event {offset} came after {}", self.offset).into());
        }
        let state = match event.type_ {
            EventType::Booked => Some(SeatState::Held),
            EventType::Paid => Some(SeatState::Sold),
            EventType::Blocked => Some(SeatState::Blocked),
            EventType::Canceled | EventType::TimedOut | EventType::Returned | EventType::Unblocked => {
                Some(SeatState::Free)
            }
            // Others change no seat.
            _ => None,
        };
        if let Some(state) = state {
            self.seats
                .extend(event.seats.iter().map(|seat| (seat.clone(), state)));
        }
        self.offset = offset;
        self.events.push(event);
        Ok(())
    }
}
