//! A payment provider for trials and tests, in a process of its own: `boxoffice sandbox-payments`.
//!
//! It has two doors, each with a book of its own: `stripe`, in Stripe's wire shape, and `hosted`, a provider with a
//! page where the buyer pays. Both go through one `funnel`, where calls go wrong on request (`levers`). It remembers
//! in memory alone, takes nobody's money and uses no other room: what it does is proved without the office.

mod answer;
mod delivery;
mod faults;
mod funnel;
mod hosted;
mod keys;
mod levers;
mod lock;
mod money;
mod outgoing;
mod pages;
mod provider;
mod settings;
mod shelf;
mod stalls;
mod stripe;

use std::net::TcpListener;
use std::time::Duration;

use actix_web::{App, HttpServer, web};
use anyhow::Context;

use provider::Provider;

pub use settings::SandboxPayments;

/// Largest body of a call.
const BODY_BYTES_MAX: usize = 256 * 1024;
/// How long a stop waits for calls under way.
const STOP_SECONDS_MAX: u64 = 1;
/// How long an idle connection is kept: longer than clients do, so that none is closed under a call by chance.
const KEEP_ALIVE: Duration = Duration::from_secs(120);
/// Threads that answer.
const WORKERS: usize = 2;

/// Runs the provider until it receives a signal to stop.
pub async fn run(settings: SandboxPayments) -> anyhow::Result<()> {
    let listener = TcpListener::bind(&settings.listen)
        .with_context(|| format!("can't listen on {}", settings.listen))?;
    listener.set_nonblocking(true)?;
    let address = format!("http://{}", listener.local_addr()?);
    let base_url = settings.public_url.as_ref().unwrap_or(&address);
    let provider = web::Data::new(Provider::open(
        &settings,
        base_url.trim_end_matches('/').to_owned(),
    )?);
    let server = HttpServer::new(move || {
        App::new()
            .app_data(provider.clone())
            .app_data(web::PayloadConfig::new(BODY_BYTES_MAX))
            .app_data(web::JsonConfig::default().limit(BODY_BYTES_MAX))
            .configure(routes)
    })
    .workers(WORKERS)
    .keep_alive(KEEP_ALIVE)
    .shutdown_timeout(STOP_SECONDS_MAX)
    .listen(listener)?
    .run();
    tracing::info!("sandbox payments listening on {address}");
    // It ends by SIGTERM and SIGINT.
    server.await?;
    Ok(())
}

/// All that it answers.
fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/v1/{path:.*}", web::to(stripe::answer))
        .route("/3ds/{id}", web::get().to(stripe::show_page))
        .route("/3ds/{id}/{verdict}", web::post().to(stripe::decide))
        .route("/hosted/checkout/{id}", web::get().to(hosted::show_page))
        .route("/hosted/checkout/{id}/{verdict}", web::post().to(hosted::decide))
        .route("/hosted/{path:.*}", web::to(hosted::answer))
        .configure(levers::routes);
}
