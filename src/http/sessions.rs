//! Buyers' sessions.

use std::time::{SystemTime, UNIX_EPOCH};

use std::sync::Arc;

use actix_web::{HttpResponse, post};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::{Raw, read_optional_json};
use super::client::Client;
use super::extract::{KeyHeader, TheOffice};
use super::problem::{Code, Problem};
use crate::identity::read_grant;
use crate::office::Office;
use crate::shares::Kind;
use domain::id::SessionId;

/// Shortest idempotency key under which a session is given out: it is as good as the token.
pub const SESSION_KEY_CHARS_MIN: usize = 20;

/// What a session is asked for with.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSessionBody {
    /// Where the operator's front gives sessions out: its grant, a JSON Web Token. The same grant gets the same session.
    #[serde(default)]
    #[schema(max_length = 2000)]
    pub grant: Option<String>,
}

/// A new session.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionBody {
    /// The session.
    pub session: String,
    /// Its bearer token. Whoever has it is the buyer; it can't be given out again.
    pub token: String,
}

/// Become a buyer.
///
/// The token that is answered is the session: keep it. It is given again only to whoever repeats the request on the same day
/// with the same `Idempotency-Key`, which nobody must be able to guess, so one of 20 characters or more, such as a random
/// UUID. Where an operator's own front gives sessions out, its grant is needed, and is the key.
#[utoipa::path(tag = "sessions",
    request_body(content = Option<NewSessionBody>, description = "Nothing, unless the operator's front gives sessions out"), responses(
    (status = 201, description = "A new buyer's token", body = SessionBody),
))]
#[post("/v1/sessions")]
pub async fn create_session(
    office: TheOffice,
    client: Client,
    key: KeyHeader,
    body: Raw,
) -> Result<HttpResponse, Problem> {
    let body: Option<NewSessionBody> = read_optional_json(&body.0)?;
    let (session, token) = match body.and_then(|body| body.grant) {
        Some(grant) => take_grant(&office, &grant)?,
        None if office.config.session_issuer_key.is_some() => {
            return Err(Problem::new(Code::Forbidden)
                .field("/grant")
                .detail("sessions are given out with a grant of the operator's front"));
        }
        None => {
            let key = key.0.map(guard_key).transpose()?;
            client.take(&office.shares, Kind::SessionsOfOrigin)?;
            key.map_or_else(
                || office.identity.new_session(),
                |key| office.identity.keyed_session(&key),
            )
        }
    };
    Ok(HttpResponse::Created().json(SessionBody {
        session: session.to_string(),
        token,
    }))
}

/// A key that two buyers might think of would make them one.
fn guard_key(key: Arc<str>) -> Result<Arc<str>, Problem> {
    if key.len() < SESSION_KEY_CHARS_MIN {
        let detail = format!(
            "for a session it must be one that nobody can guess, of {SESSION_KEY_CHARS_MIN} characters or more, such as a random UUID"
        );
        return Err(Problem::bad_parameter("Idempotency-Key", detail));
    }
    Ok(key)
}

fn take_grant(office: &Office, grant: &str) -> Result<(SessionId, String), Problem> {
    let key = office.config.session_issuer_key.as_ref();
    let no_front = || Problem::invalid("/grant", "this office takes no grants");
    let key = key.ok_or_else(no_front)?.expose_secret();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    let name = read_grant(key.as_bytes(), grant, now).map_err(|error| {
        Problem::new(Code::Forbidden)
            .field("/grant")
            .detail(error.to_string())
    })?;
    Ok(office.identity.issued_session(&name))
}
