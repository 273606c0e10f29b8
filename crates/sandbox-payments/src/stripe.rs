//! The first door: Stripe's wire shape, as far as the office and Stripe's own SDKs need it.
//!
//! [`command`] understands a call, the funnel lets it through, [`book`] carries it out.

pub mod book;
mod card;
mod command;
mod currency;
pub mod dispute;
mod form;
mod intent;
mod object;
mod refund;
pub mod refusal;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};

use super::answer::Answer;
use super::funnel::{Admitted, carry_out, let_in};
use super::lock::lock;
use super::pages::{self, Verdict};
use super::provider::{Door, Provider};
use command::Command;
use form::Form;
use object::Expand;
use refusal::Refusal;

/// Every call below `/v1/`.
pub async fn answer(
    provider: web::Data<Provider>,
    request: HttpRequest,
    path: web::Path<String>,
    body: web::Bytes,
) -> HttpResponse {
    let read = || {
        let_in(&provider, &request)?;
        let form = match request.method().as_str() {
            "POST" => Form::read(&body)?,
            _ => Form::read(request.query_string().as_bytes())?,
        };
        let parts: Vec<&str> = path.split('/').collect();
        let command = Command::read(request.method().as_str(), &parts, &form)?;
        Ok::<_, Refusal>((command, form.canonical()))
    };
    let (command, parameters) = match read() {
        Ok(read) => read,
        Err(refusal) => return Door::Stripe.respond(refusal.into()),
    };
    let admitted = Admitted::new(Door::Stripe, command.call(), &request, &parameters);
    let effect = |provider: &Provider, cards| {
        let done = lock(&provider.stripe).carry_out(command, cards);
        done.map_or_else(Answer::from, |shown| Answer::new(StatusCode::OK, shown))
    };
    carry_out(provider.into_inner(), admitted, effect).await
}

/// The page that asks the buyer by 3-D Secure.
pub async fn show_page(provider: web::Data<Provider>, id: web::Path<String>) -> HttpResponse {
    if provider.is_out() {
        return pages::outage();
    }
    let shown = lock(&provider.stripe).show(&id, Expand::default());
    shown.map_or_else(
        |_unknown| pages::not_found(),
        |intent| {
            let waits = intent
                .get("status")
                .is_some_and(|status| status == "requires_action");
            if waits {
                pages::ask(&format!("/3ds/{id}"), "Your bank asks: do you want to pay?")
            } else {
                pages::tell("There is nothing to be done here.")
            }
        },
    )
}

/// The buyer's answer.
pub async fn decide(provider: web::Data<Provider>, path: web::Path<(String, Verdict)>) -> HttpResponse {
    if provider.is_out() {
        return pages::outage();
    }
    let (id, verdict) = path.into_inner();
    match lock(&provider.stripe).authenticate(&id, verdict) {
        Ok(return_url) => pages::send_back(return_url),
        Err(_unknown) => pages::not_found(),
    }
}
