//! The state of a show: now, from memory; and at a snapshot's offset.

use std::collections::BTreeMap;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{
    ACCEPT_ENCODING, AGE, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderMap, HeaderValue,
    IF_NONE_MATCH, VARY,
};
use actix_web::middleware::Next;
use actix_web::{HttpRequest, HttpResponse, get, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::SaleBody;
use super::extract::TheOffice;
use super::problem::{Problem, ProblemBody};
use super::shows::find_show;
use crate::live::render::{Face, map_json};
use crate::live::watch::Watch;
use crate::office::Office;
use crate::store::snapshot::read_snapshot;
use domain::id::{Offset, ShowId};
use domain::seat_map::SeatMap;

/// The state of every place of a show.
#[derive(Debug, Serialize, ToSchema)]
pub struct SeatMapBody {
    /// The show.
    pub show: String,
    /// The last event that is in it.
    pub offset: i64,
    /// Whether it sells.
    pub state: SaleBody,
    /// Each seat's state: free, held, sold or blocked.
    pub seats: BTreeMap<String, String>,
    /// Each zone's counts.
    pub zones: Vec<ZoneCountBody>,
}

/// A zone's counts.
#[derive(Debug, Serialize, ToSchema)]
pub struct ZoneCountBody {
    /// The zone.
    pub zone: String,
    /// How many places it has.
    pub capacity: i64,
    /// In orders that are not paid yet.
    pub held: i64,
    /// In paid orders.
    pub sold: i64,
    /// For sale.
    pub free: i64,
}

/// The state of all seats and zones. The entity tag is the journal's offset.
#[utoipa::path(tag = "shows", security(()), params(("show" = String, Path, description = "The show's id")), responses(
    (status = 200, description = "The map", body = SeatMapBody),
    (status = 304, description = "As the client has it"),
    (status = "4XX", description = "No such show", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", description = "Out of order", body = ProblemBody, content_type = "application/problem+json"),
))]
#[get("/v1/shows/{show}/seat-map")]
pub async fn get_seat_map(
    office: TheOffice,
    show: web::Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let show = find_show(&office, &show).await?;
    let watch = office.live.watch(&show).await?;
    Ok(answer(&office, &watch, request.headers()))
}

/// Answers for the map of a show that this node follows before anything else is done for a request: no route is looked
/// up, no timer set, no span made. All other requests go on.
pub async fn answer_from_memory(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let office = request.app_data::<TheOffice>();
    let watched = office.zip(map_of(&request)).and_then(|(office, show)| {
        let watch = office.live.watched(show)?;
        Some(answer(office, &watch, request.headers()))
    });
    match watched {
        Some(response) => Ok(request.into_response(response).map_into_right_body()),
        None => Ok(next.call(request).await?.map_into_left_body()),
    }
}

/// The show whose map is asked for.
fn map_of(request: &ServiceRequest) -> Option<ShowId> {
    let show = request
        .path()
        .strip_prefix("/v1/shows/")?
        .strip_suffix("/seat-map")?;
    show.parse().ok().filter(|_| request.method() == Method::GET)
}

fn answer(office: &Office, watch: &Watch, headers: &HeaderMap) -> HttpResponse {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    // Read once: what is answered must be what was compared.
    let offset = watch.offset();
    let unchanged = header(IF_NONE_MATCH).is_some_and(|tags| has_tag(tags, offset));
    let mut response = if unchanged {
        HttpResponse::NotModified()
    } else {
        HttpResponse::Ok()
    };
    mark_stale(office, &mut response);
    response
        .insert_header((CACHE_CONTROL, HeaderValue::from_static("no-cache")))
        .insert_header((VARY, HeaderValue::from_static("Accept-Encoding")));
    if unchanged {
        return response.insert_header((ETAG, format!("\"{offset}\""))).finish();
    }
    let map = watch.rendered();
    response
        .insert_header((ETAG, map.etag()))
        .insert_header((CONTENT_TYPE, HeaderValue::from_static("application/json")));
    if header(ACCEPT_ENCODING).is_some_and(|accepted| accepted.contains("gzip")) {
        return response
            .insert_header((CONTENT_ENCODING, HeaderValue::from_static("gzip")))
            .body(map.gzip());
    }
    response.body(map.body())
}

/// Whether one of the client's entity tags is this offset's.
fn has_tag(tags: &str, offset: Offset) -> bool {
    let current = format!("\"{offset}\"");
    tags.split(',')
        .map(|tag| tag.trim().trim_start_matches("W/"))
        .any(|tag| tag == "*" || tag == current)
}

/// A snapshot: the immutable state at an offset, or the latest.
#[utoipa::path(tag = "shows", security(()), params(
    ("show" = String, Path, description = "The show's id"),
    ("offset" = String, Path, description = "The snapshot's offset, or `latest`"),
), responses(
    (status = 200, description = "The snapshot", body = SeatMapBody),
    (status = "4XX", description = "No such snapshot", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", description = "Out of order", body = ProblemBody, content_type = "application/problem+json"),
))]
#[get("/v1/shows/{show}/snapshots/{offset}")]
pub async fn get_snapshot(
    office: TheOffice,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (show, wanted) = path.into_inner();
    let show = find_show(&office, &show).await?;
    let exact = match wanted.as_str() {
        "latest" => None,
        offset => Some(
            offset
                .parse::<i64>()
                .map(Offset)
                .map_err(|_not_a_number| Problem::not_found("snapshot"))?,
        ),
    };
    let (id, up_to) = (show.id, exact.unwrap_or(Offset(i64::MAX)));
    let snapshot = office
        .database
        .read(move |connection| Ok(read_snapshot(connection, id, up_to)?))
        .await?;
    let (map, at) = match snapshot {
        Some(snapshot) => (snapshot.map, snapshot.at),
        // Before the first event, everything is as it was made.
        None => (
            SeatMap::new(show.plan.seats().len(), show.plan.zones().len()),
            show.created_at,
        ),
    };
    if exact.is_some_and(|offset| offset != map.offset) {
        return Err(Problem::not_found("snapshot"));
    }
    let cache = if exact.is_some() {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, cache))
        .insert_header((ETAG, format!("\"{}\"", map.offset)))
        .insert_header((CONTENT_TYPE, "application/json"))
        .body(map_json(&show, &Face::of(&show), &map, at)))
}

/// Says how old an answer is that was made without the database.
pub fn mark_stale(office: &Office, response: &mut actix_web::HttpResponseBuilder) {
    if let Some(age) = office.live.stale_for() {
        response
            .insert_header(("Stale", "true"))
            .insert_header((AGE, age.as_secs().to_string()));
    }
}
