//! The state of a show: now, from memory; and at a snapshot's offset.

use std::collections::BTreeMap;
use std::time::Duration;

use actix_web::http::Method;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderMap, HeaderValue, VARY};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, get, web};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::bodies::show::SaleBody;
use super::bodies::words::SeatStateBody;
use super::coding::{Coding, FOREVER, answer_text, known_tags, name_of};
use super::extract::{Sight, TheOffice, find_visible_show};
use super::pieces::shared;
use super::problem::{Code, Problem};
use super::query::Query;
use super::stale::{catch_up, mark_aged};
use crate::live::WatchError;
use crate::live::compressed::Text;
use crate::live::render::map_json;
use crate::live::rendered_map::RenderedMap;
use crate::live::watch::Watch;
use crate::office::Office;
use crate::store::error::StoreError;
use crate::store::snapshot::read_snapshot;
use domain::id::{Offset, ShowId};

/// The state of every place of a show.
#[derive(Debug, Serialize, ToSchema)]
pub struct SeatMapBody {
    /// When its last event was, in a snapshot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<DateTime<Utc>>,
    /// The show.
    pub show: String,
    /// The last event that is in it.
    pub offset: i64,
    /// Whether it sells.
    pub state: SaleBody,
    /// The revision of the show's terms.
    #[schema(minimum = 1)]
    pub revision: i64,
    /// The plan whose seats and zones these are: the show may have taken another one since the client read it.
    pub plan: String,
    /// Each seat's state.
    #[schema(value_type = BTreeMap<String, SeatStateBody>)]
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
    /// Kept off sale.
    pub blocked: i64,
    /// For sale.
    pub free: i64,
}

/// Which map is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SeatMapQuery {
    /// The map as it was at this offset of the journal; without it, as it is now.
    #[param(minimum = 0)]
    pub at: Option<i64>,
}

/// The state of all seats and zones.
///
/// Now, or with `at` as it was at an offset of the journal, which never changes. The entity tag is the offset: ask
/// with `If-None-Match`, and get 304 while nothing has changed. It goes on while the database is away, and is
/// marked then.
#[utoipa::path(tag = "shows", params(("show" = String, Path, description = "The show's id"), SeatMapQuery), responses(
    (status = 200, description = "The map", body = SeatMapBody),
    (status = 304, description = "As the client has it"),
))]
#[get("/v1/shows/{show}/seat-map")]
pub async fn get_seat_map(
    office: TheOffice,
    sight: Sight,
    show: web::Path<String>,
    query: Query<SeatMapQuery>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let show = find_visible_show(&office, &show, sight).await?;
    if let Some(offset) = query.at {
        let map = office.live.look_back(&show, Offset(offset)).await?;
        let map = map.ok_or_else(|| Problem::not_found("offset in the journal"))?;
        // What not everybody may see is kept by nobody in between.
        let age = if show.is_draft { Age::Now } else { Age::Past };
        return Ok(answer(&map, age, request.headers()));
    }
    let watch = match office.live.watch(&show).await {
        Ok(watch) => watch,
        Err(WatchError::TooMany) => {
            let map = office.live.look_once(&show).await?;
            return Ok(answer(&map, Age::Now, request.headers()));
        }
        Err(error) => return Err(error.into()),
    };
    let wanted = newest_tag(request.headers());
    // What can't be caught up is answered as it is, and marked.
    let age = catch_up(&office, &watch, wanted).await;
    let age = age.map_or(Age::Now, Age::Stale);
    let map = watch.rendered().ok_or_else(|| Problem::new(Code::Unavailable))?;
    Ok(answer(&map, age, request.headers()))
}

/// The answer for the map of a show that this node watches, before anything else is done for a request: no route is looked
/// up, no timer set, no span made. All other requests go on, as do those for a map that has to be caught up first.
pub fn answer_from_memory(request: &HttpRequest) -> Option<HttpResponse> {
    let show = map_of(request)?;
    let office = request.app_data::<TheOffice>()?;
    let watch = office.live.watched(show)?;
    known_answer(office, &watch, request.headers())
}

/// The answer, if nothing that this node has heard of is missing from it, and nothing that the client has.
fn known_answer(office: &Office, watch: &Watch, headers: &HeaderMap) -> Option<HttpResponse> {
    if watch.followed().is_draft() {
        return None;
    }
    // Read once: what is answered must be what was compared.
    let offset = watch.offset()?;
    if watch.followed().heard() > Some(offset) || newest_tag(headers) > Some(offset) {
        return None;
    }
    let age = office.follow.stale_for().map_or(Age::Now, Age::Stale);
    if let Some(tag) = known_tag(headers, offset) {
        return Some(not_modified(tag, age));
    }
    let map = watch.rendered()?;
    Some(answer(&map, age, headers))
}

/// The show whose map is asked for.
fn map_of(request: &HttpRequest) -> Option<ShowId> {
    let show = request
        .path()
        .strip_prefix("/v1/shows/")?
        .strip_suffix("/seat-map")?;
    let is_read = request.method() == Method::GET || request.method() == Method::HEAD;
    let is_plain = is_read && request.query_string().is_empty();
    show.parse().ok().filter(|_| is_plain)
}

/// How old an answer is.
#[derive(Clone, Copy)]
enum Age {
    /// It has everything that this node has heard of.
    Now,
    /// It was made without the database, which last answered this long ago.
    Stale(Duration),
    /// What was at an offset never changes.
    Past,
}

impl Age {
    fn mark(self, response: &mut HttpResponseBuilder) {
        if let Self::Stale(age) = self {
            mark_aged(response, age);
        }
        let cache = match self {
            Self::Past => FOREVER,
            Self::Now | Self::Stale(_) => "no-cache",
        };
        response
            .insert_header((CACHE_CONTROL, HeaderValue::from_static(cache)))
            .insert_header((VARY, HeaderValue::from_static("Accept-Encoding")));
    }
}

fn not_modified(tag: String, age: Age) -> HttpResponse {
    let mut response = HttpResponse::NotModified();
    age.mark(&mut response);
    response.insert_header((ETAG, tag)).finish()
}

fn answer(map: &RenderedMap, age: Age, headers: &HeaderMap) -> HttpResponse {
    if let Some(tag) = known_tag(headers, map.offset()) {
        return not_modified(tag, age);
    }
    let coding = Coding::wanted(headers);
    let mut response = HttpResponse::Ok();
    age.mark(&mut response);
    response
        .insert_header((ETAG, coding.tag(map.offset())))
        .insert_header((CONTENT_TYPE, HeaderValue::from_static("application/json")));
    coding.mark(&mut response);
    response.body(shared(match coding {
        Coding::Plain => map.body(),
        Coding::Gzip => map.gzip(),
    }))
}

/// The tag by which the client has the map of this offset, in whichever coding.
fn known_tag(headers: &HeaderMap, offset: Offset) -> Option<String> {
    known_tags(headers).find_map(|tag| match tag {
        "*" => Some(Coding::wanted(headers).tag(offset)),
        tag => (offset_of(tag) == Some(offset)).then(|| tag.to_owned()),
    })
}

/// The newest map that the client has.
fn newest_tag(headers: &HeaderMap) -> Option<Offset> {
    known_tags(headers).filter_map(offset_of).max()
}

fn offset_of(tag: &str) -> Option<Offset> {
    name_of(tag)?.parse().ok().map(Offset)
}

/// A snapshot: the state at an offset, or the latest one.
///
/// A client that has it and folds the events after its `offset` has exactly the state now. One with a number never
/// changes; `latest` names the newest.
#[utoipa::path(tag = "shows", params(
    ("show" = String, Path, description = "The show's id"),
    ("offset" = String, Path, description = "The snapshot's offset, or `latest`"),
), responses(
    (status = 200, description = "The snapshot", body = SeatMapBody),
    (status = 304, description = "As the client has it"),
))]
#[get("/v1/shows/{show}/snapshots/{offset}")]
pub async fn get_snapshot(
    office: TheOffice,
    sight: Sight,
    path: web::Path<(String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (show, wanted) = path.into_inner();
    let show = find_visible_show(&office, &show, sight).await?;
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
    let of = show.clone();
    let read = move |connection: &mut _| Ok(read_snapshot(connection, &of, up_to)?);
    let snapshot = office.database.read(read).await?;
    let (map, at) = match snapshot {
        Some(snapshot) => (snapshot.map, snapshot.at),
        // Before the first event, everything is as it was made.
        None => (show.map_before_all(), show.created_at),
    };
    if exact.is_some_and(|offset| offset != map.offset) {
        return Err(Problem::not_found("snapshot"));
    }
    let cache = match exact {
        Some(_) if !show.is_draft => FOREVER,
        _ => "no-cache",
    };
    let offset = map.offset;
    let (follow, plan_names) = (office.follow.clone(), office.live.plan_names().clone());
    let write = move || async move {
        let show = follow.show_at(show.id, map.revision).await?;
        let names = plan_names.of(&show).await?;
        // Off the async threads: a large map takes milliseconds to write.
        let written = tokio::task::spawn_blocking(move || map_json(&show, &names, &map, at)).await;
        written
            .map(|text| Some(Bytes::from(text)))
            .map_err(StoreError::internal)
    };
    let written = office
        .snapshots
        .get_or_read((id, offset), Bytes::len, write)
        .await?;
    let text = (Text::Snapshot(id, offset), written.unwrap_or_default());
    answer_text(&office, request.headers(), &offset.to_string(), cache, text).await
}
