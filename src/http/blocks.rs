//! Blocking and unblocking places.

use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{HttpResponse, delete, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::bodies::order::read_list;
use super::bodies::place::seat_names;
use super::bodies::show::{ZonePartBody, zone_parts};
use super::body::Json;
use super::caller::{Reader, Seller};
use super::change::{idempotency_key, pass};
use super::extract::{KeyHeader, TheOffice, find_own_current_show};
use super::page::{cut_page, page_limit};
use super::problem::Problem;
use super::query::Query;
use crate::office::Office;
use crate::store::error::StoreError;
use crate::store::labels::{KeptRecord, list_labels};
use domain::command::Command;
use domain::event::{Places, ZonePlaces};
use domain::label::Label;
use domain::outcome::Outcome;
use domain::plan::{SeatIndex, ZONE_PLACES_MAX};
use domain::show::Show;

/// Most seats in one block or unblock.
const BLOCK_SEATS_MAX: usize = 10_000;
/// Labels on a page.
const LABELS_PAGE_MAX: i64 = 100;
/// When DELETE was deprecated, in seconds since 1970.
const UNBLOCK_DEPRECATED: &str = "@1795651200";
/// Until when it is there at least.
const UNBLOCK_SUNSET: &str = "Fri, 26 Nov 2027 00:00:00 GMT";

/// The places to be blocked or unblocked: at least one.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BlockBody {
    /// Seats by name.
    #[serde(
        default,
        deserialize_with = "read_list",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(max_items = 10000)]
    pub seats: Option<Vec<String>>,
    /// Places in zones.
    #[serde(
        default,
        deserialize_with = "read_list",
        skip_serializing_if = "Option::is_none"
    )]
    pub zones: Option<Vec<ZonePartBody>>,
    /// Whom they are kept for, as in `press`: a code may be the way to the places of a label. To release: those of this label alone;
    /// without one any seats, and places in zones that have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 32, pattern = "^[a-z0-9][a-z0-9_-]*$")]
    pub label: Option<String>,
}

/// Blocked places that are kept under a label.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeptBody {
    /// The label.
    pub label: String,
    /// How many seats.
    #[schema(minimum = 0)]
    pub seats: i64,
    /// How many places of zones.
    pub zones: Vec<ZonePartBody>,
}

/// A page of labels.
#[derive(Debug, Serialize, ToSchema)]
pub struct BlocksPage {
    /// In the order of their letters.
    pub blocks: Vec<KeptBody>,
    /// Where the next page begins; null on the last.
    #[schema(required)]
    pub next_after: Option<String>,
}

/// Which labels are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct BlocksQuery {
    /// Most labels on the page.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<i64>,
    /// Those after this one.
    #[param(max_length = 32)]
    pub after: Option<String>,
}

/// Places that changed.
#[derive(Debug, Serialize, ToSchema)]
pub struct BlocksBody {
    /// Seats by name.
    pub seats: Vec<String>,
    /// Places in zones.
    pub zones: Vec<ZonePartBody>,
    /// The journal's offset of the change.
    pub journal_offset: i64,
}

/// The labels of a show's blocked places.
///
/// How many places are kept under each, at this moment: those that are in orders are not blocked.
#[utoipa::path(tag = "shows", params(("show" = String, Path, description = "The show's id"), BlocksQuery), responses(
    (status = 200, description = "A page of labels", body = BlocksPage),
))]
#[get("/v1/shows/{show}/blocks")]
pub async fn list_blocks(
    office: TheOffice,
    reader: Reader,
    id: web::Path<String>,
    query: Query<BlocksQuery>,
) -> Result<HttpResponse, Problem> {
    let BlocksQuery { limit, after } = query.into_inner();
    let limit = page_limit(limit, LABELS_PAGE_MAX)?;
    let (show, _) = find_own_current_show(&office, reader.organiser(), &id).await?;
    let (of, after) = (show.id, after.unwrap_or_default());
    let read = move |connection: &mut _| Ok(list_labels(connection, of, &after, limit + 1)?);
    let mut kept = office.database.read(read).await?;
    let next_after = cut_page(&mut kept, limit).map(|record| record.label.clone());
    let body = |record: KeptRecord| KeptBody {
        label: record.label,
        seats: record.seats,
        zones: zone_parts(&show, &record.zones),
    };
    Ok(HttpResponse::Ok().json(BlocksPage {
        blocks: kept.into_iter().map(body).collect(),
        next_after,
    }))
}

/// Take free places off sale.
///
/// All of them or none: `seats_not_free` names those that are not free.
#[utoipa::path(tag = "shows", request_body = BlockBody, params(("show" = String, Path, description = "The show's id")), responses(
    (status = 200, description = "The places are blocked", body = BlocksBody),
))]
#[post("/v1/shows/{show}/blocks")]
pub async fn block_seats(
    office: TheOffice,
    seller: Seller,
    key: KeyHeader,
    id: web::Path<String>,
    body: Json<BlockBody>,
) -> Result<HttpResponse, Problem> {
    change_blocks(
        &office,
        seller,
        key,
        &id,
        &body,
        "block_seats",
        |places, label| Command::Block { places, label },
    )
    .await
}

/// Put blocked places back on sale.
///
/// All of them or none: `seats_not_blocked` names those that are not blocked.
#[utoipa::path(tag = "shows", request_body = BlockBody, params(("show" = String, Path, description = "The show's id")), responses(
    (status = 200, description = "The places are free", body = BlocksBody),
))]
#[post("/v1/shows/{show}/blocks/release")]
pub async fn release_blocks(
    office: TheOffice,
    seller: Seller,
    key: KeyHeader,
    id: web::Path<String>,
    body: Json<BlockBody>,
) -> Result<HttpResponse, Problem> {
    unblock(&office, seller, key, &id, &body).await
}

/// Put blocked places back on sale, the old way.
///
/// What stands between may drop the body of a DELETE: use `POST /v1/shows/{show}/blocks/release`, which is the same
/// request.
#[utoipa::path(tag = "shows", request_body = BlockBody, params(("show" = String, Path, description = "The show's id")), responses(
    (status = 200, description = "The places are free", body = BlocksBody),
))]
#[delete("/v1/shows/{show}/blocks")]
pub async fn unblock_seats(
    office: TheOffice,
    seller: Seller,
    key: KeyHeader,
    id: web::Path<String>,
    body: Json<BlockBody>,
) -> Result<HttpResponse, Problem> {
    let answer = unblock(&office, seller, key, &id, &body).await;
    answer.map(|answer| deprecate(answer, &id))
}

/// Says of an answer that there is another way to ask (RFC 9745, RFC 8594).
fn deprecate(mut answer: HttpResponse, show: &str) -> HttpResponse {
    let instead = format!("</v1/shows/{show}/blocks/release>; rel=\"successor-version\"");
    let headers = [
        ("deprecation", UNBLOCK_DEPRECATED.to_owned()),
        ("sunset", UNBLOCK_SUNSET.to_owned()),
        ("link", instead),
    ];
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            answer.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    answer
}

/// By either path it is the same request.
async fn unblock(
    office: &Office,
    seller: Seller,
    key: KeyHeader,
    id: &str,
    body: &BlockBody,
) -> Result<HttpResponse, Problem> {
    change_blocks(office, seller, key, id, body, "unblock_seats", |places, label| {
        Command::Unblock { places, label }
    })
    .await
}

async fn change_blocks(
    office: &Office,
    seller: Seller,
    key: KeyHeader,
    id: &str,
    body: &BlockBody,
    operation: &str,
    command: fn(Places, Option<Label>) -> Command,
) -> Result<HttpResponse, Problem> {
    let (show, _) = find_own_current_show(office, seller.organiser(), id).await?;
    let key = idempotency_key(&seller.0, key, operation, id, body);
    let places = read_places(&show, body)?;
    let label = body.label.as_deref().map(|text| read_label("/label", text));
    let decision = pass(office, &show, command(places, label.transpose()?), key).await?;
    let (Outcome::Blocked(places) | Outcome::Unblocked(places)) = &decision.outcome else {
        return Err(StoreError::internal("a block has another outcome").into());
    };
    let body = BlocksBody {
        seats: seat_names(&show, &places.seats),
        zones: zone_parts(&show, &places.zones),
        journal_offset: decision.offset.0,
    };
    Ok(HttpResponse::Ok().json(body))
}

/// A label.
pub fn read_label(field: &str, text: &str) -> Result<Label, Problem> {
    let label = Label::try_from(text.to_owned());
    label.map_err(|error| Problem::invalid(field, error.to_string()))
}

fn read_places(show: &Show, body: &BlockBody) -> Result<Places, Problem> {
    let seats = match &body.seats {
        Some(names) => read_seats(show, names, BLOCK_SEATS_MAX)?,
        None => Vec::new(),
    };
    let zones = read_zones(show, body.zones.as_deref().unwrap_or_default())?;
    if seats.is_empty() && zones.is_empty() {
        return Err(Problem::invalid("", "name seats or zones"));
    }
    Ok(Places { seats, zones })
}

/// Places in zones: of known ones, none twice.
fn read_zones(show: &Show, zones: &[ZonePartBody]) -> Result<Vec<ZonePlaces>, Problem> {
    let mut read: Vec<ZonePlaces> = Vec::new();
    for (at, part) in zones.iter().enumerate() {
        let unfit = |detail: &str| Problem::invalid(format!("/zones/{at}/zone"), detail);
        let zone = show.plan.zone_index(&part.zone);
        let zone = zone.ok_or_else(|| unfit("the show has no such zone"))?;
        if read.iter().any(|known| known.zone == zone) {
            return Err(unfit("the zone is named twice"));
        }
        let count = u32::try_from(part.count).ok();
        let count = count.filter(|count| (1..=ZONE_PLACES_MAX).contains(count));
        let count = count.ok_or_else(|| {
            Problem::invalid(
                format!("/zones/{at}/count"),
                format!("must be 1 to {ZONE_PLACES_MAX}"),
            )
        })?;
        read.push(ZonePlaces { zone, count });
    }
    Ok(read)
}

/// Seats by name: at least one, known, none twice.
pub fn read_seats(show: &Show, names: &[String], seats_max: usize) -> Result<Vec<SeatIndex>, Problem> {
    if names.is_empty() || names.len() > seats_max {
        return Err(Problem::invalid(
            "/seats",
            format!("must be 1 to {seats_max} seats"),
        ));
    }
    let mut seen = std::collections::HashSet::with_capacity(names.len());
    let mut unknown = Vec::new();
    let mut seats = Vec::with_capacity(names.len());
    for (at, name) in names.iter().enumerate() {
        match show.plan.seat_index(name) {
            Some(seat) if seen.insert(seat) => seats.push(seat),
            Some(_) => {
                return Err(
                    Problem::invalid(format!("/seats/{at}"), "the seat is named twice")
                        .seats(vec![name.clone()]),
                );
            }
            None => unknown.push(name.chars().take(200).collect::<String>()),
        }
    }
    if unknown.is_empty() {
        Ok(seats)
    } else {
        Err(Problem::invalid("/seats", "the show has no such seats").seats(unknown))
    }
}
