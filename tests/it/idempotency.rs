//! Promise 6: a command repeated under its key has its effect once and gets the same answer.

use diesel::connection::SimpleConnection;
use futures_util::future::join_all;
use serde_json::json;

use crate::office::{Redis, TestOffice};

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
