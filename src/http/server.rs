//! The HTTP server: limits, what every request goes through, and a graceful stop.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{Server, ServerHandle, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Next, from_fn};
use actix_web::{App, HttpRequest, HttpResponse, web};
use bytes::Bytes;
use utoipa_actix_web::AppExt;
use utoipa_swagger_ui::SwaggerUi;

use super::asyncapi;
use super::body::Bodies;
use super::coding::{Begun, Coding, begin, name_of_bytes};
use super::connection::{Places, note_request};
use super::document::document;
use super::extract::path_config;
use super::listener::{ListenerSettings, listen};
use super::methods::{Paths, head_as_get};
use super::metrics::MetricsHandle;
use super::pages::Pages;
use super::pieces::shared;
use super::problem::{Code, Problem};
use super::request_span::in_span;
use super::routes::{described, routes};
use crate::live::compressed::compress;
use crate::office::Office;

/// A server on a socket that listens already.
pub fn serve(
    office: Arc<Office>,
    listener: TcpListener,
    connections_max: usize,
    metrics: MetricsHandle,
) -> std::io::Result<Server> {
    let config = office.config.clone();
    let settings = ListenerSettings {
        workers: config.workers(),
        connections_max,
        stop_seconds_max: config.stop_seconds_max,
        proxies: config.proxies(),
    };
    let places = Places::new(connections_max, config.connections_of_address_max());
    let request_max = Duration::from_secs(config.request_seconds_max);
    let has_stripe = config.providers.stripe_publishable_key.is_some();
    let pages = Arc::new(Pages::new(&config.embedding_origins, has_stripe));
    let paths = Arc::new(Paths::of(&described(), pages.paths()));
    let openapi = document()?;
    let document = Document::of(serde_json::to_string(&openapi)?);
    let openapi = serde_json::to_value(openapi)?;
    let feed = Document::of(serde_json::to_string(&asyncapi::document()?)?);
    let (data, connections) = (web::Data::from(office), web::Data::from(places.clone()));
    let (bodies, proxies) = (Bodies::default(), settings.proxies.clone());
    listen(listener, settings, places, move || {
        let (openapi, paths) = (openapi.clone(), paths.clone());
        let (document, feed, pages) = (document.clone(), feed.clone(), pages.clone());
        App::new()
            .into_utoipa_app()
            .configure(routes)
            .into_app()
            .configure(|config| pages.add(config))
            .app_data(data.clone())
            .app_data(connections.clone())
            .app_data(web::Data::new(metrics.clone()))
            .app_data(bodies.clone())
            .app_data(proxies.clone())
            .app_data(path_config())
            .route(
                "/openapi.json",
                web::get().to(move |request: HttpRequest| {
                    let answer = document.answer(&request);
                    async move { answer }
                }),
            )
            .route(
                "/asyncapi.json",
                web::get().to(move |request: HttpRequest| {
                    let answer = feed.answer(&request);
                    async move { answer }
                }),
            )
            .route("/docs", web::get().to(|| async { web::Redirect::to("/docs/") }))
            .service(SwaggerUi::new("/docs/{_:.*}").external_url_unchecked("/docs/openapi.json", openapi))
            .default_service(web::to(move |request: HttpRequest| {
                let answer = paths.answer(&request);
                async move { answer }
            }))
            .wrap(from_fn(head_as_get))
            .wrap(from_fn(move |request, next| within(request_max, request, next)))
            .wrap(from_fn(in_span))
            .wrap(from_fn(note_request))
    })
}

/// The OpenAPI document, or that of the feed, in both codings.
#[derive(Clone)]
struct Document {
    name: Arc<str>,
    plain: Bytes,
    gzip: Bytes,
}

impl Document {
    fn of(text: String) -> Self {
        Self {
            name: name_of_bytes(text.as_bytes()).into(),
            gzip: compress(text.as_bytes()),
            plain: text.into(),
        }
    }

    fn answer(&self, request: &HttpRequest) -> HttpResponse {
        match begin(request.headers(), &self.name, "no-cache") {
            Begun::Known(response) => response,
            Begun::Needs(mut response, Coding::Plain) => response.body(shared(self.plain.clone())),
            Begun::Needs(mut response, Coding::Gzip) => response.body(shared(self.gzip.clone())),
        }
    }
}

/// Stops a server: no new connections, requests under way are finished, viewers are closed.
pub async fn stop(server: ServerHandle, office: &Office) {
    office.live.close();
    server.stop(true).await;
    office.close().await;
}

/// Time limit for a whole request, upload included.
async fn within(
    max: Duration,
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    match tokio::time::timeout(max, next.call(request)).await {
        Ok(response) => response,
        Err(_elapsed) => Err(Problem::new(Code::RequestTimeout).into()),
    }
}
