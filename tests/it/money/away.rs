//! Providers that are away or refuse, and what waits for the operator.

use std::time::Instant;

use serde_json::json;

use super::{Till, id, pay, pay_until_known};
use crate::office::PATIENCE;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_a_provider_is_away_another_takes_its_place() {
    let till = Till::with(&[
        ("BOXOFFICE_PROVIDER_FAILURES_MAX", "2"),
        ("BOXOFFICE_PROVIDER_REST_MS", "60000"),
    ])
    .await;
    let show = till.office.show(json!({})).await;
    // Only the first door is out of order.
    for _ in 0..2 {
        till.provider.fault("create", "error_before").await;
    }
    let mut orders = Vec::new();
    for seat in ["A-1-1", "A-1-2"] {
        let (buyer, order) = till.order(&show, &[seat]).await;
        pay(&buyer, &order, "stripe", "pm_card_visa", "k")
            .await
            .expect_problem(503, "outcome_unknown");
        orders.push((buyer, order));
    }
    let told = till
        .office
        .organiser()
        .get(&format!("/v1/shows/{show}/providers"))
        .await;
    let told = told.expect_status(200);
    let told = [0, 1].map(|at| {
        (
            told["providers"][at]["name"].clone(),
            told["providers"][at]["available"].clone(),
        )
    });
    assert_eq!(
        told,
        [(json!("stripe"), json!(false)), (json!("hosted"), json!(true))]
    );
    let (buyer, order) = till.order(&show, &["A-1-3"]).await;
    let answer = pay(&buyer, &order, "stripe", "pm_card_visa", "k")
        .await
        .expect_status(202);
    assert_eq!(answer["provider"], "hosted");
    till.provider
        .approve(till.only_payment().await["id"].as_str().expect("an id"))
        .await;
    till.wait_until("captured").await;
    // What nobody else takes is refused at once, and nothing happens.
    till.provider.outage(true).await;
    for seat in ["B-1-3", "B-1-4"] {
        let (buyer, order) = till.order(&show, &[seat]).await;
        let answer = pay(&buyer, &order, "hosted", "page", "k").await;
        assert_eq!(answer.status, 503);
        orders.push((buyer, order));
    }
    let (buyer, order) = till.order(&show, &["B-1-2"]).await;
    let before = till.office.database.number("SELECT count(*) FROM payments");
    let refused = pay(&buyer, &order, "stripe", "pm_card_visa", "k").await;
    refused.expect_problem(503, "provider_unavailable");
    assert_eq!(
        till.office.database.number("SELECT count(*) FROM payments"),
        before
    );
    till.provider.outage(false).await;
    till.provider.clear_faults().await;
    let mut till = till;
    // A node that knows nothing of the outage goes on with what was left.
    till.restart_node().await;
    for (buyer, order) in orders {
        let buyer = buyer.at(till.office.nodes[0].url());
        // It may have been paid by now, or waits for the buyer.
        let _either = buyer.delete(&format!("/v1/orders/{}", id(&order))).await;
    }
    till.settle();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_provider_refuses_waits_for_the_operator() {
    let till = Till::open().await;
    let show = till.office.show(json!({})).await;
    let (buyer, order) = till.order(&show, &["A-1-1"]).await;
    till.provider
        .prepare(json!({"call": "capture", "fault": "decline", "times": 3}))
        .await;
    pay(&buyer, &order, "stripe", "pm_card_visa", "k")
        .await
        .expect_status(200);
    let deadline = Instant::now() + PATIENCE;
    let organiser = till.office.organiser();
    let dead = loop {
        till.end_pauses();
        let list = organiser.get("/v1/outbox").await.expect_status(200);
        if list["tasks"].as_array().is_some_and(|tasks| !tasks.is_empty()) {
            break list["tasks"][0].clone();
        }
        assert!(Instant::now() < deadline, "nothing is given up");
    };
    assert_eq!(
        (
            &dead["action"],
            &dead["order"],
            &dead["amount"]["amount"],
            &dead["attempts"]
        ),
        (&json!("capture"), &order["id"], &json!(5_000), &json!(3))
    );
    let task = dead["id"].as_str().expect("an id");
    let after = organiser
        .get(&format!("/v1/outbox?after={task}"))
        .await
        .expect_status(200);
    assert_eq!(after, json!({"tasks": [], "next_after": null}));
    organiser
        .get("/v1/outbox?after=x")
        .await
        .expect_problem(400, "bad_request");
    let retry = format!("/v1/outbox/{task}/retry");
    buyer
        .post(&retry, &json!(null))
        .await
        .expect_problem(403, "forbidden");
    organiser
        .post("/v1/outbox/1.1.1/retry", &json!(null))
        .await
        .expect_problem(404, "not_found");
    // Another organiser neither sees it nor has it tried again; the first one's reader sees it.
    let stranger = till.office.another_organiser().await;
    let theirs = stranger.get("/v1/outbox").await.expect_status(200);
    assert_eq!(theirs, json!({"tasks": [], "next_after": null}));
    stranger
        .post(&retry, &json!(null))
        .await
        .expect_problem(404, "not_found");
    let reader = json!({"name": "Reader", "role": "reader"});
    let reader = organiser.post("/v1/keys", &reader).await.expect_status(201);
    let reader = organiser.with_token(reader["key"].as_str().expect("a key"));
    let theirs = reader.get("/v1/outbox").await.expect_status(200);
    assert_eq!(theirs["tasks"][0]["id"], task);
    let retry_with = async |key| organiser.post_with_key(&retry, &json!(null), key).await;
    retry_with("k").await.expect_status(204);
    till.wait_until("succeeded").await;
    till.settle();
    // It is no more, and the key still says that it was done; another request finds nothing to do.
    retry_with("k").await.expect_status(204);
    organiser
        .post(&retry, &json!(null))
        .await
        .expect_problem(404, "not_found");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_answered_while_its_provider_is_left_alone() {
    let till = Till::with(&[
        ("BOXOFFICE_PROVIDER_FAILURES_MAX", "1"),
        ("BOXOFFICE_PROVIDER_REST_MS", "60000"),
        // Nobody stands in for it.
        ("BOXOFFICE_HOSTED_URL", "http://127.0.0.1:1"),
        ("BOXOFFICE_RESOLVE_SECONDS", "600"),
    ])
    .await;
    let show = till.office.show(json!({})).await;
    let buyer = till.office.buyer().await;
    let paid = buyer.hold(&show, &["A-1-1"]).await.expect_status(201);
    let first = pay(&buyer, &paid, "stripe", "pm_card_visa", "k")
        .await
        .expect_status(200);
    till.settle();
    let lost = buyer.hold(&show, &["A-1-2"]).await.expect_status(201);
    till.provider.set_webhooks("lost").await;
    till.provider.fault("create", "error_after").await;
    pay(&buyer, &lost, "stripe", "pm_card_visa", "k2")
        .await
        .expect_problem(503, "outcome_unknown");
    let other = till.office.buyer().await;
    let page = other.hold(&show, &["A-1-3"]).await.expect_status(201);
    pay(&other, &page, "hosted", "page", "k")
        .await
        .expect_problem(503, "outcome_unknown");
    // Both rest now: nothing is begun, and what was begun has its answer.
    let order = other.hold(&show, &["A-1-4"]).await.expect_status(201);
    pay(&other, &order, "stripe", "pm_card_visa", "new")
        .await
        .expect_problem(503, "provider_unavailable");
    let again = pay(&buyer, &paid, "stripe", "pm_card_visa", "k")
        .await
        .expect_status(200);
    assert_eq!(again, first);
    let mut till = till;
    till.restart_node().await;
    till.let_time_pass();
    let buyer = buyer.at(till.office.nodes[0].url());
    let known = pay_until_known(&buyer, &lost, "pm_card_visa", "k2").await;
    assert_eq!(known.expect_status(200)["state"], "succeeded");
    let other = other.at(till.office.nodes[0].url());
    other
        .delete(&format!("/v1/orders/{}", id(&page)))
        .await
        .expect_status(200);
    till.office.nodes.clear();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refund_that_the_operator_has_tried_again_is_looked_for_first() {
    let till = Till::with(&[("BOXOFFICE_OUTBOX_ATTEMPTS_MAX", "1")]).await;
    let show = till.office.show(json!({"returns": "buyer"})).await;
    let (buyer, order) = till.order(&show, &["A-1-1", "A-1-2"]).await;
    let paid = pay(&buyer, &order, "stripe", "pm_card_visa", "k")
        .await
        .expect_status(200);
    till.settle();
    // It is done, the answer is lost, and the key forgotten.
    till.provider.fault("refund", "error_after").await;
    let part = json!({"tickets": [paid["tickets"][0]["code"]]});
    let path = format!("/v1/orders/{}/refund", id(&order));
    buyer.post(&path, &part).await.expect_status(200);
    let organiser = till.office.organiser();
    till.office
        .database
        .wait_until_zero("SELECT count(*) FROM outbox WHERE dead_at IS NULL");
    till.provider.forget_keys().await;
    let list = organiser.get("/v1/outbox").await.expect_status(200);
    let task = &list["tasks"][0];
    assert_eq!(
        (&task["action"], &task["amount"]["amount"]),
        (&json!("refund"), &json!(5_000))
    );
    let retry = format!("/v1/outbox/{}/retry", task["id"].as_str().expect("an id"));
    organiser.post(&retry, &json!(null)).await.expect_status(204);
    till.settle();
    assert_eq!(till.times("refund").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_costs_nothing_is_never_told_to_a_provider() {
    let till = Till::open().await;
    let free = json!({"amount": 0, "currency": "EUR"});
    let prices = json!({"Stalls": {"amount": 5_000, "currency": "EUR"}, "Floor": free});
    let show = till
        .office
        .show(json!({"returns": "buyer", "prices": prices}))
        .await;
    let buyer = till.office.buyer().await;
    let path = format!("/v1/shows/{show}/orders");
    let wish = json!({"zones": [{"zone": "Floor", "count": 1}]});
    let order = buyer.post(&path, &wish).await.expect_status(201);
    pay(&buyer, &order, "stripe", "pm_card_visa", "k")
        .await
        .expect_status(200);
    till.settle();
    assert!(till.provider.book().await.is_empty());
    let mixed = json!({"seats": ["A-1-1"], "zones": [{"zone": "Floor", "count": 1}]});
    let order = buyer.post(&path, &mixed).await.expect_status(201);
    let paid = pay(&buyer, &order, "stripe", "pm_card_visa", "k2")
        .await
        .expect_status(200);
    till.settle();
    let part = json!({"tickets": [paid["tickets"][1]["code"]]});
    buyer
        .post(&format!("/v1/orders/{}/refund", id(&order)), &part)
        .await
        .expect_status(200);
    till.settle();
    assert_eq!(till.times("refund").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_rests_is_not_asked_by_the_outbox() {
    let till = Till::with(&[
        ("BOXOFFICE_PROVIDER_FAILURES_MAX", "2"),
        ("BOXOFFICE_PROVIDER_REST_MS", "60000"),
    ])
    .await;
    let show = till.office.show(json!({})).await;
    for _ in 0..2 {
        till.provider.fault("create", "error_before").await;
    }
    for seat in ["A-1-1", "A-1-2"] {
        let (buyer, order) = till.order(&show, &[seat]).await;
        pay(&buyer, &order, "stripe", "pm_card_visa", "k")
            .await
            .expect_problem(503, "outcome_unknown");
    }
    till.let_time_pass();
    // Another's tasks, which are due later, are carried out.
    let (buyer, order) = till.order(&show, &["A-1-3"]).await;
    pay(&buyer, &order, "sandbox", "card_error_after_effect", "k")
        .await
        .expect_problem(503, "outcome_unknown");
    till.wait_for_zero("SELECT count(*) FROM outbox WHERE provider = 'sandbox'");
    let touched = "SELECT count(*) FROM outbox WHERE attempts > 0 OR last_error IS NOT NULL";
    assert_eq!(till.office.database.number(touched), 0);
    let calls = till.provider.calls().await;
    assert_eq!(calls, json!({}), "{calls}");
    assert_eq!(
        till.office
            .database
            .number("SELECT count(*) FROM payments WHERE state = 1"),
        2
    );
    let mut till = till;
    till.restart_node().await;
    till.settle();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_is_not_met_again() {
    let till = Till::open().await;
    let show = till.office.show(json!({})).await;
    let (buyer, order) = till.order(&show, &["A-1-1"]).await;
    till.provider.fault("capture", "decline").await;
    pay(&buyer, &order, "stripe", "pm_card_visa", "k")
        .await
        .expect_status(200);
    till.settle();
    assert_eq!(till.only_payment().await["status"], "succeeded");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_fails_too_often_waits_for_the_operator() {
    let till = Till::with(&[("BOXOFFICE_OUTBOX_ATTEMPTS_MAX", "2")]).await;
    let show = till.office.show(json!({})).await;
    till.provider.set_webhooks("lost").await;
    let (buyer, order) = till.order(&show, &["A-1-1"]).await;
    till.provider
        .prepare(json!({"call": "capture", "fault": "error_before", "times": 2}))
        .await;
    pay(&buyer, &order, "stripe", "pm_card_visa", "k")
        .await
        .expect_status(200);
    let given_up = "SELECT count(*) FROM outbox WHERE dead_at IS NOT NULL AND attempts = 2";
    let deadline = Instant::now() + PATIENCE;
    while till.office.database.number(given_up) == 0 {
        till.end_pauses();
        assert!(Instant::now() < deadline, "it is not given up");
    }
    let organiser = till.office.organiser();
    let list = organiser.get("/v1/outbox").await.expect_status(200);
    let retry = format!(
        "/v1/outbox/{}/retry",
        list["tasks"][0]["id"].as_str().expect("an id")
    );
    till.provider.fault("capture", "stall_before").await;
    organiser.post(&retry, &json!(null)).await.expect_status(204);
    till.provider.wait_until_stalled("capture").await;
    assert_eq!(till.office.database.number("SELECT key_round FROM outbox"), 2);
    till.provider.release().await;
    till.wait_until("succeeded").await;
    till.settle();
}
