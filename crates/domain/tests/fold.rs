//! The fold meets the vectors of `fold.json`, which the page's fold meets too.

#![expect(
    clippy::indexing_slicing,
    reason = "a test fails by panicking, and says where"
)]

use std::collections::HashMap;

use chrono::DateTime;
use domain::event::{Event, EventKind, Places, TermsChange, ZoneCapacity, ZonePlaces};
use domain::id::{Offset, Revision};
use domain::plan::numbering::SeatsMoved;
use domain::plan::{SeatIndex, ZoneIndex};
use domain::seat_map::{FoldError, Sale, SeatMap, SeatState, ZoneCount};
use serde::Deserialize;

#[derive(Deserialize)]
struct Vectors {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    start: Told,
    events: Vec<ToldEvent>,
    becomes: Option<Told>,
    fault: Option<String>,
}

/// A map as the API tells it.
#[derive(Deserialize)]
struct Told {
    offset: i64,
    state: Sale,
    revision: i32,
    seats: HashMap<String, SeatState>,
    zones: Vec<ToldZone>,
}

#[derive(Deserialize)]
struct ToldZone {
    zone: String,
    capacity: u32,
    #[serde(flatten)]
    count: ZoneCount,
    free: u32,
}

/// An event as the API tells it.
#[derive(Deserialize)]
struct ToldEvent {
    offset: i64,
    #[serde(rename = "type")]
    kind: EventKind,
    seats: Vec<String>,
    zones: Vec<ToldPart>,
    revision: Option<i32>,
    #[serde(default)]
    capacities: Vec<ToldCapacity>,
    #[serde(default)]
    seats_added: Vec<String>,
    #[serde(default)]
    seats_removed: Vec<String>,
}

#[derive(Deserialize)]
struct ToldCapacity {
    zone: String,
    capacity: u32,
}

#[derive(Deserialize)]
struct ToldPart {
    zone: String,
    count: u32,
}

/// The numbers of seats and zones, by name.
struct Numbers {
    seats: HashMap<String, SeatIndex>,
    zones: HashMap<String, ZoneIndex>,
}

impl Numbers {
    fn of(told: &Told) -> Self {
        let mut names: Vec<_> = told.seats.keys().cloned().collect();
        names.sort();
        let zones = told.zones.iter().map(|zone| zone.zone.clone());
        Self {
            seats: names.into_iter().zip((0..).map(SeatIndex)).collect(),
            zones: zones.zip((0..).map(ZoneIndex)).collect(),
        }
    }

    fn map(&self, told: &Told) -> SeatMap {
        // Those that are gone have no places.
        let mut map = SeatMap::new(self.seats.len(), vec![0; self.zones.len()]);
        map.offset = Offset(told.offset);
        map.revision = Revision(told.revision);
        map.sale = told.state;
        for (name, state) in &told.seats {
            map.seats[self.seats[name].0 as usize] = *state;
        }
        for zone in &told.zones {
            assert_eq!(zone.count.free(zone.capacity), zone.free, "{}", zone.zone);
            let number = usize::from(self.zones[&zone.zone].0);
            map.zones[number] = zone.count;
            map.capacities[number] = zone.capacity;
        }
        map
    }

    /// The numbers of seats, of which new ones get the next.
    fn number_seats(&mut self, names: &[String]) -> Vec<SeatIndex> {
        let mut number = |name: &String| {
            let next = SeatIndex(self.seats.len() as u32);
            *self.seats.entry(name.clone()).or_insert(next)
        };
        names.iter().map(&mut number).collect()
    }

    fn event(&mut self, told: &ToldEvent) -> Event {
        let seats = SeatsMoved {
            added: self.number_seats(&told.seats_added),
            removed: self.number_seats(&told.seats_removed),
        };
        for part in &told.capacities {
            let next = ZoneIndex(self.zones.len() as u16);
            self.zones.entry(part.zone.clone()).or_insert(next);
        }
        self.known_event(told, seats)
    }

    fn capacity(&self, told: &ToldCapacity) -> ZoneCapacity {
        ZoneCapacity {
            zone: self.zones[&told.zone],
            capacity: told.capacity,
        }
    }

    fn known_event(&self, told: &ToldEvent, seats: SeatsMoved) -> Event {
        let part = |part: &ToldPart| ZonePlaces {
            zone: self.zones[&part.zone],
            count: part.count,
        };
        Event {
            offset: Offset(told.offset),
            at: DateTime::UNIX_EPOCH,
            kind: told.kind,
            order: None,
            hold: None,
            places: Places {
                seats: told.seats.iter().map(|name| self.seats[name]).collect(),
                zones: told.zones.iter().map(part).collect(),
            },
            terms: None,
            tickets: Vec::new(),
            change: told.revision.map(|revision| {
                Box::new(TermsChange {
                    revision: Revision(revision),
                    capacities: told.capacities.iter().map(|part| self.capacity(part)).collect(),
                    seats,
                })
            }),
            label: None,
            entry: None,
        }
    }
}

#[test]
fn the_fold_meets_the_vectors() {
    let vectors: Vectors = serde_json::from_str(include_str!("fold.json")).expect("vectors");
    assert!(!vectors.cases.is_empty());
    for case in vectors.cases {
        let mut numbers = Numbers::of(&case.start);
        let mut map = numbers.map(&case.start);
        let folded = case
            .events
            .iter()
            .try_for_each(|told| map.fold(&numbers.event(told)));
        let fault = folded.err().map(|error| match error {
            FoldError::Gap { .. } => "gap".to_owned(),
            FoldError::Contradiction(_) => "contradiction".to_owned(),
        });
        assert_eq!(fault, case.fault, "{}", case.name);
        if let Some(told) = &case.becomes {
            assert_eq!(map, numbers.map(told), "{}", case.name);
        }
    }
}
