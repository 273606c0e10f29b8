//! Promise 9: without its database a node still shows the map, and says quickly that it can't take orders.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::office::{PATIENCE, TestDatabase, TestOffice, Viewer};

#[tokio::test]
async fn reads_go_on_marked_stale_and_writes_are_refused_quickly() {
    let (database, proxy) = TestDatabase::create_behind_proxy().await;
    let office = TestOffice::on(database, 1, None, &[]).await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    buyer.hold(&show, &["A-1-1"]).await.expect_status(201);
    let mut viewer = Viewer::watch(&office.nodes[0], &show).await;
    let path = format!("/v1/shows/{show}/seat-map");
    assert!(!buyer.get(&path).await.headers.contains_key("stale"));

    proxy.cut();
    let asked = Instant::now();
    buyer
        .hold(&show, &["A-1-2"])
        .await
        .expect_problem(503, "unavailable");
    assert!(
        asked.elapsed() < Duration::from_secs(10),
        "took {:?}",
        asked.elapsed()
    );
    let deadline = Instant::now() + PATIENCE;
    let stale = loop {
        let map = buyer.get(&path).await;
        assert_eq!(map.status, 200);
        if map.headers.contains_key("stale") {
            break map;
        }
        assert!(Instant::now() < deadline, "the map is never marked stale");
    };
    assert_eq!(
        (&stale.headers["stale"], &stale.body["seats"]["A-1-1"]),
        (&"true".parse().expect("a value"), &json!("held"))
    );
    assert!(stale.headers.contains_key("age"));
    buyer.get("/readyz").await.expect_problem(503, "unavailable");
    buyer.get("/healthz").await.expect_status(200);

    proxy.mend();
    let deadline = Instant::now() + PATIENCE;
    loop {
        let answer = buyer.hold(&show, &["A-1-2"]).await;
        if answer.status == 201 {
            break;
        }
        answer.expect_problem(503, "unavailable");
        assert!(Instant::now() < deadline, "the office never came back");
    }
    viewer.reach(3).await;
    assert_eq!(viewer.seats["A-1-2"], "held");
}
