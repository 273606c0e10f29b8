//! What each line of the log says of the request that it was written for. Nothing of it is put together where the log
//! leaves such lines out.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::{Error, HttpMessage};
use tracing::Span;
use tracing_actix_web::{RequestId, RootSpanBuilder};

/// A request's id, method and route. Not its path: a ticket's code stands in there, and with it anybody gets in.
pub struct RequestSpan;

impl RootSpanBuilder for RequestSpan {
    fn on_request_start(request: &ServiceRequest) -> Span {
        tracing::info_span!(
            "request",
            request.id = request.extensions().get::<RequestId>().map(tracing::field::display),
            http.method = %request.method(),
            http.route = request.match_pattern(),
        )
    }

    fn on_request_end<B: MessageBody>(_span: Span, _outcome: &Result<ServiceResponse<B>, Error>) {}
}
