//! A session's inbox: notices in pages, by Server-Sent Events and by WebSocket, and how they are acknowledged.

use std::sync::Arc;

use actix_web::body::BodyStream;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, UPGRADE};
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use futures_util::StreamExt;
use serde::Deserialize;
use utoipa::IntoParams;

use super::bodies::notice::{AcknowledgementBody, GapBody, InboxBody, NewAcknowledgementBody, NoticeBody};
use super::body::Json;
use super::caller::Buyer;
use super::change::idempotency_key;
use super::client::Client;
use super::extract::{KeyHeader, TheOffice};
use super::live::{check_origin, last_event, shake_hands, wants_event_stream};
use super::page::{cut_page, page_limit};
use super::problem::{Code, Problem};
use super::query::Query;
use crate::identity::Identity;
use crate::inbox::event_stream::events;
use crate::inbox::web_socket::frames;
use crate::inbox::{Message, Reader, SESSION_READERS_MAX};
use crate::office::Office;
use crate::shares::{Counted, Kind};
use crate::store::claim::Keep;
use crate::store::database::WriteKind;
use crate::store::inbox::{Acknowledged, acknowledge};

/// Notices on a page.
const NOTICES_PAGE_MAX: i64 = 100;

/// Which notices are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct InboxQuery {
    /// What comes after the notice of this number; after those that are acknowledged, if left out.
    #[param(minimum = 0)]
    pub after: Option<i64>,
    /// Most notices on the page. Feeds have no pages.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<i64>,
}

/// What your session should know.
///
/// Offers, positions in a line, holds that end soon, payments, refunds, and shows that change or are canceled, numbered without a gap. A
/// session has an inbox from the first time that it reads it; what is so by then is told at once. 200 notices are kept, for 30 days. With
/// `Accept: text/event-stream` or an `Upgrade` to a WebSocket the answer is no page but a feed of the notices after `after` and then of each
/// new one, as the AsyncAPI document tells.
#[utoipa::path(tag = "inbox", params(InboxQuery), responses(
    (status = 200, description = "A page of notices", body = InboxBody),
    (status = 101, description = "Text frames, a `Notice` each"),
))]
#[get("/v1/inbox")]
pub async fn read_inbox(
    office: TheOffice,
    client: Client,
    buyer: Buyer,
    query: Query<InboxQuery>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    if query.after.is_some_and(|after| after < 0) {
        return Err(Problem::bad_parameter("after", "must not be negative"));
    }
    let limit = page_limit(query.limit, NOTICES_PAGE_MAX)?;
    if wants_event_stream(&request) {
        check_origin(&office, &request)?;
        let after = last_event(&request, query.after)?;
        let (reader, counted) = enter(&office, client, &buyer, after).await?;
        let stream = events(reader, render(&office), office.live.closing()).map(move |event| {
            let _as_long_as_it_reads = &counted;
            event
        });
        return Ok(HttpResponse::Ok()
            .insert_header((CONTENT_TYPE, "text/event-stream"))
            .insert_header((CACHE_CONTROL, "no-store"))
            // For nginx, which would else wait for more of it.
            .insert_header(("X-Accel-Buffering", "no"))
            .streaming(Box::pin(stream)));
    }
    if request.headers().contains_key(UPGRADE) {
        check_origin(&office, &request)?;
        let mut response = shake_hands(&request)?;
        let (reader, counted) = enter(&office, client, &buyer, query.after).await?;
        let stream = frames(reader, render(&office), payload, office.live.closing()).map(move |frame| {
            let _as_long_as_it_reads = &counted;
            frame
        });
        let response = response
            .message_body(BodyStream::new(Box::pin(stream)))
            .map_err(|error| Problem::new(Code::BadRequest).detail(error.to_string()))?;
        return Ok(response.map_into_boxed_body().into());
    }
    let mut page = office.inboxes.read(buyer.session, query.after, limit + 1).await?;
    let next_after = cut_page(&mut page.notices, limit).map(|notice| notice.number);
    let references = office.identity.references();
    let notices = page.notices.iter();
    Ok(HttpResponse::Ok().json(InboxBody {
        notices: notices.map(|notice| NoticeBody::of(references, notice)).collect(),
        next_after,
        acknowledged: page.acknowledged,
        last: page.last,
        first: page.first,
    }))
}

/// Lets a reader in, if there is a place for it.
async fn enter(
    office: &Office,
    client: Client,
    buyer: &Buyer,
    after: Option<i64>,
) -> Result<(Reader, Counted), Problem> {
    client.take(&office.shares, Kind::ViewersOfOrigin)?;
    let too_many = |whose: String| Problem::new(Code::TooManyRequests).detail(whose);
    let counted = office.shares.viewers().enter(client.origin);
    let counted = counted.ok_or_else(|| too_many("too many viewers of this address".to_owned()))?;
    if office.live.viewers() + office.inboxes.readers() >= office.live.settings().viewers_max {
        return Err(Problem::new(Code::TooManyViewers));
    }
    // Opened before the feed begins, so that a failure is a problem and not a feed that says nothing.
    let page = office.inboxes.read(buyer.session, after, 1).await?;
    let reader = office
        .inboxes
        .reader(buyer.session, after.unwrap_or(page.acknowledged));
    let reader = reader.ok_or_else(|| {
        too_many(format!(
            "a session's inbox may be read {SESSION_READERS_MAX} times at once"
        ))
    })?;
    Ok((reader, counted))
}

/// How what is told is written.
fn render(office: &Office) -> impl Fn(&Message) -> String + use<> {
    let identity: Arc<Identity> = office.identity.clone();
    move |message| {
        let text = match message {
            Message::Notice(notice) => serde_json::to_string(&NoticeBody::of(identity.references(), notice)),
            Message::Gap { first } => serde_json::to_string(&GapBody { first: *first }),
        };
        text.unwrap_or_default()
    }
}

/// Say that you have your notices.
///
/// All up to this number. It never goes back: a lower number than before changes nothing, and is answered with the one before. Pages and
/// feeds that name no `after` go on behind it.
#[utoipa::path(tag = "inbox", request_body = NewAcknowledgementBody, responses(
    (status = 200, description = "Noted", body = AcknowledgementBody),
))]
#[post("/v1/inbox/acknowledgement")]
pub async fn acknowledge_notices(
    office: TheOffice,
    buyer: Buyer,
    key: KeyHeader,
    body: Json<NewAcknowledgementBody>,
) -> Result<HttpResponse, Problem> {
    let through = body.through;
    if through < 0 {
        return Err(Problem::invalid("/through", "must not be negative"));
    }
    let claimed = idempotency_key(&buyer.caller(), key, "acknowledge_notices", "", &body.0);
    let session = buyer.session;
    let write = move |connection: &mut _| {
        let done = acknowledge(connection, session, through)?;
        let keep = match done {
            Acknowledged::Through(_) => Keep::Done,
            Acknowledged::Beyond(_) => Keep::Nothing,
        };
        Ok((done, keep))
    };
    match office
        .database
        .write_once(WriteKind::Buyers, claimed, write)
        .await?
    {
        Acknowledged::Through(acknowledged) => {
            Ok(HttpResponse::Ok().json(AcknowledgementBody { acknowledged }))
        }
        Acknowledged::Beyond(last) => {
            let detail = format!("the last notice is {last}");
            Err(Problem::invalid("/through", detail))
        }
    }
}
