//! Notices: proved, taken in once, in any order, and never needed.

use futures_util::future::join_all;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use super::{Till, id, page_of, pay};
use crate::office::{Answer, Client, send};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_of_the_provider_s_own_pays_by_notice() {
    let till = Till::open().await;
    let show = till.office.show(json!({})).await;
    let (buyer, order) = till.order(&show, &["A-1-1"]).await;
    let answer = pay(&buyer, &order, "hosted", "page", "k")
        .await
        .expect_status(202);
    assert_eq!(
        (&answer["state"], &answer["provider"], &answer["order"]),
        (&json!("action_required"), &json!("hosted"), &order["id"])
    );
    let again = pay(&buyer, &order, "hosted", "page", "k")
        .await
        .expect_status(202);
    assert_eq!(again, answer);
    let payment = till.only_payment().await;
    let page = answer["action_url"].as_str().expect("a page");
    assert!(page.ends_with(payment["id"].as_str().expect("an id")), "{page}");
    let back = till
        .provider
        .approve(payment["id"].as_str().expect("an id"))
        .await;
    assert_eq!(back.as_deref(), Some("https://shop.example/back"));
    let taken = till.wait_until("captured").await;
    assert_eq!(taken["captured"], 5_000);
    let paid = pay(&buyer, &order, "hosted", "page", "k")
        .await
        .expect_status(200);
    assert_eq!(paid["state"], "succeeded");
    till.settle();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_the_buyer_leaves_undone_leaves_the_hold() {
    let till = Till::open().await;
    let show = till.office.show(json!({})).await;
    let (buyer, order) = till.order(&show, &["A-1-1"]).await;
    pay(&buyer, &order, "hosted", "page", "k")
        .await
        .expect_status(202);
    let payment = till.only_payment().await;
    till.provider
        .decline(payment["id"].as_str().expect("an id"))
        .await;
    till.office
        .database
        .wait_until_zero("SELECT count(*) FROM payments WHERE state <> 6");
    pay(&buyer, &order, "hosted", "page", "k")
        .await
        .expect_problem(402, "payment_declined");
    assert_eq!(buyer.seat(&show, "A-1-1").await, "held");
    let paid = pay(&buyer, &order, "stripe", "pm_card_visa", "k2")
        .await
        .expect_status(200);
    assert_eq!(paid["state"], "succeeded");
    till.settle();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn notices_that_come_twice_or_in_any_order_change_nothing() {
    let till = Till::open().await;
    let show = till.office.show(json!({"returns": "buyer"})).await;
    for (at, mode) in ["duplicate", "reordered", "normal"].into_iter().enumerate() {
        till.provider.set_webhooks(mode).await;
        for provider in ["stripe", "hosted"] {
            let seat = format!("A-{}-{}", at + 1, provider.len());
            let (buyer, order) = till.order(&show, &[&seat]).await;
            let method = "pm_card_authenticationRequired";
            let answer = pay(&buyer, &order, provider, method, "k")
                .await
                .expect_status(202);
            till.provider.approve(&page_of(&answer)).await;
            till.office
                .database
                .wait_until_zero("SELECT count(*) FROM orders WHERE state = 1");
            let refund = format!("/v1/orders/{}/refund", id(&order));
            let answers = join_all((0..3).map(|_| buyer.post(&refund, &Value::Null))).await;
            for answer in answers {
                assert_eq!(answer.expect_status(200)["state"], "refunded");
            }
            till.settle();
        }
    }
    // Money that was not taken yet is released, else it goes back.
    for payment in till.provider.book().await {
        assert_eq!(payment["captured"], payment["refunded"], "{payment}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notice_before_the_answer_pays_and_the_answer_says_so() {
    let till = Till::open().await;
    let show = till.office.show(json!({})).await;
    let (buyer, order) = till.order(&show, &["A-1-1"]).await;
    till.provider.fault("create", "stall_after").await;
    let (answer, ()) = tokio::join!(pay(&buyer, &order, "stripe", "pm_card_visa", "k"), async {
        till.provider.wait_until_stalled("create").await;
        till.office
            .database
            .wait_until_zero("SELECT count(*) FROM orders WHERE state = 1");
        till.provider.release().await;
    });
    assert_eq!(answer.expect_status(200)["state"], "succeeded");
    till.settle();
    assert_eq!((till.times("create").await, till.times("capture").await), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_of_notices_is_few_commits_and_each_is_written_down_when_it_is_answered() {
    const NOTICES: usize = 400;
    let till = Till::open().await;
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .expect("a time")
        .as_secs();
    let client = Client::new(till.office.nodes[0].url(), None);
    let deliveries = (0..NOTICES).map(|number| {
        let client = &client;
        async move {
            let body = format!(
                r#"{{"id":"evt_{number}","type":"refund.updated","data":{{"object":{{"id":"pi_x","object":"payment_intent"}}}}}}"#
            );
            let signature = signed("whsec_boxoffice", now, &body);
            deliver_by(client, "stripe", Some(&signature), &body).await.expect_status(204);
        }
    });
    join_all(deliveries).await;
    let count = "SELECT count(*) FROM notices WHERE provider = 'stripe' AND event LIKE 'evt_%'";
    assert_eq!(till.office.database.number(count), 400);
    let answer = reqwest::get(format!("{}/metrics", till.office.nodes[0].url())).await;
    let metrics = answer.expect("metrics").text().await.expect("text");
    let statements = "boxoffice_database_call_seconds_count{statement=\"notice/take.sql\"} ";
    let statements = metrics.lines().find_map(|line| line.strip_prefix(statements));
    let statements: usize = statements.expect("a count").parse().expect("a number");
    // How many come together is the machine's affair; one statement for each would be as many as there are notices.
    assert!(statements <= NOTICES * 3 / 4, "{statements} statements");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notice_is_believed_if_it_is_signed_now() {
    let till = Till::open().await;
    let body = r#"{"id":"evt_1","type":"payment_intent.succeeded","data":{"object":{"id":"pi_1","object":"payment_intent"}}}"#;
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .expect("a time")
        .as_secs();
    let good = signed("whsec_boxoffice", now, body);
    deliver(&till, "stripe", Some(&good), body)
        .await
        .expect_status(204);
    deliver(&till, "stripe", Some(&good), body)
        .await
        .expect_status(204);
    let count = "SELECT count(*) FROM notices WHERE provider = 'stripe' AND event = 'evt_1'";
    assert_eq!(till.office.database.number(count), 1);
    let wrong = [
        None,
        Some(signed("whsec_other", now, body)),
        Some(signed("whsec_boxoffice", now - 3_600, body)),
        Some(signed("whsec_boxoffice", now, "{}")),
    ];
    for signature in wrong {
        let answer = deliver(&till, "stripe", signature.as_deref(), body).await;
        answer.expect_problem(400, "notice_invalid");
    }
    let unreadable = signed("whsec_boxoffice", now, "[]");
    deliver(&till, "stripe", Some(&unreadable), "[]")
        .await
        .expect_problem(400, "notice_invalid");
    deliver(&till, "bank", Some(&good), body)
        .await
        .expect_problem(404, "not_found");
    let long = "x".repeat(300_000);
    deliver(&till, "stripe", None, &long)
        .await
        .expect_problem(413, "too_large");
    deliver(&till, "sandbox", Some(&good), body)
        .await
        .expect_problem(400, "notice_invalid");
}

fn signed(secret: &str, at: u64, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key");
    mac.update(format!("{at}.{body}").as_bytes());
    let digest: String = mac
        .finalize()
        .into_bytes()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("t={at},v1={digest}")
}

async fn deliver(till: &Till, provider: &str, signature: Option<&str>, body: &str) -> Answer {
    deliver_by(
        &Client::new(till.office.nodes[0].url(), None),
        provider,
        signature,
        body,
    )
    .await
}

async fn deliver_by(client: &Client, provider: &str, signature: Option<&str>, body: &str) -> Answer {
    let mut request = client
        .request(reqwest::Method::POST, &format!("/v1/webhooks/{provider}"))
        .header("Content-Type", "application/json")
        .body(body.to_owned());
    if let Some(signature) = signature {
        request = request.header("Stripe-Signature", signature);
    }
    send(request).await.expect("an answer")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notice_that_comes_again_costs_nothing() {
    let till = Till::open().await;
    let show = till.office.show(json!({})).await;
    till.provider.set_webhooks("lost").await;
    let (buyer, order) = till.order(&show, &["A-1-1"]).await;
    let page = page_of(
        &pay(&buyer, &order, "stripe", "pm_card_authenticationRequired", "k")
            .await
            .expect_status(202),
    );
    till.provider.decline(&page).await;
    till.wait_for_zero("SELECT count(*) FROM payments WHERE state = 1");
    till.settle();
    let body = format!(
        r#"{{"id":"evt_1","type":"payment_intent.payment_failed","data":{{"object":{{"id":"{page}","object":"payment_intent"}}}}}}"#
    );
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .expect("a time")
        .as_secs();
    let good = signed("whsec_boxoffice", now, &body);
    let mut seen = vec![till.times("retrieve").await];
    for _ in 0..2 {
        deliver(&till, "stripe", Some(&good), &body)
            .await
            .expect_status(204);
        till.office
            .database
            .wait_until_zero("SELECT count(*) FROM outbox");
        seen.push(till.times("retrieve").await);
    }
    assert_eq!(seen, [seen[0], seen[0] + 1, seen[0] + 1]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notice_is_about_its_own_provider_s_payments() {
    let till = Till::open().await;
    let show = till.office.show(json!({})).await;
    till.provider.set_webhooks("lost").await;
    let (buyer, order) = till.order(&show, &["A-1-1"]).await;
    // A payment at the other provider that has ended.
    let answer = pay(&buyer, &order, "hosted", "page", "k")
        .await
        .expect_status(202);
    let page = page_of(&answer);
    till.provider.decline(&page).await;
    till.wait_for_zero("SELECT count(*) FROM payments WHERE state = 1");
    till.settle();
    let book = till.only_payment().await;
    let name = book["reference"].as_str().expect("a name");
    let before = till.times("retrieve").await;
    let body = format!(
        r#"{{"id":"evt_1","type":"payment_intent.payment_failed","data":{{"object":{{"id":"pi_1","object":"payment_intent","metadata":{{"payment":"{name}"}}}}}}}}"#
    );
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .expect("a time")
        .as_secs();
    let good = signed("whsec_boxoffice", now, &body);
    deliver(&till, "stripe", Some(&good), &body)
        .await
        .expect_status(204);
    till.office
        .database
        .wait_until_zero("SELECT count(*) FROM outbox");
    assert_eq!(till.times("retrieve").await, before);
}
