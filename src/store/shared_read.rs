//! One read shared by all concurrent callers that want the same thing.

use std::collections::HashMap;
use std::hash::Hash;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt as _;
use futures_util::future::Shared;

use super::error::StoreError;

type UnderWay<T> = Shared<Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send>>>;

/// Reads under way, each found by what it reads. A read is a task of its own, of the runtime in which it is begun: it goes on
/// when those who wait for it leave, and all who wait get its result, a failure too.
pub struct SharedReads<K, T> {
    under_way: Arc<Mutex<HashMap<K, UnderWay<T>>>>,
}

impl<K, T> Default for SharedReads<K, T> {
    fn default() -> Self {
        Self {
            under_way: Arc::default(),
        }
    }
}

impl<K, T> SharedReads<K, T>
where
    K: Eq + Hash + Clone + Send + 'static,
    T: Clone + Send + Sync + 'static,
{
    /// Waits for the read of `key` that is under way, or begins one. What it brings may be as old as the beginning of a
    /// read that was under way already.
    pub async fn read<F>(&self, key: K, read: impl FnOnce() -> F) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, StoreError>> + Send + 'static,
    {
        self.begin(key, read).await
    }

    /// Begins a read of `key`, if none is under way, and doesn't wait for it.
    pub fn start<F>(&self, key: K, read: impl FnOnce() -> F)
    where
        F: Future<Output = Result<T, StoreError>> + Send + 'static,
    {
        drop(self.begin(key, read));
    }

    fn begin<F>(&self, key: K, read: impl FnOnce() -> F) -> UnderWay<T>
    where
        F: Future<Output = Result<T, StoreError>> + Send + 'static,
    {
        // Held until the read can be found: its end waits for this lock.
        let mut under_way = lock(&self.under_way);
        if let Some(read) = under_way.get(&key) {
            return read.clone();
        }
        let ended = Ended {
            under_way: self.under_way.clone(),
            key: key.clone(),
        };
        let read = read();
        let task = tokio::spawn(async move {
            let _ended = ended;
            read.await
        });
        let joined = task.map(|joined| joined.unwrap_or_else(|error| Err(StoreError::internal(error))));
        let shared: UnderWay<T> = joined.boxed().shared();
        under_way.insert(key, shared.clone());
        shared
    }
}

/// Takes a read out of those under way when it ends, however it ends.
struct Ended<K: Eq + Hash, T> {
    under_way: Arc<Mutex<HashMap<K, UnderWay<T>>>>,
    key: K,
}

impl<K: Eq + Hash, T> Drop for Ended<K, T> {
    fn drop(&mut self) {
        lock(&self.under_way).remove(&self.key);
    }
}

fn lock<K, T>(under_way: &Mutex<HashMap<K, UnderWay<T>>>) -> MutexGuard<'_, HashMap<K, UnderWay<T>>> {
    under_way.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn those_who_ask_together_share_one_read_and_the_next_begins_anew() {
        let (reads, count) = (SharedReads::default(), Arc::new(AtomicUsize::new(0)));
        let read = || {
            let count = count.clone();
            async move {
                let number = count.fetch_add(1, Ordering::SeqCst);
                tokio::task::yield_now().await;
                if number == 0 {
                    Err(StoreError::Busy)
                } else {
                    Ok(number)
                }
            }
        };
        let (first, second) = tokio::join!(reads.read(1, read), reads.read(1, read));
        assert_eq!((first, second), (Err(StoreError::Busy), Err(StoreError::Busy)));
        assert_eq!(reads.read(1, read).await, Ok(1));
        assert!(lock(&reads.under_way).is_empty());
    }

    #[tokio::test]
    async fn a_read_that_panics_is_over() {
        let reads: SharedReads<u8, u8> = SharedReads::default();
        let panicking = || async { panic!("a defect") };
        assert_eq!(reads.read(1, panicking).await, Err(StoreError::Internal));
        assert_eq!(reads.read(1, || async { Ok(2) }).await, Ok(2));
    }
}
