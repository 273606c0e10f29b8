//! Money that is set aside or taken when nobody expects it any more.

use std::time::Instant;

use serde_json::json;

use super::{Till, page_of, pay};
use crate::office::PATIENCE;

const LAPSED: &str = "SELECT count(*) FROM orders WHERE state = 1 AND kept_until > clock_timestamp()";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_set_aside_for_an_order_that_is_gone() {
    let till = Till::open().await;
    let show = till
        .office
        .show(json!({"hold_seconds": 1, "hold_grace_ms": 0}))
        .await;
    till.provider.set_webhooks("lost").await;
    let (buyer, order) = till.order(&show, &["A-1-1"]).await;
    till.provider.fault("create", "error_before").await;
    pay(&buyer, &order, "stripe", "pm_card_visa", "k")
        .await
        .expect_problem(503, "outcome_unknown");
    till.office.database.wait_until_zero(LAPSED);
    till.settle();
    assert_eq!(till.times("create").await, 0);
}

async fn late_at_the_provider(lag: &str, webhooks: &str) {
    let till = Till::with(&[("BOXOFFICE_SEARCH_LAG_SECONDS", lag)]).await;
    let show = till
        .office
        .show(json!({"hold_seconds": 1, "hold_grace_ms": 0}))
        .await;
    till.provider.set_webhooks(webhooks).await;
    let (buyer, order) = till.order(&show, &["A-1-1"]).await;
    till.provider.fault("create", "stall_before").await;
    pay(&buyer, &order, "stripe", "pm_card_visa", "k")
        .await
        .expect_problem(503, "outcome_unknown");
    till.office.database.wait_until_zero(LAPSED);
    till.wait_for_zero("SELECT count(*) FROM payments WHERE state = 1");
    if lag == "0" {
        till.wait_for_zero("SELECT count(*) FROM payments WHERE state <> 5");
    } else {
        till.wait_for_zero("SELECT count(*) FROM payments p WHERE p.state <> 5 AND NOT EXISTS (SELECT 1 FROM outbox b WHERE b.action = 3 AND b.last_error IS NOT NULL)");
    }
    till.provider.release().await;
    till.wait_until(if webhooks == "lost" {
        "requires_capture"
    } else {
        "canceled"
    })
    .await;
    till.settle();
    assert_eq!(till.only_payment().await["status"], "canceled");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_void_waits_for_the_search() {
    late_at_the_provider("15", "lost").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn money_set_aside_after_its_payment_was_given_up_is_released() {
    late_at_the_provider("0", "normal").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn money_taken_of_a_refused_payment_goes_back() {
    let till = Till::open().await;
    let show = till.office.show(json!({})).await;
    let (buyer, order) = till.order(&show, &["A-1-1"]).await;
    let page = page_of(
        &pay(&buyer, &order, "stripe", "pm_card_authenticationRequired", "k")
            .await
            .expect_status(202),
    );
    till.provider.decline(&page).await;
    till.wait_for_zero("SELECT count(*) FROM payments WHERE state <> 6");
    till.settle();
    let ask = |verb: &'static str, form: Vec<(&'static str, &'static str)>| {
        let url = format!("{}/v1/payment_intents/{page}/{verb}", till.provider.url());
        async move {
            let answer = reqwest::Client::new()
                .post(url)
                .bearer_auth("sk_test_boxoffice")
                .form(&form)
                .send()
                .await
                .expect("an answer");
            assert_eq!(
                answer.status(),
                200,
                "{}",
                answer.text().await.unwrap_or_default()
            );
        }
    };
    till.provider.set_webhooks("lost").await;
    ask("confirm", vec![("payment_method", "pm_card_visa")]).await;
    till.provider.set_webhooks("normal").await;
    ask("capture", vec![]).await;
    let deadline = Instant::now() + PATIENCE;
    while till.only_payment().await["refunded"] != 5_000 {
        till.let_time_pass();
        assert!(Instant::now() < deadline, "not refunded");
    }
    till.settle();
}
