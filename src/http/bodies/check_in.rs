//! Scans at the door on the wire.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::place::SeatPlaceBody;
use super::words::{ScanReasonBody, ScanResultBody};
use crate::store::scan::Taken;
use crate::store::scan_log::LoggedScan;
use domain::door::Direction;
use domain::event::Place;
use domain::reference::ReferenceKey;
use domain::show::Show;

/// Which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DirectionBody {
    /// In.
    Entry,
    /// Out.
    Exit,
}

impl From<DirectionBody> for Direction {
    fn from(direction: DirectionBody) -> Self {
        match direction {
            DirectionBody::Entry => Self::Entry,
            DirectionBody::Exit => Self::Exit,
        }
    }
}

impl From<Direction> for DirectionBody {
    fn from(direction: Direction) -> Self {
        match direction {
            Direction::Entry => Self::Entry,
            Direction::Exit => Self::Exit,
        }
    }
}

/// A scan.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ScanBody {
    /// What was scanned: the text of a ticket's QR code, or its code.
    #[schema(max_length = 200)]
    pub code: String,
    /// The device that has scanned it, by a name that is its own among all that scan for the show.
    #[schema(min_length = 1, max_length = 100)]
    pub device: String,
    /// The device's name for this scan, which no other scan of it ever has: such as a count, or a random UUID. The same scan sent
    /// again has its effect once, and gets the same answer.
    #[schema(min_length = 1, max_length = 100)]
    pub nonce: String,
    /// The check-in list, by its id; if left out, the one that admits every ticket of the show.
    #[serde(default)]
    pub list: Option<String>,
    /// When it was scanned, if the device let somebody through without asking first. Left out, the scan is made now, and the answer
    /// says whether to let them through.
    #[serde(default, deserialize_with = "super::time::read_optional")]
    pub at: Option<DateTime<Utc>>,
    /// Which way; `entry`, if left out.
    #[serde(default)]
    pub direction: Option<DirectionBody>,
}

/// Scans, of one device or several.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ScansBody {
    /// The scans.
    #[schema(min_items = 1, max_items = 500)]
    pub check_ins: Vec<ScanBody>,
}

/// What became of a scan.
#[derive(Debug, Serialize, ToSchema)]
pub struct TakenScanBody<'a> {
    /// Its id; null if it was not taken in.
    #[schema(required)]
    pub id: Option<String>,
    /// The device.
    pub device: String,
    /// The device's name for it.
    pub nonce: String,
    /// What became of it. The same scan gets the same, whenever it is sent again.
    #[schema(value_type = ScanResultBody)]
    pub result: String,
    /// Why, of a refusal or a conflict. Of a late scan that is `admitted`: what came after it, such as `given_back`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<ScanReasonBody>)]
    pub reason: Option<String>,
    /// When it was made.
    pub at: DateTime<Utc>,
    /// When the ticket was used first, as far as the office knows now; null if it wasn't.
    #[schema(required)]
    pub checked_in_at: Option<DateTime<Utc>>,
    /// The seat, for a numbered place.
    #[schema(required)]
    pub seat: Option<Cow<'a, str>>,
    /// The zone, for a place without a number.
    #[schema(required)]
    pub zone: Option<&'a str>,
    /// The category; null if it is no ticket of this show.
    #[schema(required)]
    pub category: Option<&'a str>,
    /// Where the seat is, for a numbered place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<SeatPlaceBody<'a>>,
    /// With `wrong_show`: the show that the ticket is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub show: Option<String>,
}

/// What became of scans.
#[derive(Debug, Serialize, ToSchema)]
pub struct TakenScansBody<'a> {
    /// Each, in the order of the request.
    pub check_ins: Vec<TakenScanBody<'a>>,
}

/// The names of a place.
struct PlaceNames<'a> {
    seat: Option<Cow<'a, str>>,
    zone: Option<&'a str>,
    category: Option<&'a str>,
    place: Option<SeatPlaceBody<'a>>,
}

impl<'a> PlaceNames<'a> {
    fn of(show: &'a Show, place: Option<Place>) -> Self {
        let plan = &show.plan;
        let seat = match place {
            Some(Place::Seat(seat)) => SeatPlaceBody::of(plan, seat),
            _ => None,
        };
        let zone = match place {
            Some(Place::Zone(zone)) => plan.zone(zone).map(|zone| zone.name.as_str()),
            _ => None,
        };
        let category = place.and_then(|place| place.category_in(plan));
        let category = category.and_then(|category| plan.categories().get(usize::from(category.0)));
        Self {
            seat: seat.as_ref().map(|place| place.seat.clone()),
            zone,
            category: category.map(|category| category.name.as_str()),
            place: seat,
        }
    }
}

impl<'a> TakenScanBody<'a> {
    /// What became of this scan.
    pub fn of(show: &'a Show, scan: &ScanBody, taken: Taken) -> Self {
        let names = PlaceNames::of(show, taken.ticket.map(|(_, _, place)| place));
        Self {
            id: taken.scan.map(|scan| scan.to_string()),
            device: scan.device.clone(),
            nonce: scan.nonce.clone(),
            result: taken.result.word().to_owned(),
            reason: taken.reason.map(|reason| reason.word().to_owned()),
            at: taken.made_at,
            checked_in_at: taken.entered_at,
            seat: names.seat,
            zone: names.zone,
            category: names.category,
            place: names.place,
            show: taken.other_show.map(|show| show.to_string()),
        }
    }
}

/// A scan in the log.
#[derive(Debug, Serialize, ToSchema)]
pub struct LoggedScanBody<'a> {
    /// Its id.
    pub id: String,
    /// The order of its ticket; null if it is no ticket of this show.
    #[schema(required)]
    pub order: Option<String>,
    /// The seat, for a numbered place.
    #[schema(required)]
    pub seat: Option<Cow<'a, str>>,
    /// The zone, for a place without a number.
    #[schema(required)]
    pub zone: Option<&'a str>,
    /// The category.
    #[schema(required)]
    pub category: Option<&'a str>,
    /// Where the seat is, for a numbered place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<SeatPlaceBody<'a>>,
    /// The check-in list; null for the one that admits every ticket.
    #[schema(required)]
    pub list: Option<String>,
    /// The device; null where that is not known.
    #[schema(required)]
    pub device: Option<String>,
    /// The device's name for it; null where it has none.
    #[schema(required)]
    pub nonce: Option<String>,
    /// Which way.
    pub direction: DirectionBody,
    /// When it was made.
    pub at: DateTime<Utc>,
    /// When the office heard of it.
    pub received_at: DateTime<Utc>,
    /// Whether the device let somebody through before the office heard of it.
    pub is_late: bool,
    /// What was answered to it.
    #[schema(value_type = ScanResultBody)]
    pub result: String,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<ScanReasonBody>)]
    pub reason: Option<String>,
    /// Whether it counts now: earlier scans that are reported later, and what is undone, may change that.
    pub counts: bool,
    /// What somebody should look at, if anything. Of a scan that counts: what came after it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<ScanReasonBody>)]
    pub conflict: Option<String>,
    /// When it was undone; null if it wasn't.
    #[schema(required)]
    pub undone_at: Option<DateTime<Utc>>,
}

impl<'a> LoggedScanBody<'a> {
    /// This scan.
    pub fn of(show: &'a Show, references: &ReferenceKey, scan: LoggedScan) -> Self {
        let names = PlaceNames::of(show, scan.place);
        let (device, nonce) = scan.name.unzip();
        Self {
            id: scan.scan.to_string(),
            order: scan
                .ticket
                .map(|(order, _)| references.order_reference(order).to_string()),
            seat: names.seat,
            zone: names.zone,
            category: names.category,
            place: names.place,
            list: scan.list.map(|list| list.0.to_string()),
            device,
            nonce,
            direction: scan.direction.into(),
            at: scan.made_at,
            received_at: scan.received_at,
            is_late: scan.is_late,
            result: scan.result.word().to_owned(),
            reason: scan.reason.map(|reason| reason.word().to_owned()),
            counts: scan.stands,
            conflict: scan.conflict.map(|reason| reason.word().to_owned()),
            undone_at: scan.undone_at,
        }
    }
}

/// A page of scans.
#[derive(Debug, Serialize, ToSchema)]
pub struct LoggedScansPage<'a> {
    /// In the order in which they were taken in.
    pub check_ins: Vec<LoggedScanBody<'a>>,
    /// Where the next page begins; null on the last.
    #[schema(required)]
    pub next_after: Option<String>,
}
