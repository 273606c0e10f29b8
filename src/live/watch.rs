//! One show as this node sees it: the state, the frames of the last moments, and who looks at it.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::{Notify, watch};

use super::LiveSettings;
use super::render::{self, Face};
use super::rendered_map::{Changes, Fresh, Pieces, RenderedMap};
use domain::event::Event;
use domain::id::Offset;
use domain::seat_map::{FoldError, SeatMap};
use domain::show::Show;

/// Events that may wait for the next tick; beyond, viewers get a new snapshot instead.
const PENDING_EVENTS_MAX: usize = 20_000;
/// How often the task that makes frames looks whether its show is still watched.
const FLUSH_CHECK: Duration = Duration::from_secs(30);

/// A tick lasts until most viewers have taken its frame, though not longer than this. A node that can't serve all of them
/// each tick so sends fewer, larger frames, and nobody falls behind.
const TICK_MAX: Duration = Duration::from_secs(1);

/// What became of events that were offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepted {
    /// They are in, as far as they were new.
    Folded,
    /// Events before them are missing: the journal has to be read.
    Gap,
}

/// What a viewer at some offset gets next.
#[derive(Debug)]
pub enum Next {
    /// A frame that leads to this offset.
    Frame(Bytes, Offset),
    /// Nothing yet.
    Wait,
    /// It has fallen behind what is kept; it needs a snapshot.
    Behind,
}

/// A show that this node follows.
pub struct Watch {
    show: Arc<Show>,
    face: Face,
    state: Mutex<State>,
    /// Says that there is something to make a frame of.
    pending: Notify,
    /// Says that most viewers have taken the last frame.
    taken: Notify,
    /// The offset up to which frames have been made.
    flushed: watch::Sender<Offset>,
    viewers: AtomicUsize,
    /// The node stops.
    closing: AtomicBool,
    /// Somebody has looked since `used` was last brought up to date: a look sets no more than this.
    looked: AtomicBool,
    used: Mutex<Instant>,
    rendered: Mutex<Rendered>,
    frames_bytes_max: usize,
}

/// The last rendered map, kept for all who ask until the state moves on, and the pieces for the next one.
#[derive(Default)]
struct Rendered {
    map: Option<Arc<RenderedMap>>,
    pieces: Pieces,
}

struct State {
    map: SeatMap,
    /// What has changed since the map was last rendered.
    changes: Changes,
    /// Events not in a frame yet.
    pending: Vec<Event>,
    /// Recent frames, the oldest first, without a gap between them.
    frames: VecDeque<Frame>,
    frames_bytes: usize,
    /// The last event in a frame, or before the first pending one.
    flushed: Offset,
    /// How many viewers the last frame was made for.
    audience: usize,
    /// How many viewers have taken it.
    takers: usize,
}

/// A frame shared by all viewers, and where each event stands in it, for those who have part of it already.
struct Frame {
    first: Offset,
    last: Offset,
    bytes: Bytes,
    text: Bytes,
    events: Vec<Range<usize>>,
}

impl Watch {
    /// Follows a show from this state on. Frames are made by a task that ends with the watch.
    pub fn start(show: Arc<Show>, map: SeatMap, settings: &LiveSettings) -> Arc<Self> {
        let offset = map.offset;
        let state = State {
            changes: Changes::all(map.seats.len()),
            map,
            pending: Vec::new(),
            frames: VecDeque::new(),
            frames_bytes: 0,
            flushed: offset,
            audience: 0,
            takers: 0,
        };
        let watch = Arc::new(Self {
            face: Face::of(&show),
            show,
            state: Mutex::new(state),
            pending: Notify::new(),
            taken: Notify::new(),
            flushed: watch::Sender::new(offset),
            viewers: AtomicUsize::new(0),
            closing: AtomicBool::new(false),
            looked: AtomicBool::new(false),
            used: Mutex::new(Instant::now()),
            rendered: Mutex::default(),
            frames_bytes_max: settings.frames_bytes_max,
        });
        tokio::spawn(make_frames(Arc::downgrade(&watch), settings.tick));
        watch
    }

    /// The show.
    pub fn show(&self) -> &Arc<Show> {
        &self.show
    }

    /// The names of its places, ready to be written.
    pub fn face(&self) -> &Face {
        &self.face
    }

    /// The last event folded in.
    pub fn offset(&self) -> Offset {
        self.lock().map.offset
    }

    /// Whether the show sells.
    pub fn sale(&self) -> domain::seat_map::Sale {
        self.lock().map.sale
    }

    /// Folds events in; those it has already are passed over.
    pub fn accept(&self, events: &[Event]) -> Accepted {
        let mut state = self.lock();
        for event in events {
            if event.offset <= state.map.offset {
                continue;
            }
            match state.map.fold(event) {
                Ok(()) => state.take(event),
                Err(FoldError::Gap { .. }) => {
                    drop(state);
                    self.pending.notify_one();
                    return Accepted::Gap;
                }
                Err(FoldError::Contradiction(offset)) => {
                    tracing::error!(show.id = %self.show.id, journal.offset = %offset, "an event contradicts the state");
                    return Accepted::Gap;
                }
            }
        }
        drop(state);
        self.pending.notify_one();
        Accepted::Folded
    }

    /// The map as it stands, rendered once for all who ask at this offset.
    pub fn rendered(&self) -> Arc<RenderedMap> {
        let mut rendered = self.rendered.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = {
            let mut state = self.lock();
            let state = &mut *state;
            if let Some(current) = &rendered.map
                && current.offset() == state.map.offset
            {
                return current.clone();
            }
            Fresh::take(&state.map, &mut state.changes)
        };
        let map = Arc::new(rendered.pieces.render(&self.show, &self.face, fresh));
        rendered.map = Some(map.clone());
        map
    }

    /// What a viewer who has everything up to `offset` gets next.
    pub fn next_frame(&self, offset: Offset) -> Next {
        let mut state = self.lock();
        let state = &mut *state;
        if offset >= state.flushed {
            return Next::Wait;
        }
        let next = state.frames.partition_point(|frame| frame.last <= offset);
        let Some(frame) = state.frames.get(next) else {
            return Next::Behind;
        };
        if frame.first > offset.next() {
            return Next::Behind;
        }
        if frame.last == state.flushed {
            state.takers += 1;
            if state.takers == most(state.audience) {
                self.taken.notify_one();
            }
        }
        if frame.first == offset.next() {
            return Next::Frame(frame.bytes.clone(), frame.last);
        }
        let known = usize::try_from(offset.0 + 1 - frame.first.0).unwrap_or(usize::MAX);
        let rest = frame
            .events
            .iter()
            .skip(known)
            .filter_map(|range| frame.text.get(range.clone()));
        Next::Frame(render::frame_of_parts(rest), frame.last)
    }

    /// Tells every viewer that the node stops.
    pub fn close(&self) {
        self.closing.store(true, Ordering::Release);
        self.flushed.send_modify(|_same| {});
    }

    /// Whether the node stops.
    pub fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Acquire)
    }

    /// Says when there may be a new frame, or that the node stops.
    pub fn frames(&self) -> watch::Receiver<Offset> {
        self.flushed.subscribe()
    }

    /// Counts a viewer in for as long as the guard lives.
    pub fn enter(self: &Arc<Self>) -> Viewing {
        self.viewers.fetch_add(1, Ordering::Relaxed);
        metrics::gauge!("boxoffice_viewers").increment(1);
        Viewing(self.clone())
    }

    /// How many look at it by WebSocket.
    pub fn viewers(&self) -> usize {
        self.viewers.load(Ordering::Relaxed)
    }

    /// Notes that somebody looked.
    pub fn touch(&self) {
        self.looked.store(true, Ordering::Relaxed);
    }

    /// How long ago somebody looked, as nearly as this is asked for often.
    pub fn unused_for(&self) -> Duration {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        if self.looked.swap(false, Ordering::Relaxed) {
            *used = Instant::now();
        }
        used.elapsed()
    }

    /// Makes a frame of what is pending.
    fn flush(&self) {
        let mut state = self.lock();
        let state = &mut *state;
        let offset = state.map.offset;
        let pending = std::mem::take(&mut state.pending);
        if pending.is_empty() {
            return;
        }
        if self.viewers() == 0 || pending.len() > PENDING_EVENTS_MAX {
            state.frames.clear();
            state.frames_bytes = 0;
        } else {
            let (text, events) = render::events_text(&self.face, &pending);
            let bytes = render::frame(text.as_bytes());
            let first = pending.first().map_or(offset, |event| event.offset);
            let frame = Frame {
                first,
                last: offset,
                text: render::events_of(&bytes, text.len()),
                bytes,
                events,
            };
            state.frames_bytes += frame.text.len();
            state.frames.push_back(frame);
            while state.frames_bytes > self.frames_bytes_max
                && state.frames.len() > 1
                && let Some(oldest) = state.frames.pop_front()
            {
                state.frames_bytes -= oldest.text.len();
            }
        }
        state.flushed = offset;
        (state.audience, state.takers) = (self.viewers(), 0);
        self.flushed.send_replace(offset);
    }

    fn is_taken(&self) -> bool {
        let state = self.lock();
        state.takers >= most(state.audience.min(self.viewers()))
    }

    /// Waits until most viewers have taken the last frame.
    async fn wait_for_takers(&self) {
        while !self.is_taken() {
            self.taken.notified().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Keeps an event that has been folded in.
    fn take(&mut self, event: &Event) {
        for seat in &event.places.seats {
            self.changes.note(seat.0 as usize);
        }
        self.pending.push(event.clone());
    }
}

/// A viewer's presence.
pub struct Viewing(Arc<Watch>);

impl Viewing {
    /// The show that is looked at.
    pub fn watch(&self) -> &Arc<Watch> {
        &self.0
    }
}

impl Drop for Viewing {
    fn drop(&mut self) {
        self.0.touch();
        self.0.viewers.fetch_sub(1, Ordering::Relaxed);
        // It may have been the last that was waited for.
        self.0.taken.notify_one();
        metrics::gauge!("boxoffice_viewers").decrement(1);
    }
}

/// Most of so many viewers: some may be on lines too slow to wait for.
fn most(viewers: usize) -> usize {
    viewers - viewers / 8
}

/// The first event after a quiet time goes out at once; those that follow within a tick go out together.
async fn make_frames(watch: Weak<Watch>, tick: Duration) {
    loop {
        let Some(strong) = watch.upgrade() else { return };
        if tokio::time::timeout(FLUSH_CHECK, strong.pending.notified())
            .await
            .is_ok()
        {
            strong.flush();
            tokio::time::sleep(tick).await;
            let _too_slow =
                tokio::time::timeout(TICK_MAX.saturating_sub(tick), strong.wait_for_takers()).await;
        }
    }
}

#[cfg(test)]
mod tests;
