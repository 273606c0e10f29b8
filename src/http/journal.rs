//! A show's journal, page by page.

use actix_web::{HttpResponse, get, web};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::bodies::place::seat_names;
use super::bodies::show::{ZoneCapacityBody, ZonePartBody, zone_parts};
use super::bodies::words::EventTypeBody;
use super::extract::{Sight, TheOffice, find_visible_show};
use super::page::Page;
use super::problem::{Code, Problem};
use super::query::Query;
use crate::office::Office;
use crate::store::journal::{JOURNAL_PAGE_EVENTS_MAX, read_head, read_journal};
use domain::event::{Event, TermsChange, ZoneCapacity};
use domain::id::Offset;
use domain::plan::SeatIndex;
use domain::show::Show;

/// One change of a show.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventBody {
    /// Its number in the journal, from 1.
    #[schema(minimum = 1)]
    pub offset: i64,
    /// When, by the database's clock.
    pub at: DateTime<Utc>,
    /// What.
    #[serde(rename = "type")]
    #[schema(value_type = EventTypeBody)]
    pub kind: String,
    /// The seats that changed.
    pub seats: Vec<String>,
    /// The places in zones that changed.
    pub zones: Vec<ZonePartBody>,
    /// Whose they are: the offset of the order's first `booked` event. Not there where no order is meant, or where it is not kept any
    /// more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub hold: Option<i64>,
    /// On `joined`, `left` and `offered` alone: the entry of the waitlist.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1)]
    pub entry: Option<i64>,
    /// On `joined`, `left` and `offered` alone: where it stands, or stood: an offset.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1)]
    pub place: Option<i64>,
    /// On `joined`, `left` and `offered` alone: how many entries wait from here on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 0)]
    pub entries: Option<i64>,
    /// On `changed` alone: the revision of the show's terms from here on. Read the show for the rest.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1)]
    pub revision: Option<i64>,
    /// On `changed` alone: the zones that have another capacity from here on; also new ones, and with 0 those that are gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub capacities: Option<Vec<ZoneCapacityBody>>,
    /// On `changed` alone: the seats that the show's plan has from here on, and had not before. They are free.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub seats_added: Option<Vec<String>>,
    /// On `changed` alone: the seats that it has no more. They were free.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub seats_removed: Option<Vec<String>>,
}

/// Zones with their new capacities, by name.
fn capacities(show: &Show, change: &TermsChange) -> Vec<ZoneCapacityBody> {
    let body = |part: &ZoneCapacity| {
        Some(ZoneCapacityBody {
            zone: show.plan.zone(part.zone)?.name.clone(),
            capacity: part.capacity.into(),
        })
    };
    change.capacities.iter().filter_map(body).collect()
}

/// A page of a journal.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventsPage {
    /// The events, in order, without a gap.
    pub events: Vec<EventBody>,
    /// Where the next page begins; null if this is the journal's end.
    #[schema(required)]
    pub next_after: Option<i64>,
}

/// Refuses a page that would begin with a gap: its first events are not kept any more.
async fn refuse_forgotten(office: &Office, show: &Show, after: Offset) -> Result<(), Problem> {
    let head = office.follow.look_at_head(show.id).await?;
    if head.offset <= after {
        return Ok(());
    }
    Err(Problem::new(Code::Forgotten).detail("these events are not kept any more: begin with a snapshot"))
}

/// Most places that the events of a page name together: some 256 KiB. The first event is always on it.
const PAGE_PLACES_MAX: usize = 10_000;

/// How many of these events fit on a page.
fn count_fitting(events: &[Event]) -> usize {
    let mut places = 0;
    let mut fits = |event: &&Event| {
        let is_first = places == 0;
        places += 1 + event.places.seats.len() + event.places.zones.len();
        places += event
            .change
            .iter()
            .map(|change| change.seats.count())
            .sum::<usize>();
        is_first || places <= PAGE_PLACES_MAX
    };
    events.iter().take_while(|event| fits(event)).count()
}

/// The journal: every change, numbered without a gap.
///
/// Ask for what comes `after` the last offset that you have. A page has events of some ten thousand places at most,
/// and may be shorter than `limit`. Events that are not kept any more are 410 `forgotten`: begin with a snapshot.
#[utoipa::path(tag = "shows", params(("show" = String, Path, description = "The show's id"),
    ("limit" = Option<i64>, Query, minimum = 1, maximum = 1000, description = "Most items on the page"), ("after" = Option<i64>, Query, minimum = 0, description = "What comes after this one")), responses(
    (status = 200, description = "A page of the journal", body = EventsPage),
))]
#[get("/v1/shows/{show}/events")]
pub async fn list_events(
    office: TheOffice,
    sight: Sight,
    show: web::Path<String>,
    page: Query<Page>,
) -> Result<HttpResponse, Problem> {
    let show = find_visible_show(&office, &show, sight).await?;
    let (after, limit) = page.read(JOURNAL_PAGE_EVENTS_MAX)?;
    let (id, after) = (show.id, Offset(after));
    // The head is read last: it is as far as the events go, or further, and then there is a next page.
    let read = move |connection: &mut _| {
        let events = read_journal(connection, id, after, limit)?;
        Ok((events, read_head(connection, id)?))
    };
    let (mut events, head) = office.database.read(read).await?;
    // An `after` may be as large as a number can be.
    if events.first().map(|event| event.offset.0 - 1) != Some(after.0) {
        refuse_forgotten(&office, &show, after).await?;
    }
    let fitting = count_fitting(&events);
    events.truncate(fitting);
    let next_after = events.last().filter(|last| last.offset < head.offset);
    let next_after = next_after.map(|event| event.offset.0);
    // Whatever these events name, these terms know.
    let show = office.shows.at_least(show.id, head.revision).await?;
    let show = show.ok_or_else(|| Problem::not_found("show"))?;
    let moved = |seats: &[SeatIndex]| (!seats.is_empty()).then(|| seat_names(&show, seats));
    let events = events.into_iter().map(|event| EventBody {
        offset: event.offset.0,
        at: event.at,
        kind: event.kind.name().to_owned(),
        seats: seat_names(&show, &event.places.seats),
        zones: zone_parts(&show, &event.places.zones),
        hold: event.hold.map(|hold| hold.0),
        entry: event.entry.as_ref().map(|step| step.entry.0),
        place: event.entry.as_ref().map(|step| step.place.0),
        entries: event.entry.as_ref().map(|step| step.entries.into()),
        revision: event.change.as_ref().map(|change| change.revision.0.into()),
        capacities: event.change.as_ref().map(|change| capacities(&show, change)),
        seats_added: event
            .change
            .as_ref()
            .and_then(|change| moved(&change.seats.added)),
        seats_removed: event
            .change
            .as_ref()
            .and_then(|change| moved(&change.seats.removed)),
    });
    Ok(HttpResponse::Ok().json(EventsPage {
        events: events.collect(),
        next_after,
    }))
}
