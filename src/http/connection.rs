//! Connections of clients: how many there are, in all and of one address, and how long each may wait. The library sets a
//! deadline for a connection's first head alone, and none for answers that nobody takes.

mod places;
mod timed;

use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Instant;

use actix_web::body::{BodySize, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::Method;
use actix_web::http::header::HeaderMap;
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{HttpMessage, HttpResponse};
use bytes::Bytes;
use pin_project_lite::pin_project;

use super::access::{Asked, note_answer, note_failure, note_map};
use super::browser::{is_page, tell_browser};
use super::client::Client;
use super::cross_origin::CrossOrigin;
use super::extract::TheOffice;
use super::problem::{Code, Problem};
use super::request_id::{RequestId, X_REQUEST_ID};
use super::seat_map::answer_from_memory;
use super::settings::AccessLog;
use crate::shares::Kind;

pub use places::{Full, Place, Places};
pub use timed::{HEAD_MAX, Line, Timed};

/// Longest path and query together, in bytes.
const ADDRESS_BYTES_MAX: usize = 8 * 1_024;

/// What every request goes through: it takes its part of its origin's share, its connection knows of it until its answer is
/// sent, and the answer is counted. Maps in memory are answered here, as most requests are for them.
pub async fn note_request(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let under_way = UnderWay::begin(request.conn_data::<Rc<Line>>().cloned());
    let is_crowded = request
        .app_data::<Data<Places>>()
        .is_some_and(|places| places.is_crowded());
    let is_head = request.method() == Method::HEAD;
    let told = Told::of(&request);
    let known = match check_address(&request).and_then(|()| take_request(&request)) {
        Ok(()) => answer_from_memory(request.request()).inspect(|map| note_map(map.status())),
        Err(problem) => Some(note_refused(&request, problem, &told.id)),
    };
    let mut response = match known {
        Some(known) => request.into_response(known).map_into_right_body(),
        None => {
            request.extensions_mut().insert(told.id.clone());
            match answer(request, next, &told.id).await {
                Ok(response) => response.map_into_left_body(),
                Err(error) => return Err(told.tell_failed(error)),
            }
        }
    };
    told.tell(response.headers_mut());
    let head = response.response_mut().head_mut();
    if is_crowded && !head.upgrade() {
        // The last on this connection, as others wait for one.
        head.set_connection_type(actix_http::ConnectionType::Close);
    }
    Ok(response.map_body(|_, body| WhileSent {
        body,
        is_head,
        _under_way: under_way,
    }))
}

/// Hands a request on, and counts its answer.
async fn answer<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
    id: &RequestId,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let asked = asked(&request, id);
    let answer = next.call(request).await;
    match &answer {
        Ok(response) => note_answer(response.request(), response.response(), &asked),
        Err(error) => note_failure(error.as_response_error().status_code()),
    }
    answer
}

/// The answer to a request for which its origin's share is used up.
fn note_refused(request: &ServiceRequest, problem: Problem, id: &RequestId) -> HttpResponse {
    let refused = HttpResponse::from_error(problem);
    note_answer(request.request(), &refused, &asked(request, id));
    refused
}

fn asked(request: &ServiceRequest, id: &RequestId) -> Asked {
    let office = request.app_data::<TheOffice>();
    Asked {
        id: id.clone(),
        method: request.method().clone(),
        begin: Instant::now(),
        log: office.map_or(AccessLog::Off, |office| office.config.access_log),
    }
}

/// What every answer says, whatever else it does.
struct Told {
    id: RequestId,
    cross_origin: CrossOrigin,
    is_page: bool,
}

impl Told {
    /// To this request.
    fn of(request: &ServiceRequest) -> Self {
        Self {
            id: RequestId::of(request.headers()),
            cross_origin: CrossOrigin::of(request),
            is_page: is_page(request.path()),
        }
    }

    fn tell(self, headers: &mut HeaderMap) {
        headers.insert(X_REQUEST_ID, self.id.text().clone());
        self.cross_origin.tell(headers);
        tell_browser(headers, self.is_page);
    }

    /// The same for a request that did not come as far as a route.
    fn tell_failed(self, error: actix_web::Error) -> actix_web::Error {
        let mut response = error.error_response();
        self.tell(response.headers_mut());
        InternalError::from_response(error, response).into()
    }
}

/// Refuses an address that is longer than any of the office's.
fn check_address(request: &ServiceRequest) -> Result<(), Problem> {
    let bytes = request.path().len() + request.query_string().len();
    if bytes > ADDRESS_BYTES_MAX {
        let detail = format!("path and query may have {ADDRESS_BYTES_MAX} bytes at most");
        return Err(Problem::new(Code::UriTooLong).detail(detail));
    }
    Ok(())
}

/// A request is part of its origin's share.
fn take_request(request: &ServiceRequest) -> Result<(), Problem> {
    match request.app_data::<TheOffice>() {
        Some(office) if office.shares.has_origins() => {
            Client::of(request.request()).take(&office.shares, Kind::RequestsOfOrigin)
        }
        _ => Ok(()),
    }
}

/// A request under way, until it is dropped.
struct UnderWay(Option<Rc<Line>>);

impl UnderWay {
    fn begin(line: Option<Rc<Line>>) -> Self {
        if let Some(line) = &line {
            line.begin_request();
        }
        Self(line)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        if let Some(line) = &self.0 {
            line.end_request();
        }
    }
}

pin_project! {
    /// An answer's body, and the request that is under way as long as it is sent.
    struct WhileSent<B> {
        #[pin]
        body: B,
        // Of its body a HEAD gets the length alone.
        is_head: bool,
        _under_way: UnderWay,
    }
}

impl<B: MessageBody> MessageBody for WhileSent<B> {
    type Error = B::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        if self.is_head {
            return Poll::Ready(None);
        }
        self.project().body.poll_next(cx)
    }
}
