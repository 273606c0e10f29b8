//! One show as this node's viewers see it: the frames of the last moments, the rendered map, and who looks at it. The
//! state itself belongs to the show ([`Followed`]), which notifies the watch of each change.
//!
//! Locks are taken in this order: the rendered map's, the show's, the watch's own. The show calls the watch under its own
//! lock, so that the watch never asks the show for anything while it holds its own.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::{Notify, watch};

use super::line_news::{LineNews, LineTold};
use super::position::Position;
use super::render::{self, PlaceNames};
use super::rendered_map::{Changes, Fresh, Pieces, RenderedMap};
use super::settings::LiveSettings;
use crate::show::{Followed, Observer};
use domain::event::Event;
use domain::id::{Offset, Revision};
use domain::show::Show;
use domain::state::ShowState;

/// Events that may wait for the next tick; beyond, viewers get a new snapshot instead.
const PENDING_EVENTS_MAX: usize = 20_000;
/// How often the task that makes frames checks that its show is still watched.
const FLUSH_CHECK: Duration = Duration::from_secs(30);
/// A tick lasts until most viewers that are ready for its frame have it, but no longer than this. A node that can't
/// keep up sends fewer, larger frames, and no viewer falls behind.
const TICK_MAX: Duration = Duration::from_secs(1);
/// A tick is this many times as long as handing a frame to all viewers takes, so that the node has time for other work.
/// It is bounded by the settings and by [`TICK_MIN`].
const TICK_HANDOVERS: u32 = 4;
/// The shortest tick: a few frames of several events cost less than many of one.
const TICK_MIN: Duration = Duration::from_millis(5);
/// Approximate size of a watch in memory, apart from what grows with the show, in bytes.
const WATCH_BYTES: usize = 4_096;

/// What a viewer at some position gets next.
#[derive(Debug)]
pub enum Next {
    /// A frame that leads to this position.
    Frame(Bytes, Position),
    /// Nothing yet.
    Wait,
    /// It has fallen behind the kept frames, or what it has was wrong; it needs a snapshot.
    Behind,
}

/// A show that this node's viewers look at.
pub struct Watch {
    followed: Arc<Followed>,
    state: Mutex<State>,
    /// Signals that other names of places are wanted. Held outside the watch, as `pending` is.
    wants_names: Arc<Notify>,
    /// Signals pending events. Held outside the watch, so that waiting for it doesn't keep the watch alive.
    pending: Arc<Notify>,
    /// Signals that most viewers that were ready for the last frame have it.
    taken: Notify,
    /// The position up to which frames have been made.
    flushed: watch::Sender<Position>,
    /// The epoch of the state, so that it can be read without the lock.
    epoch: AtomicU64,
    viewers: AtomicUsize,
    /// The node stops.
    closing: AtomicBool,
    /// The watch was used since `used` was last updated: a use only sets this flag.
    looked: AtomicBool,
    used: Mutex<Instant>,
    rendered: Mutex<Rendered>,
    frames_bytes_max: usize,
    /// What is told of the show's line.
    line: LineTold,
}

/// The last rendered map, kept for all who ask until the state moves on, and the pieces for the next one.
#[derive(Default)]
struct Rendered {
    map: Option<Arc<RenderedMap>>,
    pieces: Pieces,
}

struct State {
    names: Arc<PlaceNames>,
    /// The revision of the terms whose places these are the names of; none where nobody can say.
    named_at: Option<Revision>,
    /// The revision of the terms in the show's state.
    revision: Revision,
    /// Since this revision the places are what they are, as far as is known: names of it or of a later one are right.
    moved_at: Revision,
    /// The last event heard of from the show.
    at: Position,
    /// What has changed since the map was last rendered.
    changes: Changes,
    /// Events not in a frame yet.
    pending: Vec<Event>,
    /// Recent frames, the oldest first, without a gap between them.
    frames: VecDeque<Frame>,
    frames_bytes: usize,
    /// The last event in a frame, or before the first pending one.
    flushed: Position,
    /// Viewers that have everything and are ready for the next frame. A viewer whose connection is blocked isn't
    /// counted.
    waiting: usize,
    /// Of the viewers that were ready when the last frame was made, how many have not taken it yet.
    awaited: usize,
    /// How many of them the next tick does not wait for.
    spared: usize,
}

/// A frame shared by all viewers, and the place of each event in it, for viewers that already have some of them.
struct Frame {
    first: Offset,
    last: Offset,
    bytes: Bytes,
    text: Bytes,
    events: Vec<Range<usize>>,
}

impl Watch {
    /// Watches a show from its present state on. A task that ends with the watch makes the frames.
    /// `names` are those of the show's places at the revision `named_at` of its terms.
    pub fn start(
        followed: Arc<Followed>,
        names: Arc<PlaceNames>,
        named_at: Revision,
        settings: &LiveSettings,
    ) -> Arc<Self> {
        let begin = Position::first(Offset(0));
        let state = State {
            names,
            named_at: Some(named_at),
            revision: named_at,
            moved_at: named_at,
            at: begin,
            changes: Changes::all(0),
            pending: Vec::new(),
            frames: VecDeque::new(),
            frames_bytes: 0,
            flushed: begin,
            waiting: 0,
            awaited: 0,
            spared: 0,
        };
        let watch = Arc::new(Self {
            followed,
            state: Mutex::new(state),
            wants_names: Arc::default(),
            pending: Arc::default(),
            taken: Notify::new(),
            flushed: watch::Sender::new(begin),
            epoch: AtomicU64::new(begin.epoch),
            viewers: AtomicUsize::new(0),
            closing: AtomicBool::new(false),
            looked: AtomicBool::new(false),
            used: Mutex::new(Instant::now()),
            rendered: Mutex::default(),
            frames_bytes_max: settings.frames_bytes_max,
            line: LineTold::default(),
        });
        let observer: Weak<Self> = Arc::downgrade(&watch);
        watch.followed.observe(observer);
        let bytes = Self::bytes_of(&watch.lock().names);
        watch.followed.count_observed(bytes);
        tokio::spawn(make_frames(
            Arc::downgrade(&watch),
            watch.pending.clone(),
            settings.tick,
        ));
        watch
    }

    /// The show as this node knows it.
    pub fn followed(&self) -> &Arc<Followed> {
        &self.followed
    }

    /// The show.
    pub fn show(&self) -> &Arc<Show> {
        self.followed.show()
    }

    /// The names of its places, ready to be written; `None` until those of its plan are known, which is another one since a moment
    /// ago.
    pub fn names(&self) -> Option<Arc<PlaceNames>> {
        self.lock().known_names()
    }

    /// The revision of the terms whose names are wanted, if they are.
    pub fn lacks_names(&self) -> Option<Revision> {
        let state = self.lock();
        (!state.is_named()).then_some(state.revision)
    }

    /// Signals that names are wanted.
    pub fn wants_names(&self) -> Arc<Notify> {
        self.wants_names.clone()
    }

    /// Takes the names of its places at this revision of the terms. Whoever has waited for them hears of it.
    pub fn name(&self, names: Arc<PlaceNames>, revision: Revision) {
        let mut state = self.lock();
        if state.named_at >= Some(revision) {
            return;
        }
        state.names = names;
        state.named_at = Some(revision);
        let bytes = Self::bytes_of(&state.names) + state.frames_bytes;
        drop(state);
        self.followed.count_observed(bytes);
        self.flushed.send_modify(|_same| {});
    }

    /// The last event of the state, if that is known. Read without a lock.
    pub fn offset(&self) -> Option<Offset> {
        self.followed.offset()
    }

    /// Approximate size in memory of a watch with these names, in bytes: all forms of its map, used or not.
    pub fn bytes_of(names: &PlaceNames) -> usize {
        // Pieces, body and snapshot; and both forms of gzip.
        WATCH_BYTES + 3 * names.map_bytes() + names.map_bytes() / 2
    }

    /// The map as it stands, rendered once for all who ask at this position; `None` while the state is not known.
    pub fn rendered(&self) -> Option<Arc<RenderedMap>> {
        let mut rendered = self.rendered.lock().unwrap_or_else(PoisonError::into_inner);
        let current = rendered.map.as_ref().map(|map| map.position());
        // Not known yet, it may be just about to be: the show's lock tells, and whoever was woken by that is not told `None`.
        let now = self.followed.offset().map(|offset| Position {
            epoch: self.epoch.load(Ordering::Acquire),
            offset,
        });
        if now.is_some() && current == now {
            // Rendering must not hold the lock that decisions need.
            return rendered.map.clone();
        }
        let fresh = self.followed.look(|show, _| {
            let mut state = self.lock();
            let state = &mut *state;
            let names = state.known_names()?;
            let fresh = current != Some(state.at);
            Some(fresh.then(|| (names, Fresh::take(show.map(), state.at, &mut state.changes))))
        })??;
        if let Some((names, fresh)) = fresh {
            let map = rendered.pieces.render(self.show(), &names, fresh);
            rendered.map = Some(Arc::new(map));
        }
        rendered.map.clone()
    }

    /// Where a viewer stands that has everything up to `offset` of the state as it is now.
    pub fn position_at(&self, offset: Offset) -> Position {
        self.lock().at.at(offset)
    }

    /// Tells every viewer how the show's line stands, unless they know.
    pub fn tell_line(&self, news: &LineNews) {
        if self.line.tell(news) {
            self.flushed.send_modify(|_same| {});
        }
    }

    /// The news of the show's line, for whoever was last told those of this number.
    pub fn line_after(&self, number: u64) -> Option<(u64, Bytes)> {
        self.line.after(number)
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
    pub fn frames(&self) -> watch::Receiver<Position> {
        self.flushed.subscribe()
    }

    /// Counts a viewer in for as long as the guard lives.
    pub fn enter(self: &Arc<Self>) -> Viewing {
        self.viewers.fetch_add(1, Ordering::Relaxed);
        metrics::gauge!("boxoffice_viewers").increment(1);
        Viewing {
            watch: self.clone(),
            waits: false,
        }
    }

    /// How many viewers it has.
    pub fn viewers(&self) -> usize {
        self.viewers.load(Ordering::Relaxed)
    }

    /// Records a use.
    pub fn touch(&self) {
        self.looked.store(true, Ordering::Relaxed);
    }

    /// How long ago it was last used, as precise as this is called often.
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
        let pending = std::mem::take(&mut state.pending);
        let Some(first) = pending.first().map(|event| event.offset) else {
            return;
        };
        let last = state.at.offset;
        if self.viewers() == 0 || pending.len() > PENDING_EVENTS_MAX || !state.is_named() {
            state.forget_frames();
        } else {
            let (text, events) = render::events_text(&state.names, &pending);
            let bytes = render::frame(text.as_bytes());
            let text = render::events_of(&bytes, text.len());
            state.keep(
                Frame {
                    first,
                    last,
                    bytes,
                    text,
                    events,
                },
                self.frames_bytes_max,
            );
        }
        self.followed
            .count_observed(Self::bytes_of(&state.names) + state.frames_bytes);
        state.flushed = state.at;
        state.awaited = state.waiting;
        state.spared = state.waiting / 8;
        self.flushed.send_replace(state.at);
    }

    fn is_taken(&self) -> bool {
        let state = self.lock();
        state.awaited <= state.spared
    }

    /// Waits until most of those who waited for the last frame have taken it.
    async fn wait_for_takers(&self) {
        while !self.is_taken() {
            self.taken.notified().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for Watch {
    fn folded(&self, events: &[Event], show: &ShowState) {
        let mut state = self.lock();
        // Viewers have other places to draw: they begin anew.
        if events.iter().any(|event| state.names.are_outdated_by(event)) {
            drop(state);
            return self.reloaded(show);
        }
        for event in events {
            state.take(event);
        }
        drop(state);
        self.pending.notify_one();
    }

    fn reloaded(&self, show: &ShowState) {
        let mut state = self.lock();
        state.pending.clear();
        state.forget_frames();
        let revision = show.map().revision;
        if state.revision != revision {
            // Whatever has changed since then, this or that may have brought other places.
            state.moved_at = revision;
        }
        state.revision = revision;
        if !state.is_named() {
            self.wants_names.notify_one();
        }
        state.changes = Changes::all(show.map().seats.len());
        state.at = Position {
            epoch: state.at.epoch + 1,
            offset: show.offset(),
        };
        state.flushed = state.at;
        self.epoch.store(state.at.epoch, Ordering::Release);
        self.flushed.send_replace(state.at);
    }

    fn spoilt(&self) {
        // A revision may be another one of the same number, after a failover that lost commits.
        self.lock().named_at = None;
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.followed.count_observed(0);
    }
}

impl State {
    /// Whether the names are those of the state's places.
    fn is_named(&self) -> bool {
        self.named_at >= Some(self.moved_at)
    }

    fn known_names(&self) -> Option<Arc<PlaceNames>> {
        self.is_named().then(|| self.names.clone())
    }

    /// Keeps an event that has been folded in.
    fn take(&mut self, event: &Event) {
        if let Some(change) = &event.change {
            // The places are as they were, and so are their names.
            self.revision = change.revision;
        }
        for seat in &event.places.seats {
            self.changes.note(seat.0 as usize);
        }
        self.at.offset = event.offset;
        self.pending.push(event.clone());
    }

    fn keep(&mut self, frame: Frame, frames_bytes_max: usize) {
        self.frames_bytes += frame.text.len();
        self.frames.push_back(frame);
        while self.frames_bytes > frames_bytes_max
            && self.frames.len() > 1
            && let Some(oldest) = self.frames.pop_front()
        {
            self.frames_bytes -= oldest.text.len();
        }
    }

    fn forget_frames(&mut self) {
        self.frames.clear();
        self.frames_bytes = 0;
    }

    /// What a viewer at this position gets next.
    fn next(&self, position: Position) -> Next {
        if position.epoch != self.flushed.epoch {
            return Next::Behind;
        }
        let offset = position.offset;
        if offset >= self.flushed.offset {
            return Next::Wait;
        }
        let next = self.frames.partition_point(|frame| frame.last <= offset);
        let Some(frame) = self.frames.get(next) else {
            return Next::Behind;
        };
        if frame.first > offset.next() {
            return Next::Behind;
        }
        let position = position.at(frame.last);
        if frame.first == offset.next() {
            return Next::Frame(frame.bytes.clone(), position);
        }
        let known = usize::try_from(offset.0 + 1 - frame.first.0).unwrap_or(usize::MAX);
        let rest = frame
            .events
            .iter()
            .skip(known)
            .filter_map(|range| frame.text.get(range.clone()));
        Next::Frame(render::frame_of_parts(rest), position)
    }
}

/// A viewer's presence.
pub struct Viewing {
    watch: Arc<Watch>,
    /// It has everything, and is counted as ready.
    waits: bool,
}

impl Viewing {
    /// The show that it views.
    pub fn watch(&self) -> &Arc<Watch> {
        &self.watch
    }

    /// What a viewer that has everything up to `position` gets next.
    pub fn next_frame(&mut self, position: Position) -> Next {
        let mut state = self.watch.lock();
        let next = state.next(position);
        let waits = matches!(next, Next::Wait);
        if waits && !self.waits {
            state.waiting += 1;
        }
        if !waits && self.waits {
            self.watch.leave_waiting(&mut state);
        }
        self.waits = waits;
        next
    }
}

impl Watch {
    /// A viewer that was ready has taken the last frame, or has left.
    fn leave_waiting(&self, state: &mut State) {
        state.waiting = state.waiting.saturating_sub(1);
        state.awaited = state.awaited.saturating_sub(1);
        if state.awaited == state.spared {
            self.taken.notify_one();
        }
    }
}

impl Drop for Viewing {
    fn drop(&mut self) {
        self.watch.touch();
        self.watch.viewers.fetch_sub(1, Ordering::Relaxed);
        if self.waits {
            self.watch.leave_waiting(&mut self.watch.lock());
        }
        metrics::gauge!("boxoffice_viewers").decrement(1);
    }
}

/// The first event after a quiet time goes out at once. The following ones are collected in ticks, which last as long
/// as the node needs, and at most `tick` unless it needs more.
async fn make_frames(watch: Weak<Watch>, pending: Arc<Notify>, tick: Duration) {
    loop {
        let is_pending = tokio::time::timeout(FLUSH_CHECK, pending.notified())
            .await
            .is_ok();
        let Some(watch) = watch.upgrade() else { return };
        if is_pending {
            let begin = tokio::time::Instant::now();
            watch.flush();
            let _too_slow = tokio::time::timeout(TICK_MAX, watch.wait_for_takers()).await;
            drop(watch);
            let wanted = (begin.elapsed() * TICK_HANDOVERS).max(TICK_MIN).min(tick);
            tokio::time::sleep_until(begin + wanted).await;
        }
    }
}

#[cfg(test)]
mod tests;
