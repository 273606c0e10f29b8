//! Promise 9 for whatever else befalls a database: it hangs, is silent, takes no writes, is restarted, or isn't there yet.
//! Every answer comes soon, and everything heals without a restart of the node.

use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use serde_json::json;

use crate::office::{Answer, Client, Node, ORGANISER_KEY, PATIENCE, TestDatabase, TestOffice};

/// The longest that anybody waits for an answer, on a machine that does other things too.
const ANSWER_MAX: Duration = Duration::from_millis(3_500);
/// The longest until everything is as before, once the fault is over.
const HEALED_MAX: Duration = Duration::from_millis(2_900);

/// Holds a seat; says how long it took.
async fn hold(buyer: &Client, show: &str, seat: &str) -> Answer {
    let begin = Instant::now();
    let answer = buyer.hold(show, &[seat]).await;
    assert!(
        begin.elapsed() < ANSWER_MAX,
        "{} after {:?}",
        answer.body,
        begin.elapsed()
    );
    answer
}

/// Asks until the node is ready and a seat is held.
async fn wait_until_healed(buyer: &Client, show: &str, seat: &str) {
    let begin = Instant::now();
    loop {
        let held = hold(buyer, show, seat).await;
        // What was unknown may have happened.
        if held.status == 201 || held.status == 409 {
            break;
        }
        assert_eq!(held.status, 503, "{}", held.body);
        assert!(begin.elapsed() < PATIENCE, "it never came back");
    }
    println!("healed after {:?}", begin.elapsed());
    assert!(begin.elapsed() < HEALED_MAX, "healed after {:?}", begin.elapsed());
    while buyer.get("/readyz").await.status != 200 {
        assert!(begin.elapsed() < PATIENCE, "it is never ready");
    }
    println!("ready after {:?}", begin.elapsed());
}

#[tokio::test]
async fn connections_that_hang_are_replaced() {
    let (database, proxy) = TestDatabase::create_behind_proxy().await;
    let office = TestOffice::on(database, 1, None, &[]).await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    buyer.hold(&show, &["A-1-1"]).await.expect_status(201);
    proxy.hang();
    // New connections work all the while.
    wait_until_healed(&buyer, &show, "A-1-2").await;
    buyer.get("/readyz").await.expect_status(200);
    buyer.hold(&show, &["A-1-3"]).await.expect_status(201);
}

#[tokio::test]
async fn a_silent_database_is_away() {
    let (database, proxy) = TestDatabase::create_behind_proxy().await;
    let office = TestOffice::on(database, 1, None, &[]).await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    buyer.hold(&show, &["A-1-1"]).await.expect_status(201);
    let map = format!("/v1/shows/{show}/seat-map");
    buyer.get(&map).await.expect_status(200);

    proxy.fall_silent();
    for _ in 0..3 {
        assert_eq!(hold(&buyer, &show, "A-1-2").await.status, 503);
        let asked = Instant::now();
        buyer.get("/readyz").await.expect_problem(503, "unavailable");
        assert!(asked.elapsed() < ANSWER_MAX, "{:?}", asked.elapsed());
        buyer.get(&map).await.expect_status(200);
    }
    proxy.mend();
    wait_until_healed(&buyer, &show, "A-1-2").await;
    buyer.get("/readyz").await.expect_status(200);
}

#[tokio::test]
async fn a_server_that_takes_no_writes_is_not_ready() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    buyer.hold(&show, &["A-1-1"]).await.expect_status(201);
    let name = office.database.name();
    let end_sessions =
        format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
    let mut operator = office.database.connect_as_superuser();
    operator
        .batch_execute(&format!(
            "ALTER DATABASE {name} SET default_transaction_read_only = on; {end_sessions}"
        ))
        .expect("a read-only database");
    for seat in ["A-1-2", "A-1-3"] {
        hold(&buyer, &show, seat).await.expect_problem(503, "unavailable");
        let plan = json!({"name": "x"});
        let asked = office.organiser().post("/v1/plans", &plan).await.status;
        assert_ne!(asked, 500);
    }
    buyer.get("/readyz").await.expect_problem(503, "unavailable");
    buyer
        .get(&format!("/v1/shows/{show}/seat-map"))
        .await
        .expect_status(200);
    operator
        .batch_execute(&format!(
            "ALTER DATABASE {name} RESET default_transaction_read_only"
        ))
        .expect("a database as before");
    wait_until_healed(&buyer, &show, "A-1-2").await;
    buyer.get("/readyz").await.expect_status(200);
}

#[tokio::test]
async fn ended_sessions_are_replaced_at_once() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    buyer.hold(&show, &["A-1-1"]).await.expect_status(201);
    let name = office.database.name();
    let end_sessions =
        format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
    office
        .database
        .connect_as_superuser()
        .batch_execute(&end_sessions)
        .expect("no sessions");
    hold(&buyer, &show, "A-1-2").await.expect_status(201);
    let asked = office.organiser().post("/v1/plans", &json!({})).await.status;
    assert_eq!(asked, 422);
}

#[tokio::test]
async fn a_database_without_a_free_connection_is_away() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    buyer.hold(&show, &["A-1-1"]).await.expect_status(201);
    let name = office.database.name();
    let end_sessions =
        format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
    let mut operator = office.database.connect_as_superuser();
    operator
        .batch_execute(&format!(
            "ALTER DATABASE {name} CONNECTION LIMIT 0; {end_sessions}"
        ))
        .expect("no connections");
    hold(&buyer, &show, "A-1-2")
        .await
        .expect_problem(503, "unavailable");
    buyer.get("/readyz").await.expect_problem(503, "unavailable");
    operator
        .batch_execute(&format!("ALTER DATABASE {name} CONNECTION LIMIT -1"))
        .expect("connections");
    wait_until_healed(&buyer, &show, "A-1-2").await;
}

#[tokio::test]
async fn a_node_opens_when_its_database_is_there() {
    let (database, proxy) = TestDatabase::create_behind_proxy().await;
    proxy.cut();
    let settings = [
        ("DATABASE_URL".to_owned(), database.url().to_owned()),
        ("BOXOFFICE_ORGANISER_KEY".to_owned(), ORGANISER_KEY.to_owned()),
    ];
    let node = Node::start(&settings).await;
    let client = Client::new(node.url(), Some(ORGANISER_KEY));
    client.get("/healthz").await.expect_status(200);
    for path in ["/readyz", "/v1/shows", "/v1/shows/show_x/seat-map"] {
        client.get(path).await.expect_problem(503, "unavailable");
    }
    client
        .post("/v1/plans", &json!({}))
        .await
        .expect_problem(503, "unavailable");
    proxy.mend();
    let begin = Instant::now();
    while client
        .try_get("/readyz")
        .await
        .is_none_or(|answer| answer.status != 200)
    {
        assert!(begin.elapsed() < PATIENCE, "it never opened");
    }
    client.get("/v1/shows").await.expect_status(200);
    assert_eq!(node.stop().await, Some(0));
}
