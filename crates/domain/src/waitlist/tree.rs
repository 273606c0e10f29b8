//! A sorted map that tells how many keys come before one, and whose copies share what they have in common.
//!
//! A tree balanced by the weight of its halves (Adams 1992, with the parameters of Hirai and Yamamoto 2011), which knows how many
//! keys each half has. To change one, the path to the key is made anew where a copy still has it; so a copy costs nothing, and what
//! was decided on it leaves the other as it was.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

/// A half may weigh so many times the other.
const DELTA: usize = 3;
/// From this ratio of a half's own halves on, the inner one is turned up.
const RATIO: usize = 2;

/// A sorted map. Finding, putting, removing and counting take time in the logarithm of its size.
#[derive(Clone)]
pub struct Tree<K, V>(Link<K, V>);

type Link<K, V> = Option<Arc<Node<K, V>>>;

#[derive(Clone)]
struct Node<K, V> {
    key: K,
    value: V,
    /// Keys in it, with its own.
    size: usize,
    left: Link<K, V>,
    right: Link<K, V>,
}

impl<K, V> Default for Tree<K, V> {
    fn default() -> Self {
        Self(None)
    }
}

impl<K: Ord + Clone, V: Clone> Tree<K, V> {
    /// How many keys there are.
    pub fn len(&self) -> usize {
        size(&self.0)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// What stands at a key.
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.get_key_value(key).map(|(_, value)| value)
    }

    /// The key as it stands in the map, and its value.
    pub fn get_key_value<Q: Ord + ?Sized>(&self, key: &Q) -> Option<(&K, &V)>
    where
        K: Borrow<Q>,
    {
        let mut at = self.0.as_deref();
        while let Some(node) = at {
            at = match key.cmp(node.key.borrow()) {
                Ordering::Less => node.left.as_deref(),
                Ordering::Greater => node.right.as_deref(),
                Ordering::Equal => return Some((&node.key, &node.value)),
            };
        }
        None
    }

    /// How many keys are less than this one.
    pub fn rank<Q: Ord + ?Sized>(&self, key: &Q) -> usize
    where
        K: Borrow<Q>,
    {
        let mut before = 0;
        let mut at = self.0.as_deref();
        while let Some(node) = at {
            if key <= node.key.borrow() {
                at = node.left.as_deref();
            } else {
                before += size(&node.left) + 1;
                at = node.right.as_deref();
            }
        }
        before
    }

    /// The least key and its value.
    pub fn first(&self) -> Option<(&K, &V)> {
        self.iter().next()
    }

    /// Puts a value at a key, in place of any other.
    pub fn insert(&mut self, key: K, value: V) {
        insert(&mut self.0, key, value);
    }

    /// Takes a key out.
    pub fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        self.get(key)?;
        let (left, removed) = remove(self.0.take(), key);
        self.0 = left;
        removed
    }

    /// All keys with their values, in order.
    pub fn iter(&self) -> Iter<'_, K, V> {
        let mut iter = Iter(Vec::new());
        iter.descend(self.0.as_deref());
        iter
    }
}

impl<K: Ord + Clone, V: Clone> FromIterator<(K, V)> for Tree<K, V> {
    /// Of keys in order this is made in as many steps as there are keys.
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let entries: Vec<(K, V)> = entries.into_iter().collect();
        let mut tree = Self::default();
        if entries.is_sorted_by(|(one, _), (next, _)| one < next) {
            let count = entries.len();
            tree.0 = halve(&mut entries.into_iter(), count);
            return tree;
        }
        for (key, value) in entries {
            tree.insert(key, value);
        }
        tree
    }
}

/// A tree of the next entries, so many, whose halves are as large as each other.
fn halve<K, V>(entries: &mut impl Iterator<Item = (K, V)>, count: usize) -> Link<K, V> {
    let before = count.checked_sub(1)? / 2;
    let left = halve(entries, before);
    let (key, value) = entries.next()?;
    let right = halve(entries, count - 1 - before);
    join(key, value, left, right)
}

/// The entries of a [`Tree`], in order.
pub struct Iter<'a, K, V>(Vec<&'a Node<K, V>>);

impl<'a, K, V> Iter<'a, K, V> {
    fn descend(&mut self, mut at: Option<&'a Node<K, V>>) {
        while let Some(node) = at {
            self.0.push(node);
            at = node.left.as_deref();
        }
    }
}

impl<'a, K, V> Iterator for Iter<'a, K, V> {
    type Item = (&'a K, &'a V);

    fn next(&mut self) -> Option<Self::Item> {
        let node = self.0.pop()?;
        self.descend(node.right.as_deref());
        Some((&node.key, &node.value))
    }
}

impl<K: Ord + Clone + PartialEq, V: Clone + PartialEq> PartialEq for Tree<K, V> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}

impl<K: Ord + Clone + Eq, V: Clone + Eq> Eq for Tree<K, V> {}

impl<K: Ord + Clone + fmt::Debug, V: Clone + fmt::Debug> fmt::Debug for Tree<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

fn size<K, V>(link: &Link<K, V>) -> usize {
    link.as_ref().map_or(0, |node| node.size)
}

fn weight<K, V>(link: &Link<K, V>) -> usize {
    size(link) + 1
}

fn join<K, V>(key: K, value: V, left: Link<K, V>, right: Link<K, V>) -> Link<K, V> {
    let size = size(&left) + size(&right) + 1;
    Some(Arc::new(Node {
        key,
        value,
        size,
        left,
        right,
    }))
}

/// Joins two halves of which one key has been put into one, or taken from one.
fn balance<K: Clone, V: Clone>(key: K, value: V, left: Link<K, V>, right: Link<K, V>) -> Link<K, V> {
    match (left, right) {
        (left, Some(right)) if DELTA * weight(&left) < right.size + 1 => {
            let right = Arc::unwrap_or_clone(right);
            match right.left {
                Some(inner) if inner.size + 1 >= RATIO * weight(&right.right) => {
                    let inner = Arc::unwrap_or_clone(inner);
                    let outer = join(right.key, right.value, inner.right, right.right);
                    join(inner.key, inner.value, join(key, value, left, inner.left), outer)
                }
                inner => join(right.key, right.value, join(key, value, left, inner), right.right),
            }
        }
        (Some(left), right) if DELTA * weight(&right) < left.size + 1 => {
            let left = Arc::unwrap_or_clone(left);
            match left.right {
                Some(inner) if inner.size + 1 >= RATIO * weight(&left.left) => {
                    let inner = Arc::unwrap_or_clone(inner);
                    let outer = join(left.key, left.value, left.left, inner.left);
                    join(
                        inner.key,
                        inner.value,
                        outer,
                        join(key, value, inner.right, right),
                    )
                }
                inner => join(left.key, left.value, left.left, join(key, value, inner, right)),
            }
        }
        (left, right) => join(key, value, left, right),
    }
}

/// A node that no copy has is changed where it stands.
fn insert<K: Ord + Clone, V: Clone>(link: &mut Link<K, V>, key: K, value: V) {
    let Some(node) = link.as_mut().map(Arc::make_mut) else {
        *link = join(key, value, None, None);
        return;
    };
    match key.cmp(&node.key) {
        Ordering::Less => insert(&mut node.left, key, value),
        Ordering::Greater => insert(&mut node.right, key, value),
        Ordering::Equal => {
            (node.key, node.value) = (key, value);
            return;
        }
    }
    let (left, right) = (weight(&node.left), weight(&node.right));
    node.size = left + right - 1;
    if (DELTA * left < right || DELTA * right < left)
        && let Some(node) = link.take()
    {
        let node = Arc::unwrap_or_clone(node);
        *link = balance(node.key, node.value, node.left, node.right);
    }
}

fn remove<K, V, Q>(link: Link<K, V>, key: &Q) -> (Link<K, V>, Option<V>)
where
    K: Ord + Clone + Borrow<Q>,
    V: Clone,
    Q: Ord + ?Sized,
{
    let Some(node) = link else { return (None, None) };
    let node = Arc::unwrap_or_clone(node);
    match key.cmp(node.key.borrow()) {
        Ordering::Less => {
            let (left, removed) = remove(node.left, key);
            (balance(node.key, node.value, left, node.right), removed)
        }
        Ordering::Greater => {
            let (right, removed) = remove(node.right, key);
            (balance(node.key, node.value, node.left, right), removed)
        }
        Ordering::Equal => {
            let left = match take_first(node.right) {
                Some((key, value, right)) => balance(key, value, node.left, right),
                None => node.left,
            };
            (left, Some(node.value))
        }
    }
}

/// The least key, its value, and the others.
fn take_first<K: Clone, V: Clone>(link: Link<K, V>) -> Option<(K, V, Link<K, V>)> {
    let node = Arc::unwrap_or_clone(link?);
    Some(match take_first(node.left) {
        Some((key, value, left)) => (key, value, balance(node.key, node.value, left, node.right)),
        None => (node.key, node.value, node.right),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    /// The height of a tree whose halves are in balance and know their sizes.
    fn height(link: &Link<u16, u16>) -> u32 {
        let Some(node) = link else { return 0 };
        let (left, right) = (weight(&node.left), weight(&node.right));
        assert!(
            left <= DELTA * right && right <= DELTA * left,
            "{left} beside {right}"
        );
        assert_eq!(node.size, left + right - 1);
        1 + height(&node.left).max(height(&node.right))
    }

    proptest! {
        #[test]
        fn it_is_a_map_that_counts(steps in prop::collection::vec((any::<bool>(), 0u16..200, any::<u16>()), 0..400), at in 0u16..200) {
            let mut tree = Tree::default();
            let mut map = BTreeMap::new();
            for (puts, key, value) in steps {
                let (before, same) = (map.clone(), tree.clone());
                if puts {
                    tree.insert(key, value);
                    map.insert(key, value);
                } else {
                    prop_assert_eq!(tree.remove(&key), map.remove(&key));
                }
                prop_assert!(same.iter().eq(before.iter()), "a copy has changed");
                height(&tree.0);
            }
            prop_assert!(tree.iter().eq(map.iter()));
            prop_assert_eq!(tree.rank(&at), map.range(..at).count());
            prop_assert_eq!(tree.get(&at), map.get(&at));
            prop_assert_eq!(tree.first(), map.first_key_value());
            prop_assert_eq!(tree.len(), map.len());
        }
    }

    #[test]
    fn a_tree_of_keys_in_order_is_in_balance() {
        for count in 0..200u16 {
            let tree: Tree<u16, u16> = (0..count).map(|key| (key, key)).collect();
            height(&tree.0);
            assert!(tree.iter().map(|(key, _)| *key).eq(0..count));
            let turned: Tree<u16, u16> = (0..count).rev().map(|key| (key, key)).collect();
            assert_eq!(turned, tree);
        }
    }

    #[test]
    fn a_queue_that_moves_on_stays_flat() {
        let mut tree = Tree::default();
        for key in 0..20_000u16 {
            tree.insert(key, key);
            if key >= 5_000 {
                tree.remove(&(key - 5_000));
            }
        }
        assert_eq!(tree.len(), 5_000);
        assert!(height(&tree.0) <= 20);
    }
}
