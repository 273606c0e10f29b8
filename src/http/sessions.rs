//! Buyers' sessions.

use actix_web::{HttpResponse, post};
use serde::Serialize;
use utoipa::ToSchema;

use super::extract::TheOffice;

/// A new session.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionBody {
    /// The session.
    pub session: String,
    /// Its bearer token. Whoever has it is the buyer; it can't be given out again.
    pub token: String,
}

/// Become a buyer.
#[utoipa::path(tag = "sessions", security(()), responses(
    (status = 201, description = "A new buyer's token", body = SessionBody),
))]
#[post("/v1/sessions")]
pub async fn create_session(office: TheOffice) -> HttpResponse {
    let (session, token) = office.identity.new_session();
    HttpResponse::Created().json(SessionBody {
        session: session.to_string(),
        token,
    })
}
