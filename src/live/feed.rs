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

/// How a snapshot tells seats' states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SeatsForm {
    /// A word by each seat's name.
    #[default]
    Named,
    /// A letter a seat, in the order of the plan: a twentieth of that, for who has the plan.
    Packed,
}

/// What a frame says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The whole state.
    Snapshot,
    /// The whole state, for who has the plan.
    PackedSnapshot,
    /// What has happened since.
    Events,
    /// What the viewer has is not to be relied on any more.
    Resync,
    /// How the show's line stands.
    Line,
}

impl Kind {
    /// The word for it, as in the frame.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Snapshot => "snapshot",
            Self::PackedSnapshot => "packed_snapshot",
            Self::Events => "events",
            Self::Resync => "resync",
            Self::Line => "line",
        }
    }
}

/// A frame, shared by all who get it.
#[derive(Debug, Clone)]
pub struct Frame {
    /// What it says.
    pub kind: Kind,
    /// Up to where a viewer has everything that has this frame; nothing after a resync, nor where the frame says nothing of it.
    pub offset: Option<Offset>,
    /// As it goes over a WebSocket.
    pub bytes: Bytes,
}

impl Frame {
    /// A map.
    fn snapshot(map: &RenderedMap, form: SeatsForm) -> Self {
        let (kind, bytes) = match form {
            SeatsForm::Named => (Kind::Snapshot, map.snapshot_frame()),
            SeatsForm::Packed => (Kind::PackedSnapshot, map.packed_snapshot_frame()),
        };
        Self {
            kind,
            offset: Some(map.offset()),
            bytes,
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
    form: SeatsForm,
    /// The number of the last news of the line.
    line: u64,
}

impl Feed {
    /// Begins so, with all snapshots in this form.
    pub fn new(viewing: Viewing, start: Start, form: SeatsForm) -> Self {
        let changed = viewing.watch().frames();
        let (mut first, position) = match start {
            Start::Frames(frames, position) => (frames, position),
            Start::Snapshot(map) => (vec![Frame::snapshot(&map, form)], map.position()),
        };
        first.reverse();
        Self {
            viewing,
            changed,
            first,
            position,
            form,
            line: 0,
        }
    }

    /// The next of the frames that go out before anything else.
    pub fn first(&mut self) -> Option<Frame> {
        self.first.pop()
    }

    /// What has happened since the viewer's position.
    pub fn news(&mut self) -> Option<Frame> {
        self.changed.mark_unchanged();
        if let Some((number, bytes)) = self.viewing.watch().line_after(self.line) {
            self.line = number;
            return Some(Frame {
                kind: Kind::Line,
                offset: None,
                bytes,
            });
        }
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
                self.first.push(Frame::snapshot(&map, self.form));
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
