//! How many of something there are of each origin at a time.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::origin::Origin;

/// Counts what there is of each origin.
pub struct Crowd {
    /// `None` where addresses have no shares.
    max: Option<usize>,
    counts: Mutex<HashMap<Origin, usize>>,
}

/// One of them, until it is dropped.
pub struct Counted {
    crowd: Arc<Crowd>,
    origin: Option<Origin>,
}

impl Crowd {
    /// A crowd of which `max` are of one origin.
    pub fn new(max: Option<usize>) -> Arc<Self> {
        Arc::new(Self {
            max,
            counts: Mutex::default(),
        })
    }

    /// One more of this origin; `None` if it has as many as it may.
    pub fn enter(self: &Arc<Self>, origin: Origin) -> Option<Counted> {
        let Some(max) = self.max else {
            return Some(self.enter_uncounted());
        };
        let mut counts = self.lock();
        let count = counts.entry(origin).or_default();
        if *count >= max {
            return None;
        }
        *count += 1;
        Some(Counted {
            crowd: self.clone(),
            origin: Some(origin),
        })
    }

    /// One more that counts for no origin.
    pub fn enter_uncounted(self: &Arc<Self>) -> Counted {
        Counted {
            crowd: self.clone(),
            origin: None,
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Origin, usize>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        if let Some(origin) = self.origin
            && let Entry::Occupied(mut count) = self.crowd.lock().entry(origin)
        {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_takes_its_part_and_leaves_nothing_behind() {
        let crowd = Crowd::new(Some(2));
        let (one, other) = (Origin::V4(1), Origin::V4(2));
        let first = crowd.enter(one).expect("a place");
        let second = crowd.enter(one).expect("a place");
        assert!(crowd.enter(one).is_none());
        let third = crowd.enter(other).expect("a place");
        drop(first);
        let again = crowd.enter(one).expect("a place");
        drop((second, third, again, crowd.enter_uncounted()));
        assert!(crowd.lock().is_empty());
    }
}
