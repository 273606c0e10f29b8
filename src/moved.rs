//! Which shows have moved on since they were looked at: noted by the turnstile, in memory alone. Orders whose payments have failed are
//! noted in the same way.

use std::collections::HashSet;
use std::hash::Hash;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use domain::id::ShowId;

/// Most shows that are noted. Those for which there is no room are found a little later, by going through all shows.
const SHOWS_MAX: usize = 10_000;

/// The shows, or other things, that have moved.
pub struct Moved<T = ShowId> {
    /// Whether there is anybody to be told of them.
    is_wanted: AtomicBool,
    shows: Mutex<HashSet<T>>,
    noted: Notify,
}

impl<T> Default for Moved<T> {
    fn default() -> Self {
        Self {
            // Until it is known that there is nobody.
            is_wanted: AtomicBool::new(true),
            shows: Mutex::default(),
            noted: Notify::new(),
        }
    }
}

impl<T: Copy + Eq + Hash> Moved<T> {
    /// Notes that something has happened on a show. Costs next to nothing.
    pub fn note(&self, show: T) {
        if !self.is_wanted.load(Ordering::Relaxed) {
            return;
        }
        let is_new = {
            let mut shows = self.lock();
            shows.len() < SHOWS_MAX && shows.insert(show)
        };
        if is_new {
            self.noted.notify_one();
        }
    }

    /// Whether shows are to be noted.
    pub fn want(&self, is_wanted: bool) {
        self.is_wanted.store(is_wanted, Ordering::Relaxed);
    }

    /// Ends a wait for a show, as if one had been noted.
    pub fn wake(&self) {
        self.want(true);
        self.noted.notify_one();
    }

    /// Waits until a show is noted.
    pub async fn noted(&self) {
        self.noted.notified().await;
    }

    /// Takes some of the shows that have been noted.
    pub fn take(&self, max: usize) -> Vec<T> {
        let mut shows = self.lock();
        let taken: Vec<_> = shows.iter().copied().take(max).collect();
        for show in &taken {
            shows.remove(show);
        }
        taken
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<T>> {
        self.shows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn a_show_is_noted_once_until_it_is_taken() {
        let moved = Moved::<ShowId>::default();
        moved.note(ShowId(1));
        moved.note(ShowId(1));
        assert!(moved.noted().now_or_never().is_some());
        assert_eq!(moved.take(10), [ShowId(1)]);
        assert_eq!(moved.take(10), []);
        assert!(moved.noted().now_or_never().is_none());
    }

    #[test]
    fn nothing_is_noted_for_nobody() {
        let moved = Moved::<ShowId>::default();
        moved.want(false);
        moved.note(ShowId(1));
        assert_eq!(moved.take(10), []);
        moved.wake();
        moved.note(ShowId(1));
        assert_eq!(moved.take(10), [ShowId(1)]);
    }

    #[test]
    fn there_is_a_limit() {
        let moved = Moved::<ShowId>::default();
        for show in 0..20_000 {
            moved.note(ShowId(show));
        }
        assert_eq!(moved.take(usize::MAX).len(), SHOWS_MAX);
    }
}
