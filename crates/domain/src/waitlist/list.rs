//! Who waits, in order. The fold of the journal's `joined`, `left` and `offered`.

use std::sync::Arc;

use super::entry::{EntryNumber, EntryStep};
use super::tree::Tree;
use super::want::Want;
use crate::id::{Offset, SessionId};
use crate::reference::OrderNumber;

/// What an entry takes in memory, in bytes: a node in each of four trees.
const ENTRY_BYTES: usize = 320;

/// An entry that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Its number.
    pub entry: EntryNumber,
    /// Whose it is.
    pub session: SessionId,
    /// What it wants.
    pub want: Arc<Want>,
}

/// How far from the front an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Rank {
    /// 1 for the first of all.
    pub position: u32,
    /// Entries before it that want some of what it wants.
    pub ahead: u32,
    /// Entries that wait.
    pub entries: u32,
}

/// The entries that wait for a show, and the places on offer to those that have waited.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Waitlist {
    /// By where they stand.
    entries: Tree<Offset, Waiting>,
    places: Tree<EntryNumber, Offset>,
    sessions: Tree<SessionId, EntryNumber>,
    /// Where those stand that want the same.
    wants: Tree<Arc<Want>, Tree<Offset, ()>>,
    /// The places of each order that was offered and is not paid yet.
    offers: Tree<OrderNumber, u32>,
    /// The sum of those.
    offered_places: u32,
}

impl Waitlist {
    /// Whether nobody waits.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// An entry that waits, and where it stands.
    pub fn entry(&self, number: EntryNumber) -> Option<(Offset, &Waiting)> {
        let place = self.places.get(&number)?;
        Some((*place, self.entries.get(place)?))
    }

    /// The entry at a place.
    pub fn at(&self, place: Offset) -> Option<&Waiting> {
        self.entries.get(&place)
    }

    /// All that wait, the first ones first.
    pub fn iter(&self) -> impl Iterator<Item = (Offset, &Waiting)> {
        self.entries.iter().map(|(place, waiting)| (*place, waiting))
    }

    /// The entry of a session.
    pub fn of_session(&self, session: SessionId) -> Option<EntryNumber> {
        self.sessions.get(&session).copied()
    }

    /// What is wanted, each with the first entry that wants it.
    pub fn wants(&self) -> impl Iterator<Item = (Offset, &Arc<Want>)> {
        let wants = self.wants.iter();
        wants.filter_map(|(want, places)| Some((*places.first()?.0, want)))
    }

    /// How many different things are wanted.
    pub fn wants_count(&self) -> usize {
        self.wants.len()
    }

    /// Whether somebody wants just this.
    pub fn is_wanted(&self, want: &Want) -> bool {
        self.wants.get(want).is_some()
    }

    /// How far an entry at this place that wants this is from the front.
    pub fn standing(&self, place: Offset, want: &Want) -> Rank {
        let meeting = self.wants.iter().filter(|(other, _)| want.meets(other));
        let ahead: usize = meeting.map(|(_, places)| places.rank(&place)).sum();
        Rank {
            position: count(self.entries.rank(&place)).saturating_add(1),
            ahead: count(ahead),
            entries: count(self.len()),
        }
    }

    /// Places that are on offer and not paid yet.
    pub fn offered_places(&self) -> u32 {
        self.offered_places
    }

    /// Whether an order is on offer and not paid yet.
    pub fn has_offer(&self, order: OrderNumber) -> bool {
        !self.offers.is_empty() && self.offers.get(&order).is_some()
    }

    /// How much memory it takes, in bytes, about.
    pub fn bytes(&self) -> usize {
        self.len() * ENTRY_BYTES
    }

    /// An entry joins, or wants something else where it stands. `None` if that contradicts the list.
    pub fn join(&mut self, step: &EntryStep) -> Option<()> {
        let terms = step.terms.as_ref()?;
        if let Some(place) = self.places.get(&step.entry).copied() {
            if place != step.place {
                return None;
            }
            self.leave(step.entry, place)?;
        }
        self.put(step.entry, step.place, terms.session, &terms.want)
    }

    /// Adds an entry. `None` if it or its session is there already, or another one stands there.
    pub fn put(&mut self, entry: EntryNumber, place: Offset, session: SessionId, want: &Want) -> Option<()> {
        let is_known = self.sessions.get(&session).is_some()
            || self.places.get(&entry).is_some()
            || self.entries.get(&place).is_some();
        if is_known {
            return None;
        }
        let known = self.wants.get_key_value(want).map(|(known, _)| known.clone());
        // Taken out, so that it is changed where it stands.
        let mut places = self.wants.remove(want).unwrap_or_default();
        let want = known.unwrap_or_else(|| Arc::new(want.clone()));
        places.insert(place, ());
        self.wants.insert(want.clone(), places);
        self.places.insert(entry, place);
        self.sessions.insert(session, entry);
        let waiting = Waiting { entry, session, want };
        self.entries.insert(place, waiting);
        Some(())
    }

    /// An entry leaves the place where it stands. `None` if it doesn't stand there.
    pub fn leave(&mut self, entry: EntryNumber, place: Offset) -> Option<()> {
        self.places.get(&entry).filter(|known| **known == place)?;
        self.places.remove(&entry);
        let Waiting { session, want, .. } = self.entries.remove(&place)?;
        self.sessions.remove(&session);
        let mut places = self.wants.remove(&*want)?;
        places.remove(&place);
        if !places.is_empty() {
            self.wants.insert(want, places);
        }
        Some(())
    }

    /// So many places of an order that is on offer are given up; it has others left.
    pub fn drop_offered(&mut self, order: OrderNumber, places: u32) {
        let before = self.offers.get(&order).copied().unwrap_or(0);
        self.note_offer(order, before.saturating_sub(places));
    }

    /// An order is on offer with so many places; none, once it is paid or over.
    pub fn note_offer(&mut self, order: OrderNumber, places: u32) {
        let before = self.offers.remove(&order).unwrap_or(0);
        if places > 0 {
            self.offers.insert(order, places);
        }
        self.offered_places = self.offered_places.saturating_sub(before).saturating_add(places);
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
