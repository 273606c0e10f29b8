//! What handlers take from a request, each with an error that names its field.

use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use futures_util::FutureExt;
use futures_util::future::{LocalBoxFuture, Ready, ready};

use super::problem::{Code, Problem};
use crate::identity::Caller;
use crate::office::Office;
use domain::id::{SessionId, ShowId};
use domain::show::Show;

/// Longest idempotency key, in characters.
pub const IDEMPOTENCY_KEY_CHARS_MAX: usize = 255;
/// Largest JSON body except a plan's, in bytes.
pub const BODY_BYTES_MAX: usize = 256 * 1_024;
/// Largest plan, in bytes.
pub const PLAN_BYTES_MAX: usize = 32 * 1_024 * 1_024;

/// The node, as handlers see it.
pub type TheOffice = web::Data<Office>;

impl FromRequest for Caller {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _body: &mut Payload) -> Self::Future {
        let header = request
            .headers()
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok());
        let token = header
            .and_then(|value| value.strip_prefix("Bearer "))
            .map(str::trim);
        let office = request.app_data::<TheOffice>();
        let caller = token
            .zip(office)
            .and_then(|(token, office)| office.identity.caller(token));
        ready(caller.ok_or_else(|| Problem::new(Code::Unauthorized)))
    }
}

impl Caller {
    /// The buyer's session; organisers have none.
    pub fn buyer(self) -> Result<SessionId, Problem> {
        match self {
            Self::Buyer(session) => Ok(session),
            Self::Organiser(_) => {
                Err(Problem::new(Code::Forbidden).detail("a buyer's token is needed, not a key"))
            }
        }
    }

    /// Refuses buyers.
    pub fn organiser(self) -> Result<(), Problem> {
        match self {
            Self::Organiser(_) => Ok(()),
            Self::Buyer(_) => Err(Problem::new(Code::Forbidden).detail("an organiser's key is needed")),
        }
    }
}

/// The `Idempotency-Key` header, if there is one.
pub struct KeyHeader(pub Option<String>);

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
                Err(Problem::new(Code::BadRequest)
                    .field("Idempotency-Key")
                    .detail(detail))
            }
        })
    }
}

/// A body as it came, of limited size: one that may be missing, or whose signature is over its bytes.
pub struct RawBody(pub web::Bytes);

impl FromRequest for RawBody {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, body: &mut Payload) -> Self::Future {
        let body = web::Payload::from_request(request, body).into_inner();
        async move {
            let body = body.map_err(|_never| unread())?;
            read_bytes(body, BODY_BYTES_MAX).await.map(Self)
        }
        .boxed_local()
    }
}

/// A plan's document. Larger than other bodies, and read by the importer, which knows two formats.
pub struct PlanText(pub String);

impl FromRequest for PlanText {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, body: &mut Payload) -> Self::Future {
        let is_json = request.content_type().eq_ignore_ascii_case("application/json");
        let body = web::Payload::from_request(request, body).into_inner();
        async move {
            if !is_json {
                return Err(Problem::new(Code::UnsupportedMediaType));
            }
            let body = body.map_err(|_never| unread())?;
            let bytes = read_bytes(body, PLAN_BYTES_MAX).await?;
            String::from_utf8(bytes.into())
                .map(Self)
                .map_err(|_not_utf8| unread().detail("the body is not UTF-8"))
        }
        .boxed_local()
    }
}

async fn read_bytes(body: web::Payload, bytes_max: usize) -> Result<web::Bytes, Problem> {
    let bytes = body.to_bytes_limited(bytes_max).await;
    let bytes = bytes.map_err(|_too_large| {
        Problem::new(Code::TooLarge).detail(format!("the body may have {bytes_max} bytes at most"))
    })?;
    bytes.map_err(|_broken| unread().detail("the body could not be read"))
}

fn unread() -> Problem {
    Problem::new(Code::BadRequest).field("body")
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

/// Bodies: JSON alone, of limited size.
pub fn json_config(bytes_max: usize) -> web::JsonConfig {
    web::JsonConfig::default()
        .limit(bytes_max)
        .content_type_required(true)
        .error_handler(|error, _request| {
            use actix_web::error::JsonPayloadError as E;
            let problem = match &error {
                E::OverflowKnownLength { limit, .. } | E::Overflow { limit } => {
                    Problem::new(Code::TooLarge).detail(format!("the body may have {limit} bytes at most"))
                }
                E::ContentType => Problem::new(Code::UnsupportedMediaType),
                E::Deserialize(error) if error.is_data() => Problem::new(Code::Invalid)
                    .field("body")
                    .detail(error.to_string()),
                E::Deserialize(error) => Problem::new(Code::BadRequest)
                    .field("body")
                    .detail(error.to_string()),
                _ => Problem::new(Code::BadRequest)
                    .field("body")
                    .detail("the body could not be read"),
            };
            problem.into()
        })
}

/// Query strings.
pub fn query_config() -> web::QueryConfig {
    web::QueryConfig::default().error_handler(|error, _request| {
        Problem::new(Code::BadRequest)
            .field("query")
            .detail(error.to_string())
            .into()
    })
}

/// Path segments.
pub fn path_config() -> web::PathConfig {
    web::PathConfig::default().error_handler(|_error, _request| Problem::not_found("resource").into())
}
