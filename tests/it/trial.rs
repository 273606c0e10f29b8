//! An office for trial says so, and no office becomes one by a mistyped setting.

use serde_json::json;

use crate::office::{Node, ORGANISER_KEY, TestDatabase, TestOffice};

#[tokio::test]
async fn what_is_sold_for_trial_says_so() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    let known = buyer.get(&format!("/v1/shows/{show}")).await.expect_status(200);
    let order = buyer.hold(&show, &["A-1-1"]).await.expect_status(201);
    let paid = buyer
        .pay(order["id"].as_str().expect("an id"), "card_ok")
        .await
        .expect_status(200);
    for body in [known, order, paid] {
        assert_eq!(body["test"], true, "{body}");
    }
}

#[tokio::test]
async fn nothing_is_given_away_where_nobody_asked_for_it() {
    let database = TestDatabase::create();
    let settings = [
        ("DATABASE_URL", database.url()),
        ("BOXOFFICE_ORGANISER_KEY", ORGANISER_KEY),
        ("BOXOFFICE_STRIPE_KEYY", "sk_live_mistyped"),
    ];
    let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let office = TestOffice::of_nodes(database, vec![Node::start(&settings).await]);
    assert!(office.nodes[0].log().contains("no payment provider is set"));
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    let order = buyer.hold(&show, &["A-1-1"]).await.expect_status(201);
    assert_eq!(order["test"], false);
    let answer = buyer.pay(order["id"].as_str().expect("an id"), "card_ok").await;
    assert_eq!(answer.expect_problem(422, "invalid")["field"], "/provider");
}

#[tokio::test]
async fn buyers_are_sent_back_to_the_offices_pages_alone() {
    let settings = [(
        "BOXOFFICE_ALLOWED_ORIGINS",
        "https://shop.example,https://other.example:8443,http://plain.example,http://localhost:3000,http://[::1]:3000",
    )];
    let office = TestOffice::with(1, None, &settings).await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    let own = format!("{}/thanks", office.nodes[0].url());
    let check = async |url: &str, is_allowed: bool| {
        let order = buyer.hold(&show, &["A-1-1"]).await.expect_status(201);
        let order = order["id"].as_str().expect("an id").to_owned();
        let body = json!({"provider": "sandbox", "payment_method": "card_declined", "return_url": url});
        let answer = buyer.post(&format!("/v1/orders/{order}/payments"), &body).await;
        if is_allowed {
            answer.expect_problem(402, "payment_declined");
        } else {
            assert_eq!(
                answer.expect_problem(422, "invalid")["field"],
                "/return_url",
                "{url}"
            );
        }
        buyer
            .delete(&format!("/v1/orders/{order}"))
            .await
            .expect_status(200);
    };
    check("https://shop.example/back?order=7", true).await;
    check("https://other.example:8443/", true).await;
    check(&own, true).await;
    check("http://localhost:3000/back", true).await;
    check("http://[::1]:3000/back", true).await;
    for url in [
        "https://evil.example/",
        "http://shop.example/",
        "http://plain.example/",
        "http://localhost:3001/",
        "https://shop.example:444/",
        "https://shop.example.evil.example/",
        "https://shop.example@evil.example/",
        "https://user:password@shop.example/",
        "https://other.example/",
        "javascript:alert(1)",
        "https://",
        "/back",
        "https://shop.example/ back",
    ] {
        check(url, false).await;
    }
}

#[tokio::test]
async fn a_real_office_that_allows_no_origin_sends_nobody_away() {
    let settings = [
        ("BOXOFFICE_STRIPE_KEY", "sk_live_of_nobody"),
        ("BOXOFFICE_STRIPE_URL", "http://127.0.0.1:9"),
    ];
    let office = TestOffice::with(1, None, &settings).await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    let order = buyer.hold(&show, &["A-1-1"]).await.expect_status(201);
    assert_eq!(order["test"], false);
    let path = format!("/v1/orders/{}/payments", order["id"].as_str().expect("an id"));
    let body = json!({"provider": "stripe", "payment_method": "pm_card_visa", "return_url": "https://evil.example/"});
    let answer = buyer.post(&path, &body).await;
    assert_eq!(answer.expect_problem(422, "invalid")["field"], "/return_url");
}
