//! Organisers' keys: made, listed, replaced, revoked. The key itself is told once, to whoever has it made.

use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, delete, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::bodies::key::{KeyBody, KeyRotationBody, KeysPage, MadeKeyBody, NewKeyBody};
use super::body::Json;
use super::caller::{KeyKeeper, bearer_token};
use super::change::idempotency_key;
use super::extract::{KeyHeader, TheOffice};
use super::page::{cut_page, page_limit};
use super::problem::{Code, Problem};
use super::query::Query;
use crate::identity::{new_organiser_key, organiser_key_digest, prefix_of};
use crate::office::Office;
use crate::store::batch::IdempotencyKey;
use crate::store::claim::Keep;
use crate::store::database::WriteKind;
use crate::store::error::StoreError;
use crate::store::keys::rotation::{OVERLAP_SECONDS_MAX, Rotated, Rotation, rotate_key as rotate_record};
use crate::store::keys::{
    Added, KeyRecord, LastKey, Lifetime, NewKey, Revoked, add_key, find_key, list_keys as list_records,
    revoke_key as revoke_record,
};
use domain::id::OrganiserId;
use domain::key::{KeyId, Role};
use domain::text::{NAME_CHARS_MAX, read_name};

/// Keys on a page.
const KEYS_PAGE_MAX: i64 = 100;

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
/// node that answers accepts it at once, all others within a second. An organiser makes keys of its own; the operator
/// makes those of any organiser, and its own.
#[utoipa::path(tag = "keys", request_body = NewKeyBody, responses(
    (status = 201, description = "The key", body = MadeKeyBody),
))]
#[post("/v1/keys")]
pub async fn create_key(
    office: TheOffice,
    keeper: KeyKeeper,
    key: KeyHeader,
    request: HttpRequest,
    body: Json<NewKeyBody>,
) -> Result<HttpResponse, Problem> {
    let claimed = idempotency_key(&keeper.0, key, "create_key", "", &body.0);
    let name = read_name(&body.name).ok_or_else(bad_name)?;
    let role = body.role.map_or(Role::Owner, Role::from);
    let organiser = read_organiser(keeper.organiser(), role, body.organiser.as_deref())?;
    let coming = Coming::prepare(&office, &request, claimed.as_ref());
    let new = NewKey {
        id: coming.id,
        digest: organiser_key_digest(&coming.text).map_err(StoreError::internal)?,
        organiser,
        prefix: Some(prefix_of(&coming.text)),
        name: name.to_owned(),
        role,
        lifetime: body.expires_at.map_or(Lifetime::Endless, Lifetime::Until),
    };
    let add = move |connection: &mut _| {
        Ok(match add_key(connection, new)? {
            Added::Now(record) => (Made::Key(record.id.to_string()), Keep::Done),
            Added::TooMany => refuse(Problem::new(Code::TooManyKeys)),
            Added::Ended => refuse(Problem::invalid("/expires_at", "must be in the future")),
            Added::NoOrganiser => refuse(Problem::invalid("/organiser", "there is no such organiser")),
        })
    };
    let write = office.database.write_once(WriteKind::Organisers, claimed, add);
    coming.answer(&office, &request, write.await?).await
}

/// Says how a name of a key or an organiser has to be.
pub fn bad_name() -> Problem {
    let detail = format!("must be 1 to {NAME_CHARS_MAX} printable characters");
    Problem::invalid("/name", detail)
}

/// Whose a new key is to be; `None` for the operator's.
fn read_organiser(
    keeper: Option<OrganiserId>,
    role: Role,
    named: Option<&str>,
) -> Result<Option<OrganiserId>, Problem> {
    let bad = |detail: &str| Problem::invalid("/organiser", detail);
    let named = named.map(|text| {
        let id = text.parse::<OrganiserId>();
        id.map_err(|_not_an_id| bad("is no organiser's id"))
    });
    let named = named.transpose()?;
    match (keeper, role, named) {
        (Some(_), Role::Operator, _) => {
            Err(Problem::new(Code::Forbidden).detail("only the operator makes keys of the role operator"))
        }
        (Some(own), _, Some(named)) if named != own => Err(bad("must be your own, or left out")),
        (Some(own), ..) => Ok(Some(own)),
        (None, Role::Operator, Some(_)) => Err(bad("must be left out: the operator's key is for all")),
        (None, Role::Operator, None) => Ok(None),
        (None, _, None) => Err(bad("must be named")),
        (None, _, named) => Ok(named),
    }
}

/// A key that is about to be made.
struct Coming {
    id: KeyId,
    text: String,
}

/// What became of it. What is kept under an idempotency key is the id alone.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Made {
    Key(String),
    #[serde(skip)]
    Refused(Problem),
}

fn refuse(problem: Problem) -> (Made, Keep) {
    (Made::Refused(problem), Keep::Nothing)
}

impl Coming {
    /// Random; or, for a request that can be repeated, such that it can be told again.
    fn prepare(office: &Office, request: &HttpRequest, claimed: Option<&IdempotencyKey>) -> Self {
        let id = KeyId(uuid::Uuid::new_v4().as_u128());
        let text = match claimed {
            Some(_) => made_text(office, request, id),
            None => new_organiser_key(),
        };
        Self { id, text }
    }

    /// Tells the key that was made. An earlier request under the same idempotency key may have made another one.
    async fn answer(
        self,
        office: &Office,
        request: &HttpRequest,
        made: Made,
    ) -> Result<HttpResponse, Problem> {
        let made = match made {
            Made::Key(id) => id,
            Made::Refused(problem) => return Err(problem),
        };
        // All nodes read it soon; this one should know it already.
        let _away = office.keys.refresh().await.is_err();
        let record = find_made(office, made).await?;
        let text = match record.id == self.id {
            true => self.text,
            false => made_text(office, request, record.id),
        };
        Ok(HttpResponse::Created()
            .insert_header(("Location", format!("/v1/keys/{}", record.id)))
            .json(MadeKeyBody::of(record, text)))
    }
}

fn made_text(office: &Office, request: &HttpRequest, id: KeyId) -> String {
    let maker = bearer_token(request).unwrap_or_default();
    office.identity.made_organiser_key(maker, id)
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

/// Replace a key.
///
/// By a new one of the same name, role, organiser and end, which is told as that of `POST /v1/keys` is. The old one
/// goes on for `overlap_seconds`, in which everybody who has it is given the new one.
#[utoipa::path(tag = "keys", request_body = KeyRotationBody, params(("key" = String, Path, description = "The key's id")), responses(
    (status = 201, description = "The new key", body = MadeKeyBody),
))]
#[post("/v1/keys/{key}/rotation")]
pub async fn rotate_key(
    office: TheOffice,
    keeper: KeyKeeper,
    claimed: KeyHeader,
    key: web::Path<String>,
    request: HttpRequest,
    body: Json<KeyRotationBody>,
) -> Result<HttpResponse, Problem> {
    let missing = || Problem::not_found("key");
    let former = key.parse::<KeyId>().map_err(|_not_an_id| missing())?;
    let claimed = idempotency_key(&keeper.0, claimed, "rotate_key", &former.to_string(), &body.0);
    let overlap = u64::try_from(body.overlap_seconds).ok();
    let overlap = overlap.filter(|seconds| *seconds <= OVERLAP_SECONDS_MAX);
    let overlap = overlap.ok_or_else(|| {
        let detail = format!("must be 0 to {OVERLAP_SECONDS_MAX}");
        Problem::invalid("/overlap_seconds", detail)
    })?;
    let coming = Coming::prepare(&office, &request, claimed.as_ref());
    let rotation = Rotation {
        former,
        of: keeper.organiser(),
        id: coming.id,
        digest: organiser_key_digest(&coming.text).map_err(StoreError::internal)?,
        prefix: prefix_of(&coming.text),
        overlap: Duration::from_secs(overlap),
    };
    let rotate = move |connection: &mut _| {
        Ok(match rotate_record(connection, rotation)? {
            Rotated::Done(record) => (Made::Key(record.id.to_string()), Keep::Done),
            Rotated::TooMany => refuse(Problem::new(Code::TooManyKeys)),
            Rotated::Ended => refuse(Problem::new(Code::KeyEnded)),
            Rotated::FromSettings => refuse(Problem::new(Code::KeyFromSettings)),
            Rotated::NotFound => refuse(missing()),
        })
    };
    let write = office.database.write_once(WriteKind::Organisers, claimed, rotate);
    coming.answer(&office, &request, write.await?).await
}

/// All keys, page by page.
///
/// In the order in which they were made, those that have ended too. The keys themselves are not told. An organiser
/// sees its own, the operator all.
#[utoipa::path(tag = "keys", params(KeysQuery), responses(
    (status = 200, description = "A page of keys", body = KeysPage),
))]
#[get("/v1/keys")]
pub async fn list_keys(
    office: TheOffice,
    keeper: KeyKeeper,
    query: Query<KeysQuery>,
) -> Result<HttpResponse, Problem> {
    let KeysQuery { limit, after } = query.into_inner();
    let limit = page_limit(limit, KEYS_PAGE_MAX)?;
    let after = after.map(|id| id.parse::<KeyId>()).transpose();
    let after = after.map_err(|_not_an_id| Problem::bad_parameter("after", "is no key's id"))?;
    let organiser = keeper.organiser();
    let read = move |connection: &mut _| Ok(list_records(connection, organiser, after, limit + 1)?);
    let mut keys = office.database.read(read).await?;
    let next_after = cut_page(&mut keys, limit).map(|key| key.id.to_string());
    let keys = keys.into_iter().map(KeyBody::from).collect();
    Ok(HttpResponse::Ok().json(KeysPage { keys, next_after }))
}

/// Revoke a key, for ever.
///
/// No node accepts it after a second. To revoke twice is to revoke once. The last owner's key of an organiser stays.
#[utoipa::path(tag = "keys", params(("key" = String, Path, description = "The key's id")), responses(
    (status = 204, description = "The key is revoked"),
))]
#[delete("/v1/keys/{key}")]
pub async fn revoke_key(
    office: TheOffice,
    keeper: KeyKeeper,
    claimed: KeyHeader,
    key: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let missing = || Problem::not_found("key");
    let id = key.parse::<KeyId>().map_err(|_not_an_id| missing())?;
    let claimed = idempotency_key(&keeper.0, claimed, "revoke_key", &id.to_string(), &());
    let organiser = keeper.organiser();
    let revoke = move |connection: &mut _| {
        let revoked = revoke_record(connection, organiser, id, LastKey::Stays)?;
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
