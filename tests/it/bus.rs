//! Redis away, silent, replaced, and by TLS: viewers miss nothing, writes don't wait for it, and it is used again by itself.

use std::time::{Duration, Instant};

use futures_util::StreamExt;
use serde_json::json;

use crate::office::{Client, PATIENCE, Redis, TestOffice, Viewer};

/// Longest time in which the loss or the return of Redis is noticed, on a machine that has other things to do too.
const NOTICED_SECONDS_MAX: u64 = 5;

/// Waits until a node says that it is connected, or not.
async fn wait_until_connected(office: &TestOffice, node: usize, connected: u8) {
    let begin = Instant::now();
    let line = format!("boxoffice_bus_connected {connected}\n");
    while !office.metrics(node).await.contains(&line) {
        assert!(begin.elapsed() < PATIENCE, "node {node}: never {line}");
    }
    let seconds = begin.elapsed().as_secs();
    assert!(
        seconds < NOTICED_SECONDS_MAX,
        "node {node}: {line} after {seconds} s"
    );
}

/// Waits until what is committed at the first node arrives at the last one by the bus.
async fn wait_for_messages(office: &TestOffice, show: &str) {
    let (buyer, last) = (office.buyer().await, office.nodes.len() - 1);
    let received = async || {
        let metrics = office.metrics(last).await;
        let line = metrics
            .lines()
            .find(|line| line.starts_with("boxoffice_bus_messages_received_total"));
        line.map(str::to_owned)
    };
    let before = received().await;
    let deadline = Instant::now() + PATIENCE;
    while received().await == before {
        // Each is a message, and frees the seat again.
        let order = buyer.hold(show, &["B-5-10"]).await.expect_status(201);
        let id = order["id"].as_str().expect("an id");
        buyer.delete(&format!("/v1/orders/{id}")).await;
        assert!(Instant::now() < deadline, "no message arrives");
    }
}

#[tokio::test]
async fn a_redis_that_has_gone_silent_holds_nobody_up() {
    let office = TestOffice::with(2, Some(Redis::start()), &[]).await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    let mut viewer = Viewer::watch(&office.nodes[1], &show).await;
    wait_for_messages(&office, &show).await;
    let redis = office.redis.as_ref().expect("a redis");
    redis.silence();
    for seat in 1..=3 {
        let begin = Instant::now();
        let order = buyer
            .hold(&show, &[&format!("A-1-{seat}")])
            .await
            .expect_status(201);
        assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
        viewer
            .reach(order["journal_offset"].as_i64().expect("an offset"))
            .await;
    }
    wait_until_connected(&office, 0, 0).await;
    wait_until_connected(&office, 1, 0).await;
    redis.wake();
    let begin = Instant::now();
    let order = buyer.hold(&show, &["A-1-4"]).await.expect_status(201);
    assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
    viewer
        .reach(order["journal_offset"].as_i64().expect("an offset"))
        .await;
    wait_until_connected(&office, 0, 1).await;
    wait_until_connected(&office, 1, 1).await;
    wait_for_messages(&office, &show).await;
}

#[tokio::test]
async fn a_redis_that_refuses_the_password_is_used_again_when_it_takes_it() {
    let mut office = TestOffice::with(2, Some(Redis::start()), &[]).await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    let mut viewer = Viewer::watch(&office.nodes[1], &show).await;
    wait_for_messages(&office, &show).await;
    let redis = office.redis.as_mut().expect("a redis");
    redis.kill();
    redis.restart_with(&["--requirepass", "another"]);
    wait_until_connected(&office, 0, 0).await;
    wait_until_connected(&office, 1, 0).await;
    let order = buyer.hold(&show, &["A-1-1"]).await.expect_status(201);
    viewer
        .reach(order["journal_offset"].as_i64().expect("an offset"))
        .await;
    let redis = office.redis.as_mut().expect("a redis");
    redis.kill();
    redis.restart();
    wait_until_connected(&office, 0, 1).await;
    wait_until_connected(&office, 1, 1).await;
    wait_for_messages(&office, &show).await;
    // All that was subscribed before is again.
    let order = buyer.hold(&show, &["A-1-2"]).await.expect_status(201);
    viewer
        .reach(order["journal_offset"].as_i64().expect("an offset"))
        .await;
}

#[tokio::test]
async fn redis_is_reached_by_tls() {
    let redis = Redis::start_with_tls();
    let authority = redis.authority();
    let office = TestOffice::with(2, Some(redis), &[("SSL_CERT_FILE", &authority)]).await;
    let show = office.show(json!({})).await;
    let mut viewer = Viewer::watch(&office.nodes[1], &show).await;
    wait_for_messages(&office, &show).await;
    let order = office
        .buyer()
        .await
        .hold(&show, &["A-1-1"])
        .await
        .expect_status(201);
    viewer
        .reach(order["journal_offset"].as_i64().expect("an offset"))
        .await;
}

#[tokio::test]
async fn a_redis_of_an_unknown_authority_is_not_spoken_to() {
    let office = TestOffice::with(2, Some(Redis::start_with_tls()), &[]).await;
    let show = office.show(json!({})).await;
    let mut viewer = Viewer::watch(&office.nodes[1], &show).await;
    let order = office
        .buyer()
        .await
        .hold(&show, &["A-1-1"])
        .await
        .expect_status(201);
    viewer
        .reach(order["journal_offset"].as_i64().expect("an offset"))
        .await;
    assert!(!office.metrics(1).await.contains("boxoffice_bus_connected 1\n"));
}

#[tokio::test]
async fn redis_is_not_believed() {
    let office = TestOffice::with(2, Some(Redis::start()), &[]).await;
    let show = office.show(json!({})).await;
    let mut viewer = Viewer::watch(&office.nodes[1], &show).await;
    let client = redis::Client::open(office.redis.as_ref().expect("redis").url()).expect("a client");
    let mut redis = client
        .get_multiplexed_async_connection()
        .await
        .expect("a connection");
    let channel = format!("boxoffice:show:{show}");
    // What the nodes say to each other, to be said again elsewhere.
    let mut pubsub = client.get_async_pubsub().await.expect("a connection");
    pubsub.subscribe(&channel).await.expect("a subscription");
    let buyer = office.buyer().await;
    buyer.hold(&show, &["A-1-1"]).await.expect_status(201);
    let genuine = pubsub.on_message().next().await.expect("a message");
    let genuine = genuine.get_payload_bytes().to_vec();
    viewer.reach(2).await;

    let held = |offset: i64| {
        format!("[{offset},[[1,1800000000000000,7,[50,51],[],[1,1800000000000000,1800000000000000],[]]]]")
    };
    let of_another_office = [&[3][..], &[7; 16], held(3).as_bytes()].concat();
    let of_another_version = [&[2][..], held(3).as_bytes()].concat();
    let changed = [&genuine[..17], held(3).as_bytes()].concat();
    let other_show = office.show(json!({})).await;
    let mut other_viewer = Viewer::watch(&office.nodes[1], &other_show).await;
    for (channel, message) in [
        (&channel, of_another_office),
        (&channel, of_another_version),
        (&channel, changed),
        (&format!("boxoffice:show:{other_show}"), genuine),
    ] {
        let mut publish = redis::cmd("PUBLISH");
        let heard: usize = publish
            .arg(channel)
            .arg(message)
            .query_async(&mut redis)
            .await
            .expect("an answer");
        assert!(heard > 0, "nobody listens to {channel}");
    }
    // The next event is the very next one, and nothing has been made up.
    buyer.hold(&show, &["A-1-2"]).await.expect_status(201);
    viewer.reach(3).await;
    buyer.hold(&other_show, &["B-1-1"]).await.expect_status(201);
    other_viewer.reach(2).await;
    for node in 0..2 {
        let client = Client::new(office.nodes[node].url(), None);
        let map = client
            .get(&format!("/v1/shows/{show}/seat-map"))
            .await
            .expect_status(200);
        let seats = map["seats"].as_object().expect("seats").values();
        assert_eq!(seats.filter(|state| *state == "held").count(), 2, "node {node}");
    }
    assert_eq!(other_viewer.events.len(), 1);
    let metrics = office.metrics(1).await;
    assert!(
        metrics.contains("boxoffice_bus_messages_forged_total 3"),
        "{metrics}"
    );
}
