//! Things in the order in which they came, found by their id. A full shelf forgets the oldest.

use std::collections::{BTreeMap, HashMap};

/// Things by age and by id.
#[derive(Debug)]
pub struct Shelf<T> {
    items: BTreeMap<u64, (String, T)>,
    places: HashMap<String, u64>,
    next: u64,
    items_max: usize,
}

impl<T> Shelf<T> {
    /// A shelf for this many.
    pub fn new(items_max: usize) -> Self {
        Self {
            items: BTreeMap::new(),
            places: HashMap::new(),
            next: 1,
            items_max,
        }
    }

    /// Puts a new one there.
    pub fn put(&mut self, id: String, item: T) {
        self.places.insert(id.clone(), self.next);
        self.items.insert(self.next, (id, item));
        self.next += 1;
        while self.items.len() > self.items_max {
            if let Some((_, (oldest, _))) = self.items.pop_first() {
                self.places.remove(&oldest);
            }
        }
    }

    /// One by its id.
    pub fn get(&self, id: &str) -> Option<&T> {
        let (_, item) = self.items.get(self.places.get(id)?)?;
        Some(item)
    }

    /// One by its id, to change it.
    pub fn get_mut(&mut self, id: &str) -> Option<&mut T> {
        let (_, item) = self.items.get_mut(self.places.get(id)?)?;
        Some(item)
    }

    /// Those older than this one, or all, newest first; none if the id isn't known.
    pub fn newest_first(&self, after: Option<&str>) -> Option<impl Iterator<Item = &T>> {
        let before = match after {
            Some(id) => *self.places.get(id)?,
            None => self.next,
        };
        Some(self.items.range(..before).rev().map(|(_, (_, item))| item))
    }

    /// Those newer than this one, or all, oldest first; none if the id isn't known.
    pub fn oldest_first(&self, after: Option<&str>) -> Option<impl Iterator<Item = &T>> {
        let from = match after {
            Some(id) => self.places.get(id)? + 1,
            None => 0,
        };
        Some(self.items.range(from..).map(|(_, (_, item))| item))
    }
}

/// The first ones up to a limit, and whether there are more.
pub fn page<'a, T>(items: impl Iterator<Item = &'a T>, limit: usize) -> (Vec<&'a T>, bool) {
    let mut items: Vec<&T> = items.take(limit + 1).collect();
    let more = items.len() > limit;
    items.truncate(limit);
    (items, more)
}

#[cfg(test)]
mod tests {
    use super::{Shelf, page};

    #[test]
    fn keeps_order_pages_and_forgets_the_oldest() {
        let mut shelf = Shelf::new(3);
        for item in ["a", "b", "c", "d"] {
            shelf.put(item.to_owned(), item);
        }
        assert_eq!(shelf.get("a"), None);
        assert_eq!(shelf.get("b"), Some(&"b"));
        let newest = page(shelf.newest_first(None).unwrap(), 2);
        assert_eq!(newest, (vec![&"d", &"c"], true));
        let older = page(shelf.newest_first(Some("c")).unwrap(), 2);
        assert_eq!(older, (vec![&"b"], false));
        let newer = page(shelf.oldest_first(Some("b")).unwrap(), 2);
        assert_eq!(newer, (vec![&"c", &"d"], false));
        assert!(shelf.oldest_first(Some("a")).is_none());
    }
}
