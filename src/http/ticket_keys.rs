//! The keys with which doors check the signatures of tickets.

use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use actix_web::{HttpResponse, get};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::extract::TheOffice;
use super::problem::Problem;
use crate::identity::TicketKey;

/// How tickets are signed.
const ALGORITHM: &str = "Ed25519";

/// A key with which the signatures of tickets are checked.
#[derive(Debug, Serialize, ToSchema)]
pub struct TicketKeyBody {
    /// What stands for it in a ticket's text.
    pub id: String,
    /// How it is used: `Ed25519` (RFC 8032).
    pub algorithm: String,
    /// The public key, 32 bytes in base64url without padding.
    pub public_key: String,
    /// When it was made; null if nobody knows any more.
    #[schema(required)]
    pub from: Option<DateTime<Utc>>,
    /// Whether tickets are signed with it now. A new key begins to be when it is a day old, so that doors have it before.
    pub signs: bool,
}

/// All of them.
#[derive(Debug, Serialize, ToSchema)]
pub struct TicketKeyListBody {
    /// From old to new. All are good: tickets are kept longer than keys sign.
    pub ticket_keys: Vec<TicketKeyBody>,
}

/// The keys with which the signatures of tickets are checked.
///
/// The text of a ticket's QR code is `BO1.KEY.SHOW.TICKET.CATEGORY.AREA.SIGNATURE`: what stands before the last point is signed with the key
/// of that id, and the signature is in base 32 (RFC 4648, no padding).
#[utoipa::path(tag = "tickets", responses(
    (status = 200, description = "The keys", body = TicketKeyListBody),
))]
#[get("/v1/ticket-keys")]
pub async fn list_ticket_keys(office: TheOffice) -> Result<HttpResponse, Problem> {
    let keys = office.identity.ticket_keys().into_iter().map(body_of);
    let body = TicketKeyListBody {
        ticket_keys: keys.collect(),
    };
    let mut response = HttpResponse::Ok();
    response.insert_header((CACHE_CONTROL, HeaderValue::from_static("public, max-age=60")));
    Ok(response.json(body))
}

fn body_of(key: TicketKey) -> TicketKeyBody {
    TicketKeyBody {
        id: key.version.to_string(),
        algorithm: ALGORITHM.to_owned(),
        public_key: BASE64_URL_SAFE_NO_PAD.encode(key.public),
        from: key
            .made_at
            .and_then(|seconds| DateTime::from_timestamp(seconds, 0)),
        signs: key.signs,
    }
}
