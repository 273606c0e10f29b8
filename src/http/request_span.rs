//! What each line of the log says of the request that it was written for. Nothing of it is put together where the log
//! leaves such lines out.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::{Error, HttpMessage};
use tracing::Span;
use tracing_actix_web::RootSpanBuilder;

use super::request_id::RequestId;

/// A request's id, method and route. Not its path: a ticket's code stands in there, and with it anybody gets in.
pub struct RequestSpan;

impl RootSpanBuilder for RequestSpan {
    fn on_request_start(request: &ServiceRequest) -> Span {
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

    fn on_request_end<B: MessageBody>(_span: Span, _outcome: &Result<ServiceResponse<B>, Error>) {}
}

#[cfg(test)]
mod tests {
    use std::io::{Result, Write};
    use std::sync::{Arc, Mutex};

    use actix_web::test::{TestRequest, call_service, init_service};
    use actix_web::{App, web};
    use tracing_actix_web::TracingLogger;

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
            .wrap(TracingLogger::<RequestSpan>::new());
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
