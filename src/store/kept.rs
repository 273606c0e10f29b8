//! Things that never change, kept in memory within a limit and read once, however many ask for them at a time.

use std::collections::VecDeque;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};

use foldhash::HashMap;

use super::error::StoreError;
use super::shared_read::SharedReads;

/// A bounded map of things that can be read again. When it is full, those make room that were not asked for since they
/// were last looked at in turn (the clock algorithm).
pub struct Kept<K, V> {
    items: Mutex<Items<K, V>>,
    weight_max: usize,
    reads: SharedReads<K, Option<V>>,
}

struct Items<K, V> {
    by_key: HashMap<K, Item<V>>,
    /// Every key once, in the order in which they are looked at.
    turn: VecDeque<K>,
    weight: usize,
}

struct Item<V> {
    value: V,
    weight: usize,
    /// Asked for since its last turn.
    used: bool,
}

impl<K, V> Kept<K, V>
where
    K: Eq + Hash + Clone + Send + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// Keeps things that weigh `weight_max` together at most; one that is heavier is not kept.
    pub fn new(weight_max: usize) -> Self {
        Self {
            items: Mutex::new(Items {
                by_key: HashMap::default(),
                turn: VecDeque::new(),
                weight: 0,
            }),
            weight_max,
            reads: SharedReads::default(),
        }
    }

    /// What is kept under `key`.
    pub fn get(&self, key: &K) -> Option<V> {
        let mut items = self.lock();
        let item = items.by_key.get_mut(key)?;
        item.used = true;
        Some(item.value.clone())
    }

    /// What is kept under `key`, or else what `read` brings; `None` if there is no such thing. `weigh` says what it weighs.
    pub async fn get_or_read<F>(
        &self,
        key: K,
        weigh: fn(&V) -> usize,
        read: impl FnOnce() -> F,
    ) -> Result<Option<V>, StoreError>
    where
        F: Future<Output = Result<Option<V>, StoreError>> + Send + 'static,
    {
        if let Some(value) = self.get(&key) {
            return Ok(Some(value));
        }
        // What is done seldom takes no room in whoever may have to.
        let found = Box::pin(self.reads.read(key.clone(), read)).await?;
        if let Some(value) = &found {
            self.put(key, value.clone(), weigh(value));
        }
        Ok(found)
    }

    /// Keeps `value` in place of one that is kept already, if that is to give way.
    pub fn replace(&self, key: K, value: V, weight: usize, gives_way: impl FnOnce(&V) -> bool) {
        let mut items = self.lock();
        match items.by_key.get_mut(&key) {
            Some(item) if gives_way(&item.value) => {
                let before = std::mem::replace(&mut item.weight, weight);
                item.value = value;
                items.weight = items.weight - before + weight;
            }
            Some(_) => {}
            None => {
                drop(items);
                self.put(key, value, weight);
            }
        }
    }

    /// Keeps nothing of what was kept so far.
    pub fn clear(&self) {
        let mut items = self.lock();
        items.by_key.clear();
        items.turn.clear();
        items.weight = 0;
    }

    /// Keeps `value`. One that is there already stays, as both are the same.
    pub fn put(&self, key: K, value: V, weight: usize) {
        let mut items = self.lock();
        if weight > self.weight_max || items.by_key.contains_key(&key) {
            return;
        }
        items.make_room(self.weight_max - weight);
        items.weight += weight;
        items.turn.push_back(key.clone());
        let used = false;
        items.by_key.insert(key, Item { value, weight, used });
    }

    fn lock(&self) -> MutexGuard<'_, Items<K, V>> {
        self.items.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Eq + Hash, V> Items<K, V> {
    fn make_room(&mut self, weight_max: usize) {
        while self.weight > weight_max
            && let Some(key) = self.turn.pop_front()
        {
            match self.by_key.get_mut(&key) {
                Some(item) if item.used => {
                    item.used = false;
                    self.turn.push_back(key);
                }
                _ => {
                    let removed = self.by_key.remove(&key);
                    self.weight -= removed.map_or(0, |item| item.weight);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn the_unused_make_room_one_by_one() {
        let kept = Kept::new(3);
        for key in 1..=3 {
            kept.put(key, key, 1);
        }
        assert_eq!(kept.get(&1), Some(1));
        kept.put(4, 4, 1);
        let there: Vec<_> = (1..=4).filter(|key| kept.get(key).is_some()).collect();
        assert_eq!(there, [1, 3, 4]);
        // A heavy one takes the room of several; one that is too heavy takes none.
        kept.put(5, 5, 3);
        assert_eq!((kept.get(&1), kept.get(&5)), (None, Some(5)));
        kept.put(6, 6, 4);
        assert_eq!((kept.get(&5), kept.get(&6)), (Some(5), None));
        assert_eq!(kept.lock().weight, 3);
    }

    #[tokio::test]
    async fn what_many_want_at_once_is_read_once() {
        let (kept, reads) = (Kept::new(1), Arc::new(AtomicUsize::new(0)));
        let read = || {
            let reads = reads.clone();
            async move {
                reads.fetch_add(1, Ordering::SeqCst);
                tokio::task::yield_now().await;
                Ok(Some(7))
            }
        };
        let get = || kept.get_or_read("x", |_| 1, read);
        let (first, second, third) = tokio::join!(get(), get(), get());
        assert_eq!((first, second, third), (Ok(Some(7)), Ok(Some(7)), Ok(Some(7))));
        assert_eq!(get().await, Ok(Some(7)));
        assert_eq!(reads.load(Ordering::SeqCst), 1);
    }
}
