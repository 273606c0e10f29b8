//! What a node keeps of a line besides its row.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock};
use std::time::{Duration, Instant};

use super::block::Block;
use super::known::Known;
use super::remembered::Remembered;
use crate::identity::LineKeys;
use domain::id::ShowId;
use domain::line::Sketch;

/// One line on one node.
pub struct Line {
    /// Whose it is.
    pub show: ShowId,
    /// Held by whoever reads the row, so that it is read once for all who ask at a time.
    pub reading: tokio::sync::Mutex<()>,
    /// The numbers that this node has leased.
    pub block: tokio::sync::Mutex<Block>,
    keys: OnceLock<Arc<LineKeys>>,
    known: RwLock<Option<Arc<Known>>>,
    drawn: Mutex<Drawn>,
    remembered: Mutex<Remembered>,
    /// When it was last asked for.
    asked: Mutex<Instant>,
}

/// Who drew here.
#[derive(Default)]
struct Drawn {
    sketch: Sketch,
    /// Whether the row lacks some of them.
    is_new: bool,
}

impl Line {
    /// One that nothing is known of yet.
    pub fn new(show: ShowId) -> Self {
        Self {
            show,
            reading: tokio::sync::Mutex::default(),
            block: tokio::sync::Mutex::default(),
            keys: OnceLock::new(),
            known: RwLock::default(),
            drawn: Mutex::default(),
            remembered: Mutex::default(),
            asked: Mutex::new(Instant::now()),
        }
    }

    /// Its keys, made once.
    pub fn keys(&self, make: impl FnOnce() -> LineKeys) -> Arc<LineKeys> {
        self.keys.get_or_init(|| Arc::new(make())).clone()
    }

    /// What is known of it.
    pub fn known(&self) -> Option<Arc<Known>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Knows this from now on, unless something newer is known.
    pub fn know(&self, known: Known) {
        let mut last = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if last.as_ref().is_none_or(|last| last.read_at <= known.read_at) {
            *last = Some(Arc::new(known));
        }
    }

    /// Counts somebody who drew.
    pub fn count(&self, hash: u64) {
        let mut drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = drawn.sketch.count(hash);
        drawn.is_new |= is_new;
    }

    /// All who drew here.
    pub fn drawn(&self) -> Sketch {
        self.drawn
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .sketch
            .clone()
    }

    /// All who drew here, if the row lacks some of them.
    pub fn take_new(&self) -> Option<Sketch> {
        let mut drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut drawn.is_new).then(|| drawn.sketch.clone())
    }

    /// The row could not be told of those who drew here.
    pub fn put_back(&self) {
        self.drawn.lock().unwrap_or_else(PoisonError::into_inner).is_new = true;
    }

    /// The places that this node gave out.
    pub fn remembered(&self) -> MutexGuard<'_, Remembered> {
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that it is asked for.
    pub fn touch(&self) {
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// How long nobody has asked for it.
    pub fn unasked_for(&self) -> Duration {
        self.asked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .elapsed()
    }
}
