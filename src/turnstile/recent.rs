//! A bounded map of recently used items: two generations, of which the older is dropped as a whole.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;

/// Recently used items. Each of them can be obtained again.
#[derive(Debug)]
pub struct Recent<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
    generation_max: usize,
}

impl<K: Eq + Hash, V> Recent<K, V> {
    /// Keeps the last `generation_max` items at least, and twice as many at most.
    pub fn new(generation_max: usize) -> Self {
        Self {
            young: HashMap::new(),
            old: HashMap::new(),
            generation_max: generation_max.max(1),
        }
    }

    /// An item, if it is still there.
    pub fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.young.get(key).or_else(|| self.old.get(key))
    }

    /// Takes an item out.
    pub fn remove<Q: Eq + Hash + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let young = self.young.remove(key);
        let old = self.old.remove(key);
        young.or(old)
    }

    /// Puts an item in, in place of one of the same key.
    pub fn put(&mut self, key: K, value: V) {
        if self.young.len() >= self.generation_max {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, value);
    }

    /// How many items there are.
    #[cfg(test)]
    pub fn count(&self) -> usize {
        self.young.len() + self.old.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_in_lately_is_there_and_there_is_an_end_to_it() {
        let mut recent = Recent::new(3);
        for number in 0..10 {
            recent.put(number, number);
            let last = (0..=number).rev().take(3);
            assert!(last.into_iter().all(|known| recent.get(&known) == Some(&known)));
            assert!(recent.count() <= 6);
        }
        recent.put(9, 90);
        assert_eq!((recent.remove(&9), recent.get(&9)), (Some(90), None));
    }
}
