//! Events and notices: signed, in order, again until they are taken, and lost or mixed up on request.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use super::{Caller, id_of};
use crate::office::{Inbox, SandboxPayments};

async fn with_inbox() -> (Inbox, SandboxPayments) {
    let inbox = Inbox::start();
    let sandbox =
        SandboxPayments::start(&["--webhook-url", inbox.url(), "--hosted-webhook-url", inbox.url()]).await;
    (inbox, sandbox)
}

/// Checks `t=…,SCHEME=…` over `t.body`.
fn check_signature(signature: &str, scheme: &str, secret: &str, text: &str) {
    let (time, digest) = signature.split_once(&format!(",{scheme}=")).expect(signature);
    let time = time.strip_prefix("t=").expect("a time");
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key");
    mac.update(format!("{time}.{text}").as_bytes());
    let expected: String = mac
        .finalize()
        .into_bytes()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(digest, expected);
}

/// Makes payments whose money is set aside, one event each, and gives their ids.
async fn authorise(caller: &Caller<'_>, count: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for _ in 0..count {
        ids.push(caller.authorise().await);
    }
    ids
}

async fn arrived(inbox: &Inbox, count: usize) -> Vec<String> {
    let notices = inbox.wait_for(count).await;
    notices
        .iter()
        .map(|notice| id_of(&notice.body["data"]["object"]))
        .collect()
}

#[tokio::test]
async fn events_are_signed_and_come_in_order_and_again_until_they_are_taken() {
    let (inbox, sandbox) = with_inbox().await;
    let caller = Caller::of(&sandbox);
    inbox.answer_next(500).await;
    inbox.answer_next(404).await;
    let id = caller.authorise().await;
    let capture = format!("/v1/payment_intents/{id}/capture");
    caller.post(&capture, &[]).await.expect_status(200);
    let refund = [("payment_intent", id.as_str())];
    caller.post("/v1/refunds", &refund).await.expect_status(200);
    let notices = inbox.wait_for(7).await;
    let types: Vec<&Value> = notices.iter().map(|notice| &notice.body["type"]).collect();
    assert_eq!(
        types,
        [
            "payment_intent.amount_capturable_updated",
            "payment_intent.amount_capturable_updated",
            "payment_intent.amount_capturable_updated",
            "charge.captured",
            "payment_intent.succeeded",
            "charge.refunded",
            "refund.created",
        ]
    );
    assert_eq!(notices[0].text, notices[2].text);
    assert_eq!(notices[3].body["data"]["object"]["amount_captured"], 10_000);
    for notice in &notices {
        check_signature(&notice.signature, "v1", "whsec_boxoffice", &notice.text);
    }
}

#[tokio::test]
async fn hosted_notices_tell_that_something_changed() {
    let (inbox, sandbox) = with_inbox().await;
    let caller = Caller::of(&sandbox);
    let new = json!({
        "amount": {"value": 100, "currency": "EUR"},
        "merchant_reference": "a",
        "return_url": null,
    });
    let payment = caller.post_json("/hosted/payments", &new).await;
    let id = id_of(&payment.expect_status(201));
    sandbox.approve(&id).await;
    let notices = inbox.wait_for(1).await;
    assert_eq!(
        (&notices[0].body["payment_id"], &notices[0].body["type"]),
        (&json!(id), &json!("payment.updated"))
    );
    check_signature(
        &notices[0].signature,
        "sha256",
        "hosted_boxoffice",
        &notices[0].text,
    );
}

#[tokio::test]
async fn events_are_lost_doubled_held_and_mixed_up_on_request() {
    let (inbox, sandbox) = with_inbox().await;
    let caller = Caller::of(&sandbox);
    sandbox.set_webhooks("lost").await;
    authorise(&caller, 1).await;
    sandbox.set_webhooks("duplicate").await;
    let ids = authorise(&caller, 1).await;
    let mut expected = vec![ids[0].clone(), ids[0].clone()];
    assert_eq!(arrived(&inbox, 2).await, expected);

    sandbox.set_webhooks("held").await;
    let held = authorise(&caller, 2).await;
    assert_eq!(arrived(&inbox, 2).await, expected);
    sandbox.set_webhooks("reordered").await;
    expected.extend(held);
    assert_eq!(arrived(&inbox, 4).await, expected);

    // In which order depends on how fast they come: where the order is made, it is tested with a clock that stands.
    let mixed = authorise(&caller, 2).await;
    let arrived_mixed = arrived(&inbox, 6).await;
    assert!(mixed.iter().all(|id| arrived_mixed[4..].contains(id)));
    expected.extend_from_slice(&arrived_mixed[4..]);
    sandbox.set_webhooks("normal").await;
    expected.extend(authorise(&caller, 1).await);
    assert_eq!(arrived(&inbox, 7).await, expected);
}
