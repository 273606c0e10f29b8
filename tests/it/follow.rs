//! Promises 8 and 9: what a node shows of a show is what the journal says, or is marked.

use std::sync::Mutex;
use std::time::Instant;

use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use reqwest::Method;
use serde_json::json;

use crate::office::{Client, Node, PATIENCE, Redis, TestDatabase, TestOffice, Viewer, send};

/// Tries to watch until it is let in; gives `lock` back when it is turned away.
async fn watch_in_the_end(node: &Node, show: &str, lock: &Mutex<Option<PgConnection>>) -> Viewer {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match Viewer::try_watch(node, show).await {
            Ok(viewer) => return viewer,
            Err(status) => assert_eq!(status, 503),
        }
        lock.lock().expect("the lock").take();
        assert!(Instant::now() < deadline, "never let in");
    }
}

#[tokio::test]
async fn viewers_who_come_while_a_show_cant_be_read_see_what_follows() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    // The show itself is known, so that both wait for its state.
    buyer
        .get(&format!("/v1/shows/{show}/events"))
        .await
        .expect_status(200);
    let mut connection = office.database.connect();
    let lock = "BEGIN; LOCK TABLE seats IN ACCESS EXCLUSIVE MODE";
    connection.batch_execute(lock).expect("the lock");
    let lock = Mutex::new(Some(connection));
    let node = &office.nodes[0];
    let (mut first, mut second) = tokio::join!(
        watch_in_the_end(node, &show, &lock),
        watch_in_the_end(node, &show, &lock)
    );
    buyer.hold(&show, &["A-1-1"]).await.expect_status(201);
    first.reach(2).await;
    second.reach(2).await;
    assert_eq!(
        (first.seats["A-1-1"].as_str(), second.seats["A-1-1"].as_str()),
        ("held", "held")
    );
}

#[tokio::test]
async fn shows_beyond_the_limit_are_read_for_each_who_asks() {
    // Room for one show of a hundred seats with its map, not for two.
    let office = TestOffice::with(1, None, &[("BOXOFFICE_SHOWS_BYTES_MAX", "24000")]).await;
    let (first, second) = (office.show(json!({})).await, office.show(json!({})).await);
    let buyer = office.buyer().await;
    buyer.hold(&second, &["A-1-1"]).await.expect_status(201);
    let viewer = Viewer::watch(&office.nodes[0], &first).await;
    let turned_away = Viewer::try_watch(&office.nodes[0], &second).await;
    assert_eq!(turned_away.err(), Some(503));
    assert_eq!(buyer.seat(&second, "A-1-1").await, "held");
    let found = buyer.get(&format!("/v1/shows/{second}")).await.expect_status(200);
    assert_eq!(
        (&found["journal_offset"], &found["state"]),
        (&json!(2), &json!("open"))
    );
    buyer.hold(&second, &["A-1-2"]).await.expect_status(201);
    assert_eq!(buyer.seat(&second, "A-1-2").await, "held");

    // Whose viewers have left makes room.
    drop(viewer);
    let deadline = Instant::now() + PATIENCE;
    while Viewer::try_watch(&office.nodes[0], &second).await.is_err() {
        assert!(Instant::now() < deadline, "a show that nobody watches is kept");
    }
}

#[tokio::test]
async fn a_look_at_a_show_reads_no_seat_and_no_order() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    buyer.get(&format!("/v1/shows/{show}")).await.expect_status(200);
    let metrics = office.metrics(0).await;
    assert!(metrics.contains("journal/read_head.sql"));
    assert!(!metrics.contains("inventory/"), "its state was read");
}

#[tokio::test]
async fn what_a_node_has_answered_is_on_its_map() {
    let mut office = TestOffice::with(2, Some(Redis::start()), &[]).await;
    let show = office.show(json!({})).await;
    let (first, second) = (office.buyer().await, office.buyer_at(1).await);
    let _viewer = Viewer::watch(&office.nodes[1], &show).await;
    office.redis.as_mut().expect("a redis").kill();
    for seat in 1..=8 {
        first
            .hold(&show, &[&format!("A-1-{seat}")])
            .await
            .expect_status(201);
        let order = second
            .hold(&show, &[&format!("B-1-{seat}")])
            .await
            .expect_status(201);
        let map = second.get(&format!("/v1/shows/{show}/seat-map")).await;
        let offsets = (map.body["offset"].as_i64(), order["journal_offset"].as_i64());
        assert!(
            offsets.0 >= offsets.1 || map.headers.contains_key("stale"),
            "{offsets:?}"
        );
        assert_eq!(map.body["seats"][format!("B-1-{seat}")], "held");
    }
}

#[tokio::test]
async fn nobody_is_moved_back_while_the_database_is_away() {
    let (database, proxy) = TestDatabase::create_behind_proxy().await;
    let office = TestOffice::on(database, 1, None, &[]).await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    buyer.hold(&show, &["A-1-1"]).await.expect_status(201);
    let node = &office.nodes[0];
    let mut viewer = Viewer::watch(node, &show).await;
    assert_eq!(viewer.offset, 2);
    proxy.cut();
    // It has heard of event 7 from another node.
    assert_eq!(Viewer::try_watch_from(node, &show, 7).await.err(), Some(503));
    let map = |tag: &'static str| {
        let path = format!("/v1/shows/{show}/seat-map");
        send(buyer.request(Method::GET, &path).header("If-None-Match", tag))
    };
    let older = map("\"7\"").await.expect("an answer");
    assert_eq!((older.status.as_u16(), &older.body["offset"]), (200, &json!(2)));
    assert!(older.headers.contains_key("stale"), "an older map is not marked");
    assert_eq!(map("\"2\"").await.expect("an answer").status, 304);
    // Who has no more than the node goes on.
    let mut current = Viewer::try_watch_from(node, &show, 2).await.expect("a WebSocket");
    assert_eq!(
        current.next_frame().await,
        Ok(json!({"type": "events", "events": []}))
    );

    proxy.mend();
    let deadline = Instant::now() + PATIENCE;
    while buyer.hold(&show, &["A-1-2"]).await.status != 201 {
        assert!(Instant::now() < deadline, "the office never came back");
    }
    viewer.reach(3).await;
    current.reach(3).await;
}

#[tokio::test]
async fn what_the_database_has_lost_is_taken_back() {
    let office = TestOffice::with(2, Some(Redis::start()), &[]).await;
    let show = office.show(json!({})).await;
    let (first, second) = (office.buyer().await, office.buyer_at(1).await);
    let mut viewer = Viewer::watch(&office.nodes[0], &show).await;
    second.hold(&show, &["A-1-1"]).await.expect_status(201);
    second.hold(&show, &["A-1-2"]).await.expect_status(201);
    viewer.reach(3).await;
    // What a failover leaves that was not waited for: the last commit is not there.
    let lose = format!(
        "BEGIN; \
         UPDATE seats SET state = 0, order_id = NULL WHERE show_id = {show} \
         AND order_id = (SELECT order_id FROM journal WHERE show_id = {show} AND journal_offset = 3); \
         DELETE FROM orders WHERE show_id = {show} AND booked_offset = 3; \
         DELETE FROM journal WHERE show_id = {show} AND journal_offset = 3; \
         UPDATE journal_heads SET journal_offset = 2 WHERE show_id = {show}; \
         COMMIT"
    );
    office.database.connect().batch_execute(&lose).expect("a loss");
    assert_eq!(viewer.next_frame().await, Ok(json!({"type": "resync"})));
    viewer.take_frame().await;
    assert_eq!((viewer.offset, viewer.seats["A-1-2"].as_str()), (2, "free"));
    assert_eq!(first.seat(&show, "A-1-2").await, "free");
    first.hold(&show, &["A-1-3"]).await.expect_status(201);
    viewer.reach(3).await;
    assert_eq!(viewer.seats["A-1-3"], "held");
}

#[tokio::test]
async fn a_map_is_read_as_it_was() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    for seat in ["A-1-1", "A-1-2"] {
        buyer.hold(&show, &[seat]).await.expect_status(201);
    }
    let map = async |at: i64| buyer.get(&format!("/v1/shows/{show}/seat-map?at={at}")).await;
    for (at, first, second) in [(0, "free", "free"), (2, "held", "free"), (3, "held", "held")] {
        let map = map(at).await;
        assert_eq!(map.headers["etag"], format!("\"{at}\"").as_str());
        assert!(
            map.headers["cache-control"]
                .to_str()
                .expect("a value")
                .contains("immutable")
        );
        let map = map.expect_status(200);
        assert_eq!(
            (&map["offset"], &map["seats"]["A-1-1"], &map["seats"]["A-1-2"]),
            (&json!(at), &json!(first), &json!(second))
        );
    }
    for at in [4, i64::MAX, -1, i64::MIN] {
        map(at).await.expect_problem(404, "not_found");
    }
}

#[tokio::test]
async fn nodes_say_that_they_are_up() {
    let mut office = TestOffice::with(2, Some(Redis::start()), &[]).await;
    let up = "SELECT count(*) FROM nodes WHERE seen_at > clock_timestamp() - interval '8 seconds'";
    office.database.wait_until_zero(&format!("SELECT 2 - ({up})"));
    office.nodes.remove(1).kill().await;
    office.database.wait_until_zero(&format!("SELECT 1 - ({up})"));
    let client = Client::new(office.nodes[0].url(), None);
    client.get("/readyz").await.expect_status(200);
}
