//! What a node answers that has not opened yet: it runs, and is not ready.

use std::net::TcpListener;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::middleware::from_fn;
use actix_web::{App, HttpResponse, HttpServer, web};

use super::methods::head_as_get;
use super::probes::not_open;
use super::status::get_health;

/// How long the headers of a request may take.
const HEADERS_SECONDS_MAX: Duration = Duration::from_secs(5);

/// Connections at a time.
const CONNECTIONS_MAX: usize = 1_024;

/// A server for the time until the database is there.
pub fn serve(listener: TcpListener) -> std::io::Result<Server> {
    let server = HttpServer::new(|| {
        App::new()
            .wrap(from_fn(head_as_get))
            .service(get_health)
            .default_service(web::to(|| async { Err::<HttpResponse, _>(not_open()) }))
    })
    .workers(1)
    .max_connections(CONNECTIONS_MAX)
    .client_request_timeout(HEADERS_SECONDS_MAX)
    .disable_signals()
    .listen(listener)?
    .run();
    Ok(server)
}
