//! Promises 7 and 8: a viewer sees every event once, in order, whatever happens on the way.

mod document;
pub mod event_stream;

use serde_json::json;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use crate::office::{Redis, TestOffice, Viewer};

/// The same for both buses: the viewer is at the last node, the buyer at the first.
async fn a_viewer_sees_what_is_booked(nodes: usize, redis: Option<Redis>) {
    let office = TestOffice::with(nodes, redis, &[]).await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    buyer.hold(&show, &["A-1-1"]).await.expect_status(201);
    let mut viewer = Viewer::watch(&office.nodes[nodes - 1], &show).await;
    assert_eq!((viewer.offset, viewer.seats["A-1-1"].as_str()), (2, "held"));
    let order = buyer.hold(&show, &["A-1-2", "A-1-3"]).await.expect_status(201);
    viewer.reach(3).await;
    assert_eq!(viewer.seats["A-1-3"], "held");
    buyer
        .pay(order["id"].as_str().expect("an id"), "card_ok")
        .await
        .expect_status(200);
    viewer.reach(4).await;
    assert_eq!(viewer.seats["A-1-3"], "sold");
    assert_eq!(viewer.events, office.journal(&show).await[2..]);
}

#[tokio::test]
async fn a_viewer_sees_what_is_booked_on_its_node() {
    a_viewer_sees_what_is_booked(1, None).await;
}

#[tokio::test]
async fn a_viewer_sees_what_is_booked_on_another_node() {
    a_viewer_sees_what_is_booked(2, Some(Redis::start())).await;
}

#[tokio::test]
async fn a_viewer_who_comes_back_gets_what_it_missed() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    for seat in ["A-1-1", "A-1-2", "A-1-3"] {
        buyer.hold(&show, &[seat]).await.expect_status(201);
    }
    let mut viewer = Viewer::watch_from(&office.nodes[0], &show, 2).await;
    viewer.reach(4).await;
    assert_eq!(viewer.events, office.journal(&show).await[2..]);
    // Nothing missed: told so at once.
    let mut current = Viewer::watch_from(&office.nodes[0], &show, 4).await;
    assert_eq!(
        current.next_frame().await,
        Ok(json!({"type": "events", "events": []}))
    );
    // From the future: the truth.
    let mut future = Viewer::watch_from(&office.nodes[0], &show, 40).await;
    let frame = future.next_frame().await.expect("a frame");
    assert_eq!(
        (&frame["type"], &frame["offset"]),
        (&json!("snapshot"), &json!(4))
    );
}

#[tokio::test]
async fn a_packed_snapshot_tells_the_same_as_a_named_one() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    let paid = buyer.hold(&show, &["A-1-2"]).await.expect_status(201);
    let paid = buyer.pay(paid["id"].as_str().expect("an id"), "card_ok").await;
    paid.expect_status(200);
    buyer.hold(&show, &["B-1-1"]).await.expect_status(201);
    let mut named = Viewer::watch_at(&office.nodes[0], &format!("/v1/shows/{show}/live?seats=named")).await;
    let mut packed = Viewer::watch_at(&office.nodes[0], &format!("/v1/shows/{show}/live?seats=packed")).await;
    let mut named = named.next_frame().await.expect("a frame");
    let mut packed = packed.next_frame().await.expect("a frame");
    let path = format!("/v1/shows/{show}");
    let plan = buyer.get(&path).await.expect_status(200)["plan"].clone();
    let path = format!("/v1/plans/{}", plan.as_str().expect("an id"));
    let plan = buyer.get(&path).await.expect_status(200);
    let mut letters = packed["seats"].as_str().expect("letters").chars();
    for section in plan["sections"].as_array().expect("sections") {
        for row in section["rows"].as_array().expect("rows") {
            for seat in row["seats"].as_array().expect("seats") {
                let name = format!("{}-{}-{}", section["name"], row["name"], seat["number"]).replace('"', "");
                let word = named["seats"][&name].as_str().expect(&name);
                assert_eq!(letters.next(), word.chars().next(), "{name}");
            }
        }
    }
    assert_eq!(letters.next(), None);
    assert_eq!(packed["type"], "packed_snapshot");
    for frame in [&mut named, &mut packed] {
        let frame = frame.as_object_mut().expect("an object");
        frame.remove("type");
        frame.remove("seats");
    }
    assert_eq!(packed, named);
    let path = format!("/v1/shows/{show}/live?seats=folded");
    buyer.get(&path).await.expect_problem(400, "bad_request");
}

#[tokio::test]
async fn viewers_miss_nothing_while_redis_is_killed_and_comes_back() {
    let mut office = TestOffice::with(2, Some(Redis::start()), &[]).await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    let mut viewer = Viewer::watch(&office.nodes[1], &show).await;
    buyer.hold(&show, &["A-1-1"]).await.expect_status(201);
    viewer.reach(2).await;
    office.redis.as_mut().expect("a redis").kill();
    buyer.hold(&show, &["A-1-2"]).await.expect_status(201);
    viewer.reach(3).await;
    office.redis.as_mut().expect("a redis").restart();
    buyer.hold(&show, &["A-1-3"]).await.expect_status(201);
    viewer.reach(4).await;
    assert_eq!(viewer.events, office.journal(&show).await[1..]);
}

#[tokio::test]
async fn pages_of_other_origins_may_not_watch() {
    let office = TestOffice::with(
        1,
        None,
        &[("BOXOFFICE_ALLOWED_ORIGINS", "https://tickets.example")],
    )
    .await;
    let show = office.show(json!({})).await;
    let own = office.nodes[0].url().to_owned();
    for (origin, allowed) in [
        ("https://evil.example", false),
        ("https://tickets.example", true),
        ("http://tickets.example", false),
        (own.as_str(), true),
        (&own.replace("http:", "x:"), false),
    ] {
        check_origin(&office, &show, &[("Origin", origin)], allowed).await;
    }
}

/// A stranger's name that leads to the office's address is then none of its own.
#[tokio::test]
async fn an_office_that_names_its_own_pages_takes_no_other_for_them() {
    let settings = [
        ("BOXOFFICE_OWN_ORIGINS", "https://tickets.example"),
        ("BOXOFFICE_ALLOWED_ORIGINS", "https://shop.example"),
    ];
    let office = TestOffice::with(1, None, &settings).await;
    let show = office.show(json!({})).await;
    for (host, origin, allowed) in [
        ("evil.example", "https://evil.example", false),
        ("tickets.example", "http://tickets.example", false),
        ("tickets.example", "https://tickets.example", true),
        ("evil.example", "https://shop.example", true),
    ] {
        check_origin(&office, &show, &[("Host", host), ("Origin", origin)], allowed).await;
    }
}

async fn check_origin(office: &TestOffice, show: &str, headers: &[(&'static str, &str)], allowed: bool) {
    let url = office.nodes[0].websocket_url(&format!("/v1/shows/{show}/live"));
    let mut request = url.into_client_request().expect("a request");
    for (name, value) in headers {
        request
            .headers_mut()
            .insert(*name, value.parse().expect("a value"));
    }
    let connected = tokio_tungstenite::connect_async(request).await;
    assert_eq!(connected.is_ok(), allowed, "{headers:?}");
}

#[tokio::test]
async fn a_stopping_node_sends_its_viewers_away() {
    let mut office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let mut viewer = Viewer::watch(&office.nodes[0], &show).await;
    let node = office.nodes.remove(0);
    let (code, exit) = tokio::join!(viewer.next_frame(), node.stop());
    assert_eq!((code, exit), (Err(1001), Some(0)));
}

#[tokio::test]
async fn viewers_beyond_the_limit_are_turned_away() {
    let office = TestOffice::with(1, None, &[("BOXOFFICE_VIEWERS_MAX", "1")]).await;
    let show = office.show(json!({})).await;
    let _first = Viewer::watch(&office.nodes[0], &show).await;
    let url = office.nodes[0].websocket_url(&format!("/v1/shows/{show}/live"));
    let Err(tokio_tungstenite::tungstenite::Error::Http(response)) =
        tokio_tungstenite::connect_async(url).await
    else {
        panic!("a second viewer was let in");
    };
    assert_eq!(
        (
            response.status().as_u16(),
            response.headers().contains_key("retry-after")
        ),
        (503, true)
    );
}
