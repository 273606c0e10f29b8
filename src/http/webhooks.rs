//! Webhooks of payment providers. A notice is proved, taken in once, and only then answered; what it says is looked up
//! before it is believed, so that the order in which notices come doesn't matter.

use std::time::{SystemTime, UNIX_EPOCH};

use actix_web::{HttpRequest, HttpResponse, post, web};

use super::extract::{RawBody, TheOffice};
use super::problem::{Code, Problem, ProblemBody};
use crate::pay::provider::gateway::Delivery;

/// Take a provider's notice in. Signed by the provider; needs no token.
#[utoipa::path(tag = "providers", security(()), params(("provider" = String, Path, description = "The provider's name")),
    request_body(content = String, description = "As the provider sends it", content_type = "application/json"), responses(
    (status = 204, description = "Taken in"),
    (status = "4XX", description = "No such provider, or the signature is not valid", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", description = "Out of order; send it again", body = ProblemBody, content_type = "application/problem+json"),
))]
#[post("/v1/webhooks/{provider}")]
pub async fn take_notice(
    office: TheOffice,
    request: HttpRequest,
    provider: web::Path<String>,
    body: RawBody,
) -> Result<HttpResponse, Problem> {
    let provider = office.payments.provider(&provider);
    let provider = provider.ok_or_else(|| Problem::not_found("provider"))?;
    let gateway = provider.gateway();
    let signature = gateway
        .signature_header()
        .and_then(|name| request.headers().get(name))
        .and_then(|value| value.to_str().ok());
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let delivery = Delivery {
        signature,
        body: &body.0,
        now: i64::try_from(now.as_secs()).unwrap_or(i64::MAX),
    };
    let notice = gateway
        .read_notice(delivery)
        .map_err(|error| Problem::new(Code::NoticeInvalid).detail(error.to_string()))?;
    office.payments.take_notice(provider.name(), notice).await?;
    Ok(HttpResponse::NoContent().finish())
}
