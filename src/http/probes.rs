//! A listener for whoever looks after the node: whether it runs, whether it is ready, and its figures. It has a thread and
//! connections of its own, which no crowd at the public one can take.

use std::net::TcpListener;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::http::KeepAlive;
use actix_web::middleware::from_fn;
use actix_web::{App, HttpResponse, HttpServer, web};

use super::methods::head_as_get;
use super::metrics::MetricsHandle;
use super::problem::{Code, Problem};
use super::status::{figures, get_health, readiness};
use crate::office::Office;

/// Connections at a time. Each is for one request.
const CONNECTIONS_MAX: usize = 64;
/// How long a head may take.
const HEAD_MAX: Duration = Duration::from_secs(2);

/// The office, once it is open.
pub type Opened = Arc<OnceLock<Arc<Office>>>;

/// Serves them on a socket that listens already. Until the office is open, it says that the node runs and is not ready.
pub fn serve(listener: TcpListener, opened: Opened, metrics: MetricsHandle) -> std::io::Result<Server> {
    let server = HttpServer::new(move || {
        App::new()
            .wrap(from_fn(head_as_get))
            .app_data(web::Data::from(opened.clone()))
            .app_data(web::Data::new(metrics.clone()))
            .service(get_health)
            .route("/readyz", web::get().to(is_ready))
            .route("/metrics", web::get().to(read_figures))
            .default_service(web::to(|| async {
                Err::<HttpResponse, _>(Problem::not_found("path"))
            }))
    })
    .workers(1)
    .max_connections(CONNECTIONS_MAX)
    .client_request_timeout(HEAD_MAX)
    .keep_alive(KeepAlive::Disabled)
    .shutdown_timeout(0)
    .disable_signals()
    .listen(listener)?
    .run();
    Ok(server)
}

async fn is_ready(opened: web::Data<OnceLock<Arc<Office>>>) -> Result<HttpResponse, Problem> {
    match opened.get() {
        Some(office) => readiness(office).await,
        None => Err(not_open()),
    }
}

async fn read_figures(
    opened: web::Data<OnceLock<Arc<Office>>>,
    handle: web::Data<MetricsHandle>,
) -> Result<HttpResponse, Problem> {
    let office = opened.get().ok_or_else(not_open)?;
    Ok(figures(office, &handle))
}

/// What a node says whose database has not been there yet.
pub fn not_open() -> Problem {
    Problem::new(Code::Unavailable).detail("the office is not open yet: its database is away")
}
