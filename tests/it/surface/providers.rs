//! Who takes payments of a show, as buyers are told.

use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::office::{Client, TestOffice};

async fn providers(client: &Client, show: &str) -> Vec<Value> {
    let body = client.get(&format!("/v1/shows/{show}/providers")).await;
    let body = body.expect_status(200);
    body["providers"].as_array().expect("providers").clone()
}

#[tokio::test]
async fn a_show_names_those_who_take_its_payments() {
    let settings = [
        ("BOXOFFICE_STRIPE_KEY", "sk_test_of_nobody"),
        ("BOXOFFICE_STRIPE_URL", "http://127.0.0.1:9"),
        ("BOXOFFICE_STRIPE_PUBLISHABLE_KEY", "pk_test_of_nobody"),
        ("BOXOFFICE_HOSTED_URL", "http://127.0.0.1:9"),
        ("BOXOFFICE_HOSTED_KEY", "of_nobody"),
        ("BOXOFFICE_SANDBOX", "true"),
    ];
    let office = TestOffice::with(1, None, &settings).await;
    let show = office.show(json!({})).await;
    let anyone = Client::new(office.nodes[0].url(), None);
    let cards = [
        "card_ok",
        "card_declined",
        "card_slow",
        "card_late",
        "card_error_after_effect",
    ];
    let expected = [
        json!({"name": "stripe", "kind": "card", "available": true, "publishable_key": "pk_test_of_nobody"}),
        json!({"name": "hosted", "kind": "page", "available": true, "payment_methods": ["page"]}),
        json!({"name": "sandbox", "kind": "test_card", "available": true, "payment_methods": cards}),
    ];
    assert_eq!(providers(&anyone, &show).await, expected);
    let unknown = anyone.get("/v1/shows/1/providers").await;
    unknown.expect_problem(404, "not_found");
}

#[tokio::test]
async fn every_card_of_the_sandbox_is_one_that_it_knows() {
    // Longer than the slowest of them takes.
    let settings = [("BOXOFFICE_SANDBOX", "true"), ("BOXOFFICE_RESOLVE_SECONDS", "6")];
    let office = TestOffice::with(1, None, &settings).await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    let known = providers(&buyer, &show).await;
    let cards = known[0]["payment_methods"].as_array().expect("cards");
    for (card, seat) in cards.iter().zip(1..) {
        let card = card.as_str().expect("a card");
        let order = buyer
            .hold(&show, &[&format!("A-1-{seat}")])
            .await
            .expect_status(201);
        let paid = buyer.pay(order["id"].as_str().expect("an id"), card).await;
        let is_declined = card == "card_declined";
        let expected: &[u16] = if is_declined { &[402] } else { &[200, 503] };
        assert!(expected.contains(&paid.status.as_u16()), "{card}: {}", paid.body);
        assert_eq!(
            paid.body["decline_code"] == "card_declined",
            is_declined,
            "{card}"
        );
    }
}

fn serve(publishable_key: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_boxoffice"))
        .arg("serve")
        .env("BOXOFFICE_STRIPE_KEY", "sk_test_of_nobody")
        .env("BOXOFFICE_STRIPE_PUBLISHABLE_KEY", publishable_key)
        .output()
        .expect("the program")
}

#[test]
fn a_key_that_must_not_be_shown_or_goes_with_another_is_refused_at_the_start() {
    for (key, word) in [
        ("sk_test_of_nobody", "must begin with pk_"),
        ("pk_live_of_nobody", "not of one mode"),
    ] {
        let refused = serve(key);
        let words = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(!refused.status.success() && words.contains(word), "{words}");
        assert!(!words.contains("sk_test_of"), "{words}");
    }
}
