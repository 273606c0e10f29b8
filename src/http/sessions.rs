//! Buyers' sessions.

use std::time::{SystemTime, UNIX_EPOCH};

use actix_web::{HttpResponse, post};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::{Raw, read_optional_json};
use super::client::Client;
use super::extract::TheOffice;
use super::problem::{Code, Problem};
use crate::identity::read_grant;
use crate::office::Office;
use crate::shares::Kind;
use domain::id::SessionId;

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
/// The token that is answered is the session: keep it, as nobody can be given it again. Where an operator's own
/// front gives sessions out, its grant is needed.
#[utoipa::path(tag = "sessions",
    request_body(content = Option<NewSessionBody>, description = "Nothing, unless the operator's front gives sessions out"), responses(
    (status = 201, description = "A new buyer's token", body = SessionBody),
))]
#[post("/v1/sessions")]
pub async fn create_session(office: TheOffice, client: Client, body: Raw) -> Result<HttpResponse, Problem> {
    let body: Option<NewSessionBody> = read_optional_json(&body.0)?;
    let (session, token) = match body.and_then(|body| body.grant) {
        Some(grant) => take_grant(&office, &grant)?,
        None if office.config.session_issuer_key.is_some() => {
            return Err(Problem::new(Code::Forbidden)
                .field("/grant")
                .detail("sessions are given out with a grant of the operator's front"));
        }
        None => {
            client.take(&office.shares, Kind::SessionsOfOrigin)?;
            office.identity.new_session()
        }
    };
    Ok(HttpResponse::Created().json(SessionBody {
        session: session.to_string(),
        token,
    }))
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
