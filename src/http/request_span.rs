//! What each line of the log says of the request that it was written for. Nothing of it is put together where the log
//! leaves such lines out.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage};
use tracing::{Instrument, Span};

use super::request_id::RequestId;

/// Answers a request in a span of its own, if the log shows it.
pub async fn in_span<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let span = span_of(&request);
    let answer = next.call(request);
    match span.is_disabled() {
        true => answer.await,
        false => answer.instrument(span).await,
    }
}

/// A request's id, method and route. Not its path: a ticket's code stands in there, and with it anybody gets in.
fn span_of(request: &ServiceRequest) -> Span {
    let extensions = request.extensions();
    let id = extensions.get::<RequestId>();
    tracing::info_span!(
        "request",
        request.id = id.map(RequestId::name),
        request.audit_id = id.and_then(RequestId::id_of_audit).map(tracing::field::display),
        http.method = %request.method(),
        http.route = request.match_pattern(),
    )
}

#[cfg(test)]
mod tests {
    use std::io::{Result, Write};
    use std::sync::{Arc, Mutex};

    use actix_web::middleware::from_fn;
    use actix_web::test::{TestRequest, call_service, init_service};
    use actix_web::{App, web};

    use super::*;

    /// What is logged.
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl Write for Log {
        fn write(&mut self, bytes: &[u8]) -> Result<usize> {
            self.0.lock().expect("the log").write(bytes)
        }

        fn flush(&mut self) -> Result<()> {
            Ok(())
        }
    }

    #[actix_web::test]
    async fn a_line_names_the_route_and_not_the_ticket() {
        let log = Log::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_writer(move || writer.clone())
            .with_ansi(false)
            .finish();
        let _guard = tracing::subscriber::set_default(subscriber);
        let handler = || async {
            tracing::info!("checked in");
            "done"
        };
        let app = App::new()
            .route("/v1/tickets/{code}/check-in", web::post().to(handler))
            .wrap(from_fn(in_span));
        let app = init_service(app).await;
        let path = "/v1/tickets/SAZJZ-WBYHS-TKHUE/check-in";
        let request = TestRequest::post().uri(path).to_request();
        request.extensions_mut().insert(RequestId::of(request.headers()));
        call_service(&app, request).await;
        let text = String::from_utf8(log.0.lock().expect("the log").clone()).expect("text");
        assert!(
            text.contains("http.method=POST") && text.contains("/v1/tickets/{code}/check-in"),
            "{text}"
        );
        assert!(
            text.contains("request.id=") && text.contains("checked in"),
            "{text}"
        );
        assert!(!text.contains("SAZJZ"), "{text}");
    }
}
