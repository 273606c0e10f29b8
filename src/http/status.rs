//! Whether the node is well, and its figures.

use actix_web::{HttpResponse, get, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::extract::TheOffice;
use super::metrics::MetricsHandle;
use super::problem::{Code, Problem, ProblemBody};

/// A sign of life.
#[derive(Debug, Serialize, ToSchema)]
pub struct StatusBody {
    /// `ok`.
    pub status: &'static str,
}

/// The process runs.
#[utoipa::path(tag = "status", security(()), responses((status = 200, description = "The process runs", body = StatusBody)))]
#[get("/healthz")]
pub async fn get_health() -> HttpResponse {
    HttpResponse::Ok().json(StatusBody { status: "ok" })
}

/// The node can take orders: its database answers, and takes writes.
#[utoipa::path(tag = "status", security(()), responses(
    (status = 200, description = "The node can take orders", body = StatusBody),
    (status = "5XX", description = "The database is away", body = ProblemBody, content_type = "application/problem+json"),
))]
#[get("/readyz")]
pub async fn get_readiness(office: TheOffice) -> Result<HttpResponse, Problem> {
    let not_ready = |detail| Err(Problem::new(Code::Unavailable).detail(detail));
    if office.follow.stale_for().is_some() {
        return not_ready("the database does not answer reads");
    }
    match office.database.can_write().await {
        Ok(()) => Ok(HttpResponse::Ok().json(StatusBody { status: "ok" })),
        Err(_) => not_ready("the database is away, or takes no writes"),
    }
}

/// Figures for Prometheus.
#[utoipa::path(tag = "status", security(()), responses((status = 200, description = "Prometheus text format", body = String, content_type = "text/plain")))]
#[get("/metrics")]
pub async fn get_metrics(office: TheOffice, handle: web::Data<MetricsHandle>) -> HttpResponse {
    #[expect(clippy::cast_precision_loss, reason = "the queue's limit is far below")]
    metrics::gauge!("boxoffice_waiting_commands").set(office.turnstile.waiting() as f64);
    HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4")
        .body(handle.render())
}
