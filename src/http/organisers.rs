//! Organisers, for the operator, who makes them; each sees itself.

use actix_web::{HttpResponse, get, patch, post, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::body::Json;
use super::caller::{Operator, Overseer};
use super::change::idempotency_key;
use super::extract::{KeyHeader, TheOffice};
use super::keys::bad_name;
use super::page::{cut_page, page_limit};
use super::problem::{Code, Problem};
use super::query::Query;
use crate::store::claim::Keep;
use crate::store::database::WriteKind;
use crate::store::organisers::{
    OrganiserAdded, OrganiserRecord, add_organiser, find_organiser, list_organisers as list_records,
    rename_organiser,
};
use domain::id::OrganiserId;
use domain::text::read_name;

/// Organisers on a page.
const ORGANISERS_PAGE_MAX: i64 = 100;

/// What an organiser is called.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrganiserNameBody {
    /// Its name.
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
}

/// An organiser.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct OrganiserBody {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

impl From<OrganiserRecord> for OrganiserBody {
    fn from(record: OrganiserRecord) -> Self {
        Self {
            id: record.id.to_string(),
            name: record.name,
            created_at: record.created_at,
        }
    }
}

/// A page of organisers.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrganisersPage {
    /// In the order in which they were made.
    pub organisers: Vec<OrganiserBody>,
    /// Where the next page begins; null on the last.
    #[schema(required)]
    pub next_after: Option<String>,
}

/// Which organisers are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OrganisersQuery {
    /// Most organisers on the page.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<i64>,
    /// What comes after the organiser of this id.
    #[param(pattern = "^org_[0-9a-f]{32}$")]
    pub after: Option<String>,
}

/// What became of an organiser to be made. Only one that was made is kept under an idempotency key.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Made {
    Organiser(OrganiserBody),
    #[serde(skip)]
    Refused(Problem),
}

/// Make an organiser.
///
/// Its plans, shows, orders and keys are its own: no other organiser sees or changes them. Make it a key of the role
/// `owner` next, with `POST /v1/keys`.
#[utoipa::path(tag = "keys", request_body = OrganiserNameBody, responses(
    (status = 201, description = "The organiser", body = OrganiserBody),
))]
#[post("/v1/organisers")]
pub async fn create_organiser(
    office: TheOffice,
    operator: Operator,
    key: KeyHeader,
    body: Json<OrganiserNameBody>,
) -> Result<HttpResponse, Problem> {
    let key = idempotency_key(&operator.0, key, "create_organiser", "", &body.0);
    let name = read_name(&body.name).ok_or_else(bad_name)?.to_owned();
    let add = move |connection: &mut _| {
        let id = OrganiserId(uuid::Uuid::new_v4().as_u128());
        let problem = match add_organiser(connection, id, name)? {
            OrganiserAdded::Now(record) => return Ok((Made::Organiser(record.into()), Keep::Done)),
            OrganiserAdded::TooMany => Problem::new(Code::TooManyOrganisers),
            OrganiserAdded::OldNodes => Problem::new(Code::Unavailable)
                .detail("nodes of the version before are up, which know of one organiser alone"),
        };
        Ok((Made::Refused(problem), Keep::Nothing))
    };
    match office
        .database
        .write_once(WriteKind::Organisers, key, add)
        .await?
    {
        Made::Organiser(body) => Ok(HttpResponse::Created()
            .insert_header(("Location", format!("/v1/organisers/{}", body.id)))
            .json(body)),
        Made::Refused(problem) => Err(problem),
    }
}

/// All organisers, page by page.
///
/// In the order in which they were made. The first one has been there from the beginning.
#[utoipa::path(tag = "keys", params(OrganisersQuery), responses(
    (status = 200, description = "A page of organisers", body = OrganisersPage),
))]
#[get("/v1/organisers")]
pub async fn list_organisers(
    office: TheOffice,
    _operator: Operator,
    query: Query<OrganisersQuery>,
) -> Result<HttpResponse, Problem> {
    let OrganisersQuery { limit, after } = query.into_inner();
    let limit = page_limit(limit, ORGANISERS_PAGE_MAX)?;
    let after = after.map(|id| id.parse::<OrganiserId>()).transpose();
    let after = after.map_err(|_not_an_id| Problem::bad_parameter("after", "is no organiser's id"))?;
    let read = move |connection: &mut _| Ok(list_records(connection, after, limit + 1)?);
    let mut organisers = office.database.read(read).await?;
    let next_after = cut_page(&mut organisers, limit).map(|organiser| organiser.id.to_string());
    let organisers = organisers.into_iter().map(OrganiserBody::from).collect();
    Ok(HttpResponse::Ok().json(OrganisersPage {
        organisers,
        next_after,
    }))
}

/// One organiser.
///
/// Any for the operator; itself for an organiser.
#[utoipa::path(tag = "keys", params(("organiser" = String, Path, description = "The organiser's id")), responses(
    (status = 200, description = "The organiser", body = OrganiserBody),
))]
#[get("/v1/organisers/{organiser}")]
pub async fn get_organiser(
    office: TheOffice,
    overseer: Overseer,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let id = read_id(&id)?;
    if overseer.organiser().is_some_and(|own| own != id) {
        return Err(missing());
    }
    let find = move |connection: &mut _| Ok(find_organiser(connection, id)?);
    let organiser = office.database.read(find).await?.ok_or_else(missing)?;
    Ok(HttpResponse::Ok().json(OrganiserBody::from(organiser)))
}

/// Rename an organiser.
///
/// What is its own stays its own.
#[utoipa::path(tag = "keys", request_body = OrganiserNameBody, params(("organiser" = String, Path, description = "The organiser's id")), responses(
    (status = 200, description = "The organiser as it is now", body = OrganiserBody),
))]
#[patch("/v1/organisers/{organiser}")]
pub async fn update_organiser(
    office: TheOffice,
    operator: Operator,
    key: KeyHeader,
    id: web::Path<String>,
    body: Json<OrganiserNameBody>,
) -> Result<HttpResponse, Problem> {
    let id = read_id(&id)?;
    let key = idempotency_key(&operator.0, key, "update_organiser", &id.to_string(), &body.0);
    let name = read_name(&body.name).ok_or_else(bad_name)?.to_owned();
    let rename = move |connection: &mut _| {
        let renamed = rename_organiser(connection, id, name)?.map(OrganiserBody::from);
        let keep = if renamed.is_some() {
            Keep::Done
        } else {
            Keep::Nothing
        };
        Ok((renamed, keep))
    };
    let write = office.database.write_once(WriteKind::Organisers, key, rename);
    Ok(HttpResponse::Ok().json(write.await?.ok_or_else(missing)?))
}

fn read_id(text: &str) -> Result<OrganiserId, Problem> {
    text.parse().map_err(|_not_an_id| missing())
}

fn missing() -> Problem {
    Problem::not_found("organiser")
}
