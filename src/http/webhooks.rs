//! Webhooks of payment providers. A notice is proved, taken in once, and only then answered; what it says is looked up
//! before it is believed, so that the order in which notices come doesn't matter.

use std::time::{SystemTime, UNIX_EPOCH};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, HttpResponse, post, web};
use futures_util::future::{Ready, ready};

use super::body::{Raw, refuse_too_large};
use super::extract::TheOffice;
use super::problem::{Code, Problem};
use crate::pay::provider::gateway::Delivery;

/// A signature in the header in which the provider of the path signs. Without one no body is read.
pub struct Signature(String);

impl FromRequest for Signature {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _body: &mut Payload) -> Self::Future {
        ready(read_signature(request))
    }
}

fn read_signature(request: &HttpRequest) -> Result<Signature, Problem> {
    let office = request.app_data::<TheOffice>();
    let provider = office
        .zip(request.match_info().get("provider"))
        .and_then(|(office, name)| office.payments.provider(name))
        .ok_or_else(|| Problem::not_found("provider"))?;
    refuse_too_large(request)?;
    let header = provider.gateway().signature_header();
    let signature = header.and_then(|name| request.headers().get(name)?.to_str().ok());
    let missing = || Problem::new(Code::NoticeInvalid).detail("the notice has no signature");
    signature
        .map(|text| Signature(text.to_owned()))
        .ok_or_else(missing)
}

/// Take a provider's notice in.
///
/// For payment providers alone: it is signed in the provider's own way, and needs no token. What it says is looked
/// up at the provider before it is believed.
#[utoipa::path(tag = "providers", params(("provider" = String, Path, description = "The provider's name")),
    request_body(content = String, description = "As the provider sends it", content_type = "application/json"), responses(
    (status = 204, description = "Taken in"),
))]
#[post("/v1/webhooks/{provider}")]
pub async fn take_notice(
    office: TheOffice,
    provider: web::Path<String>,
    signature: Signature,
    body: Raw,
) -> Result<HttpResponse, Problem> {
    let provider = office.payments.provider(&provider);
    let provider = provider.ok_or_else(|| Problem::not_found("provider"))?;
    let gateway = provider.gateway();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let delivery = Delivery {
        signature: Some(&signature.0),
        body: &body.0,
        now: i64::try_from(now.as_secs()).unwrap_or(i64::MAX),
    };
    let notice = gateway
        .read_notice(delivery)
        .map_err(|error| Problem::new(Code::NoticeInvalid).detail(error.to_string()))?;
    office.payments.take_notice(provider.name(), notice).await?;
    Ok(HttpResponse::NoContent().finish())
}
