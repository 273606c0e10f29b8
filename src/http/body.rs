//! Bodies of requests: of limited size each, and of limited size together. What is read of them is counted until it is
//! parsed, so that however many clients send at a time, their bodies take no more memory than is set aside here.

use std::ops::Deref;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING};
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use bytes::{Bytes, BytesMut};
use futures_util::future::LocalBoxFuture;
use futures_util::{FutureExt, StreamExt};
use serde::de::DeserializeOwned;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::json::{self, Fault};
use super::problem::{Code, Problem};

/// Largest body except a plan, in bytes.
const BODY_BYTES_MAX: usize = 256 * 1_024;
/// Largest plan, in bytes.
const PLAN_BYTES_MAX: usize = 32 * 1_024 * 1_024;

/// Bytes of all bodies, except plans, that are being read: more than the connections of one address can send.
const BODIES_BYTES_MAX: usize = 384 * 1_024 * 1_024;
/// Plans that are uploaded at a time.
const UPLOADS_MAX: usize = 4;

/// Memory for bodies, of all workers.
#[derive(Clone)]
pub struct Bodies {
    bytes: Arc<Semaphore>,
    uploads: Arc<Semaphore>,
}

impl Default for Bodies {
    fn default() -> Self {
        Self {
            bytes: Arc::new(Semaphore::new(BODIES_BYTES_MAX)),
            uploads: Arc::new(Semaphore::new(UPLOADS_MAX)),
        }
    }
}

/// What was read, with its part of the memory set aside.
struct Read {
    bytes: Bytes,
    _permit: Option<OwnedSemaphorePermit>,
}

impl Bodies {
    /// Reads a body of [`BODY_BYTES_MAX`] at most.
    async fn read(&self, mut body: web::Payload) -> Result<Read, Problem> {
        let (mut bytes, mut permit) = (BytesMut::new(), None::<OwnedSemaphorePermit>);
        while let Some(chunk) = body.next().await {
            let chunk = chunk.map_err(|_broken| unread().detail("the body could not be read"))?;
            if bytes.len() + chunk.len() > BODY_BYTES_MAX {
                return Err(too_large(BODY_BYTES_MAX));
            }
            let more = u32::try_from(chunk.len()).unwrap_or(u32::MAX);
            let more = self.bytes.clone().try_acquire_many_owned(more);
            let more = more.map_err(|_full| Problem::new(Code::Busy))?;
            match &mut permit {
                Some(permit) => permit.merge(more),
                None => permit = Some(more),
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(Read {
            bytes: bytes.freeze(),
            _permit: permit,
        })
    }

    fn of(request: &HttpRequest) -> Result<Self, Problem> {
        let bodies = request.app_data::<Self>();
        bodies.cloned().ok_or_else(|| Problem::new(Code::Internal))
    }
}

/// A body in JSON. It is passed on more often than it is read, so only where it lies is.
pub struct Json<T>(pub Box<T>);

impl<T> Deref for Json<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for Json<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, body: &mut Payload) -> Self::Future {
        let body = unread_body(request, body, BODY_BYTES_MAX);
        let is_json = refuse_other_than_json(request);
        async move {
            let (bodies, body) = body?;
            is_json?;
            let read = bodies.read(body).await?;
            read_json(&read.bytes).map(|read| Self(Box::new(read)))
        }
        .boxed_local()
    }
}

/// A body that may be missing, or whose signature is over its bytes.
pub struct Raw(pub Bytes);

impl FromRequest for Raw {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, body: &mut Payload) -> Self::Future {
        let body = unread_body(request, body, BODY_BYTES_MAX);
        async move {
            let (bodies, body) = body?;
            Ok(Self(bodies.read(body).await?.bytes))
        }
        .boxed_local()
    }
}

/// A plan's document. Larger than other bodies, a few at a time, and read by the importer, which knows two formats.
pub struct PlanText {
    /// The document.
    pub text: String,
    /// Lets the next one in when the plan is read.
    _upload: OwnedSemaphorePermit,
}

impl FromRequest for PlanText {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, body: &mut Payload) -> Self::Future {
        let body = unread_body(request, body, PLAN_BYTES_MAX);
        let is_json = refuse_other_than_json(request);
        async move {
            let (bodies, body) = body?;
            is_json?;
            let upload = bodies.uploads.clone().try_acquire_owned();
            let busy = |_full| Problem::new(Code::Busy).detail("too many plans are uploaded at a time");
            let upload = upload.map_err(busy)?;
            // The permit counts for it.
            let bytes = body.to_bytes_limited(PLAN_BYTES_MAX).await;
            let bytes = bytes.map_err(|_too_large| too_large(PLAN_BYTES_MAX))?;
            let bytes = bytes.map_err(|_broken| unread().detail("the body could not be read"))?;
            let text = String::from_utf8(bytes.into());
            let text = text.map_err(|_not_utf8| unread().detail("the body is not UTF-8"))?;
            Ok(Self {
                text,
                _upload: upload,
            })
        }
        .boxed_local()
    }
}

/// JSON, or a problem that says what it should have been.
pub fn read_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    json::read(bytes).map_err(|fault| at_fault(&fault, Code::Invalid))
}

/// The same of a body that may be missing, or `null`.
pub fn read_optional_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<Option<T>, Problem> {
    match bytes {
        b"" => Ok(None),
        bytes => read_json(bytes),
    }
}

/// A fault of a body as a problem: of this code, unless the body is no JSON at all.
pub fn at_fault(fault: &Fault, wrong: Code) -> Problem {
    let code = match fault {
        Fault::NotJson(_) => Code::BadRequest,
        Fault::Wrong { .. } => wrong,
    };
    Problem::new(code)
        .field(fault.pointer())
        .detail(fault.to_string())
}

/// The body, not read yet, unless its head says already that it is too large.
fn unread_body(
    request: &HttpRequest,
    body: &mut Payload,
    bytes_max: usize,
) -> Result<(Bodies, web::Payload), Problem> {
    refuse_longer(request, bytes_max)?;
    refuse_coded(request)?;
    let body = web::Payload::from_request(request, body).into_inner();
    Ok((Bodies::of(request)?, body.map_err(|_never| unread())?))
}

/// Refuses a body whose head says that it is too large.
pub fn refuse_too_large(request: &HttpRequest) -> Result<(), Problem> {
    refuse_longer(request, BODY_BYTES_MAX)
}

fn refuse_longer(request: &HttpRequest, bytes_max: usize) -> Result<(), Problem> {
    let length = request.headers().get(CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    match length {
        Some(length) if length > bytes_max => Err(too_large(bytes_max)),
        _ => Ok(()),
    }
}

/// Refuses a body that is compressed, or coded in any other way (RFC 9110, 8.4 and 15.5.16).
fn refuse_coded(request: &HttpRequest) -> Result<(), Problem> {
    let mut codings = request.headers().get_all(CONTENT_ENCODING);
    let is_plain = |coding: &str| coding.trim().is_empty() || coding.trim().eq_ignore_ascii_case("identity");
    match codings.all(|coding| coding.to_str().is_ok_and(is_plain)) {
        true => Ok(()),
        false => {
            Err(Problem::new(Code::UnsupportedMediaType)
                .detail("the body must be sent without a content coding"))
        }
    }
}

/// Refuses a body of another type, and a request that has neither a body nor says of what type it would be: some proxies
/// drop both from a DELETE.
fn refuse_other_than_json(request: &HttpRequest) -> Result<(), Problem> {
    let headers = request.headers();
    let length = headers.get(CONTENT_LENGTH);
    let is_empty = length.is_none_or(|length| length == "0") && !headers.contains_key(TRANSFER_ENCODING);
    if is_empty && !headers.contains_key(CONTENT_TYPE) {
        return Err(Problem::invalid("", "the request has no body, and needs one"));
    }
    let kind = request.mime_type().ok().flatten();
    let is_json = kind
        .is_some_and(|kind| kind.subtype() == "json" || kind.suffix().is_some_and(|suffix| suffix == "json"));
    match is_json {
        true => Ok(()),
        false => Err(Problem::new(Code::UnsupportedMediaType)),
    }
}

fn too_large(bytes_max: usize) -> Problem {
    Problem::new(Code::TooLarge).detail(format!("the body may have {bytes_max} bytes at most"))
}

fn unread() -> Problem {
    Problem::new(Code::BadRequest).field("")
}
