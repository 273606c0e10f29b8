//! Between the words of the domain and the types of columns.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use diesel::result::Error;
use serde_json::Value;
use uuid::Uuid;

use domain::code::CodeId;
use domain::event::{Event, EventKind, HoldTerms, Places, TermsChange, ZoneCapacity, ZonePlaces};
use domain::exchange::ExchangeTerms;
use domain::id::{Offset, Revision, SessionId};
use domain::label::Label;
use domain::money::Currency;
use domain::plan::numbering::SeatsMoved;
use domain::plan::{SeatIndex, ZoneIndex};
use domain::reference::{OrderNumber, TicketIndex};
use domain::tariff::Bill;
use domain::waitlist::{EntryNumber, EntryStep, EntryTerms, Want};

/// A column holds what this program never writes.
pub fn corrupt(what: &'static str) -> Error {
    Error::DeserializationError(what.into())
}

/// A column's currency.
pub fn currency(code: String) -> Result<Currency, Error> {
    Currency::try_from(code).map_err(|_no_currency| corrupt("a currency"))
}

pub fn session(id: Uuid) -> SessionId {
    SessionId(id.as_u128())
}

/// Seats as a column of integers.
pub fn seat_numbers(seats: &[SeatIndex]) -> impl Iterator<Item = i32> {
    seats.iter().map(|seat| seat.0.cast_signed())
}

/// Zone places as a flat column: zone, count, zone, count …
pub fn zone_numbers(zones: &[ZonePlaces]) -> impl Iterator<Item = i32> {
    zones
        .iter()
        .flat_map(|part| [i32::from(part.zone.0), part.count.cast_signed()])
}

/// Zones' capacities in the same way.
pub fn capacity_numbers(capacities: &[ZoneCapacity]) -> impl Iterator<Item = i32> {
    capacities
        .iter()
        .flat_map(|part| [i32::from(part.zone.0), part.capacity.cast_signed()])
}

/// Seats that have come and gone, as a column of integers: the number of one that has come, and -1 less it of one that has gone.
pub fn moved_numbers(moved: &SeatsMoved) -> impl Iterator<Item = i32> {
    let removed = moved.removed.iter().map(|seat| !seat.0.cast_signed());
    seat_numbers(&moved.added).chain(removed)
}

fn seats_moved(numbers: &[i32]) -> SeatsMoved {
    let (added, removed) = numbers.iter().partition::<Vec<i32>, _>(|number| **number >= 0);
    let seat = |number: i32| SeatIndex(number.cast_unsigned());
    SeatsMoved {
        added: added.into_iter().map(seat).collect(),
        removed: removed.into_iter().map(|number| seat(!number)).collect(),
    }
}

/// Tickets as a column of integers.
pub fn ticket_numbers(tickets: &[TicketIndex]) -> impl Iterator<Item = i16> {
    tickets.iter().map(|ticket| ticket.0.cast_signed())
}

pub fn tickets<C: FromIterator<TicketIndex>>(tickets: &[i16]) -> C {
    tickets
        .iter()
        .map(|ticket| TicketIndex(ticket.cast_unsigned()))
        .collect()
}

pub fn places(seats: &[i32], zones: &[i32]) -> Result<Places, Error> {
    let seats = seats.iter().map(|seat| u32::try_from(*seat).map(SeatIndex));
    let zones = zones.chunks(2).map(|pair| match pair {
        [zone, count] => Some(ZonePlaces {
            zone: ZoneIndex(u16::try_from(*zone).ok()?),
            count: u32::try_from(*count).ok()?,
        }),
        _ => None,
    });
    Ok(Places {
        seats: seats
            .collect::<Result<_, _>>()
            .map_err(|_negative| corrupt("a seat's number"))?,
        zones: zones
            .collect::<Option<_>>()
            .ok_or_else(|| corrupt("a zone's places"))?,
    })
}

/// What an order is in exchange for.
pub fn exchange(
    order: Option<i64>,
    tickets_given: Option<Vec<i16>>,
    credit: Option<i64>,
) -> Option<ExchangeTerms> {
    Some(ExchangeTerms {
        order: OrderNumber(order?),
        tickets: tickets(&tickets_given?),
        credit: credit?,
    })
}

/// What an order costs besides the prices of its tickets, from JSON.
pub fn bill(text: Option<String>) -> Result<Option<Bill>, Error> {
    let bill = text.map(|text| serde_json::from_str(&text)).transpose();
    bill.map_err(|_another| corrupt("an order's bill"))
}

/// The same as the text of a column of JSON.
pub fn bill_column(bill: Option<&Bill>) -> Option<String> {
    bill.and_then(|bill| serde_json::to_string(bill).ok())
}

/// Metadata as the text of a column of JSON.
pub fn metadata_column(metadata: &BTreeMap<String, String>) -> String {
    let texts = metadata.iter();
    let texts = texts.map(|(name, text)| (name.clone(), Value::String(text.clone())));
    Value::Object(texts.collect()).to_string()
}

/// Whom places are kept for.
pub fn label(text: Option<String>) -> Result<Option<Label>, Error> {
    let label = text.map(Label::try_from).transpose();
    label.map_err(|_another| corrupt("a label"))
}

/// A step of an entry as a column of integers: the entry, its place, each in two halves, and how many wait.
pub fn step_numbers(step: &EntryStep) -> [i32; 5] {
    let halves = |number: i64| ((number >> HALF_BITS) as i32, (number & HALF_MASK) as i32);
    let (entry, place) = (halves(step.entry.0), halves(step.place.0));
    [entry.0, entry.1, place.0, place.1, step.entries.cast_signed()]
}

/// A half of an offset that stands in a column of integers: `lock_shows_4` and `journal/read.sql` know how wide it is.
const HALF_BITS: u32 = 31;
const HALF_MASK: i64 = (1 << HALF_BITS) - 1;

fn entry_step(numbers: &[i32], session_id: Option<Uuid>, want: Option<String>) -> Result<EntryStep, Error> {
    let whole = |high: i32, low: i32| (i64::from(high) << HALF_BITS) + i64::from(low);
    let &[entry_high, entry_low, place_high, place_low, entries] = numbers else {
        return Err(corrupt("an entry's numbers"));
    };
    let terms = match (session_id, want) {
        (Some(id), Some(text)) => Some(EntryTerms {
            session: session(id),
            want: want_of(&text)?,
        }),
        _ => None,
    };
    Ok(EntryStep {
        entry: EntryNumber(whole(entry_high, entry_low)),
        place: Offset(whole(place_high, place_low)),
        entries: entries.cast_unsigned(),
        terms,
    })
}

/// What an entry of the waitlist wants, from JSON.
pub fn want_of(text: &str) -> Result<Want, Error> {
    serde_json::from_str(text).map_err(|_another| corrupt("what an entry wants"))
}

/// A row of the journal with the terms and the booking of its order.
pub type EventRow = (
    i64,
    DateTime<Utc>,
    i16,
    Option<i64>,
    Vec<i32>,
    Vec<i32>,
    Option<Vec<i16>>,
    Option<i32>,
    Option<Uuid>,
    Option<DateTime<Utc>>,
    Option<DateTime<Utc>>,
    Option<DateTime<Utc>>,
    Option<i64>,
    Option<i64>,
    Option<i64>,
    Option<String>,
    Option<String>,
);

pub fn event(row: EventRow) -> Result<Event, Error> {
    let (
        offset,
        at,
        kind,
        order,
        seats,
        zones,
        returned,
        revision,
        session_id,
        expires_at,
        kept_until,
        created_at,
        total,
        booked,
        code,
        kept_for,
        want,
    ) = row;
    let kind = EventKind::from_number(kind).ok_or_else(|| corrupt("an event's kind"))?;
    let tickets: Vec<TicketIndex> = tickets(&returned.unwrap_or_default());
    let tells_terms = match kind {
        EventKind::Booked | EventKind::Extended => true,
        // What is left of the order costs less.
        EventKind::Canceled => !tickets.is_empty(),
        _ => false,
    };
    let terms = match (session_id, expires_at, kept_until, created_at, total) {
        (Some(id), Some(expires_at), Some(kept_until), Some(created_at), Some(total)) if tells_terms => {
            Some(HoldTerms {
                session: session(id),
                expires_at,
                kept_until,
                created_at,
                total,
                code: code.map(CodeId),
            })
        }
        _ => None,
    };
    let entry = match kind {
        EventKind::Joined | EventKind::Left | EventKind::Offered => {
            Some(Box::new(entry_step(&seats, session_id, want)?))
        }
        _ => None,
    };
    let (places, change) = match revision {
        _ if entry.is_some() => (Places::default(), None),
        Some(revision) => {
            let change = terms_change(Revision(revision), &seats, &places(&[], &zones)?);
            (Places::default(), Some(Box::new(change)))
        }
        None => (places(&seats, &zones)?, None),
    };
    Ok(Event {
        offset: Offset(offset),
        at,
        kind,
        order: order.map(OrderNumber),
        hold: booked.map(Offset),
        places,
        terms,
        tickets,
        change,
        label: label(kept_for)?,
        entry,
    })
}

/// The change of terms whose seats and capacities stand in the columns of places.
fn terms_change(revision: Revision, seats: &[i32], column: &Places) -> TermsChange {
    let capacities = column.zones.iter().map(|part| ZoneCapacity {
        zone: part.zone,
        capacity: part.count,
    });
    TermsChange {
        revision,
        capacities: capacities.collect(),
        seats: seats_moved(seats),
    }
}
