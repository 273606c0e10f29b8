//! A show as its feed tells of it: a snapshot, and every event since folded into it.

use domain::event::{Event, EventKind, Places, TermsChange, ZoneCapacity, ZonePlaces};
use domain::id::{Offset, Revision};
use domain::plan::Plan;
use domain::plan::numbering::SeatsMoved;
use domain::seat_map::{FoldError, Sale, SeatMap, SeatState, ZoneCount};

use super::bodies::{Happened, Map};

/// What is seen of a show.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// The state of every place.
    pub map: SeatMap,
}

/// Why what an office says can't be taken in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unseen {
    /// It speaks of a place that the plan doesn't have.
    #[error("the plan has no {0}")]
    NoSuchPlace(String),
    /// It contradicts itself.
    #[error("{0}")]
    Fold(FoldError),
}

impl Seen {
    /// What a map says.
    pub fn of(plan: &Plan, said: &Map) -> Result<Self, Unseen> {
        let mut map = SeatMap::new(plan.seats().len(), vec![0; plan.zones().len()]);
        map.offset = Offset(said.offset);
        map.revision = Revision(said.revision);
        map.sale = match said.state.as_str() {
            "open" => Sale::Open,
            _ => Sale::Closed,
        };
        for (name, word) in &said.seats {
            let missing = || Unseen::NoSuchPlace(name.clone());
            let seat = plan.seat_index(name).ok_or_else(missing)?;
            let cell = map.seats.get_mut(seat.0 as usize).ok_or_else(missing)?;
            *cell = state_of(word).ok_or_else(missing)?;
        }
        for counts in &said.zones {
            let missing = || Unseen::NoSuchPlace(counts.zone.clone());
            let zone = usize::from(plan.zone_index(&counts.zone).ok_or_else(missing)?.0);
            *map.zones.get_mut(zone).ok_or_else(missing)? = ZoneCount {
                held: counts.held,
                sold: counts.sold,
                blocked: counts.blocked,
            };
            *map.capacities.get_mut(zone).ok_or_else(missing)? = counts.capacity;
        }
        Ok(Self { map })
    }

    /// Folds the next event in. After an error it must be thrown away.
    pub fn take(&mut self, plan: &Plan, happened: &Happened) -> Result<(), Unseen> {
        let Some(kind) = EventKind::ALL
            .into_iter()
            .find(|kind| kind.name() == happened.kind)
        else {
            // Of a later version of the office, which says that such words are to be passed over.
            self.map.offset = Offset(happened.offset);
            return Ok(());
        };
        let event = Event {
            offset: Offset(happened.offset),
            at: happened.at,
            kind,
            order: None,
            hold: None,
            places: places_of(plan, happened)?,
            terms: None,
            tickets: Vec::new(),
            change: change_of(plan, happened)?,
            label: None,
            entry: None,
        };
        self.map.fold(&event).map_err(Unseen::Fold)
    }

    /// How many seats are free, held, sold and blocked.
    pub fn seat_counts(&self) -> [usize; 4] {
        let mut counts = [0; 4];
        for state in &self.map.seats {
            if let Some(count) = counts.get_mut(*state as usize) {
                *count += 1;
            }
        }
        counts
    }
}

fn state_of(word: &str) -> Option<SeatState> {
    (0..)
        .map_while(SeatState::from_number)
        .find(|state| state.name() == word)
}

fn change_of(plan: &Plan, happened: &Happened) -> Result<Option<Box<TermsChange>>, Unseen> {
    let Some(revision) = happened.revision.map(Revision) else {
        return Ok(None);
    };
    let capacities = happened.capacities.iter().map(|part| {
        let missing = || Unseen::NoSuchPlace(part.zone.clone());
        let zone = plan.zone_index(&part.zone).ok_or_else(missing)?;
        Ok(ZoneCapacity {
            zone,
            capacity: part.capacity,
        })
    });
    Ok(Some(Box::new(TermsChange {
        revision,
        capacities: capacities.collect::<Result<_, _>>()?,
        // Who follows is told of other seats by a map.
        seats: SeatsMoved::default(),
    })))
}

fn places_of(plan: &Plan, happened: &Happened) -> Result<Places, Unseen> {
    let seats = happened.seats.iter().map(|name| {
        let missing = || Unseen::NoSuchPlace(name.clone());
        plan.seat_index(name).ok_or_else(missing)
    });
    let zones = happened.zones.iter().map(|part| {
        let missing = || Unseen::NoSuchPlace(part.zone.clone());
        let zone = plan.zone_index(&part.zone).ok_or_else(missing)?;
        Ok(ZonePlaces {
            zone,
            count: part.count,
        })
    });
    Ok(Places {
        seats: seats.collect::<Result<_, _>>()?,
        zones: zones.collect::<Result<_, _>>()?,
    })
}

#[cfg(test)]
mod tests {
    use boxoffice::http::plans::read_document;
    use serde_json::json;

    use super::*;

    fn plan() -> Plan {
        let seats = ["1", "2"].map(|number| json!({"number": number, "x": 1, "y": 1}));
        let document = json!({
            "name": "Hall", "categories": [{"name": "All"}],
            "sections": [{"name": "A", "rows": [{"name": "1", "category": "All", "seats": seats}]}],
            "zones": [{"name": "Floor", "category": "All", "capacity": 5}],
        });
        read_document(&document.to_string()).expect("a plan")
    }

    fn map(offset: i64, seats: [&str; 2], held: u32) -> Map {
        serde_json::from_value(json!({
            "offset": offset, "state": "open", "revision": 1, "seats": {"A-1-1": seats[0], "A-1-2": seats[1]},
            "zones": [{"zone": "Floor", "capacity": 5, "held": held, "sold": 0, "blocked": 0, "free": 5 - held}],
        }))
        .expect("a map")
    }

    fn happened(offset: i64, kind: &str, seats: &[&str]) -> Happened {
        serde_json::from_value(json!({
            "offset": offset, "at": "2026-01-01T00:00:00Z", "type": kind, "seats": seats,
            "zones": if kind == "booked" { json!([{"zone": "Floor", "count": 2}]) } else { json!([]) },
        }))
        .expect("an event")
    }

    #[test]
    fn events_lead_from_one_map_to_the_next() {
        let plan = plan();
        let mut seen = Seen::of(&plan, &map(4, ["free", "sold"], 0)).expect("a map");
        seen.take(&plan, &happened(5, "booked", &["A-1-1"]))
            .expect("an event");
        seen.take(&plan, &happened(6, "a_word_of_later", &["A-1-2"]))
            .expect("an event");
        assert_eq!(
            seen,
            Seen::of(&plan, &map(6, ["held", "sold"], 2)).expect("a map")
        );
        assert_eq!(seen.seat_counts(), [0, 1, 1, 0]);
    }

    #[test]
    fn what_can_not_be_is_told() {
        let plan = plan();
        let mut seen = Seen::of(&plan, &map(4, ["free", "sold"], 0)).expect("a map");
        let gap = seen.take(&plan, &happened(6, "booked", &["A-1-1"]));
        assert!(matches!(gap, Err(Unseen::Fold(FoldError::Gap { .. }))));
        let unknown = seen.take(&plan, &happened(5, "booked", &["B-1-1"]));
        assert_eq!(unknown, Err(Unseen::NoSuchPlace("B-1-1".to_owned())));
    }
}
