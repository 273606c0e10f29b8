//! How many places the buyers of one e-mail address may have of a show, over all sessions and nodes.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::office::{Answer, Client, Redis, TestOffice};
use crate::terms::change;

fn id(order: &Value) -> &str {
    order["id"].as_str().expect("an id")
}

async fn hold(buyer: &Client, show: &str, places: i64, email: &str) -> Answer {
    let wish = json!({"zones": [{"zone": "Bar", "count": places}], "buyer": {"email": email}});
    buyer.post(&format!("/v1/shows/{show}/orders"), &wish).await
}

fn limits(problem: &Value) -> (Value, Value) {
    (
        problem["places_per_email_max"].clone(),
        problem["places_left"].clone(),
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_buyers_of_one_address_get_as_many_places_as_it_may_have() {
    let office = TestOffice::with(2, Some(Redis::start()), &[]).await;
    let show = office.show(json!({"places_per_email_max": 4})).await;
    // However it is written.
    let words = ["ada@example.org", "Ada@Example.org", "ADA@example.ORG"];
    let ask = async |number: usize| {
        let buyer = office.buyer_at(number % 2).await;
        hold(&buyer, &show, 1, words[number % 3]).await
    };
    let mut got = 0;
    for first in (0..200).step_by(100) {
        for answer in join_all((first..first + 100).map(&ask)).await {
            match answer.status.as_u16() {
                201 => got += 1,
                _ => assert_eq!(
                    limits(&answer.expect_problem(422, "email_limit")),
                    (json!(4), json!(0))
                ),
            }
        }
    }
    assert_eq!(got, 4);
    let places = "SELECT held::bigint FROM zones WHERE held > 0";
    assert_eq!(office.database.number(places), 4);
    hold(&office.buyer().await, &show, 4, "bob@example.org")
        .await
        .expect_status(201);
}

#[tokio::test]
async fn what_is_given_up_or_given_back_is_the_addresss_again() {
    let office = TestOffice::start().await;
    let show = office
        .show(json!({"places_per_email_max": 4, "returns": "buyer"}))
        .await;
    let (one, two) = (office.buyer().await, office.buyer().await);
    let ada = "ada@example.org";
    let first = hold(&one, &show, 3, ada).await.expect_status(201);
    let problem = hold(&two, &show, 2, ada).await.expect_problem(422, "email_limit");
    assert_eq!(limits(&problem), (json!(4), json!(1)));
    assert_eq!(problem["field"], "/buyer/email");
    // Dropped, given up, and returned.
    let some = json!({"zones": [{"zone": "Bar", "count": 1}]});
    one.post(&format!("/v1/orders/{}/drop", id(&first)), &some)
        .await
        .expect_status(200);
    let second = hold(&two, &show, 2, ada).await.expect_status(201);
    hold(&two, &show, 1, ada).await.expect_problem(422, "email_limit");
    two.delete(&format!("/v1/orders/{}", id(&second)))
        .await
        .expect_status(200);
    let second = hold(&two, &show, 2, ada).await.expect_status(201);
    let paid = two.pay(id(&second), "card_ok").await.expect_status(200);
    let ticket = json!({"tickets": [paid["tickets"][0]["code"]]});
    two.post(&format!("/v1/orders/{}/refund", id(&second)), &ticket)
        .await
        .expect_status(200);
    hold(&two, &show, 1, ada).await.expect_status(201);
    hold(&two, &show, 1, ada).await.expect_problem(422, "email_limit");
}

#[tokio::test]
async fn a_lapsed_hold_counts_for_no_address() {
    let office = TestOffice::start().await;
    let show = office
        .show(json!({"places_per_email_max": 1, "hold_seconds": 1, "hold_grace_ms": 0}))
        .await;
    let buyer = office.buyer().await;
    hold(&buyer, &show, 1, "ada@example.org").await.expect_status(201);
    let lapsed = "SELECT count(*) FROM orders WHERE kept_until <= clock_timestamp()";
    office.database.wait_until(lapsed, 1).await;
    hold(&buyer, &show, 1, "ada@example.org").await.expect_status(201);
}

#[tokio::test]
async fn an_order_has_an_address_and_another_one_counts_as_well() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let organiser = office.organiser();
    let (one, two) = (office.buyer().await, office.buyer().await);
    one.hold(&show, &["A-1-1"]).await.expect_status(201);
    let changed = change(&organiser, &show, 1, &json!({"places_per_email_max": 2})).await;
    assert_eq!(changed.expect_status(200)["places_per_email_max"], 2);
    let problem = one
        .hold(&show, &["A-1-2"])
        .await
        .expect_problem(422, "email_required");
    assert_eq!(problem["field"], "/buyer/email");

    hold(&one, &show, 2, "ada@example.org").await.expect_status(201);
    let order = hold(&two, &show, 1, "bob@example.org").await.expect_status(201);
    let path = format!("/v1/orders/{}", id(&order));
    let email = |email: Value| json!({"buyer": {"email": email}});
    let problem = two.patch(&path, &email(json!("ada@example.org"))).await;
    assert_eq!(
        limits(&problem.expect_problem(422, "email_limit")),
        (json!(2), json!(0))
    );
    two.patch(&path, &email(Value::Null))
        .await
        .expect_problem(422, "email_required");
    two.patch(&path, &json!({"buyer": null}))
        .await
        .expect_problem(422, "email_required");
    two.delete(&format!("{path}/buyer"))
        .await
        .expect_problem(422, "email_required");
    two.patch(&path, &email(json!("BOB@example.org")))
        .await
        .expect_status(200);
    two.patch(&path, &json!({"buyer": {"name": "Bob"}}))
        .await
        .expect_status(200);
    two.patch(&path, &email(json!("eve@example.org")))
        .await
        .expect_status(200);
    hold(&one, &show, 2, "bob@example.org").await.expect_status(201);

    // The box office sells as it likes, and an organiser takes an address away.
    let sold = json!({"seats": ["B-1-1", "B-1-2", "B-1-3"], "paid_with": "cash"});
    let path_of = format!("/v1/shows/{show}/box-office/orders");
    organiser
        .post_with_key(&path_of, &sold, "box")
        .await
        .expect_status(201);
    let erased = organiser.delete(&format!("{path}/buyer")).await;
    assert_eq!(erased.status, 204);
    for max in [json!(0), json!(5_001)] {
        let wrong = change(&organiser, &show, 2, &json!({"places_per_email_max": max})).await;
        assert_eq!(
            wrong.expect_problem(422, "invalid")["field"],
            "/places_per_email_max"
        );
    }
    let none = change(&organiser, &show, 2, &json!({"places_per_email_max": null})).await;
    assert_eq!(none.expect_status(200).get("places_per_email_max"), None);
    one.hold(&show, &["A-1-2"]).await.expect_status(201);
}
