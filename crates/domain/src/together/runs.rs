//! Free places in a line, under a tree that knows the longest run of them in each stretch.
//!
//! It is a segment tree (Bentley 1977) whose leaves are words of 64 places. Each node has the run that its stretch begins with, the
//! one that it ends with and the longest, which is all that its parent needs of it: "Finding subsegments with the maximal sum" at
//! cp-algorithms.com/data_structures/segment_tree.html, for sums of ones. Within a word, runs come from its bits (Warren,
//! Hacker's Delight, 6-3). To set a place and to find the next run of some length takes O(log n).

use std::ops::Range;
use std::sync::Arc;

const WORD: u32 = u64::BITS;

/// Which of a line's places are free, and which of them side by side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Runs {
    /// Whether a place is a neighbour of the one before it.
    joins: Arc<[u64]>,
    free: Vec<u64>,
    /// From the root, which is 1; the children of `n` are `2n` and `2n + 1`. The second half are the words.
    nodes: Vec<Node>,
}

/// How many places of a stretch are free side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Node {
    /// From its beginning on.
    first: u32,
    /// Up to its end.
    last: u32,
    /// At most.
    best: u32,
}

impl Runs {
    /// A line of places: whether each joins the one before, and whether it is free.
    pub fn new(places: impl IntoIterator<Item = (bool, bool)>) -> Self {
        let (mut joins, mut free) = (Vec::new(), Vec::new());
        for (at, (joins_previous, is_free)) in places.into_iter().enumerate() {
            if at.is_multiple_of(WORD as usize) {
                joins.push(0);
                free.push(0);
            }
            let bit = at % WORD as usize;
            if let (Some(joins), Some(free)) = (joins.last_mut(), free.last_mut()) {
                *joins |= u64::from(joins_previous) << bit;
                *free |= u64::from(is_free) << bit;
            }
        }
        let words = free.len().next_power_of_two();
        joins.resize(words, 0);
        free.resize(words, 0);
        let mut runs = Self {
            joins: joins.into(),
            free,
            nodes: vec![Node::default(); 2 * words],
        };
        (0..words).for_each(|word| runs.update_word(word));
        (1..words).rev().for_each(|node| runs.update_node(node));
        runs
    }

    /// How much memory it takes, in bytes.
    pub fn bytes(&self) -> usize {
        (self.joins.len() + self.free.len()) * size_of::<u64>() + self.nodes.len() * size_of::<Node>()
    }

    /// Whether a place is free.
    pub fn is_free(&self, place: u32) -> bool {
        self.free_word(word_of(place)) >> (place % WORD) & 1 == 1
    }

    /// The length of the longest run.
    pub fn longest(&self) -> u32 {
        self.node(1).best
    }

    /// The length of the longest run of these places, as if there were no others.
    pub fn longest_within(&self, places: Range<u32>) -> u32 {
        let Some(last) = places.end.checked_sub(1).filter(|last| *last >= places.start) else {
            return 0;
        };
        let (first, last) = (word_of(places.start), word_of(last));
        let part = |word: usize| {
            let from = places.start.saturating_sub(base(word)).min(WORD - 1);
            let until = (places.end - base(word)).min(WORD);
            let free = self.free_word(word) & u64::MAX << from & u64::MAX >> (WORD - until);
            Node::of_word(free, self.joins_word(word))
        };
        let head = part(first);
        if first == last {
            return head.best;
        }
        let (mut best, mut carry) = (head.best, head.last);
        let mut word = first + 1;
        // Whole words by the largest nodes that begin there and end before the last one.
        while word < last {
            let mut node = self.free.len() + word;
            while node.is_multiple_of(2) && self.words(node / 2).end <= last {
                node /= 2;
            }
            best = best.max(self.most_until(node, carry));
            carry = self.carried_on(node, carry);
            word = self.words(node).end;
        }
        let tail = part(last);
        best.max(tail.best).max(self.over(last, carry) + tail.first)
    }

    /// The longest run in a node or into it, where so many are carried over.
    fn most_until(&self, node: usize, carry: u32) -> u32 {
        let Node { first, best, .. } = self.node(node);
        best.max(self.over(self.words(node).start, carry) + first)
    }

    /// How many of those that are carried up to a word go on in it.
    fn over(&self, word: usize, carry: u32) -> u32 {
        if self.is_joined(word) { carry } else { 0 }
    }

    /// Says whether a place is free from now on.
    pub fn set(&mut self, place: u32, is_free: bool) {
        let word = word_of(place);
        let bit = 1 << (place % WORD);
        let Some(free) = self.free.get_mut(word) else {
            return;
        };
        let before = *free;
        *free = if is_free { before | bit } else { before & !bit };
        if *free == before {
            return;
        }
        self.update_word(word);
        let mut node = (self.free.len() + word) / 2;
        while node > 0 {
            let known = self.node(node);
            self.update_node(node);
            if self.node(node) == known {
                break;
            }
            node /= 2;
        }
    }

    /// The first run of so many places or more, of what begins at `from`.
    pub fn next(&self, from: u32, count: u32) -> Option<Range<u32>> {
        let word = word_of(from);
        if count == 0 || self.longest() < count || word >= self.free.len() {
            return None;
        }
        let free = self.free_word(word) & u64::MAX << (from % WORD);
        let head = Node::of_word(free, self.joins_word(word));
        if head.best >= count {
            let begin = first_in_word(free, self.joins_word(word), count)?;
            return Some(self.run_from(base(word) + begin));
        }
        let mut carry = head.last;
        let mut node = self.free.len() + word;
        loop {
            while node % 2 == 1 {
                node /= 2;
            }
            if node == 0 {
                return None;
            }
            node += 1;
            if self.begins(node, carry, count) {
                return self.first_within(node, carry, count);
            }
            carry = self.carried_on(node, carry);
        }
    }

    /// The last run of so many places or more, of what ends at `until`.
    pub fn previous(&self, until: u32, count: u32) -> Option<Range<u32>> {
        let word = word_of(until.checked_sub(1)?);
        if count == 0 || self.longest() < count || word >= self.free.len() {
            return None;
        }
        let free = self.free_word(word) & u64::MAX >> (WORD - (until - base(word)));
        let tail = Node::of_word(free, self.joins_word(word));
        if tail.best >= count {
            let end = last_in_word(free, self.joins_word(word), count)?;
            return Some(self.run_until(base(word) + end));
        }
        let mut carry = tail.first;
        let mut node = self.free.len() + word;
        loop {
            while node.is_multiple_of(2) {
                node /= 2;
            }
            if node <= 1 {
                return None;
            }
            node -= 1;
            if self.ends(node, carry, count) {
                return self.last_within(node, carry, count);
            }
            carry = self.carried_back(node, carry);
        }
    }

    /// The whole run that a free place is in.
    pub fn around(&self, place: u32) -> Range<u32> {
        self.run_until(place + 1).start..self.run_from(place).end
    }

    /// From a free place to the end of its run.
    fn run_from(&self, begin: u32) -> Range<u32> {
        let mut end = begin + 1;
        while self.is_tied(end) {
            let more = self.ties(word_of(end)) >> (end % WORD);
            end += more.trailing_ones().max(1);
        }
        begin..end
    }

    /// From the beginning of a run to a place in it, whose end is told.
    fn run_until(&self, end: u32) -> Range<u32> {
        let mut begin = end - 1;
        while self.is_tied(begin) {
            let more = self.ties(word_of(begin)) << (WORD - 1 - begin % WORD);
            begin -= more.leading_ones().max(1);
        }
        begin..end
    }

    /// Whether a place is in a run with the one before it.
    fn is_tied(&self, place: u32) -> bool {
        self.ties(word_of(place)) >> (place % WORD) & 1 == 1
    }

    /// Which places of a word are in a run with the one before them.
    fn ties(&self, word: usize) -> u64 {
        let before = word.checked_sub(1).map_or(0, |before| self.free_word(before));
        let free = self.free_word(word);
        free & (free << 1 | before >> (WORD - 1)) & self.joins_word(word)
    }

    /// Whether a run of so many begins in a node, or before it where so many are carried over.
    fn begins(&self, node: usize, carry: u32, count: u32) -> bool {
        self.most_until(node, carry) >= count
    }

    /// Whether one ends there, or behind it.
    fn ends(&self, node: usize, carry: u32, count: u32) -> bool {
        let Node { last, best, .. } = self.node(node);
        best >= count || self.is_joined(self.words(node).end) && carry + last >= count
    }

    /// What is carried over a node.
    fn carried_on(&self, node: usize, carry: u32) -> u32 {
        let words = self.words(node);
        let last = self.node(node).last;
        let is_through = last == length(&words) && self.is_joined(words.start);
        if is_through { carry + last } else { last }
    }

    /// The same from behind.
    fn carried_back(&self, node: usize, carry: u32) -> u32 {
        let words = self.words(node);
        let first = self.node(node).first;
        let is_through = first == length(&words) && self.is_joined(words.end);
        if is_through { carry + first } else { first }
    }

    fn first_within(&self, mut node: usize, mut carry: u32, count: u32) -> Option<Range<u32>> {
        loop {
            let word = self.words(node).start;
            let carried = self.over(word, carry);
            if carried + self.node(node).first >= count {
                return Some(self.run_from(base(word) - carried));
            }
            if node >= self.free.len() {
                let begin = first_in_word(self.free_word(word), self.joins_word(word), count)?;
                return Some(self.run_from(base(word) + begin));
            }
            node *= 2;
            if !self.begins(node, carry, count) {
                carry = self.carried_on(node, carry);
                node += 1;
            }
        }
    }

    fn last_within(&self, mut node: usize, mut carry: u32, count: u32) -> Option<Range<u32>> {
        loop {
            let words = self.words(node);
            let carried = self.over(words.end, carry);
            if carried + self.node(node).last >= count {
                return Some(self.run_until(base(words.end) + carried));
            }
            if node >= self.free.len() {
                let end = last_in_word(self.free_word(words.start), self.joins_word(words.start), count)?;
                return Some(self.run_until(base(words.start) + end));
            }
            node = 2 * node + 1;
            if !self.ends(node, carry, count) {
                carry = self.carried_back(node, carry);
                node -= 1;
            }
        }
    }

    fn update_word(&mut self, word: usize) {
        let node = Node::of_word(self.free_word(word), self.joins_word(word));
        let at = self.free.len() + word;
        if let Some(known) = self.nodes.get_mut(at) {
            *known = node;
        }
    }

    fn update_node(&mut self, node: usize) {
        let (left, right) = (self.node(2 * node), self.node(2 * node + 1));
        let words = self.words(2 * node);
        let length = length(&words);
        let is_joined = self.is_joined(words.end);
        let over = if is_joined { left.last + right.first } else { 0 };
        let both = Node {
            first: if left.first == length && is_joined {
                over
            } else {
                left.first
            },
            last: if right.last == length && is_joined {
                over
            } else {
                right.last
            },
            best: left.best.max(right.best).max(over),
        };
        if let Some(known) = self.nodes.get_mut(node) {
            *known = both;
        }
    }

    /// The words below a node.
    fn words(&self, node: usize) -> Range<usize> {
        let words = self.free.len() >> node.ilog2();
        let begin = node * words - self.free.len();
        begin..begin + words
    }

    /// Whether a word's first place is a neighbour of the last one before it.
    fn is_joined(&self, word: usize) -> bool {
        self.joins_word(word) & 1 == 1
    }

    fn node(&self, node: usize) -> Node {
        self.nodes.get(node).copied().unwrap_or_default()
    }

    fn free_word(&self, word: usize) -> u64 {
        self.free.get(word).copied().unwrap_or_default()
    }

    fn joins_word(&self, word: usize) -> u64 {
        self.joins.get(word).copied().unwrap_or_default()
    }
}

impl Node {
    fn of_word(free: u64, joins: u64) -> Self {
        let ties = free & free << 1 & joins;
        let mut best = u32::from(free != 0);
        let mut longer = ties;
        while longer != 0 {
            longer &= longer << 1;
            best += 1;
        }
        Self {
            first: if free & 1 == 1 {
                1 + (ties >> 1).trailing_ones()
            } else {
                0
            },
            last: if free >> (WORD - 1) == 1 {
                1 + ties.leading_ones()
            } else {
                0
            },
            best,
        }
    }
}

/// Where the first run of so many begins in a word.
fn first_in_word(free: u64, joins: u64, count: u32) -> Option<u32> {
    let ties = free & free << 1 & joins;
    let mut rest = free;
    while rest != 0 {
        let begin = rest.trailing_zeros();
        let length = 1 + (ties >> begin >> 1).trailing_ones();
        if length >= count {
            return Some(begin);
        }
        rest &= u64::MAX.checked_shl(begin + length).unwrap_or(0);
    }
    None
}

/// Where the last one ends.
fn last_in_word(free: u64, joins: u64, count: u32) -> Option<u32> {
    let ties = free & free << 1 & joins;
    let mut rest = free;
    while rest != 0 {
        let last = WORD - 1 - rest.leading_zeros();
        let length = 1 + (ties << (WORD - 1 - last)).leading_ones();
        if length >= count {
            return Some(last + 1);
        }
        rest &= !(u64::MAX << (last + 1 - length));
    }
    None
}

fn word_of(place: u32) -> usize {
    (place / WORD) as usize
}

/// The first place of a word.
fn base(word: usize) -> u32 {
    u32::try_from(word).unwrap_or(u32::MAX).saturating_mul(WORD)
}

fn length(words: &Range<usize>) -> u32 {
    base(words.end) - base(words.start)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// All runs of a line, one after the other.
    fn runs_of(places: &[(bool, bool)]) -> Vec<Range<u32>> {
        let mut runs: Vec<Range<u32>> = Vec::new();
        for (at, &(joins, is_free)) in (0..).zip(places) {
            match runs.last_mut() {
                Some(run) if is_free && joins && run.end == at => run.end += 1,
                _ if is_free => runs.push(at..at + 1),
                _ => {}
            }
        }
        runs
    }

    /// Mostly free and joined, or nearly never: long runs and short ones.
    fn a_line() -> impl Strategy<Value = Vec<(bool, bool)>> {
        (0usize..700, 0.02f64..0.98, 0.5f64..1.0).prop_flat_map(|(length, free, joined)| {
            prop::collection::vec((prop::bool::weighted(joined), prop::bool::weighted(free)), length)
        })
    }

    proptest! {
        #[test]
        fn runs_are_those_of_a_plain_look(
            mut line in a_line(),
            steps in prop::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 0..40),
            from in any::<prop::sample::Index>(),
            count in 1u32..200,
        ) {
            let mut runs = Runs::new(line.iter().copied());
            for (place, is_free) in &steps {
                if line.is_empty() {
                    break;
                }
                let place = place.index(line.len());
                line[place].1 = *is_free;
                runs.set(u32::try_from(place).expect("a place"), *is_free);
            }
            prop_assert_eq!(&runs, &Runs::new(line.iter().copied()));
            let known = runs_of(&line);
            prop_assert_eq!(runs.longest(), known.iter().map(ExactSizeIterator::len).max().unwrap_or(0) as u32);
            let from = u32::try_from(from.index(line.len() + 1)).expect("a place");
            for count in [1, 2, count] {
                let is_long = |run: &Range<u32>| run.end - run.start >= count;
                let after = known.iter().map(|run| run.start.max(from)..run.end.max(from)).find(is_long);
                prop_assert_eq!(runs.next(from, count), after);
                let until = from + (line.len() as u32 - from) / count;
                let inside = known.iter().map(|run| run.start.max(from)..run.end.min(until));
                let inside = inside.map(|run| run.end.saturating_sub(run.start)).max().unwrap_or(0);
                prop_assert_eq!(runs.longest_within(from..until), inside);
                let before = known.iter().rev().map(|run| run.start.min(from)..run.end.min(from)).find(is_long);
                prop_assert_eq!(runs.previous(from, count), before);
            }
            for run in known {
                prop_assert_eq!(runs.around((run.start + run.end) / 2), run);
            }
        }
    }
}
