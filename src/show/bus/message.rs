//! What goes over the bus, events and shares: JSON without names, a third as long as with them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::shares::Spent;
use domain::code::CodeId;
use domain::event::{Event, EventKind, HoldTerms, Places, TermsChange, ZoneCapacity, ZonePlaces};
use domain::id::{Offset, Revision, SessionId};
use domain::label::Label;
use domain::plan::numbering::SeatsMoved;
use domain::plan::{SeatIndex, ZoneIndex};
use domain::reference::{OrderNumber, TicketIndex};
use domain::waitlist::{EntryNumber, EntryStep, EntryTerms, Want};

/// An event: kind, time, order, seats, places in zones, terms, tickets, hold, change, label. Times are microseconds since 1970, as the
/// database keeps them. Nodes of the version before know of no change: what they can't read, and what is read of theirs in vain,
/// comes from the journal.
type Line = (
    i16,
    i64,
    Option<i64>,
    Vec<u32>,
    Vec<(u16, u32)>,
    Option<Terms>,
    Vec<u16>,
    Option<i64>,
    Option<Change>,
    Option<Label>,
);

/// The step of an entry of the waitlist: which line it is about, the entry, its place, how many wait, and on `joined` whose it is and what
/// it wants. A message that has some ends with them, and is of no use to nodes of the version before.
type Step = (usize, i64, i64, u32, Option<(u128, Want)>);

/// The terms of a hold: whose it is, its shown end, its real end, when it was made, its price, its code.
type Terms = (u128, i64, i64, i64, i64, Option<i64>);

/// A change of a show's terms: the revision, zones with their new capacities, and seats that have come and gone.
type Change = (i32, Vec<(u16, u32)>, Vec<u32>, Vec<u32>);

/// Writes events that follow each other. Whose an order is goes over veiled.
pub fn encode(events: &[Event], veil: impl Fn(OrderNumber) -> u128) -> Vec<u8> {
    let first = events.first().map_or(0, |event| event.offset.0);
    let lines: Vec<Line> = events.iter().map(|event| line(event, &veil)).collect();
    let steps = events.iter().enumerate();
    let steps: Vec<Step> = steps.filter_map(|(at, event)| step(at, event, &veil)).collect();
    let text = match steps.is_empty() {
        true => serde_json::to_vec(&(first, lines)),
        false => serde_json::to_vec(&(first, lines, steps)),
    };
    // Without a text nobody can read it, so that everybody looks at the journal.
    text.unwrap_or_default()
}

/// Reads what [`encode`] wrote.
pub fn decode(message: &[u8], veil: impl Fn(OrderNumber) -> u128) -> Option<Vec<Event>> {
    let plain = serde_json::from_slice::<(i64, Vec<Line>)>(message);
    let (first, lines, steps) = match plain {
        Ok((first, lines)) => (first, lines, Vec::new()),
        Err(_) => serde_json::from_slice::<(i64, Vec<Line>, Vec<Step>)>(message).ok()?,
    };
    let lines = (first..).map(Offset).zip(lines);
    let mut events = lines
        .map(|(offset, line)| event(offset, line, &veil))
        .collect::<Option<Vec<Event>>>()?;
    for (at, entry, place, entries, terms) in steps {
        let entry = EntryNumber(entry);
        let terms = terms.map(|(session, want)| EntryTerms {
            session: SessionId(session ^ veil(veiled_as(entry))),
            want,
        });
        events.get_mut(at)?.entry = Some(Box::new(EntryStep {
            entry,
            place: Offset(place),
            entries,
            terms,
        }));
    }
    Some(events)
}

fn step(at: usize, event: &Event, veil: impl Fn(OrderNumber) -> u128) -> Option<Step> {
    let step = event.entry.as_deref()?;
    let terms = step.terms.clone();
    let terms = terms.map(|terms| (terms.session.0 ^ veil(veiled_as(step.entry)), terms.want));
    Some((at, step.entry.0, step.place.0, step.entries, terms))
}

/// An entry is veiled as no order is.
const fn veiled_as(entry: EntryNumber) -> OrderNumber {
    OrderNumber(!entry.0)
}

/// What a node has counted of shares: who tells it and when, so that no message counts twice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Telling(
    /// The node; another one after each start.
    pub u128,
    /// When it is told, in microseconds since 1970.
    pub i64,
    /// Kind, whose, how much.
    pub Vec<(u8, u64, i64)>,
);

impl Telling {
    /// What is told.
    pub fn spent(&self) -> Vec<Spent> {
        let spent = self.2.iter();
        spent
            .map(|&(kind, hash, count)| Spent { kind, hash, count })
            .collect()
    }
}

fn line(event: &Event, veil: impl Fn(OrderNumber) -> u128) -> Line {
    let terms = event.terms.map(|terms| {
        (
            terms.session.0 ^ event.order.map_or(0, &veil),
            terms.expires_at.timestamp_micros(),
            terms.kept_until.timestamp_micros(),
            terms.created_at.timestamp_micros(),
            terms.total,
            terms.code.map(|code| code.0),
        )
    });
    let places = &event.places;
    let change = event.change.as_ref().map(|change| {
        let capacities = change.capacities.iter().map(|part| (part.zone.0, part.capacity));
        let numbers = |seats: &[SeatIndex]| seats.iter().map(|seat| seat.0).collect();
        (
            change.revision.0,
            capacities.collect(),
            numbers(&change.seats.added),
            numbers(&change.seats.removed),
        )
    });
    (
        event.kind as i16,
        event.at.timestamp_micros(),
        event.order.map(|order| order.0),
        places.seats.iter().map(|seat| seat.0).collect(),
        places
            .zones
            .iter()
            .map(|part| (part.zone.0, part.count))
            .collect(),
        terms,
        event.tickets.iter().map(|ticket| ticket.0).collect(),
        event.hold.map(|hold| hold.0),
        change,
        event.label.clone(),
    )
}

fn event(offset: Offset, line: Line, veil: impl Fn(OrderNumber) -> u128) -> Option<Event> {
    let (kind, at, order, seats, zones, terms, tickets, hold, change, label) = line;
    let terms = match terms {
        Some((session, expires_at, kept_until, created_at, total, code)) => Some(HoldTerms {
            session: SessionId(session ^ order.map(OrderNumber).map_or(0, &veil)),
            expires_at: time(expires_at)?,
            kept_until: time(kept_until)?,
            created_at: time(created_at)?,
            total,
            code: code.map(CodeId),
        }),
        None => None,
    };
    let zones = zones.into_iter().map(|(zone, count)| ZonePlaces {
        zone: ZoneIndex(zone),
        count,
    });
    Some(Event {
        offset,
        at: time(at)?,
        kind: EventKind::from_number(kind)?,
        order: order.map(OrderNumber),
        hold: hold.map(Offset),
        places: Places {
            seats: seats.into_iter().map(SeatIndex).collect(),
            zones: zones.collect(),
        },
        terms,
        tickets: tickets.into_iter().map(TicketIndex).collect(),
        change: change.map(|(revision, capacities, added, removed)| {
            Box::new(TermsChange {
                revision: Revision(revision),
                capacities: capacities
                    .into_iter()
                    .map(|(zone, capacity)| ZoneCapacity {
                        zone: ZoneIndex(zone),
                        capacity,
                    })
                    .collect(),
                seats: SeatsMoved {
                    added: added.into_iter().map(SeatIndex).collect(),
                    removed: removed.into_iter().map(SeatIndex).collect(),
                },
            })
        }),
        label,
        entry: None,
    })
}

fn time(microseconds: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_micros(microseconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn booked(offset: i64) -> Event {
        let at = time(1_800_000_000_123_456).expect("a time");
        Event {
            offset: Offset(offset),
            at,
            kind: EventKind::Booked,
            order: Some(OrderNumber(70_000)),
            hold: Some(Offset(offset)),
            places: Places {
                seats: vec![SeatIndex(3), SeatIndex(4)],
                zones: vec![ZonePlaces {
                    zone: ZoneIndex(1),
                    count: 2,
                }],
            },
            terms: Some(HoldTerms {
                session: SessionId(u128::MAX - 1),
                expires_at: at,
                kept_until: at,
                created_at: at,
                total: 5_000,
                code: Some(CodeId(7)),
            }),
            tickets: vec![TicketIndex(1)],
            change: None,
            label: Some(Label::try_from("press".to_owned()).expect("a label")),
            entry: None,
        }
    }

    #[test]
    fn events_arrive_as_they_were_sent() {
        let plain = Event {
            order: None,
            hold: None,
            terms: None,
            tickets: Vec::new(),
            kind: EventKind::Blocked,
            ..booked(8)
        };
        let changed = Event {
            offset: Offset(10),
            kind: EventKind::Changed,
            places: Places::default(),
            change: Some(Box::new(TermsChange {
                revision: Revision(2),
                capacities: vec![ZoneCapacity {
                    zone: ZoneIndex(1),
                    capacity: 7,
                }],
                seats: SeatsMoved {
                    added: vec![SeatIndex(7)],
                    removed: vec![SeatIndex(0), SeatIndex(2)],
                },
            })),
            ..plain.clone()
        };
        let joined = Event {
            offset: Offset(11),
            kind: EventKind::Joined,
            places: Places::default(),
            entry: Some(Box::new(EntryStep {
                entry: EntryNumber(11),
                place: Offset(11),
                entries: 3,
                terms: Some(EntryTerms {
                    session: SessionId(u128::MAX - 1),
                    want: Want {
                        count: 2,
                        ..Want::default()
                    },
                }),
            })),
            ..plain.clone()
        };
        let events = vec![booked(7), plain, booked(9), changed, joined];
        let veil = |order: OrderNumber| u128::from(order.0.cast_unsigned()) << 64;
        let message = encode(&events, veil);
        assert_eq!(decode(&message, veil), Some(events));
        let session = (u128::MAX - 1).to_string();
        assert!(!String::from_utf8_lossy(&message).contains(&session));
    }

    #[test]
    fn what_cant_be_read_is_passed_over() {
        for message in [
            b"".as_slice(),
            b"[1,[[99,0,null,[],[],null,[],null,null]]]",
            b"[1,[[8,0,null,[],[],null,[],null]]]",
            b"x",
        ] {
            assert_eq!(decode(message, |_| 0), None);
        }
    }
}
