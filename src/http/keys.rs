//! Organisers' keys: made, listed, revoked. The key itself is told once, to whoever has it made.

use actix_web::{HttpRequest, HttpResponse, delete, get, post, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::body::Json;
use super::caller::{Organiser, bearer_token};
use super::change::idempotency_key;
use super::extract::{KeyHeader, TheOffice};
use super::page::{cut_page, page_limit};
use super::problem::{Code, Problem};
use super::query::Query;
use crate::identity::{new_organiser_key, organiser_key_digest};
use crate::office::Office;
use crate::store::claim::Keep;
use crate::store::database::WriteKind;
use crate::store::error::StoreError;
use crate::store::keys::{
    Added, KeyRecord, LastKey, Lifetime, NewKey, Revoked, add_key, find_key, list_keys as list_records,
    revoke_key as revoke_record,
};
use domain::key::{KEY_NAME_CHARS_MAX, KeyId, Role, read_key_name};

/// Keys on a page.
const KEYS_PAGE_MAX: i64 = 100;

/// What a key is for.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RoleBody {
    /// Everything.
    All,
    /// To check tickets in, and nothing else.
    Door,
}

impl From<RoleBody> for Role {
    fn from(role: RoleBody) -> Self {
        match role {
            RoleBody::All => Self::All,
            RoleBody::Door => Self::Door,
        }
    }
}

/// A key to be made.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewKeyBody {
    /// What it is called.
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    /// What it is for; `all`, if left out.
    #[serde(default)]
    pub role: Option<RoleBody>,
    /// When it ends; never, if left out.
    #[serde(default, deserialize_with = "super::bodies::time::read_optional")]
    pub expires_at: Option<DateTime<Utc>>,
}

/// A key that has just been made.
#[derive(Debug, Serialize, ToSchema)]
pub struct MadeKeyBody {
    /// What it is called where the key itself must not be told.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it is for.
    #[schema(value_type = RoleBody)]
    pub role: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it ends; null if it doesn't.
    #[schema(required)]
    pub expires_at: Option<DateTime<Utc>>,
    /// The key. It can't be told again.
    pub key: String,
}

/// A key, as it is listed.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeyBody {
    /// What it is called where the key itself must not be told.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it is for.
    #[schema(value_type = RoleBody)]
    pub role: String,
    /// Whether it is the one that nodes are started with, or was until another one replaced it.
    pub is_from_settings: bool,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it ends; null if it doesn't.
    #[schema(required)]
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was revoked; null if it wasn't.
    #[schema(required)]
    pub revoked_at: Option<DateTime<Utc>>,
    /// When it was used for the last time, a minute or so ago; null if it never was.
    #[schema(required)]
    pub last_used_at: Option<DateTime<Utc>>,
}

/// A page of keys.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeysPage {
    /// In the order in which they were made, those that have ended too.
    pub keys: Vec<KeyBody>,
    /// Where the next page begins; null on the last.
    #[schema(required)]
    pub next_after: Option<String>,
}

/// Which keys are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct KeysQuery {
    /// Most keys on the page.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<i64>,
    /// What comes after the key of this id.
    #[param(pattern = "^key_[0-9a-f]{32}$")]
    pub after: Option<String>,
}

/// Make a key.
///
/// It is told in this answer, and again only to whoever repeats the request with the same `Idempotency-Key`. The
/// node that answers accepts it at once, all others within a second.
#[utoipa::path(tag = "keys", request_body = NewKeyBody, responses(
    (status = 201, description = "The key", body = MadeKeyBody),
))]
#[post("/v1/keys")]
pub async fn create_key(
    office: TheOffice,
    organiser: Organiser,
    key: KeyHeader,
    request: HttpRequest,
    body: Json<NewKeyBody>,
) -> Result<HttpResponse, Problem> {
    let claimed = idempotency_key(&organiser.0, key, "create_key", "", &body.0);
    let name = read_key_name(&body.name).ok_or_else(|| {
        let detail = format!("must be 1 to {KEY_NAME_CHARS_MAX} printable characters");
        Problem::invalid("/name", detail)
    })?;
    let maker = bearer_token(&request).unwrap_or_default();
    let id = KeyId(uuid::Uuid::new_v4().as_u128());
    let text = match &claimed {
        Some(_) => office.identity.made_organiser_key(maker, id),
        None => new_organiser_key(),
    };
    let new = NewKey {
        id,
        digest: organiser_key_digest(&text).map_err(StoreError::internal)?,
        name: name.to_owned(),
        role: body.role.map_or(Role::All, Role::from),
        lifetime: body.expires_at.map_or(Lifetime::Endless, Lifetime::Until),
    };
    let add = move |connection: &mut _| {
        Ok(match add_key(connection, new)? {
            Added::Now(record) => (Made::Key(record.id.to_string()), Keep::Done),
            Added::TooMany => (Made::TooMany, Keep::Nothing),
            Added::Ended => (Made::Ended, Keep::Nothing),
        })
    };
    let write = office.database.write_once(WriteKind::Organisers, claimed, add);
    match write.await? {
        Made::Key(made_id) => {
            // All nodes read it soon; this one should know it already.
            let _away = office.keys.refresh().await.is_err();
            let record = find_made(&office, made_id).await?;
            // An earlier request under the same key may have made it.
            let text = if record.id == id {
                text
            } else {
                office.identity.made_organiser_key(maker, record.id)
            };
            Ok(made(record, text))
        }
        Made::Ended => Err(Problem::invalid("/expires_at", "must be in the future")),
        Made::TooMany => Err(Problem::new(Code::TooManyKeys)),
    }
}

/// What became of a key to be made. What is kept under an idempotency key is the id alone.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Made {
    Key(String),
    #[serde(skip)]
    Ended,
    #[serde(skip)]
    TooMany,
}

fn made(record: KeyRecord, key: String) -> HttpResponse {
    HttpResponse::Created()
        .insert_header(("Location", format!("/v1/keys/{}", record.id)))
        .json(MadeKeyBody {
            id: record.id.to_string(),
            name: record.name,
            role: record.role,
            created_at: record.created_at,
            expires_at: record.expires_at,
            key,
        })
}

/// The key that an earlier request has made.
async fn find_made(office: &Office, id: String) -> Result<KeyRecord, Problem> {
    let id = id
        .parse::<KeyId>()
        .map_err(|_not_an_id| StoreError::internal("an answer names no key"))?;
    let find = move |connection: &mut _| Ok(find_key(connection, id)?);
    let record = office.database.read(find).await?;
    record.ok_or_else(|| StoreError::internal("an answer names a key that is not there").into())
}

/// All keys, page by page.
///
/// In the order in which they were made, those that have ended too. The keys themselves are not told.
#[utoipa::path(tag = "keys", params(KeysQuery), responses(
    (status = 200, description = "A page of keys", body = KeysPage),
))]
#[get("/v1/keys")]
pub async fn list_keys(
    office: TheOffice,
    _organiser: Organiser,
    query: Query<KeysQuery>,
) -> Result<HttpResponse, Problem> {
    let KeysQuery { limit, after } = query.into_inner();
    let limit = page_limit(limit, KEYS_PAGE_MAX)?;
    let after = after.map(|id| id.parse::<KeyId>()).transpose();
    let after = after.map_err(|_not_an_id| Problem::bad_parameter("after", "is no key's id"))?;
    let read = move |connection: &mut _| Ok(list_records(connection, after, limit + 1)?);
    let mut keys = office.database.read(read).await?;
    let next_after = cut_page(&mut keys, limit).map(|key| key.id.to_string());
    let keys = keys.into_iter().map(body_of).collect();
    Ok(HttpResponse::Ok().json(KeysPage { keys, next_after }))
}

fn body_of(record: KeyRecord) -> KeyBody {
    KeyBody {
        id: record.id.to_string(),
        name: record.name,
        role: record.role,
        is_from_settings: record.is_from_settings,
        created_at: record.created_at,
        expires_at: record.expires_at,
        revoked_at: record.revoked_at,
        last_used_at: record.last_used_at,
    }
}

/// Revoke a key, for ever.
///
/// No node accepts it after a second. To revoke twice is to revoke once. The last key that may do everything stays.
#[utoipa::path(tag = "keys", params(("key" = String, Path, description = "The key's id")), responses(
    (status = 204, description = "The key is revoked"),
))]
#[delete("/v1/keys/{key}")]
pub async fn revoke_key(
    office: TheOffice,
    organiser: Organiser,
    claimed: KeyHeader,
    key: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let missing = || Problem::not_found("key");
    let id = key.parse::<KeyId>().map_err(|_not_an_id| missing())?;
    let claimed = idempotency_key(&organiser.0, claimed, "revoke_key", &id.to_string(), &());
    let revoke = move |connection: &mut _| {
        let revoked = revoke_record(connection, id, LastKey::Stays)?;
        let keep = match revoked {
            Revoked::Done => Keep::Done,
            Revoked::IsLast => Keep::Refusal,
            Revoked::NotFound => Keep::Nothing,
        };
        Ok((revoked, keep))
    };
    let write = office.database.write_once(WriteKind::Organisers, claimed, revoke);
    match write.await? {
        Revoked::Done => {
            // All nodes read it soon; this one should know it already.
            let _away = office.keys.refresh().await.is_err();
            Ok(HttpResponse::NoContent().finish())
        }
        Revoked::IsLast => Err(Problem::new(Code::LastKey)),
        Revoked::NotFound => Err(missing()),
    }
}
