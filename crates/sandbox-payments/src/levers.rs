//! What a test can do to the provider, at `/sandbox/…`. Without a key: the provider is for the own machine alone.

use std::sync::atomic::Ordering;

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::json;

use super::faults::PreparedFault;
use super::lock::lock;
use super::outgoing::Mode;
use super::provider::{Door, Provider};
use super::stripe::dispute::DisputeStatus;

/// The routes of every lever.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/sandbox/faults", web::post().to(prepare_fault))
        .route("/sandbox/faults", web::delete().to(clear_faults))
        .route("/sandbox/stalled", web::get().to(list_stalled))
        .route("/sandbox/release", web::post().to(release))
        .route("/sandbox/outage", web::put().to(set_outage))
        .route("/sandbox/webhooks", web::put().to(set_webhooks))
        .route("/sandbox/forget-keys", web::post().to(forget_keys))
        .route("/sandbox/expire/{id}", web::post().to(expire))
        .route("/sandbox/disputes", web::post().to(dispute))
        .route("/sandbox/disputes/{id}/close", web::post().to(close_dispute))
        .route("/sandbox/book", web::get().to(read_book))
        .route("/sandbox/calls", web::get().to(count_calls));
}

#[derive(Deserialize)]
struct Outage {
    on: bool,
}

#[derive(Deserialize)]
struct Webhooks {
    mode: Mode,
}

async fn prepare_fault(provider: web::Data<Provider>, fault: web::Json<PreparedFault>) -> HttpResponse {
    if lock(&provider.faults).prepare(fault.into_inner()) {
        HttpResponse::NoContent().finish()
    } else {
        HttpResponse::InsufficientStorage().finish()
    }
}

async fn clear_faults(provider: web::Data<Provider>) -> HttpResponse {
    lock(&provider.faults).clear();
    HttpResponse::NoContent().finish()
}

async fn list_stalled(provider: web::Data<Provider>) -> HttpResponse {
    HttpResponse::Ok().json(json!({"calls": provider.stalls.calls()}))
}

async fn release(provider: web::Data<Provider>) -> HttpResponse {
    provider.stalls.release();
    HttpResponse::NoContent().finish()
}

async fn set_outage(provider: web::Data<Provider>, outage: web::Json<Outage>) -> HttpResponse {
    provider.outage.store(outage.on, Ordering::SeqCst);
    HttpResponse::NoContent().finish()
}

async fn set_webhooks(provider: web::Data<Provider>, webhooks: web::Json<Webhooks>) -> HttpResponse {
    lock(&provider.stripe).outgoing().set_mode(webhooks.mode);
    lock(&provider.hosted).outgoing().set_mode(webhooks.mode);
    HttpResponse::NoContent().finish()
}

async fn forget_keys(provider: web::Data<Provider>) -> HttpResponse {
    for door in [Door::Stripe, Door::Hosted] {
        lock(provider.keys(door)).forget_all();
    }
    HttpResponse::NoContent().finish()
}

/// Money that nobody took for too long is released.
async fn expire(provider: web::Data<Provider>, id: web::Path<String>) -> HttpResponse {
    if lock(&provider.stripe).expire(&id) || lock(&provider.hosted).expire(&id) {
        HttpResponse::NoContent().finish()
    } else {
        HttpResponse::NotFound().finish()
    }
}

#[derive(Deserialize)]
struct NewDispute {
    payment_intent: String,
    amount: Option<i64>,
}

/// The buyer's bank calls money back.
async fn dispute(provider: web::Data<Provider>, new: web::Json<NewDispute>) -> HttpResponse {
    match lock(&provider.stripe).dispute(&new.payment_intent, new.amount) {
        Ok(id) => HttpResponse::Created().json(json!({"id": id})),
        Err(_no_money) => HttpResponse::NotFound().finish(),
    }
}

#[derive(Deserialize)]
struct Verdict {
    status: DisputeStatus,
}

async fn close_dispute(
    provider: web::Data<Provider>,
    id: web::Path<String>,
    verdict: web::Json<Verdict>,
) -> HttpResponse {
    if lock(&provider.stripe).close_dispute(&id, verdict.status) {
        HttpResponse::NoContent().finish()
    } else {
        HttpResponse::NotFound().finish()
    }
}

async fn read_book(provider: web::Data<Provider>) -> HttpResponse {
    let mut payments = Vec::new();
    for intent in lock(&provider.stripe).intents() {
        let charge = intent.charge.as_ref();
        let taken = charge.and_then(|charge| charge.taken.as_ref());
        payments.push(json!({
            "door": "stripe",
            "id": intent.id,
            "reference": intent.terms.metadata.get("payment"),
            "status": intent.status.name(),
            "amount": intent.terms.amount,
            "captured": intent.received(),
            "refunded": charge.map_or(0, |charge| charge.refunded),
            "fee": taken.map_or(0, |taken| taken.fee),
        }));
    }
    for payment in lock(&provider.hosted).payments() {
        payments.push(json!({
            "door": "hosted",
            "id": payment.id,
            "reference": payment.merchant_reference,
            "status": payment.status,
            "amount": payment.amount.value,
            "captured": payment.amount_captured,
            "refunded": payment.amount_refunded,
            "fee": payment.fee,
        }));
    }
    HttpResponse::Ok().json(json!({"payments": payments}))
}

async fn count_calls(provider: web::Data<Provider>) -> HttpResponse {
    HttpResponse::Ok().json(&*lock(&provider.calls))
}
