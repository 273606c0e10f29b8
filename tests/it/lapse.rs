//! Promise 3: a hold that lapsed is worth nothing from that instant, whoever notices.

use std::time::Instant;

use serde_json::json;

use crate::office::{Client, PATIENCE, TestOffice, Viewer};

/// Asks for seats again and again until they are free.
async fn hold_once_free(buyer: &Client, show: &str, seats: &[&str]) -> serde_json::Value {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let answer = buyer.hold(show, seats).await;
        if answer.status == 201 {
            return answer.body;
        }
        answer.expect_problem(409, "seats_taken");
        assert!(Instant::now() < deadline, "the hold never lapsed");
    }
}

#[tokio::test]
async fn the_very_next_command_gets_the_seats_of_a_lapsed_hold() {
    let office = TestOffice::start().await;
    let show = office.show(json!({"hold_seconds": 1, "hold_grace_ms": 0})).await;
    let (first, second) = (office.buyer().await, office.buyer().await);
    let order = first.hold(&show, &["A-1-1", "A-1-2"]).await.expect_status(201);
    let next = hold_once_free(&second, &show, &["A-1-2"]).await;

    // Not before its end, and not long after: no job had to run.
    assert!(next["created_at"].as_str() >= order["expires_at"].as_str());
    let path = format!("/v1/orders/{}", order["id"].as_str().expect("an id"));
    assert_eq!(first.get(&path).await.expect_status(200)["state"], "timed_out");
    first
        .pay(order["id"].as_str().expect("an id"), "card_ok")
        .await
        .expect_problem(409, "order_expired");
    first.delete(&path).await.expect_problem(409, "order_expired");
    let journal = office.journal(&show).await;
    let kinds: Vec<_> = journal
        .iter()
        .filter_map(|event| event["type"].as_str())
        .take(4)
        .collect();
    assert_eq!(kinds, ["opened", "booked", "timed_out", "booked"]);
}

#[tokio::test]
async fn a_viewer_sees_the_seats_come_back_though_nobody_asks() {
    let office = TestOffice::start().await;
    let show = office.show(json!({"hold_seconds": 1})).await;
    let mut viewer = Viewer::watch(&office.nodes[0], &show).await;
    let order = office
        .buyer()
        .await
        .hold(&show, &["A-1-1"])
        .await
        .expect_status(201);
    viewer.reach(2).await;
    assert_eq!(viewer.seats["A-1-1"], "held");
    viewer.reach(3).await;
    assert_eq!(
        (viewer.seats["A-1-1"].as_str(), &viewer.events[1]["type"]),
        ("free", &json!("timed_out"))
    );
    let time = |text: &serde_json::Value| {
        chrono::DateTime::parse_from_rfc3339(text.as_str().expect("a time")).expect("a time")
    };
    let late = time(&viewer.events[1]["at"]) - time(&order["expires_at"]);
    assert!(
        late >= chrono::TimeDelta::milliseconds(50),
        "before the grace was over: {late}"
    );
}

#[tokio::test]
async fn places_of_a_lapsed_hold_in_a_zone_can_be_booked() {
    let office = TestOffice::start().await;
    let show = office.show(json!({"hold_seconds": 1, "hold_grace_ms": 0})).await;
    let buyer = office.buyer().await;
    let path = format!("/v1/shows/{show}/orders");
    let all = json!({"zones": [{"zone": "Floor", "count": 10}]});
    buyer.post(&path, &all).await.expect_status(201);
    let deadline = Instant::now() + PATIENCE;
    while buyer.post(&path, &all).await.status != 201 {
        assert!(Instant::now() < deadline, "the hold never lapsed");
    }
}

#[tokio::test]
async fn holds_of_a_node_that_died_lapse_on_another() {
    let redis = crate::office::Redis::start();
    let mut office = TestOffice::with(2, Some(redis), &[]).await;
    let show = office.show(json!({"hold_seconds": 1})).await;
    let mut viewer = Viewer::watch(&office.nodes[0], &show).await;
    let buyer = office.buyer_at(1).await;
    buyer.hold(&show, &["A-1-1"]).await.expect_status(201);
    office.nodes.remove(1).kill().await;
    viewer.reach(3).await;
    assert_eq!(
        (viewer.seats["A-1-1"].as_str(), &viewer.events[1]["type"]),
        ("free", &json!("timed_out"))
    );
}
