//! What was sent to an endpoint of webhooks, and what is to be sent again or for trial.

use std::time::{Duration, SystemTime};

use actix_web::{HttpResponse, get, post, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::bodies::webhook::{
    ReplayingWebhooksBody, WebhookDeliveriesPage, WebhookDeliveryBody, WebhookReplayBody,
};
use super::body::Json;
use super::caller::Organiser;
use super::change::idempotency_key;
use super::extract::{KeyHeader, TheOffice, find_own_show};
use super::page::{cut_page, page_limit};
use super::problem::{Code, Problem};
use super::query::Query;
use super::webhook_endpoints::{endpoint_id, no_such_endpoint};
use crate::office::Office;
use crate::store::claim::Keep;
use crate::store::database::WriteKind;
use crate::store::error::StoreError;
use crate::store::webhook_cursors::{Replayed, replay};
use crate::store::webhook_deliveries::{begin_test, end_test, find_delivery, list_deliveries};
use crate::store::webhook_endpoints::{Receiver, find_endpoint, find_receiver};
use crate::webhooks::message::{Message, TEST};
use domain::id::{Offset, OrganiserId};
use domain::webhook::EndpointId;

/// Attempts on a page.
const DELIVERIES_PAGE_MAX: i64 = 100;

/// Which attempts are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DeliveriesQuery {
    /// Most attempts on the page.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<i64>,
    /// What was sent before the attempt of this id.
    #[param(pattern = "^[1-9][0-9]{0,18}$")]
    pub after: Option<String>,
}

/// What was sent to an endpoint, page by page.
///
/// A row an attempt, from new to old. It is kept for some days (`BOXOFFICE_WEBHOOK_LOG_DAYS`).
#[utoipa::path(tag = "webhooks", params(("endpoint" = String, Path, description = "The endpoint's id"), DeliveriesQuery), responses(
    (status = 200, description = "A page of what was sent", body = WebhookDeliveriesPage),
))]
#[get("/v1/webhook-endpoints/{endpoint}/deliveries")]
pub async fn list_webhook_deliveries(
    office: TheOffice,
    organiser: Organiser,
    endpoint: web::Path<String>,
    query: Query<DeliveriesQuery>,
) -> Result<HttpResponse, Problem> {
    let DeliveriesQuery { limit, after } = query.into_inner();
    let limit = page_limit(limit, DELIVERIES_PAGE_MAX)?;
    let before = after.map(|text| text.parse::<i64>().ok().filter(|number| *number > 0));
    let before = match before {
        None => i64::MAX,
        Some(number) => number.ok_or_else(|| Problem::bad_parameter("after", "is no id of what was sent"))?,
    };
    let (id, of) = (endpoint_id(&endpoint)?, organiser.organiser());
    let read = move |connection: &mut _| match find_endpoint(connection, of, id)? {
        Some(_) => Ok(Some(list_deliveries(connection, id, before, limit + 1)?)),
        None => Ok(None),
    };
    let deliveries = office.database.read(read).await?;
    let mut deliveries = deliveries.ok_or_else(no_such_endpoint)?;
    let next_after = cut_page(&mut deliveries, limit).map(|last| last.number.to_string());
    let deliveries = deliveries.into_iter().map(WebhookDeliveryBody::from).collect();
    Ok(HttpResponse::Ok().json(WebhookDeliveriesPage {
        deliveries,
        next_after,
    }))
}

/// What became of a replay, as it is kept under an idempotency key.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Replaying {
    From(i64),
    Forgotten,
    Ahead(i64),
    NoShow,
    NoEndpoint,
}

/// Send what happened on a show again.
///
/// The endpoint is told of everything after that offset of the show's journal, and then goes on. The messages have the ids
/// that they had. An offset ahead of where the endpoint is skips what lies between.
#[utoipa::path(tag = "webhooks", params(("endpoint" = String, Path, description = "The endpoint's id")), request_body = WebhookReplayBody, responses(
    (status = 200, description = "It is being sent", body = ReplayingWebhooksBody),
))]
#[post("/v1/webhook-endpoints/{endpoint}/replay")]
pub async fn replay_webhooks(
    office: TheOffice,
    organiser: Organiser,
    key: KeyHeader,
    endpoint: web::Path<String>,
    body: Json<WebhookReplayBody>,
) -> Result<HttpResponse, Problem> {
    let (id, of) = (endpoint_id(&endpoint)?, organiser.organiser());
    let key = idempotency_key(&organiser.0, key, "replay_webhooks", &id.to_string(), &body.0);
    find_own_receiver(&office, of, id).await?;
    if body.after < 0 {
        return Err(Problem::invalid("/after", "must not be negative"));
    }
    let no_show = |_missing| Problem::invalid("/show", "there is no such show");
    let show = find_own_show(&office, of, &body.show).await.map_err(no_show)?.id;
    let after = Offset(body.after);
    let decide = move |connection: &mut _| {
        if find_endpoint(connection, of, id)?.is_none() {
            return Ok((Replaying::NoEndpoint, Keep::Nothing));
        }
        Ok(match replay(connection, id, show, after)? {
            Replayed::From(head) => (Replaying::From(head.0), Keep::Done),
            Replayed::Forgotten => (Replaying::Forgotten, Keep::Refusal),
            Replayed::Ahead(head) => (Replaying::Ahead(head.0), Keep::Nothing),
            Replayed::NoShow => (Replaying::NoShow, Keep::Nothing),
        })
    };
    let write = office.database.write_once(WriteKind::Organisers, key, decide);
    match write.await? {
        Replaying::From(head) => {
            office.webhooks.wake();
            Ok(HttpResponse::Ok().json(ReplayingWebhooksBody {
                show: show.to_string(),
                after: after.0,
                journal_offset: head,
            }))
        }
        Replaying::Forgotten => {
            let detail = "these events are not kept any more: begin with a snapshot";
            Err(Problem::new(Code::Forgotten).detail(detail))
        }
        Replaying::Ahead(head) => Err(Problem::invalid("/after", format!("the journal is at {head}"))),
        Replaying::NoShow => Err(Problem::invalid("/show", "there is no such show")),
        Replaying::NoEndpoint => Err(no_such_endpoint()),
    }
}

/// Send a test.
///
/// At once and once, also to an endpoint that is not enabled. The answer says what came of it; a repetition with the same
/// `Idempotency-Key` sends nothing more.
#[utoipa::path(tag = "webhooks", params(("endpoint" = String, Path, description = "The endpoint's id")), responses(
    (status = 200, description = "What came of it", body = WebhookDeliveryBody),
))]
#[post("/v1/webhook-endpoints/{endpoint}/test")]
pub async fn test_webhook_endpoint(
    office: TheOffice,
    organiser: Organiser,
    key: KeyHeader,
    endpoint: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let (id, of) = (endpoint_id(&endpoint)?, organiser.organiser());
    let key = idempotency_key(&organiser.0, key, "test_webhook_endpoint", &id.to_string(), &());
    let receiver = find_own_receiver(&office, of, id).await?;
    let now = DateTime::<Utc>::from(SystemTime::now());
    let message = Message::of_test(id, uuid::Uuid::new_v4().as_u128(), now);
    let name = message.id.clone();
    let begin = move |connection: &mut _| Ok((begin_test(connection, id, name, TEST)?, Keep::Done));
    let write = office.database.write_once(WriteKind::Organisers, key, begin);
    let number = write.await?;
    let read = move |connection: &mut _| Ok(find_delivery(connection, id, number)?);
    let begun = office.database.read(read).await?;
    let begun = begun.ok_or_else(|| Problem::new(Code::Forgotten))?;
    if begun.message != message.id {
        // An earlier request under the same key has sent it.
        return Ok(HttpResponse::Ok().json(WebhookDeliveryBody::from(begun)));
    }
    let answer = office.webhooks.send_test(&receiver, &message).await;
    let (status, error, latency) = match answer {
        Some(answer) => (answer.status, answer.error, answer.latency),
        None => {
            let error = "too many tests are sent at a time".to_owned();
            (None, Some(error), Duration::ZERO)
        }
    };
    let end = move |connection: &mut _| {
        end_test(connection, id, number, status, error, latency)?;
        find_delivery(connection, id, number).map_err(StoreError::from)
    };
    let ended = office.database.write(WriteKind::Organisers, end).await?;
    let ended = ended.ok_or_else(no_such_endpoint)?;
    Ok(HttpResponse::Ok().json(WebhookDeliveryBody::from(ended)))
}

async fn find_own_receiver(office: &Office, of: OrganiserId, id: EndpointId) -> Result<Receiver, Problem> {
    let read = move |connection: &mut _| Ok(find_receiver(connection, of, id)?);
    let receiver = office.database.read(read).await?;
    receiver.ok_or_else(no_such_endpoint)
}
