//! What a viewer is sent, whichever way it is connected. Nothing is queued for a viewer; it holds only its position, and
//! starts again from a snapshot if it falls too far behind.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::watch::Receiver;

use super::position::Position;
use super::render::resync_frame;
use super::rendered_map::RenderedMap;
use super::watch::{Next, Viewing};
use domain::id::Offset;

/// What a viewer gets first.
pub enum Start {
    /// The whole state.
    Snapshot(Arc<RenderedMap>),
    /// These frames, which lead to this position.
    Frames(Vec<Frame>, Position),
}

/// What a frame says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The whole state.
    Snapshot,
    /// What has happened since.
    Events,
    /// What the viewer has is not to be relied on any more.
    Resync,
}

impl Kind {
    /// The word for it, as in the frame.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Snapshot => "snapshot",
            Self::Events => "events",
            Self::Resync => "resync",
        }
    }
}

/// A frame, shared by all who get it.
#[derive(Debug, Clone)]
pub struct Frame {
    /// What it says.
    pub kind: Kind,
    /// Up to where a viewer has everything that has this frame; nothing after a resync.
    pub offset: Option<Offset>,
    /// As it goes over a WebSocket.
    pub bytes: Bytes,
}

impl Frame {
    /// A map.
    fn snapshot(map: &RenderedMap) -> Self {
        Self {
            kind: Kind::Snapshot,
            offset: Some(map.offset()),
            bytes: map.snapshot_frame(),
        }
    }

    /// Events up to this offset.
    pub fn events(bytes: Bytes, offset: Offset) -> Self {
        Self {
            kind: Kind::Events,
            offset: Some(offset),
            bytes,
        }
    }
}

/// One viewer's frames.
pub struct Feed {
    viewing: Viewing,
    changed: Receiver<Position>,
    /// Frames that go out before anything else, the next one last.
    first: Vec<Frame>,
    position: Position,
}

impl Feed {
    /// Begins so.
    pub fn new(viewing: Viewing, start: Start) -> Self {
        let changed = viewing.watch().frames();
        let (mut first, position) = match start {
            Start::Frames(frames, position) => (frames, position),
            Start::Snapshot(map) => (vec![Frame::snapshot(&map)], map.position()),
        };
        first.reverse();
        Self {
            viewing,
            changed,
            first,
            position,
        }
    }

    /// The next of the frames that go out before anything else.
    pub fn first(&mut self) -> Option<Frame> {
        self.first.pop()
    }

    /// What has happened since the viewer's position.
    pub fn news(&mut self) -> Option<Frame> {
        self.changed.mark_unchanged();
        match self.viewing.next_frame(self.position) {
            Next::Wait => None,
            Next::Frame(bytes, position) => {
                self.position = position;
                Some(Frame::events(bytes, position.offset))
            }
            Next::Behind => {
                // While the state is not known there is no snapshot to start from; the watch signals when there is.
                let map = self.viewing.watch().rendered()?;
                metrics::counter!("boxoffice_viewer_resyncs_total").increment(1);
                self.position = map.position();
                self.first.push(Frame::snapshot(&map));
                Some(Frame {
                    kind: Kind::Resync,
                    offset: None,
                    bytes: resync_frame(),
                })
            }
        }
    }

    /// Whether the node stops.
    pub fn is_closing(&self) -> bool {
        self.viewing.watch().is_closing()
    }

    /// Waits until there may be news, or the node stops; `None` if there never will be.
    pub async fn changed(&mut self) -> Option<()> {
        self.changed.changed().await.ok()
    }
}
