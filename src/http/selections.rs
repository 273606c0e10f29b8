//! Selections: places that a buyer has picked, under an address that can be passed on. Nothing is held by that.

use actix_web::{HttpRequest, HttpResponse, delete, get, post, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::blocks::read_seats;
use super::bodies::order::{ZonePlacesBody, read_list, zone_places};
use super::bodies::place::{SeatPlaceBody, seat_names, seat_places};
use super::body::Json;
use super::caller::Buyer;
use super::change::idempotency_key;
use super::client::Client;
use super::coding::{About, Begun, Coding, begin_as};
use super::extract::{KeyHeader, Sight, TheOffice, find_current_show};
use super::orders::read_zones;
use super::page::{cut_page, page_limit};
use super::problem::{Code, Problem};
use super::query::Query;
use crate::office::Office;
use crate::shares::Kind;
use crate::store::claim::Keep;
use crate::store::database::WriteKind;
use crate::store::selections::{
    SELECTIONS_OF_SESSION_MAX, SelectionRecord, add_selection, delete_selection as delete_record,
    find_selection, list_selections as list_records,
};
use domain::event::Places;
use domain::selection::SelectionId;
use domain::show::{ORDER_PLACES_MAX, Show};

/// Selections on a page.
const SELECTIONS_PAGE_MAX: i64 = 100;
/// For how long one may be shown after it was deleted: it never changes, so that this is all that can be wrong.
const CACHE: &str = "public, max-age=300";

/// Places to be shown to others: at least one.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSelectionBody {
    /// The show's id.
    pub show: String,
    /// Seats by name.
    #[serde(
        default,
        deserialize_with = "read_list",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(max_items = 500)]
    pub seats: Option<Vec<String>>,
    /// Places in zones.
    #[serde(
        default,
        deserialize_with = "read_list",
        skip_serializing_if = "Option::is_none"
    )]
    pub zones: Option<Vec<ZonePlacesBody>>,
}

/// A selection. It never changes.
#[derive(Debug, Serialize, ToSchema)]
pub struct SelectionBody<'a> {
    /// Its id, which nobody guesses: whoever has it sees the selection.
    pub id: String,
    /// The show's id.
    pub show: String,
    /// The seats.
    pub seats: Vec<&'a str>,
    /// Where they are, in the same order.
    pub places: Vec<SeatPlaceBody<'a>>,
    /// The places in zones.
    pub zones: Vec<ZonePlacesBody>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// A page of selections.
#[derive(Debug, Serialize, ToSchema)]
pub struct SelectionsPage<'a> {
    /// In the order in which they were made.
    pub selections: Vec<SelectionBody<'a>>,
    /// Where the next page begins; null on the last.
    #[schema(required)]
    pub next_after: Option<String>,
}

/// Which page is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SelectionsQuery {
    /// Most selections on the page.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<i64>,
    /// What comes after the selection of this id.
    #[param(pattern = "^[1-9][0-9]{0,18}-[0-9a-hjkmnp-tv-z]{16}$")]
    pub after: Option<String>,
}

/// Make a selection.
///
/// Places to show to others, under an id that nobody guesses. Nothing is held by it. It never changes, and is kept for 90
/// days, or until it is deleted.
#[utoipa::path(tag = "selections", request_body = NewSelectionBody, responses(
    (status = 201, description = "The selection is there", body = SelectionBody),
))]
#[post("/v1/selections")]
pub async fn create_selection(
    office: TheOffice,
    client: Client,
    buyer: Buyer,
    key: KeyHeader,
    body: Json<NewSelectionBody>,
) -> Result<HttpResponse, Problem> {
    let show = find_current_show(&office, &body.show, Sight::Published).await;
    let (show, _) = show.map_err(name_show)?;
    let claimed = idempotency_key(&buyer.caller(), key, "create_selection", "", &body.0);
    let places = read_places(&show, &body)?;
    let holders = client.holders(&buyer, Kind::SelectionsOfSession, Kind::SelectionsOfOrigin);
    office.shares.take_each(&holders)?;
    let id = SelectionId::new(show.id, rand::random());
    let session = buyer.session;
    let add = move |connection: &mut _| {
        let is_there = add_selection(connection, &id, session, &places)?;
        let keep = if is_there { Keep::Done } else { Keep::Nothing };
        Ok((is_there.then(|| id.to_string()), keep))
    };
    let write = office.database.write_once(WriteKind::Buyers, claimed, add);
    let made: Option<String> = write.await?;
    let id = made.ok_or_else(|| {
        let detail = format!("a session may have {SELECTIONS_OF_SESSION_MAX} selections: delete some first");
        Problem::new(Code::TooManySelections).detail(detail)
    })?;
    let record = find_record(&office, &id).await?;
    Ok(HttpResponse::Created()
        .insert_header(("Location", format!("/v1/selections/{id}")))
        .json(body_of(&show, record)))
}

/// A show in a body is a field of it.
fn name_show(problem: Problem) -> Problem {
    if problem.code_name() == Code::NotFound.name() {
        return Problem::invalid("/show", "there is no such show");
    }
    problem
}

fn read_places(show: &Show, body: &NewSelectionBody) -> Result<Places, Problem> {
    let seats = match &body.seats {
        Some(names) => read_seats(show, names, ORDER_PLACES_MAX as usize)?,
        None => Vec::new(),
    };
    let zones = read_zones(show, body.zones.as_deref().unwrap_or_default())?;
    if seats.is_empty() && zones.is_empty() {
        return Err(Problem::invalid("", "name seats or zones"));
    }
    Ok(Places { seats, zones })
}

/// A selection.
///
/// For whoever has its id. What is kept of it elsewhere may be shown for some minutes after it was deleted.
#[utoipa::path(tag = "selections", params(("selection" = String, Path, description = "The selection's id")), responses(
    (status = 200, description = "The selection", body = SelectionBody),
    (status = 304, description = "As the client has it"),
))]
#[get("/v1/selections/{selection}")]
pub async fn get_selection(
    office: TheOffice,
    id: web::Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let record = find_record(&office, &id).await?;
    let (show, _) = find_current_show(&office, &record.id.show.to_string(), Sight::Published).await?;
    let about = About {
        name: &id,
        cache: CACHE,
        content_type: "application/json",
    };
    Ok(match begin_as(request.headers(), Coding::Plain, &about) {
        Begun::Known(response) => response,
        Begun::Needs(mut response, _) => response.json(body_of(&show, record)),
    })
}

/// A session's own selections.
///
/// The oldest first, page by page.
#[utoipa::path(tag = "selections", params(SelectionsQuery), responses(
    (status = 200, description = "A page of selections", body = SelectionsPage),
))]
#[get("/v1/selections")]
pub async fn list_selections(
    office: TheOffice,
    buyer: Buyer,
    query: Query<SelectionsQuery>,
) -> Result<HttpResponse, Problem> {
    let SelectionsQuery { limit, after } = query.into_inner();
    let limit = page_limit(limit, SELECTIONS_PAGE_MAX)?;
    let after = after.map(|id| id.parse::<SelectionId>()).transpose();
    let after = after.map_err(|_not_an_id| Problem::bad_parameter("after", "is no selection's id"))?;
    let session = buyer.session;
    let read = move |connection: &mut _| Ok(list_records(connection, session, after.clone(), limit + 1)?);
    let mut records = office.database.read(read).await?;
    let next_after = cut_page(&mut records, limit).map(|record| record.id.to_string());
    let mut shows = Vec::with_capacity(records.len());
    for record in &records {
        shows.push(office.shows.show(record.id.show).await?);
    }
    // One of a show that is being forgotten goes with it.
    let there = records.into_iter().zip(&shows);
    let selections = there.filter_map(|(record, show)| Some(body_of(show.as_deref()?, record)));
    let selections = selections.collect();
    Ok(HttpResponse::Ok().json(SelectionsPage {
        selections,
        next_after,
    }))
}

/// Delete a selection of one's own.
///
/// Whoever asks for it is told that it is gone. To delete it twice is to delete it once.
#[utoipa::path(tag = "selections", params(("selection" = String, Path, description = "The selection's id")), responses(
    (status = 204, description = "The selection is gone"),
))]
#[delete("/v1/selections/{selection}")]
pub async fn delete_selection(
    office: TheOffice,
    buyer: Buyer,
    key: KeyHeader,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let claimed = idempotency_key(&buyer.caller(), key, "delete_selection", &id, &());
    let selection = parse(&id)?;
    let session = buyer.session;
    let delete = move |connection: &mut _| {
        let was_there = delete_record(connection, &selection, session)?;
        Ok((was_there, if was_there { Keep::Done } else { Keep::Nothing }))
    };
    let write = office.database.write_once(WriteKind::Buyers, claimed, delete);
    match write.await? {
        true => Ok(HttpResponse::NoContent().finish()),
        false => Err(missing()),
    }
}

fn missing() -> Problem {
    Problem::not_found("selection")
}

fn parse(id: &str) -> Result<SelectionId, Problem> {
    id.parse().map_err(|_not_an_id| missing())
}

async fn find_record(office: &Office, id: &str) -> Result<SelectionRecord, Problem> {
    let id = parse(id)?;
    let read = move |connection: &mut _| Ok(find_selection(connection, &id)?);
    let record = office.database.read(read).await?.ok_or_else(missing)?;
    match record.is_deleted {
        true => Err(Problem::new(Code::Forgotten).detail("who made the selection has deleted it")),
        false => Ok(record),
    }
}

fn body_of(show: &Show, record: SelectionRecord) -> SelectionBody<'_> {
    SelectionBody {
        id: record.id.to_string(),
        show: show.id.to_string(),
        seats: seat_names(show, &record.places.seats),
        places: seat_places(show, &record.places.seats),
        zones: zone_places(show, &record.places.zones),
        created_at: record.created_at,
    }
}
