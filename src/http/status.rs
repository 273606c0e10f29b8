//! Whether the node is well, and its figures.

use actix_web::{HttpRequest, HttpResponse, get, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::caller::admit_to_figures;
use super::extract::TheOffice;
use super::metrics::MetricsHandle;
use super::problem::{Code, Problem};
use crate::office::Office;

/// A sign of life.
#[derive(Debug, Serialize, ToSchema)]
pub struct HealthBody {
    /// That all is well.
    pub status: StatusWordBody,
}

/// How it is.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StatusWordBody {
    /// Well.
    Ok,
}

/// The process runs.
///
/// It says nothing of the database: what is alive may not be ready.
#[utoipa::path(tag = "status", responses((status = 200, description = "The process runs", body = HealthBody)))]
#[get("/healthz")]
pub async fn get_health() -> HttpResponse {
    HttpResponse::Ok().json(HealthBody {
        status: StatusWordBody::Ok,
    })
}

/// The node can take orders.
///
/// Its database answers, and takes writes. While it does not, reads go on and the node says here that it is not
/// ready.
#[utoipa::path(tag = "status", responses(
    (status = 200, description = "The node can take orders", body = HealthBody),
))]
#[get("/readyz")]
pub async fn get_readiness(office: TheOffice) -> Result<HttpResponse, Problem> {
    readiness(&office).await
}

/// Whether a node can take orders.
pub async fn readiness(office: &Office) -> Result<HttpResponse, Problem> {
    let not_ready = |detail| Err(Problem::new(Code::Unavailable).detail(detail));
    if office.follow.stale_for().is_some() {
        return not_ready("the database does not answer reads");
    }
    match office.database.can_write().await {
        Ok(()) => Ok(HttpResponse::Ok().json(HealthBody {
            status: StatusWordBody::Ok,
        })),
        Err(_) => not_ready("the database is away, or takes no writes"),
    }
}

/// Figures for Prometheus.
///
/// They tell how the sale goes: asked for from the machine itself, or with the key of the operator or of
/// the first organiser's owner.
#[utoipa::path(tag = "status", responses(
    (status = 200, description = "Prometheus text format", body = String, content_type = "text/plain"),
))]
#[get("/metrics")]
pub async fn get_metrics(
    office: TheOffice,
    handle: web::Data<MetricsHandle>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    if !is_from_this_machine(&request) {
        admit_to_figures(&request).await?;
    }
    Ok(figures(&office, &handle))
}

/// A node's figures.
pub fn figures(office: &Office, handle: &MetricsHandle) -> HttpResponse {
    #[expect(clippy::cast_precision_loss, reason = "the queue's limit is far below")]
    metrics::gauge!("boxoffice_waiting_commands").set(office.turnstile.waiting() as f64);
    HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4")
        .body(handle.render())
}

/// Whether nobody stands between: a proxy on this machine passes on what comes from elsewhere.
fn is_from_this_machine(request: &HttpRequest) -> bool {
    let is_passed_on = ["Forwarded", "X-Forwarded-For"]
        .iter()
        .any(|name| request.headers().contains_key(*name));
    request
        .peer_addr()
        .is_some_and(|peer| peer.ip().to_canonical().is_loopback())
        && !is_passed_on
}
