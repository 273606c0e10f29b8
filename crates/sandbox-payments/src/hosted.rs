//! The second door: a provider with a page of its own where the buyer pays, in a shape unlike Stripe's on purpose.
//!
//! JSON throughout; a payment is made, the buyer says yes or no on the page, and a notice tells that something changed,
//! not what.

pub mod book;
mod command;
mod payment;
pub mod refusal;
mod status;

use actix_web::{HttpRequest, HttpResponse, web};

use super::answer::Answer;
use super::funnel::{Admitted, carry_out, let_in};
use super::lock::lock;
use super::pages::{self, Verdict};
use super::provider::{Door, Provider};
use command::Command;
use status::Status;

/// Every call below `/hosted/`, but for the page.
pub async fn answer(
    provider: web::Data<Provider>,
    request: HttpRequest,
    path: web::Path<String>,
    body: web::Bytes,
) -> HttpResponse {
    let read = || {
        let_in(&provider, &request)?;
        let parts: Vec<&str> = path.split('/').collect();
        Command::read(request.method().as_str(), &parts, request.query_string(), &body)
    };
    let command = match read() {
        Ok(command) => command,
        Err(refusal) => return Door::Hosted.respond(refusal.into()),
    };
    // Equal JSON, however it is written.
    let parameters = serde_json::from_slice::<serde_json::Value>(&body).unwrap_or_default();
    let admitted = Admitted::new(Door::Hosted, command.call(), &request, &parameters.to_string());
    let effect = |provider: &Provider, _cards| {
        let done = lock(&provider.hosted).carry_out(command);
        done.unwrap_or_else(Answer::from)
    };
    carry_out(provider.into_inner(), admitted, effect).await
}

/// The page where the buyer pays.
pub async fn show_page(provider: web::Data<Provider>, id: web::Path<String>) -> HttpResponse {
    if provider.is_out() {
        return pages::outage();
    }
    match lock(&provider.hosted).payment(&id).map(|payment| payment.status) {
        Some(Status::Open) => pages::ask(&format!("/hosted/checkout/{id}"), "Do you want to pay?"),
        Some(_over) => pages::tell("There is nothing to be done here."),
        None => pages::not_found(),
    }
}

/// The buyer's answer.
pub async fn decide(provider: web::Data<Provider>, path: web::Path<(String, Verdict)>) -> HttpResponse {
    if provider.is_out() {
        return pages::outage();
    }
    let (id, verdict) = path.into_inner();
    match lock(&provider.hosted).decide(&id, verdict) {
        Ok(return_url) => pages::send_back(return_url),
        Err(_unknown) => pages::not_found(),
    }
}
