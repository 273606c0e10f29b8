//! Endpoints of webhooks, for the owner of the organiser whose shows they are told of.

use std::collections::BTreeSet;
use std::time::Duration;

use actix_web::{HttpResponse, delete, get, patch, post, web};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::bodies::webhook::{
    NewWebhookEndpointBody, WebhookEndpointBody, WebhookEndpointChangeBody, WebhookEndpointsPage,
};
use super::body::Json;
use super::caller::Organiser;
use super::change::idempotency_key;
use super::extract::{KeyHeader, TheOffice};
use super::page::{cut_page, page_limit};
use super::problem::{Code, Problem};
use super::query::Query;
use crate::office::Office;
use crate::store::claim::Keep;
use crate::store::database::WriteKind;
use crate::store::webhook_endpoints::{
    EndpointChange, NewEndpoint, add_endpoint, delete_endpoint, find_endpoint, list_endpoints, rotate_salt,
    update_endpoint,
};
use crate::webhooks::address::check_url;
use crate::webhooks::message::is_event_type;
use domain::text::is_readable;
use domain::webhook::EndpointId;

/// Endpoints on a page.
const ENDPOINTS_PAGE_MAX: i64 = 100;
/// Longest description, in characters.
const DESCRIPTION_CHARS_MAX: usize = 200;
/// How long a former secret signs too.
const SECRETS_OVERLAP: Duration = Duration::from_secs(24 * 3_600);

/// Which endpoints are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EndpointsQuery {
    /// Most endpoints on the page.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<i64>,
    /// What comes after the endpoint of this id.
    #[param(pattern = "^whe_[0-9a-f]{32}$")]
    pub after: Option<String>,
}

/// An endpoint's id in a path.
pub fn endpoint_id(text: &str) -> Result<EndpointId, Problem> {
    text.parse().map_err(|_not_an_id| no_such_endpoint())
}

/// There is none of that id, or it is another organiser's.
pub fn no_such_endpoint() -> Problem {
    Problem::not_found("endpoint")
}

/// What is kept under an idempotency key of an endpoint whose secret was told: the secret is made of the salt again.
#[derive(Serialize, Deserialize)]
struct Told {
    endpoint: WebhookEndpointBody,
    salt: [u8; 32],
}

impl Told {
    /// With the secret.
    fn body(self, office: &Office) -> WebhookEndpointBody {
        WebhookEndpointBody {
            secret: Some(office.webhooks.secret(&self.salt).written()),
            ..self.endpoint
        }
    }
}

/// Make an endpoint.
///
/// It is told of what happens on your shows from now on. Its secret is told in this answer, and again only to whoever
/// repeats the request with the same `Idempotency-Key`.
#[utoipa::path(tag = "webhooks", request_body = NewWebhookEndpointBody, responses(
    (status = 201, description = "The endpoint, with its secret", body = WebhookEndpointBody),
))]
#[post("/v1/webhook-endpoints")]
pub async fn create_webhook_endpoint(
    office: TheOffice,
    organiser: Organiser,
    key: KeyHeader,
    body: Json<NewWebhookEndpointBody>,
) -> Result<HttpResponse, Problem> {
    let key = idempotency_key(&organiser.0, key, "create_webhook_endpoint", "", &body.0);
    let body = body.0;
    check_address(&office, &body.url)?;
    let salt: [u8; 32] = rand::random();
    let new = NewEndpoint {
        id: EndpointId(uuid::Uuid::new_v4().as_u128()),
        organiser: organiser.organiser(),
        description: read_description(body.description.unwrap_or_default())?,
        event_types: read_event_types(body.event_types.unwrap_or_default())?,
        url: body.url,
        is_enabled: body.enabled.unwrap_or(true),
        salt: salt.to_vec(),
    };
    let add = move |connection: &mut _| {
        let added = add_endpoint(connection, new)?;
        let keep = if added.is_some() {
            Keep::Done
        } else {
            Keep::Nothing
        };
        let told = added.map(|endpoint| Told {
            endpoint: endpoint.into(),
            salt,
        });
        Ok((told, keep))
    };
    let write = office.database.write_once(WriteKind::Organisers, key, add);
    let told = write.await?.ok_or_else(|| Problem::new(Code::TooManyEndpoints))?;
    office.webhooks.wake();
    let body = told.body(&office);
    Ok(HttpResponse::Created()
        .insert_header(("Location", format!("/v1/webhook-endpoints/{}", body.id)))
        .json(body))
}

/// All endpoints, page by page.
///
/// In the order in which they were made. Their secrets are not told.
#[utoipa::path(tag = "webhooks", params(EndpointsQuery), responses(
    (status = 200, description = "A page of endpoints", body = WebhookEndpointsPage),
))]
#[get("/v1/webhook-endpoints")]
pub async fn list_webhook_endpoints(
    office: TheOffice,
    organiser: Organiser,
    query: Query<EndpointsQuery>,
) -> Result<HttpResponse, Problem> {
    let EndpointsQuery { limit, after } = query.into_inner();
    let limit = page_limit(limit, ENDPOINTS_PAGE_MAX)?;
    let after = after.map(|id| id.parse::<EndpointId>()).transpose();
    let after = after.map_err(|_not_an_id| Problem::bad_parameter("after", "is no endpoint's id"))?;
    let of = organiser.organiser();
    let read = move |connection: &mut _| Ok(list_endpoints(connection, of, after, limit + 1)?);
    let mut endpoints = office.database.read(read).await?;
    let next_after = cut_page(&mut endpoints, limit).map(|endpoint| endpoint.id.to_string());
    let endpoints = endpoints.into_iter().map(WebhookEndpointBody::from).collect();
    Ok(HttpResponse::Ok().json(WebhookEndpointsPage {
        endpoints,
        next_after,
    }))
}

/// An endpoint.
///
/// Where it is, what it is told of, and how it does; never its secret.
#[utoipa::path(tag = "webhooks", params(("endpoint" = String, Path, description = "The endpoint's id")), responses(
    (status = 200, description = "The endpoint", body = WebhookEndpointBody),
))]
#[get("/v1/webhook-endpoints/{endpoint}")]
pub async fn get_webhook_endpoint(
    office: TheOffice,
    organiser: Organiser,
    endpoint: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let (id, of) = (endpoint_id(&endpoint)?, organiser.organiser());
    let read = move |connection: &mut _| Ok(find_endpoint(connection, of, id)?);
    let found = office.database.read(read).await?;
    let found = found.ok_or_else(no_such_endpoint)?;
    Ok(HttpResponse::Ok().json(WebhookEndpointBody::from(found)))
}

/// Change an endpoint.
///
/// What is left out stays. One that is enabled again, or sent elsewhere, goes on at once where it stopped; what the
/// journals have forgotten meanwhile it is told as a `journal_gap`.
#[utoipa::path(tag = "webhooks", params(("endpoint" = String, Path, description = "The endpoint's id")),
    request_body = WebhookEndpointChangeBody, responses(
    (status = 200, description = "The endpoint as it is now", body = WebhookEndpointBody),
))]
#[patch("/v1/webhook-endpoints/{endpoint}")]
pub async fn update_webhook_endpoint(
    office: TheOffice,
    organiser: Organiser,
    key: KeyHeader,
    endpoint: web::Path<String>,
    body: Json<WebhookEndpointChangeBody>,
) -> Result<HttpResponse, Problem> {
    let (id, of) = (endpoint_id(&endpoint)?, organiser.organiser());
    let key = idempotency_key(
        &organiser.0,
        key,
        "update_webhook_endpoint",
        &id.to_string(),
        &body.0,
    );
    let body = body.0;
    if let Some(url) = &body.url {
        check_address(&office, url)?;
    }
    let change = EndpointChange {
        url: body.url,
        description: body.description.map(read_description).transpose()?,
        event_types: body.event_types.map(read_event_types).transpose()?,
        is_enabled: body.enabled,
    };
    let update = move |connection: &mut _| {
        let updated = update_endpoint(connection, of, id, change)?;
        let keep = if updated.is_some() {
            Keep::Done
        } else {
            Keep::Nothing
        };
        Ok((updated.map(WebhookEndpointBody::from), keep))
    };
    let write = office.database.write_once(WriteKind::Organisers, key, update);
    let updated = write.await?.ok_or_else(no_such_endpoint)?;
    office.webhooks.wake();
    Ok(HttpResponse::Ok().json(updated))
}

/// Delete an endpoint.
///
/// Nothing is sent to it any more, but for what is being sent just now.
#[utoipa::path(tag = "webhooks", params(("endpoint" = String, Path, description = "The endpoint's id")), responses(
    (status = 204, description = "The endpoint is deleted"),
))]
#[delete("/v1/webhook-endpoints/{endpoint}")]
pub async fn delete_webhook_endpoint(
    office: TheOffice,
    organiser: Organiser,
    key: KeyHeader,
    endpoint: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let (id, of) = (endpoint_id(&endpoint)?, organiser.organiser());
    let key = idempotency_key(&organiser.0, key, "delete_webhook_endpoint", &id.to_string(), &());
    let delete = move |connection: &mut _| {
        let is_deleted = delete_endpoint(connection, of, id)?;
        let keep = if is_deleted { Keep::Done } else { Keep::Nothing };
        Ok((is_deleted, keep))
    };
    let write = office.database.write_once(WriteKind::Organisers, key, delete);
    match write.await? {
        true => Ok(HttpResponse::NoContent().finish()),
        false => Err(no_such_endpoint()),
    }
}

/// Give an endpoint another secret.
///
/// It is told in this answer, as that of a new endpoint is. For a day what is sent is signed with the former secret too,
/// so that nothing is refused while you replace it; to ask twice ends the first one at once.
#[utoipa::path(tag = "webhooks", params(("endpoint" = String, Path, description = "The endpoint's id")), responses(
    (status = 200, description = "The endpoint, with its new secret", body = WebhookEndpointBody),
))]
#[post("/v1/webhook-endpoints/{endpoint}/secret")]
pub async fn rotate_webhook_secret(
    office: TheOffice,
    organiser: Organiser,
    key: KeyHeader,
    endpoint: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let (id, of) = (endpoint_id(&endpoint)?, organiser.organiser());
    let key = idempotency_key(&organiser.0, key, "rotate_webhook_secret", &id.to_string(), &());
    let salt: [u8; 32] = rand::random();
    let rotate = move |connection: &mut _| {
        let rotated = rotate_salt(connection, of, id, salt.to_vec(), SECRETS_OVERLAP)?;
        let keep = if rotated.is_some() {
            Keep::Done
        } else {
            Keep::Nothing
        };
        let told = rotated.map(|endpoint| Told {
            endpoint: endpoint.into(),
            salt,
        });
        Ok((told, keep))
    };
    let write = office.database.write_once(WriteKind::Organisers, key, rotate);
    let told = write.await?.ok_or_else(no_such_endpoint)?;
    Ok(HttpResponse::Ok().json(told.body(&office)))
}

fn check_address(office: &Office, url: &str) -> Result<(), Problem> {
    let checked = check_url(url, office.webhooks.settings().reach);
    checked.map(drop).map_err(|fault| Problem::invalid("/url", fault))
}

fn read_description(text: String) -> Result<String, Problem> {
    let fits = text.chars().count() <= DESCRIPTION_CHARS_MAX;
    match fits && (text.is_empty() || is_readable(&text)) {
        true => Ok(text),
        false => {
            let detail = format!("must be {DESCRIPTION_CHARS_MAX} printable characters at most");
            Err(Problem::invalid("/description", detail))
        }
    }
}

/// Each once.
fn read_event_types(words: Vec<String>) -> Result<Vec<String>, Problem> {
    if let Some(at) = words.iter().position(|word| !is_event_type(word)) {
        return Err(Problem::invalid(
            format!("/event_types/{at}"),
            "is no type of an event",
        ));
    }
    let words: BTreeSet<String> = words.into_iter().collect();
    Ok(words.into_iter().collect())
}
