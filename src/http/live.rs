//! The live feed's door: the WebSocket handshake and where a viewer starts.

use std::sync::Arc;

use actix_web::http::header::ORIGIN;
use actix_web::{HttpRequest, HttpResponse, get, web};
use bytes::Bytes;
use futures_util::StreamExt;
use serde::Deserialize;
use utoipa::IntoParams;

use super::client::Client;
use super::extract::{TheOffice, find_show};
use super::origins::is_allowed;
use super::problem::{Code, Problem, ProblemBody};
use super::query::Query;
use crate::live::render::{events_text, frame};
use crate::live::viewer::{Start, frames};
use crate::live::watch::Watch;
use crate::office::Office;
use crate::shares::Kind;
use crate::store::journal::{JOURNAL_PAGE_EVENTS_MAX, read_journal};
use domain::id::Offset;

/// A viewer further behind than this gets a snapshot instead of events.
const MISSED_EVENTS_MAX: i64 = 5_000;

/// Where a viewer stands.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LiveQuery {
    /// The offset that the viewer has: events after it follow. Without it, a snapshot comes first.
    #[param(minimum = 0)]
    pub from: Option<i64>,
}

/// Watch a show (WebSocket): a `snapshot` or the missing `events`, then every event once, in order.
#[utoipa::path(tag = "shows", security(()), params(("show" = String, Path, description = "The show's id"), LiveQuery), responses(
    (status = 101, description = "Text frames: `snapshot`, `events`, `resync`"),
    (status = "4XX", description = "No such show, or not a WebSocket handshake", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", description = "Out of order, or too many viewers", body = ProblemBody, content_type = "application/problem+json"),
))]
#[get("/v1/shows/{show}/live")]
pub async fn watch_show(
    office: TheOffice,
    client: Client,
    show: web::Path<String>,
    query: Query<LiveQuery>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    check_origin(&office, &request)?;
    let bad_handshake = |error: actix_http::ws::HandshakeError| {
        Problem::new(Code::BadRequest).detail(format!("not a WebSocket handshake: {error}"))
    };
    let mut response = actix_http::ws::handshake(request.head()).map_err(bad_handshake)?;
    let show = find_show(&office, &show).await?;
    client.take(&office.shares, Kind::ViewersOfOrigin)?;
    let too_many = || Problem::new(Code::TooManyRequests).detail("too many viewers of this address");
    let counted = office
        .shares
        .viewers()
        .enter(client.origin)
        .ok_or_else(too_many)?;
    if office.live.viewers() >= office.live.settings().viewers_max {
        return Err(Problem::new(Code::TooManyViewers));
    }
    let watch = office.live.watch(&show).await?;
    // Counted before the start is chosen, so that frames are kept from then on.
    let viewing = watch.enter();
    let start = choose_start(&office, &watch, query.from).await?;
    let stream = frames(viewing, start, payload).map(move |frame| {
        let _as_long_as_it_watches = &counted;
        frame
    });
    let body = actix_web::body::BodyStream::new(Box::pin(stream));
    let response = response
        .message_body(body)
        .map_err(|error| Problem::new(Code::BadRequest).detail(error.to_string()))?;
    Ok(response.map_into_boxed_body().into())
}

async fn choose_start(office: &Office, watch: &Arc<Watch>, from: Option<i64>) -> Result<Start, Problem> {
    let Some(from) = from.map(Offset) else {
        return snapshot(watch);
    };
    if Some(from) > watch.offset() {
        // The viewer has heard of it from another node first. Without the database nobody knows whether there is such an
        // event, and what this node has may be older than what the viewer has.
        office.follow.catch_up(watch.followed(), Some(from)).await?;
    }
    let Some(known) = watch.offset() else {
        return Err(Problem::new(Code::Unavailable));
    };
    let missed = known.0.saturating_sub(from.0);
    if from.0 < 0 || !(0..=MISSED_EVENTS_MAX).contains(&missed) {
        return snapshot(watch);
    }
    // Before the events are read: if the state turns out to be wrong meanwhile, the viewer begins again.
    let mut position = watch.position_at(from);
    let mut parts: Vec<Bytes> = Vec::new();
    while Some(position.offset) < watch.offset() {
        let (show, after) = (watch.show().id, position.offset);
        let read =
            move |connection: &mut _| Ok(read_journal(connection, show, after, JOURNAL_PAGE_EVENTS_MAX)?);
        // Without the database, memory still has the state.
        let Ok(events) = office.database.read(read).await else {
            return snapshot(watch);
        };
        if events.first().map(|event| event.offset) != Some(position.offset.next()) {
            // What the viewer has missed is not kept any more.
            return snapshot(watch);
        }
        let Some(last) = events.last() else { break };
        position = position.at(last.offset);
        parts.push(frame(events_text(watch.names(), &events).0.as_bytes()));
    }
    if parts.is_empty() {
        // So that every viewer hears at once that it is up to date.
        parts.push(frame(b""));
    }
    Ok(Start::Frames(parts, position))
}

fn snapshot(watch: &Watch) -> Result<Start, Problem> {
    let map = watch.rendered();
    map.map(Start::Snapshot)
        .ok_or_else(|| Problem::new(Code::Unavailable))
}

/// Browsers send cookies and addresses along with every WebSocket; only pages of known origin may open one. Programs
/// send no origin.
fn check_origin(office: &Office, request: &HttpRequest) -> Result<(), Problem> {
    let Some(origin) = request
        .headers()
        .get(ORIGIN)
        .and_then(|value| value.to_str().ok())
    else {
        return Ok(());
    };
    if is_allowed(office, request, origin) {
        return Ok(());
    }
    Err(Problem::new(Code::Forbidden)
        .field("Origin")
        .detail("pages of this origin may not watch"))
}
