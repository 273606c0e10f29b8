//! Promise 6: a command repeated under its key has its effect once and gets the same answer.

use std::time::SystemTime;

use diesel::connection::SimpleConnection;
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;

use crate::office::{Client, Redis, TestOffice, send};

#[tokio::test]
async fn the_same_key_gets_the_same_answer_and_another_body_is_refused() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let path = format!("/v1/shows/{show}/orders");
    let (buyer, other) = (office.buyer().await, office.buyer().await);
    let wish = json!({"seats": ["A-1-1"]});
    let first = buyer.post_with_key(&path, &wish, "k").await.expect_status(201);
    assert_eq!(
        buyer.post_with_key(&path, &wish, "k").await.expect_status(201),
        first
    );
    buyer
        .post_with_key(&path, &json!({"seats": ["A-1-2"]}), "k")
        .await
        .expect_problem(422, "idempotency_key_reused");

    // A refusal is an answer too, even when the seat is free again; and another session's key is another key.
    other
        .post_with_key(&path, &wish, "k")
        .await
        .expect_problem(409, "seats_taken");
    let order = format!("/v1/orders/{}", first["id"].as_str().expect("an id"));
    buyer.delete(&order).await.expect_status(200);
    other
        .post_with_key(&path, &wish, "k")
        .await
        .expect_problem(409, "seats_taken");
    other.post_with_key(&path, &wish, "k2").await.expect_status(201);
    assert_eq!(
        buyer.post_with_key(&path, &wish, "k").await.expect_status(201),
        first
    );
    buyer
        .post_with_key(&path, &wish, &"x".repeat(256))
        .await
        .expect_problem(400, "bad_request");
    assert_eq!(office.journal(&show).await.len(), 4);
}

#[tokio::test]
async fn one_key_at_once_on_two_nodes_makes_one_order() {
    let office = TestOffice::with(2, Some(Redis::start()), &[]).await;
    let show = office.show(json!({})).await;
    let path = format!("/v1/shows/{show}/orders");
    let here = office.buyer().await;
    let there = here.at(office.nodes[1].url());
    let wish = json!({"zones": [{"zone": "Bar", "count": 2}]});
    let asks = (0..30).map(|number| {
        let client = if number % 2 == 0 { &here } else { &there };
        client.post_with_key(&path, &wish, "once")
    });
    let answers = join_all(asks).await;
    let first = &answers[0].body;
    assert!(
        answers
            .iter()
            .all(|answer| answer.status == 201 && answer.body == *first)
    );
    assert_eq!(office.journal(&show).await.len(), 2);
}

#[tokio::test]
async fn an_answer_outlives_its_node() {
    let mut office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let path = format!("/v1/shows/{show}/orders");
    let buyer = office.buyer().await;
    let wish = json!({"seats": ["A-1-1"]});
    let first = buyer.post_with_key(&path, &wish, "k").await.expect_status(201);
    office.nodes.remove(0).kill().await;
    office.add_node().await;
    let again = buyer
        .at(office.nodes[0].url())
        .post_with_key(&path, &wish, "k")
        .await;
    assert_eq!(again.expect_status(201), first);
}

#[tokio::test]
async fn refusals_are_forgotten_after_minutes_and_what_happened_is_not() {
    let office = TestOffice::with(1, None, &[("BOXOFFICE_CLEAN_SECONDS", "1")]).await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    let path = format!("/v1/shows/{show}/orders");
    let wish = json!({"seats": ["A-1-1"]});
    buyer.post_with_key(&path, &wish, "held").await.expect_status(201);
    buyer
        .post_with_key(&path, &wish, "refused")
        .await
        .expect_problem(409, "seats_taken");
    let keys = "SELECT count(*) FROM idempotency WHERE show_id <> 0 AND key";
    assert_eq!(office.database.number(&format!("{keys} = 'refused'")), 1);
    let age = "UPDATE idempotency SET created_at = created_at - interval '11 minutes'";
    office
        .database
        .connect()
        .batch_execute(age)
        .expect("older answers");
    office.database.wait_until_zero(&format!("{keys} = 'refused'"));
    assert_eq!(office.database.number(&format!("{keys} = 'held'")), 1);
}

#[tokio::test]
async fn a_show_is_made_once_under_its_key() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let organiser = office.organiser();
    let mut request = office.request_like(&show).await;
    request["title"] = json!("Once");
    let first = organiser
        .post_with_key("/v1/shows", &request, "k")
        .await
        .expect_status(201);
    assert_eq!(
        organiser
            .post_with_key("/v1/shows", &request, "k")
            .await
            .expect_status(201),
        first
    );
    let shows = organiser.get("/v1/shows").await.expect_status(200);
    assert_eq!(shows["shows"].as_array().map(Vec::len), Some(2));
}

/// Days since 1970.
fn today() -> u64 {
    let now = SystemTime::UNIX_EPOCH.elapsed();
    now.expect("a time after 1970").as_secs() / 86_400
}

#[tokio::test]
async fn a_session_is_given_again_to_whoever_has_its_key() {
    let office = TestOffice::with(2, Some(Redis::start()), &[]).await;
    let anyone = Client::new(office.nodes[0].url(), None);
    let there = anyone.at(office.nodes[1].url());
    let [key, other_key] = [
        "b1946ac9-2492-4d23-8a2f-6f3c5f1d9e07",
        "0b7c1d0e-5a44-4f0b-9d0a-3c2b8f6e7a15",
    ];
    let ask = async |client: &Client, key| client.post_with_key("/v1/sessions", &json!({}), key).await;
    // Not across midnight, when keys begin anew.
    let asked = loop {
        let day = today();
        let asked = [
            ask(&anyone, key).await,
            ask(&there, key).await,
            ask(&anyone, other_key).await,
        ];
        if day == today() {
            break asked;
        }
    };
    let [first, again, other] = asked.map(|answer| answer.expect_status(201));
    assert_eq!(first, again);
    assert_ne!(first["token"], other["token"]);
    let token = first["token"].as_str().expect("a token");
    let show = office.show(json!({})).await;
    anyone
        .with_token(token)
        .hold(&show, &["A-1-1"])
        .await
        .expect_status(201);
    // What somebody else may send too makes nobody a buyer.
    let problem = ask(&anyone, "my-first-session")
        .await
        .expect_problem(400, "bad_request");
    assert_eq!(problem["field"], "Idempotency-Key");
}

#[tokio::test]
async fn organisers_writes_that_pass_no_turnstile_take_a_key_too() {
    let office = TestOffice::start().await;
    let organiser = office.organiser();
    let (show, other_show) = (office.show(json!({})).await, office.show(json!({})).await);
    let cancel = async |show: &str| {
        let path = format!("/v1/shows/{show}/cancellation");
        organiser.post_with_key(&path, &json!(null), "c").await
    };
    cancel(&show).await.expect_status(202);
    cancel(&show).await.expect_status(202);
    cancel(&other_show)
        .await
        .expect_problem(422, "idempotency_key_reused");
    let is_canceled = "SELECT count(*) FROM cancellations";
    assert_eq!(office.database.number(is_canceled), 1);

    let mut keys = Vec::new();
    for name in ["First", "Second"] {
        let made = organiser.post("/v1/keys", &json!({"name": name})).await;
        keys.push(made.expect_status(201)["id"].as_str().expect("an id").to_owned());
    }
    let revoke = async |id: &str, key: &str| {
        let request = organiser.request(Method::DELETE, &format!("/v1/keys/{id}"));
        send(request.header("Idempotency-Key", key))
            .await
            .expect("an answer")
    };
    let nobodys = format!("key_{}", "0".repeat(32));
    revoke(&nobodys, "r").await.expect_problem(404, "not_found");
    revoke(&keys[0], "r").await.expect_status(204);
    revoke(&keys[0], "r").await.expect_status(204);
    revoke(&keys[1], "r")
        .await
        .expect_problem(422, "idempotency_key_reused");
    let are_revoked = "SELECT count(*) FROM keys WHERE revoked_at IS NOT NULL";
    assert_eq!(office.database.number(are_revoked), 1);
}

#[tokio::test]
async fn a_key_under_which_no_key_could_be_made_is_free_again() {
    let office = TestOffice::start().await;
    let organiser = office.organiser();
    let ended = json!({"name": "Late", "expires_at": "2001-01-01T00:00:00Z"});
    for _ in 0..2 {
        let answer = organiser.post_with_key("/v1/keys", &ended, "k").await;
        answer.expect_problem(422, "invalid");
    }
    let good = json!({"name": "In time"});
    organiser
        .post_with_key("/v1/keys", &good, "k")
        .await
        .expect_status(201);
}
