//! Calls that go wrong on request, and the keys that make them safe to repeat.

use std::time::Instant;

use serde_json::json;

use super::{AUTHORISED, Caller, expect_error, id_of};
use crate::office::{PATIENCE, SandboxPayments};

const INTENTS: &str = "/v1/payment_intents";

#[tokio::test]
async fn a_call_that_comes_twice_is_answered_twice_and_done_once() {
    let sandbox = SandboxPayments::start(&[]).await;
    let caller = Caller::of(&sandbox);
    let first = caller.post_once("k", INTENTS, AUTHORISED).await;
    assert!(!first.headers.contains_key("idempotent-replayed"));
    let again = caller.post_once("k", INTENTS, AUTHORISED).await;
    assert_eq!(again.headers["idempotent-replayed"], "true");
    assert_eq!(again.expect_status(200), first.expect_status(200));
    let other = caller.post_once("k", INTENTS, &AUTHORISED[..6]).await;
    let other = other.expect_status(400);
    assert_eq!(other["error"]["type"], "idempotency_error");
    assert_eq!(sandbox.calls().await, json!({"create": 1}));
    sandbox.forget_keys().await;
    caller
        .post_once("k", INTENTS, AUTHORISED)
        .await
        .expect_status(200);
    assert_eq!(sandbox.book().await.len(), 2);
}

#[tokio::test]
async fn refusals_are_remembered_and_old_keys_are_not() {
    let sandbox = SandboxPayments::start(&["--key-memory", "1"]).await;
    let caller = Caller::of(&sandbox);
    let path = format!("{INTENTS}/{}/capture", caller.authorise().await);
    caller.post(&path, &[]).await.expect_status(200);
    for _ in 0..2 {
        let refused = caller.post_once("a", &path, &[]).await;
        expect_error(refused, 400, "payment_intent_unexpected_state");
    }
    assert_eq!(sandbox.calls().await["capture"], 2);
    caller
        .post_once("b", INTENTS, AUTHORISED)
        .await
        .expect_status(200);
    caller.post_once("a", &path, &[]).await.expect_status(400);
    assert_eq!(sandbox.calls().await["capture"], 3);
}

#[tokio::test]
async fn the_first_call_with_a_key_goes_before_the_others() {
    let sandbox = SandboxPayments::start(&[]).await;
    let caller = Caller::of(&sandbox);
    sandbox.fault("create", "stall_before").await;
    let (first, ()) = tokio::join!(caller.post_once("k", INTENTS, AUTHORISED), async {
        sandbox.wait_until_stalled("create").await;
        let second = caller.post_once("k", INTENTS, AUTHORISED).await;
        expect_error(second, 409, "idempotency_key_in_use");
        assert!(sandbox.book().await.is_empty());
        sandbox.release().await;
    });
    first.expect_status(200);
    assert_eq!(sandbox.book().await.len(), 1);
}

#[tokio::test]
async fn an_error_comes_before_or_after_the_effect() {
    let sandbox = SandboxPayments::start(&[]).await;
    let caller = Caller::of(&sandbox);
    sandbox.fault("create", "error_before").await;
    let create = async |key| caller.post_once(key, INTENTS, AUTHORISED).await;
    create("a").await.expect_status(500);
    assert!(sandbox.book().await.is_empty());
    create("a").await.expect_status(200);

    sandbox
        .prepare(json!({"call": "create", "fault": "error_after", "times": 2}))
        .await;
    create("b").await.expect_status(500);
    create("b").await.expect_status(500);
    assert_eq!(sandbox.book().await.len(), 2);
    let again = create("b").await;
    assert_eq!(again.headers["idempotent-replayed"], "true");
    again.expect_status(200);

    sandbox.fault("any", "error_kept").await;
    create("c").await.expect_status(500);
    create("c").await.expect_status(500);
    assert_eq!(sandbox.book().await.len(), 3);
}

/// Waits until the only payment has this value.
async fn wait_for(sandbox: &SandboxPayments, name: &str, value: i64) {
    let deadline = Instant::now() + PATIENCE;
    while !sandbox.book().await.iter().any(|payment| payment[name] == value) {
        assert!(Instant::now() < deadline, "{name} never becomes {value}");
    }
}

#[tokio::test]
async fn what_has_begun_is_ended_when_the_caller_has_gone() {
    let sandbox = SandboxPayments::start(&[]).await;
    let caller = Caller::of(&sandbox);
    sandbox.fault("create", "timeout_after").await;
    caller
        .post_until(wait_for(&sandbox, "amount", 10_000), "a", INTENTS, AUTHORISED)
        .await;
    let again = caller.post_once("a", INTENTS, AUTHORISED).await;
    let id = id_of(&again.expect_status(200));
    assert_eq!(sandbox.book().await.len(), 1);

    let path = format!("{INTENTS}/{id}/capture");
    sandbox.fault("capture", "stall_before").await;
    let stalled = sandbox.wait_until_stalled("capture");
    caller.post_until(stalled, "b", &path, &[]).await;
    assert_eq!(sandbox.payment("7").await["captured"], 0);
    sandbox.release().await;
    wait_for(&sandbox, "captured", 10_000).await;

    sandbox.fault("refund", "stall_after").await;
    let refund = [("payment_intent", id.as_str())];
    let (refunded, ()) = tokio::join!(caller.post("/v1/refunds", &refund), async {
        sandbox.wait_until_stalled("refund").await;
        assert_eq!(sandbox.payment("7").await["refunded"], 10_000);
        sandbox.release().await;
    });
    refunded.expect_status(200);
}

#[tokio::test]
async fn calls_are_declined_slowed_and_turned_away_at_both_doors() {
    let sandbox = SandboxPayments::start(&[]).await;
    let caller = Caller::of(&sandbox);
    let new = json!({
        "amount": {"value": 100, "currency": "EUR"},
        "merchant_reference": "a",
        "return_url": null,
    });
    sandbox
        .prepare(json!({"call": "create", "fault": "decline", "times": 2}))
        .await;
    let declined = caller.post(INTENTS, AUTHORISED).await;
    let error = expect_error(declined, 402, "card_declined");
    assert_eq!(error["payment_intent"]["status"], "requires_payment_method");
    let declined = caller.post_json("/hosted/payments", &new).await;
    assert_eq!(declined.expect_status(422)["code"], "declined");
    let path = format!("{INTENTS}/{}/capture", caller.authorise().await);
    sandbox.fault("capture", "decline").await;
    expect_error(caller.post(&path, &[]).await, 402, "card_declined");
    caller.post(&path, &[]).await.expect_status(200);

    sandbox
        .prepare(json!({"call": "list", "fault": "latency", "latency_ms": 300}))
        .await;
    let asked = Instant::now();
    caller.get("/hosted/payments").await.expect_status(200);
    assert!(asked.elapsed().as_millis() >= 300);

    sandbox.fault("list", "error_before").await;
    sandbox.clear_faults().await;
    caller.get("/hosted/payments").await.expect_status(200);

    sandbox.outage(true).await;
    caller.get(INTENTS).await.expect_status(503);
    let out = caller.get("/hosted/payments").await.expect_status(503);
    assert_eq!(out["code"], "unavailable");
    sandbox.outage(false).await;
    caller.get(INTENTS).await.expect_status(200);
}
