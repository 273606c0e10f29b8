//! One show as this node knows it: its state, and the observer of its changes.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Instant;

use chrono::{DateTime, Utc};

use crate::store::inventory::Loaded;
use domain::event::Event;
use domain::id::Offset;
use domain::seat_map::FoldError;
use domain::show::Show;
use domain::state::ShowState;

/// Approximate size of a show in memory without its state, in bytes.
const SHOW_BYTES: usize = 4_096;
/// The offset of a state that is not known.
const UNKNOWN: i64 = -1;

/// What became of events that were offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepted {
    /// They are folded in, except for those that were known.
    Folded,
    /// Events before them are missing, and the journal has to be read; or no state is known.
    Gap,
    /// They contradict the state. It was dropped and has to be loaded again.
    Spoilt,
}

/// Observes a show's changes. Called under the show's lock, in the order of the journal: it must not wait, and must not
/// call the show. It takes its own locks after the show's, never before.
pub trait Observer: Send + Sync {
    /// These events have been folded in, and this is what has become of the state.
    fn folded(&self, events: &[Event], state: &ShowState);
    /// The state was loaded again, and may differ from the last one by more or less than the events.
    fn reloaded(&self, state: &ShowState);
    /// The state was wrong, and so may be what is known of the show's terms.
    fn spoilt(&self);
}

/// A show as this node knows it.
pub struct Followed {
    first_met: Arc<Show>,
    inner: Mutex<Inner>,
    /// Not to be seen by anyone but its organiser, as far as this node knows.
    is_draft: AtomicBool,
    /// The state's offset, so that it can be read without the lock.
    offset: AtomicI64,
    /// The last event that this node has heard of, folded in or not.
    heard: AtomicI64,
    /// Size of the state and the show in memory, in bytes.
    bytes: AtomicUsize,
    /// Size of what its observer keeps, in bytes.
    observed_bytes: AtomicUsize,
    /// The sum over all shows of the node, in bytes.
    all_bytes: Arc<AtomicUsize>,
}

struct Inner {
    /// `None` until it has been read, and after it turned out to be wrong.
    state: Option<ShowState>,
    /// The terms that this node knows. An event may have said already that there are others.
    terms: Option<Arc<Show>>,
    /// The instant of the last event in it, or of its reading.
    changed_at: DateTime<Utc>,
    observer: Option<Weak<dyn Observer>>,
    used: Instant,
}

impl Followed {
    /// A show without a state yet. Its memory is counted in `all_bytes` for as long as it lives.
    pub fn new(show: Arc<Show>, all_bytes: Arc<AtomicUsize>) -> Self {
        all_bytes.fetch_add(SHOW_BYTES, Ordering::Relaxed);
        Self {
            is_draft: AtomicBool::new(show.is_draft),
            first_met: show.clone(),
            inner: Mutex::new(Inner {
                state: None,
                terms: Some(show.clone()),
                changed_at: DateTime::UNIX_EPOCH,
                observer: None,
                used: Instant::now(),
            }),
            offset: AtomicI64::new(UNKNOWN),
            heard: AtomicI64::new(UNKNOWN),
            bytes: AtomicUsize::new(SHOW_BYTES),
            observed_bytes: AtomicUsize::new(0),
            all_bytes,
        }
    }

    /// The show as this node first met it. What changes of it is told by its state; nothing is decided on these terms.
    pub fn show(&self) -> &Arc<Show> {
        &self.first_met
    }

    /// The offset of the state, if one is known.
    pub fn offset(&self) -> Option<Offset> {
        let offset = self.offset.load(Ordering::Acquire);
        (offset != UNKNOWN).then_some(Offset(offset))
    }

    /// The last event that this node has heard of, folded in or not.
    pub fn heard(&self) -> Option<Offset> {
        let offset = self.heard.load(Ordering::Acquire);
        (offset != UNKNOWN).then_some(Offset(offset))
    }

    /// Records that the journal has reached this offset.
    pub fn hear(&self, offset: Offset) {
        self.heard.fetch_max(offset.0, Ordering::AcqRel);
    }

    /// Whether events are known that are not in the state, such as one that this node has just committed.
    pub fn is_behind(&self) -> bool {
        self.heard() > self.offset()
    }

    /// Its approximate size in memory, in bytes.
    pub fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed) + self.observed_bytes.load(Ordering::Relaxed)
    }

    /// Updates the size of what its observer keeps, in bytes.
    pub fn count_observed(&self, bytes: usize) {
        let before = self.observed_bytes.swap(bytes, Ordering::Relaxed);
        self.all_bytes.fetch_add(bytes, Ordering::Relaxed);
        self.all_bytes.fetch_sub(before, Ordering::Relaxed);
    }

    /// When a state of it was last asked for.
    pub fn used(&self) -> Instant {
        self.lock().used
    }

    /// Calls `look` with the state, if one is known, and the instant of its last event, under the lock.
    pub fn look<R>(&self, look: impl FnOnce(&ShowState, DateTime<Utc>) -> R) -> Option<R> {
        let mut inner = self.lock();
        inner.used = Instant::now();
        let state = inner.state.as_ref()?;
        Some(look(state, inner.changed_at))
    }

    /// Calls `decide` with the state, the terms that it names and the instant of its last event, under the lock; `None` if one of
    /// them isn't known.
    pub fn decide<R>(&self, decide: impl FnOnce(&Arc<Show>, &ShowState, DateTime<Utc>) -> R) -> Option<R> {
        let mut inner = self.lock();
        inner.used = Instant::now();
        let state = inner.state.as_ref()?;
        let terms = inner.terms.as_ref()?;
        (terms.revision == state.map().revision).then(|| decide(terms, state, inner.changed_at))
    }

    /// Whether it is known that other terms are in force than those that this node knows.
    pub fn lacks_terms(&self) -> bool {
        let inner = self.lock();
        let terms = inner.terms.as_ref().map(|terms| terms.revision);
        let state = inner.state.as_ref();
        state.is_some_and(|state| Some(state.map().revision) != terms)
    }

    /// Whether nobody but its organiser may see it. It may have been published by another node.
    pub fn is_draft(&self) -> bool {
        self.is_draft.load(Ordering::Acquire)
    }

    /// It is known to be published, which it stays.
    pub fn publish(&self) {
        self.is_draft.store(false, Ordering::Release);
    }

    /// Takes terms that were read under the show's lock, or that this node has just committed.
    pub fn learn(&self, terms: Arc<Show>) {
        if !terms.is_draft {
            self.publish();
        }
        self.lock().terms = Some(terms);
    }

    /// Folds events in; skips those that it has already.
    pub fn accept(&self, events: &[Event]) -> Accepted {
        let mut inner = self.lock();
        if let Some(last) = events.last() {
            self.hear(last.offset);
        }
        let Some(state) = &mut inner.state else {
            return Accepted::Gap;
        };
        let known = state.offset();
        let first_new = events.partition_point(|event| event.offset <= known);
        let new = events.get(first_new..).unwrap_or_default();
        let folded = new.iter().try_for_each(|event| state.fold(event));
        match folded {
            Ok(()) => {
                if let Some(last) = new.last() {
                    inner.changed_at = last.at;
                    self.note_size(&inner);
                    inner.observe(|observer, state| observer.folded(new, state));
                }
                Accepted::Folded
            }
            // The gap is before the first of them, as they have none among themselves: nothing was folded.
            Err(FoldError::Gap { .. }) if state.offset() == known => Accepted::Gap,
            Err(error) => {
                tracing::error!(show.id = %self.first_met.id, error = %error, "events contradict a show's state; it is read anew");
                self.forget(&mut inner);
                Accepted::Spoilt
            }
        }
    }

    /// Takes a loaded state, unless the known one is further.
    pub fn install(&self, loaded: Loaded) {
        let mut inner = self.lock();
        let is_older = |known: &ShowState| loaded.state.offset() <= known.offset();
        if inner.state.as_ref().is_some_and(is_older) {
            return;
        }
        inner.state = Some(loaded.state);
        inner.changed_at = loaded.at;
        inner.observe(|observer, state| observer.reloaded(state));
        // Only now: a reader of the new offset finds the observer up to date.
        self.note_size(&inner);
    }

    /// Drops the state: it contradicts the rows. The next user loads it again.
    pub fn spoil(&self) {
        self.forget(&mut self.lock());
    }

    /// Sets the observer, in place of any other. It is first called with the present state, if one is known.
    pub fn observe(&self, observer: Weak<dyn Observer>) {
        let mut inner = self.lock();
        inner.observer = Some(observer);
        inner.observe(|observer, state| observer.reloaded(state));
    }

    /// Whether it has an observer.
    pub fn is_observed(&self) -> bool {
        let inner = self.lock();
        inner
            .observer
            .as_ref()
            .is_some_and(|observer| observer.strong_count() > 0)
    }

    fn forget(&self, inner: &mut Inner) {
        inner.observe(|observer, _| observer.spoilt());
        inner.state = None;
        // A revision may be another one of the same number, after a failover that lost commits.
        inner.terms = None;
        // Offsets that were heard of may be wrong, or lost with the database's last commits.
        self.heard.store(UNKNOWN, Ordering::Release);
        self.note_size(inner);
    }

    fn note_size(&self, inner: &Inner) {
        let offset = inner.state.as_ref().map_or(UNKNOWN, |state| state.offset().0);
        self.offset.store(offset, Ordering::Release);
        self.heard.fetch_max(offset, Ordering::AcqRel);
        let bytes = SHOW_BYTES + inner.state.as_ref().map_or(0, ShowState::bytes);
        let before = self.bytes.swap(bytes, Ordering::Relaxed);
        // Add before subtracting: the sum is never below zero.
        self.all_bytes.fetch_add(bytes, Ordering::Relaxed);
        self.all_bytes.fetch_sub(before, Ordering::Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Followed {
    fn drop(&mut self) {
        self.all_bytes.fetch_sub(self.bytes(), Ordering::Relaxed);
    }
}

impl Inner {
    fn observe(&self, tell: impl FnOnce(&dyn Observer, &ShowState)) {
        let observer = self.observer.as_ref().and_then(Weak::upgrade);
        if let (Some(observer), Some(state)) = (observer, &self.state) {
            tell(&*observer, state);
        }
    }
}
