//! The live feed's door: a WebSocket or Server-Sent Events, and where a viewer starts.

use std::sync::Arc;

use actix_web::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, ORIGIN, UPGRADE};
use actix_web::{HttpRequest, HttpResponse, get, web};
use futures_util::StreamExt;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::client::Client;
use super::extract::{Sight, TheOffice, find_visible_show};
use super::origins::is_allowed;
use super::problem::{Code, Problem};
use super::query::Query;
use crate::live::event_stream::events;
use crate::live::feed::{Frame, SeatsForm, Start};
use crate::live::render::{events_text, frame};
use crate::live::viewer::frames;
use crate::live::watch::{Viewing, Watch};
use crate::office::Office;
use crate::shares::{Counted, Kind};
use crate::store::journal::{JOURNAL_PAGE_EVENTS_MAX, read_journal};
use domain::id::Offset;

/// A viewer further behind than this gets a snapshot instead of events.
pub const MISSED_EVENTS_MAX: i64 = 5_000;

/// What a browser says of itself that comes back.
pub const LAST_EVENT_ID: &str = "Last-Event-ID";

/// Where a viewer stands.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LiveQuery {
    /// The offset that the viewer has: events after it follow. Without it, a snapshot comes first.
    #[param(minimum = 0)]
    pub from: Option<i64>,
    /// How snapshots tell seats' states: `named` ones have a word by each seat's name, `packed` ones are
    /// `packed_snapshot` frames with a letter a seat, for whoever has the plan.
    #[serde(default)]
    #[param(inline)]
    pub seats: SeatsFormBody,
}

/// How snapshots tell seats' states.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SeatsFormBody {
    /// A word by each seat's name.
    #[default]
    Named,
    /// A letter a seat.
    Packed,
}

impl From<SeatsFormBody> for SeatsForm {
    fn from(form: SeatsFormBody) -> Self {
        match form {
            SeatsFormBody::Named => Self::Named,
            SeatsFormBody::Packed => Self::Packed,
        }
    }
}

/// Watch a show live.
///
/// A WebSocket, or Server-Sent Events for whoever accepts `text/event-stream` without an `Upgrade`. First a
/// `snapshot` (with `seats=packed` a `packed_snapshot`), or with `from` the `events` that were missed; then every event once, in order, several to a frame in
/// a burst. `resync` says that a snapshot follows, from which to begin again. Where the show has a line, `line` tells how it stands, once a
/// second at most. The frames are `Frame`: texts of the
/// WebSocket, and the `data` of events whose `id` is the offset.
#[utoipa::path(tag = "shows", params(("show" = String, Path, description = "The show's id"), LiveQuery,
    ("Last-Event-ID" = Option<i64>, Header, minimum = 0, description = "Server-Sent Events: the same as `from`, and before it"),
), responses(
    (status = 200, description = "Server-Sent Events of the same texts: `event` is the type, `id` the offset", body = String, content_type = "text/event-stream"),
    (status = 101, description = "Text frames: `snapshot` or `packed_snapshot`, `events`, `resync`, `line`"),
))]
#[get("/v1/shows/{show}/live")]
pub async fn watch_show(
    office: TheOffice,
    client: Client,
    sight: Sight,
    show: web::Path<String>,
    query: Query<LiveQuery>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    check_origin(&office, &request)?;
    let form = query.seats.into();
    if wants_event_stream(&request) {
        let from = last_event(&request, query.from)?;
        return Ok(send_events(
            enter(&office, client, (&show, sight), from).await?,
            form,
        ));
    }
    let mut response = shake_hands(&request)?;
    let Entered {
        counted,
        viewing,
        start,
    } = enter(&office, client, (&show, sight), query.from).await?;
    let stream = frames(viewing, start, form, payload).map(move |frame| {
        let _as_long_as_it_watches = &counted;
        frame
    });
    let body = actix_web::body::BodyStream::new(Box::pin(stream));
    let response = response
        .message_body(body)
        .map_err(|error| Problem::new(Code::BadRequest).detail(error.to_string()))?;
    Ok(response.map_into_boxed_body().into())
}

/// The answer to a WebSocket handshake.
pub fn shake_hands(request: &HttpRequest) -> Result<actix_http::ResponseBuilder, Problem> {
    actix_http::ws::handshake(request.head())
        .map_err(|error| Problem::new(Code::BadRequest).detail(format!("not a WebSocket handshake: {error}")))
}

/// A viewer that was let in.
struct Entered {
    counted: Counted,
    viewing: Viewing,
    start: Start,
}

/// Lets a viewer in, if there is a place for it.
async fn enter(
    office: &Office,
    client: Client,
    (show, sight): (&str, Sight),
    from: Option<i64>,
) -> Result<Entered, Problem> {
    let show = find_visible_show(office, show, sight).await?;
    if show.line().is_some() {
        office.lines.note(&show);
    }
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
    let start = choose_start(office, &watch, from).await?;
    Ok(Entered {
        counted,
        viewing,
        start,
    })
}

/// Whether events are wanted rather than a WebSocket.
pub fn wants_event_stream(request: &HttpRequest) -> bool {
    let headers = request.headers();
    let accepted = headers.get_all(ACCEPT).filter_map(|value| value.to_str().ok());
    let mut kinds = accepted.flat_map(|value| value.split(','));
    let is_stream = |kind: &str| {
        let kind = kind.split(';').next().unwrap_or_default();
        kind.trim().eq_ignore_ascii_case("text/event-stream")
    };
    !headers.contains_key(UPGRADE) && kinds.any(is_stream)
}

/// The last event that a viewer has seen: one that comes back says so itself, whatever it began with. An empty id, which it has
/// after a resync, begins anew.
pub fn last_event(request: &HttpRequest, from: Option<i64>) -> Result<Option<i64>, Problem> {
    let Some(id) = request.headers().get(LAST_EVENT_ID) else {
        return Ok(from);
    };
    if id.is_empty() {
        return Ok(None);
    }
    let id = id.to_str().ok().and_then(|id| id.parse().ok());
    id.map(Some)
        .ok_or_else(|| Problem::bad_parameter(LAST_EVENT_ID, "is no event's id"))
}

fn send_events(entered: Entered, form: SeatsForm) -> HttpResponse {
    let Entered {
        counted,
        viewing,
        start,
    } = entered;
    let stream = events(viewing, start, form).map(move |event| {
        let _as_long_as_it_watches = &counted;
        event
    });
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/event-stream"))
        .insert_header((CACHE_CONTROL, "no-store"))
        // For nginx, which would else wait for more of it.
        .insert_header(("X-Accel-Buffering", "no"))
        .streaming(Box::pin(stream))
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
    let mut parts: Vec<Frame> = Vec::new();
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
        // A viewer that has another plan begins anew.
        let Some(names) = watch
            .names()
            .filter(|names| !events.iter().any(|event| names.are_outdated_by(event)))
        else {
            return snapshot(watch);
        };
        let bytes = frame(events_text(&names, &events).0.as_bytes());
        parts.push(Frame::events(bytes, last.offset));
    }
    if parts.is_empty() {
        // So that every viewer hears at once that it is up to date.
        parts.push(Frame::events(frame(b""), position.offset));
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
pub fn check_origin(office: &Office, request: &HttpRequest) -> Result<(), Problem> {
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
