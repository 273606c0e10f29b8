//! Frames of a small show, made from the types that are documented.

use chrono::{DateTime, Utc};

use domain::event::EventKind;
use domain::seat_map::SeatState;

use crate::http::bodies::show::{SaleBody, ZoneCapacityBody, ZonePartBody};
use crate::http::frames::{EventsFrame, LineFrame, PackedSnapshotFrame, ResyncFrame, SnapshotFrame};
use crate::http::journal::EventBody;
use crate::http::seat_map::ZoneCountBody;
use crate::live::feed::Kind;

const ZONE: &str = "Dance floor";
const PLAN: &str = "735cc4cc-6023-4bbb-a694-0f412ad226b9";

/// Two of four are held.
const SEATS: [(&str, SeatState); 4] = [
    ("A-1-1", SeatState::Held),
    ("A-1-2", SeatState::Held),
    ("A-1-3", SeatState::Free),
    ("A-1-4", SeatState::Free),
];

fn zone() -> ZoneCountBody {
    ZoneCountBody {
        zone: ZONE.to_owned(),
        capacity: 100,
        held: 2,
        sold: 0,
        blocked: 0,
        free: 98,
    }
}

/// The state of every place.
pub fn snapshot() -> SnapshotFrame {
    SnapshotFrame {
        kind: Kind::Snapshot.name(),
        show: "1024".to_owned(),
        offset: 2,
        state: SaleBody::Open,
        revision: 1,
        plan: PLAN.to_owned(),
        seats: SEATS.map(|(name, state)| (name.to_owned(), state.name())).into(),
        zones: vec![zone()],
    }
}

/// The same state, packed.
pub fn packed_snapshot() -> PackedSnapshotFrame {
    PackedSnapshotFrame {
        kind: Kind::PackedSnapshot.name(),
        show: "1024".to_owned(),
        offset: 2,
        state: SaleBody::Open,
        revision: 1,
        plan: PLAN.to_owned(),
        seats: SEATS.iter().map(|(_, state)| state.letter()).collect(),
        zones: vec![zone()],
    }
}

/// What a viewer forgets its state by.
pub fn resync() -> ResyncFrame {
    ResyncFrame {
        kind: Kind::Resync.name(),
    }
}

/// How the line stands.
pub fn line() -> LineFrame {
    LineFrame {
        kind: Kind::Line.name(),
        admitted: 1_240,
        rate: 38.5,
        last_number: 90_311,
        drawn: 61_207,
    }
}

fn frame(events: Vec<EventBody>) -> EventsFrame {
    EventsFrame {
        kind: Kind::Events.name(),
        events,
    }
}

fn event(offset: i64, kind: EventKind, seats: &[&str], zone_places: i64, hold: Option<i64>) -> EventBody {
    let zone = (zone_places > 0).then(|| ZonePartBody {
        zone: ZONE.to_owned(),
        count: zone_places,
    });
    EventBody {
        offset,
        // A second after another, on an evening in winter.
        at: DateTime::<Utc>::from_timestamp(1_764_014_400 + offset, 125_001_000).unwrap_or_default(),
        kind: kind.name().to_owned(),
        seats: seats.iter().map(|seat| (*seat).to_owned()).collect(),
        zones: zone.into_iter().collect(),
        hold,
        entry: None,
        place: None,
        entries: None,
        revision: None,
        capacities: None,
        seats_added: None,
        seats_removed: None,
    }
}

/// Somebody pays, and somebody else books: what follows on the snapshot.
pub fn events_of_orders() -> EventsFrame {
    frame(vec![
        event(3, EventKind::Paid, &["A-1-1", "A-1-2"], 2, Some(2)),
        event(4, EventKind::Booked, &["A-1-3"], 0, Some(4)),
    ])
}

/// What follows on that, and belongs to no order.
pub fn events_of_the_organiser() -> EventsFrame {
    frame(vec![
        event(5, EventKind::Blocked, &["A-1-4"], 0, None),
        event(6, EventKind::Closed, &[], 0, None),
        EventBody {
            revision: Some(2),
            capacities: Some(vec![ZoneCapacityBody {
                zone: ZONE.to_owned(),
                capacity: 120,
            }]),
            ..event(7, EventKind::Changed, &[], 0, None)
        },
    ])
}

/// Nothing has happened.
pub fn no_events() -> EventsFrame {
    frame(Vec::new())
}
