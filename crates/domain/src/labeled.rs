//! The blocked places of a show that are kept under labels: a part of its state, folded from the journal.

use std::collections::{BTreeMap, BTreeSet};

use super::event::{Event, EventKind, Places, ZonePlaces};
use super::label::Label;
use super::plan::{SeatIndex, ZoneIndex};

/// The blocked places of a show that have a label.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Labeled {
    /// The label of each seat that has one.
    pub seats: BTreeMap<SeatIndex, Label>,
    /// How many places of each zone have a label; never 0.
    pub zones: BTreeMap<(ZoneIndex, Label), u32>,
}

impl Labeled {
    /// Gives places a label, as they are blocked.
    pub fn add(&mut self, places: &Places, label: &Label) {
        let seats = places.seats.iter();
        self.seats.extend(seats.map(|seat| (*seat, label.clone())));
        for part in &places.zones {
            *self.zones.entry((part.zone, label.clone())).or_default() += part.count;
        }
    }

    /// Takes their labels from places, as they are unblocked. In zones those of this label are meant, or, if there is none, those that
    /// have none. `None` if there are not so many.
    pub fn remove(&mut self, places: &Places, label: Option<&Label>) -> Option<()> {
        for seat in &places.seats {
            self.seats.remove(seat);
        }
        let Some(label) = label else { return Some(()) };
        for part in &places.zones {
            let key = (part.zone, label.clone());
            let left = self.zones.get(&key)?.checked_sub(part.count)?;
            match left {
                0 => drop(self.zones.remove(&key)),
                left => drop(self.zones.insert(key, left)),
            }
        }
        Some(())
    }

    /// Whether a seat has this label.
    pub fn has(&self, seat: SeatIndex, label: &Label) -> bool {
        self.seats.get(&seat) == Some(label)
    }

    /// How many places of a zone have this label.
    pub fn count(&self, zone: ZoneIndex, label: &Label) -> u32 {
        self.zones.get(&(zone, label.clone())).copied().unwrap_or(0)
    }

    /// How many places of a zone have any.
    pub fn of_zone(&self, zone: ZoneIndex) -> u32 {
        let labels = self.zones.iter().filter(|((known, _), _)| *known == zone);
        labels.map(|(_, count)| *count).sum()
    }

    /// Those of these places that don't have this label; of zones the count that does.
    pub fn without(&self, places: &Places, label: &Label) -> Option<Places> {
        let seats = places
            .seats
            .iter()
            .copied()
            .filter(|seat| !self.has(*seat, label));
        let zones = places.zones.iter().filter_map(|part| {
            let count = self.count(part.zone, label);
            let zone = part.zone;
            (count < part.count).then_some(ZonePlaces { zone, count })
        });
        let without = Places {
            seats: seats.collect(),
            zones: zones.collect(),
        };
        (without != Places::default()).then_some(without)
    }
}

/// Folds an event into the labels of blocked places. `None` if it contradicts them.
pub fn fold_labels(labeled: &mut Labeled, event: &Event) -> Option<()> {
    match (event.kind, &event.label) {
        (EventKind::Blocked, Some(label)) => labeled.add(&event.places, label),
        (EventKind::Unblocked, label) => labeled.remove(&event.places, label.as_ref())?,
        _ => {}
    }
    Some(())
}

/// How many places of a zone, or which seat, change between having a label and having it not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelChange {
    /// The label.
    pub label: Label,
    /// A seat, or
    pub seat: Option<SeatIndex>,
    /// places of a zone.
    pub zone: Option<ZoneIndex>,
    /// How many had it; of a seat 0 or 1.
    pub from: u32,
    /// How many have it now.
    pub to: u32,
}

/// What differs between two states of labels.
pub fn label_changes(before: &Labeled, after: &Labeled) -> Vec<LabelChange> {
    let mut changes = Vec::new();
    let one = |label: &Label, seat: SeatIndex, from, to| LabelChange {
        label: label.clone(),
        seat: Some(seat),
        zone: None,
        from,
        to,
    };
    for (seat, label) in before
        .seats
        .iter()
        .filter(|(seat, label)| !after.has(**seat, label))
    {
        changes.push(one(label, *seat, 1, 0));
    }
    for (seat, label) in after
        .seats
        .iter()
        .filter(|(seat, label)| !before.has(**seat, label))
    {
        changes.push(one(label, *seat, 0, 1));
    }
    let keys: BTreeSet<_> = before.zones.keys().chain(after.zones.keys()).collect();
    for (zone, label) in keys {
        let (from, to) = (before.count(*zone, label), after.count(*zone, label));
        if from != to {
            changes.push(LabelChange {
                label: label.clone(),
                seat: None,
                zone: Some(*zone),
                from,
                to,
            });
        }
    }
    changes
}
