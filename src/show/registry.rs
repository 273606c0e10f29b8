//! The shows that this node knows, bounded by the memory that they take.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use foldhash::HashMap;

use super::bus::Bus;
use super::followed::Followed;
use domain::id::ShowId;
use domain::show::Show;

/// When memory is full, this share of it is freed at once, so that the search is rare.
const FREED_SHARE: usize = 8;

/// The shows of a node.
pub struct Registry {
    shows: Mutex<HashMap<ShowId, Arc<Followed>>>,
    bus: Arc<dyn Bus>,
    bytes_max: usize,
    /// The memory that all of them take.
    bytes: Arc<AtomicUsize>,
}

impl Registry {
    /// An empty registry that keeps at most `bytes_max` of unused shows.
    pub fn new(bus: Arc<dyn Bus>, bytes_max: usize) -> Self {
        Self {
            shows: Mutex::default(),
            bus,
            bytes_max,
            bytes: Arc::default(),
        }
    }

    /// The show as this node knows it; from now on it receives the other nodes' events.
    pub fn follow(&self, show: &Arc<Show>) -> Arc<Followed> {
        let mut shows = self.lock();
        let followed = shows.entry(show.id).or_insert_with(|| {
            // Before its state is read, so that nothing published after that is missed.
            self.bus.subscribe(show.id);
            Arc::new(Followed::new(show.clone(), self.bytes.clone()))
        });
        followed.clone()
    }

    /// The show, if this node knows it.
    pub fn get(&self, show: ShowId) -> Option<Arc<Followed>> {
        self.lock().get(&show).cloned()
    }

    /// All shows that this node knows.
    pub fn all(&self) -> Vec<Arc<Followed>> {
        self.lock().values().cloned().collect()
    }

    /// Approximate memory of all shows, in bytes.
    pub fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// How many bytes have to be freed before this many more are within the limit.
    pub fn lacks(&self, more: usize) -> usize {
        (self.bytes() + more).saturating_sub(self.bytes_max)
    }

    /// Drops the least recently used shows that nobody holds, until the rest is within the limit.
    pub fn make_room(&self) {
        self.make_room_for(0);
    }

    /// Drops the least recently used shows that nobody holds, until this many more bytes are within the limit.
    pub fn make_room_for(&self, more: usize) {
        if self.lacks(more) == 0 {
            return;
        }
        let mut bytes = self.bytes() + more;
        let mut shows = self.lock();
        // A show that only this map holds can't be taken meanwhile: that needs this lock.
        let is_idle = |followed: &&Arc<Followed>| Arc::strong_count(followed) == 1;
        let mut idle: Vec<_> = shows
            .values()
            .filter(is_idle)
            .map(|followed| (followed.used(), followed.show().id, followed.bytes()))
            .collect();
        idle.sort_unstable_by_key(|(used, ..)| *used);
        let wanted = self.bytes_max - self.bytes_max / FREED_SHARE;
        for (_, show, freed) in idle {
            if bytes <= wanted {
                break;
            }
            shows.remove(&show);
            self.bus.unsubscribe(show);
            bytes = bytes.saturating_sub(freed);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ShowId, Arc<Followed>>> {
        self.shows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
