//! A provider that wants fewer calls, or doesn't take the office's key: neither is an outage.

use std::time::Instant;

use serde_json::{Value, json};

use super::{Till, id, pay};
use crate::office::PATIENCE;

/// The office's metrics as it shows them.
async fn metrics(till: &Till) -> String {
    let answer = reqwest::get(format!("{}/metrics", till.office.nodes[0].url())).await;
    answer.expect("metrics").text().await.expect("text")
}

async fn give_back(till: &Till, order: &Value) {
    let path = format!("/v1/orders/{}/refund", id(order));
    let organiser = till.office.organiser();
    organiser.post(&path, &json!(null)).await.expect_status(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sales_go_on_while_refunds_are_too_many_for_the_provider() {
    let till = Till::with(&[("BOXOFFICE_PROVIDER_FAILURES_MAX", "2")]).await;
    let show = till.office.show(json!({"session_places_max": 500})).await;
    let buyer = till.office.buyer().await;
    let mut orders = Vec::new();
    for seat in 1..=10 {
        let order = buyer
            .hold(&show, &[&format!("A-1-{seat}")])
            .await
            .expect_status(201);
        pay(&buyer, &order, "stripe", "pm_card_visa", id(&order))
            .await
            .expect_status(200);
        orders.push(order);
    }
    till.settle();
    let too_many = json!({"call": "refund", "fault": "too_many", "times": 1_000, "retry_after_seconds": 60});
    till.provider.prepare(too_many).await;
    for order in &orders {
        give_back(&till, order).await;
    }
    let deadline = Instant::now() + PATIENCE;
    while !metrics(&till)
        .await
        .contains("boxoffice_provider_throttled_total{provider=\"stripe\"}")
    {
        assert!(Instant::now() < deadline, "no refund was tried");
    }
    for seat in 1..=10 {
        let order = buyer
            .hold(&show, &[&format!("A-2-{seat}")])
            .await
            .expect_status(201);
        let paid = pay(&buyer, &order, "stripe", "pm_card_visa", id(&order)).await;
        assert_eq!(paid.expect_status(200)["state"], "succeeded");
    }
    // As long as the provider wants it, nothing of the outbox is tried, and no try is counted.
    let tried = "SELECT count(*) FROM outbox WHERE attempts > 1 OR dead_at IS NOT NULL";
    assert_eq!(till.office.database.number(tried), 0);
    till.provider.clear_faults().await;
    // Another node has not been told to wait.
    let mut till = till;
    till.restart_node().await;
    till.settle();
    assert_eq!(till.times("refund").await, 10);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_that_is_one_call_too_many_is_tried_again_at_once_or_changes_nothing() {
    let till = Till::open().await;
    let show = till.office.show(json!({})).await;
    let (buyer, order) = till.order(&show, &["A-1-1"]).await;
    till.provider
        .prepare(json!({"call": "create", "fault": "too_many", "times": 1, "retry_after_seconds": 0}))
        .await;
    let paid = pay(&buyer, &order, "stripe", "pm_card_visa", "k").await;
    assert_eq!(paid.expect_status(200)["state"], "succeeded");

    let (buyer, order) = till.order(&show, &["A-1-2"]).await;
    till.provider
        .prepare(json!({"call": "create", "fault": "too_many", "times": 1, "retry_after_seconds": 30}))
        .await;
    pay(&buyer, &order, "stripe", "pm_card_visa", "k")
        .await
        .expect_problem(503, "provider_unavailable");
    assert_eq!(buyer.seat(&show, "A-1-2").await, "held");
    // Nothing happened, so the key is as good as new.
    let again = pay(&buyer, &order, "stripe", "pm_card_visa", "k").await;
    let again = again.expect_status(200);
    assert_eq!(again["state"], "succeeded");
    let known = pay(&buyer, &order, "stripe", "pm_card_visa", "k").await;
    assert_eq!(known.expect_status(200), again);
    assert_eq!(till.times("create").await, 2);
    // Captures of this node wait as long as the provider wants.
    let mut till = till;
    till.restart_node().await;
    till.settle();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_the_provider_refuses_uses_up_no_attempts() {
    let till = Till::with(&[
        ("BOXOFFICE_OUTBOX_ATTEMPTS_MAX", "2"),
        ("BOXOFFICE_PROVIDER_FAILURES_MAX", "2"),
    ])
    .await;
    let show = till.office.show(json!({})).await;
    let (buyer, order) = till.order(&show, &["A-1-1"]).await;
    pay(&buyer, &order, "stripe", "pm_card_visa", "k")
        .await
        .expect_status(200);
    till.settle();
    for call in ["refund", "retrieve"] {
        let refused = json!({"call": call, "fault": "key_refused", "times": 1_000});
        till.provider.prepare(refused).await;
    }
    give_back(&till, &order).await;
    let deadline = Instant::now() + PATIENCE;
    let counted = "boxoffice_provider_key_refused_total{provider=\"stripe\"}";
    while !metrics(&till).await.contains(counted) {
        assert!(Instant::now() < deadline, "no refund was tried");
    }
    for _ in 0..20 {
        till.let_time_pass();
    }
    assert_eq!(
        till.office
            .database
            .number("SELECT count(*) FROM outbox WHERE dead_at IS NOT NULL"),
        0
    );
    // What the key is good for goes on.
    let (buyer, order) = till.order(&show, &["A-1-2"]).await;
    pay(&buyer, &order, "stripe", "pm_card_visa", "k")
        .await
        .expect_status(200);
    // A buyer of whom nothing can be taken hears that nothing happened.
    till.provider
        .prepare(json!({"call": "create", "fault": "key_refused", "times": 1}))
        .await;
    let (buyer, order) = till.order(&show, &["A-1-3"]).await;
    pay(&buyer, &order, "stripe", "pm_card_visa", "k")
        .await
        .expect_problem(503, "provider_unavailable");
    till.provider.clear_faults().await;
    let mut till = till;
    till.restart_node().await;
    till.settle();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_comparison_waits_for_a_provider_that_wants_fewer_calls() {
    let till = Till::open().await;
    let show = till.office.show(json!({})).await;
    let (buyer, order) = till.order(&show, &["A-1-1"]).await;
    pay(&buyer, &order, "stripe", "pm_card_visa", id(&order))
        .await
        .expect_status(200);
    till.settle();
    let too_many = json!({"call": "list", "fault": "too_many", "times": 2, "retry_after_seconds": 1});
    till.provider.prepare(too_many).await;
    let (agrees, words) = till.reconcile();
    assert!(agrees, "{words}");
    assert!(words.contains("stripe: 1 payments compared"), "{words}");
}
