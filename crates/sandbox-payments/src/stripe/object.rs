//! What Stripe's things look like on the wire.

use serde_json::{Value, json};

use super::dispute::Dispute;
use super::intent::{CaptureMethod, Charge, Intent, Status, Taken};
use super::refund::Refund;

/// Version of the API whose shape this is.
pub const API_VERSION: &str = "2026-10-28.endive";

/// What is shown whole, where otherwise there is only its id.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Expand {
    /// The charge of an intent.
    pub charge: bool,
    /// The balance transaction of that charge.
    pub transaction: bool,
}

/// An intent. `base_url` is where the sandbox's pages are.
pub fn intent(intent: &Intent, base_url: &str, expand: Expand) -> Value {
    let terms = &intent.terms;
    let next_action = (intent.status == Status::RequiresAction).then(|| {
        let url = format!("{base_url}/3ds/{}", intent.id);
        json!({
            "type": "redirect_to_url",
            "redirect_to_url": {"url": url, "return_url": intent.return_url},
        })
    });
    let latest_charge = intent.charge.as_ref().map(|known| {
        if expand.charge {
            charge(intent, known, expand)
        } else {
            json!(known.id)
        }
    });
    let capturable = match intent.status {
        Status::RequiresCapture => terms.amount,
        _ => 0,
    };
    let (canceled_at, reason) = intent.canceled.clone().unzip();
    json!({
        "id": intent.id,
        "object": "payment_intent",
        "amount": terms.amount,
        "amount_capturable": capturable,
        "amount_received": intent.received(),
        "canceled_at": canceled_at,
        "cancellation_reason": reason.flatten(),
        "capture_method": match terms.capture_method {
            CaptureMethod::Automatic => "automatic",
            CaptureMethod::Manual => "manual",
        },
        "client_secret": intent.client_secret,
        "confirmation_method": "automatic",
        "created": intent.created,
        "currency": terms.currency,
        "description": terms.description,
        "last_payment_error": intent.last_payment_error.map(super::card::CardError::to_json),
        "latest_charge": latest_charge,
        "livemode": false,
        "metadata": terms.metadata,
        "next_action": next_action,
        "payment_method": intent.payment_method,
        "payment_method_types": ["card"],
        "status": intent.status.name(),
    })
}

/// A charge of an intent.
pub fn charge(intent: &Intent, charge: &Charge, expand: Expand) -> Value {
    let captured = intent.received();
    let transaction = charge.taken.as_ref().map(|taken| {
        if expand.transaction {
            transaction(taken, charge, &intent.terms.currency)
        } else {
            json!(taken.transaction)
        }
    });
    json!({
        "id": charge.id,
        "object": "charge",
        "amount": intent.terms.amount,
        "amount_captured": captured,
        "amount_refunded": charge.refunded,
        "balance_transaction": transaction,
        "captured": charge.taken.is_some(),
        "created": charge.created,
        "currency": intent.terms.currency,
        "description": intent.terms.description,
        "disputed": charge.disputed,
        "livemode": false,
        "metadata": intent.terms.metadata,
        "paid": true,
        "payment_intent": intent.id,
        "payment_method": intent.payment_method,
        "refunded": captured > 0 && charge.refunded == captured,
        "status": "succeeded",
    })
}

fn transaction(taken: &Taken, charge: &Charge, currency: &str) -> Value {
    json!({
        "id": taken.transaction,
        "object": "balance_transaction",
        "amount": taken.amount,
        "created": charge.created,
        "currency": currency,
        "fee": taken.fee,
        "net": taken.amount - taken.fee,
        "source": charge.id,
        "type": "charge",
    })
}

/// A refund.
pub fn refund(refund: &Refund) -> Value {
    json!({
        "id": refund.id,
        "object": "refund",
        "amount": refund.amount,
        "charge": refund.charge,
        "created": refund.created,
        "currency": refund.currency,
        "metadata": refund.metadata,
        "payment_intent": refund.intent,
        "reason": refund.reason,
        "status": "succeeded",
    })
}

/// A dispute.
pub fn dispute(dispute: &Dispute) -> Value {
    json!({
        "id": dispute.id,
        "object": "dispute",
        "amount": dispute.amount,
        "charge": dispute.charge,
        "created": dispute.created,
        "currency": dispute.currency,
        "is_charge_refundable": false,
        "livemode": false,
        "metadata": {},
        "payment_intent": dispute.intent,
        "reason": "fraudulent",
        "status": dispute.status.name(),
    })
}

/// An event, about a thing as it was then.
pub fn event(id: &str, name: &str, created: u64, about: &Value) -> Value {
    json!({
        "id": id,
        "object": "event",
        "api_version": API_VERSION,
        "created": created,
        "data": {"object": about},
        "livemode": false,
        "pending_webhooks": 1,
        "request": null,
        "type": name,
    })
}

/// One page of a list.
pub fn list(path: &str, data: Vec<Value>, more: bool) -> Value {
    json!({"object": "list", "url": path, "has_more": more, "data": data})
}

/// Everything that a search finds.
pub fn search_result(path: &str, data: Vec<Value>) -> Value {
    json!({"object": "search_result", "url": path, "has_more": false, "next_page": null, "data": data})
}
