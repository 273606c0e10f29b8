//! Who has used how much, in a table of fixed size. Each entry is a bucket that fills up again as time passes, kept as the
//! instant at which it will be full: the generic cell rate algorithm (ITU-T I.371, annex A).
//!
//! Libraries for this keep an entry for every key until they are swept, and can't be told what other nodes have counted.
//! Here a key has one of eight places; when all are taken, the bucket that is nearest to full makes room. Whoever has used
//! up a share is the last to be forgotten, however many others come.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::kind::Quota;

/// Sets of eight places: 8 MiB in all.
const SETS: usize = 65_536;
const PLACES: usize = 8;

/// The buckets of all keys.
pub struct Table {
    sets: Box<[Mutex<[Bucket; PLACES]>]>,
}

#[derive(Clone, Copy, Default)]
struct Bucket {
    /// The key's hash.
    hash: u64,
    /// When it will be full, in nanoseconds since the table was made.
    full_at: u64,
}

/// What came of asking for a part of a share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It was there.
    Yes,
    /// It will be there after this time.
    After(Duration),
}

impl Table {
    /// All buckets full.
    pub fn new() -> Self {
        Self {
            sets: (0..SETS).map(|_| Mutex::default()).collect(),
        }
    }

    /// Takes `cost` out of a bucket, if there is so much in it. More than the bucket holds is as much as it holds.
    pub fn take(&self, hash: u64, cost: u32, quota: Quota, now: Duration) -> Taken {
        let (now, cost) = (nanos(now), cost.min(quota.burst));
        self.with(hash, |full_at| {
            let next = (*full_at).max(now) + u64::from(cost) * quota.nanos_each;
            let lacking = (next - now).saturating_sub(quota.nanos_all());
            if lacking > 0 {
                return Taken::After(Duration::from_nanos(lacking));
            }
            *full_at = next;
            Taken::Yes
        })
    }

    /// Takes it whether it is there or not, down to as much below nothing as a full bucket holds.
    pub fn spend(&self, hash: u64, cost: u32, quota: Quota, now: Duration) {
        let now = nanos(now);
        self.with(hash, |full_at| {
            let next = (*full_at).max(now) + u64::from(cost).saturating_mul(quota.nanos_each);
            *full_at = next.min(now + 2 * quota.nanos_all());
        });
    }

    /// Puts back what was taken.
    pub fn give_back(&self, hash: u64, cost: u32, quota: Quota) {
        self.with(hash, |full_at| {
            *full_at = full_at.saturating_sub(u64::from(cost).saturating_mul(quota.nanos_each));
        });
    }

    fn with<T>(&self, hash: u64, change: impl FnOnce(&mut u64) -> T) -> T {
        // The low bits choose the set; all of them tell the keys in it apart.
        let set = usize::try_from(hash % SETS as u64).unwrap_or_default();
        let Some(set) = self.sets.get(set) else {
            return change(&mut 0);
        };
        let mut places = lock(set);
        if let Some(bucket) = places.iter_mut().find(|bucket| bucket.hash == hash) {
            return change(&mut bucket.full_at);
        }
        match places.iter_mut().min_by_key(|bucket| bucket.full_at) {
            Some(bucket) => {
                *bucket = Bucket { hash, full_at: 0 };
                change(&mut bucket.full_at)
            }
            None => change(&mut 0),
        }
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX / 2)
}

fn lock(set: &Mutex<[Bucket; PLACES]>) -> MutexGuard<'_, [Bucket; PLACES]> {
    set.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUOTA: Quota = Quota::new(10, Duration::from_secs(2));

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(1_000 + seconds)
    }

    #[test]
    fn a_bucket_gives_what_it_holds_and_fills_up_again() {
        let table = Table::new();
        for _ in 0..10 {
            assert_eq!(table.take(7, 1, QUOTA, at(0)), Taken::Yes);
        }
        assert_eq!(
            table.take(7, 1, QUOTA, at(0)),
            Taken::After(Duration::from_secs(2))
        );
        assert_eq!(
            table.take(7, 3, QUOTA, at(2)),
            Taken::After(Duration::from_secs(4))
        );
        // Being refused costs nothing.
        assert_eq!(table.take(7, 1, QUOTA, at(2)), Taken::Yes);
        assert_eq!(table.take(8, 10, QUOTA, at(2)), Taken::Yes);
        // However long it waits, it holds no more.
        assert_eq!(table.take(7, 11, QUOTA, at(900)), Taken::Yes);
        assert_eq!(
            table.take(7, 1, QUOTA, at(900)),
            Taken::After(Duration::from_secs(2))
        );
    }

    #[test]
    fn what_is_given_back_is_there_again_and_no_more() {
        let table = Table::new();
        assert_eq!(table.take(7, 10, QUOTA, at(0)), Taken::Yes);
        table.give_back(7, 4, QUOTA);
        assert_eq!(table.take(7, 4, QUOTA, at(0)), Taken::Yes);
        table.give_back(7, 100, QUOTA);
        assert_eq!(table.take(7, 10, QUOTA, at(0)), Taken::Yes);
        assert_ne!(table.take(7, 1, QUOTA, at(0)), Taken::Yes);
    }

    #[test]
    fn what_others_have_spent_is_missing_up_to_a_limit() {
        let table = Table::new();
        table.spend(7, 1_000_000, QUOTA, at(0));
        assert_eq!(
            table.take(7, 1, QUOTA, at(0)),
            Taken::After(Duration::from_secs(22))
        );
    }

    #[test]
    fn whoever_has_used_a_share_up_is_not_forgotten_for_newcomers() {
        let table = Table::new();
        let hash = |number: u64| 7 + number * SETS as u64;
        assert_eq!(table.take(hash(0), 10, QUOTA, at(0)), Taken::Yes);
        for newcomer in 1..100 {
            assert_eq!(table.take(hash(newcomer), 1, QUOTA, at(0)), Taken::Yes);
        }
        assert_ne!(table.take(hash(0), 1, QUOTA, at(0)), Taken::Yes);
    }
}
