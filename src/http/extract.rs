//! What handlers take from a request, each with an error that names its field.

use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use futures_util::future::{Ready, ready};

use super::problem::Problem;
use crate::office::Office;
use domain::id::{OrganiserId, ShowId};
use domain::show::Show;

/// Longest idempotency key, in characters.
pub const IDEMPOTENCY_KEY_CHARS_MAX: usize = 255;

/// The node, as handlers see it.
pub type TheOffice = web::Data<Office>;

/// The `Idempotency-Key` header, if there is one.
pub struct KeyHeader(
    /// The same key gets the same answer.
    pub Option<String>,
);

impl FromRequest for KeyHeader {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _body: &mut Payload) -> Self::Future {
        let Some(value) = request.headers().get("Idempotency-Key") else {
            return ready(Ok(Self(None)));
        };
        let key = value
            .to_str()
            .ok()
            .filter(|key| (1..=IDEMPOTENCY_KEY_CHARS_MAX).contains(&key.len()));
        ready(match key {
            Some(key) => Ok(Self(Some(key.to_owned()))),
            None => {
                let detail = format!("must be 1 to {IDEMPOTENCY_KEY_CHARS_MAX} printable ASCII characters");
                Err(Problem::bad_parameter("Idempotency-Key", detail))
            }
        })
    }
}

/// A show's id in a path.
pub fn show_id(text: &str) -> Result<ShowId, Problem> {
    text.parse().map_err(|_not_an_id| Problem::not_found("show"))
}

/// The show whose id stands in a path.
pub async fn find_show(office: &Office, id: &str) -> Result<Arc<Show>, Problem> {
    office
        .shows
        .show(show_id(id)?)
        .await?
        .ok_or_else(|| Problem::not_found("show"))
}

/// The show whose id stands in a path, if it is this organiser's. Another's is to it as if it were not there.
pub async fn find_own_show(office: &Office, organiser: OrganiserId, id: &str) -> Result<Arc<Show>, Problem> {
    let show = find_show(office, id).await?;
    match show.organiser == organiser {
        true => Ok(show),
        false => Err(Problem::not_found("show")),
    }
}

/// Path segments.
pub fn path_config() -> web::PathConfig {
    web::PathConfig::default().error_handler(|_error, _request| Problem::not_found("resource").into())
}
