//! Connections of clients: how many there are, in all and of one address, and how long each may wait. The library sets a
//! deadline for a connection's first head alone, and none for answers that nobody takes.

mod places;
mod timed;

use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Instant;

use actix_web::HttpResponse;
use actix_web::body::{BodySize, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::web::Data;
use bytes::Bytes;
use pin_project_lite::pin_project;

use super::access::{note_answer, note_failure, note_map};
use super::browser::tell_browser;
use super::client::Client;
use super::extract::TheOffice;
use super::problem::Problem;
use super::seat_map::answer_from_memory;
use super::settings::AccessLog;
use crate::shares::Kind;

pub use places::{Full, Place, Places};
pub use timed::{HEAD_MAX, Line, Timed};

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
    let known = match take_request(&request) {
        Ok(()) => answer_from_memory(request.request()).inspect(|map| note_map(map.status())),
        Err(problem) => Some(note_refused(&request, problem)),
    };
    let mut response = match known {
        Some(known) => request.into_response(known).map_into_right_body(),
        None => answer(request, next).await?.map_into_left_body(),
    };
    tell_browser(&mut response);
    let head = response.response_mut().head_mut();
    if is_crowded && !head.upgrade() {
        // The last on this connection, as others wait for one.
        head.set_connection_type(actix_http::ConnectionType::Close);
    }
    Ok(response.map_body(|_, body| WhileSent {
        body,
        _under_way: under_way,
    }))
}

/// Hands a request on, and counts its answer.
async fn answer<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let (begin, log) = (Instant::now(), log_of(&request));
    let answer = next.call(request).await;
    match &answer {
        Ok(response) => note_answer(response.request(), response.response(), begin, log),
        Err(error) => note_failure(error.as_response_error().status_code()),
    }
    answer
}

/// The answer to a request for which its origin's share is used up.
fn note_refused(request: &ServiceRequest, problem: Problem) -> HttpResponse {
    let refused = HttpResponse::from_error(problem);
    note_answer(request.request(), &refused, Instant::now(), log_of(request));
    refused
}

fn log_of(request: &ServiceRequest) -> AccessLog {
    let office = request.app_data::<TheOffice>();
    office.map_or(AccessLog::Off, |office| office.config.access_log)
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
        _under_way: UnderWay,
    }
}

impl<B: MessageBody> MessageBody for WhileSent<B> {
    type Error = B::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        self.project().body.poll_next(cx)
    }
}
