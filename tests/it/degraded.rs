//! Promise 9: without its database a node still shows the map, and says quickly that it can't take orders.

use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use serde_json::json;

use crate::office::{Client, Lost, Node, ORGANISER_KEY, PATIENCE, TestDatabase, TestOffice, Viewer};

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
    let holds = buyer.get(&format!("/v1/shows/{show}/holds")).await;
    assert_eq!(holds.headers["stale"], "true");
    assert_eq!(holds.expect_status(200)["holds"][0]["seats"], json!(["A-1-1"]));
    let open = buyer.get(&format!("/v1/shows/{show}")).await;
    assert_eq!(open.headers["stale"], "true");
    assert_eq!(open.expect_status(200)["state"], "open");
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

#[tokio::test]
async fn a_killed_private_postgres_comes_back_by_itself() {
    let data_dir = std::env::temp_dir().join(format!("boxoffice-{}", uuid::Uuid::new_v4().simple()));
    let settings = [
        (
            "BOXOFFICE_DATA_DIR".to_owned(),
            data_dir.to_string_lossy().into_owned(),
        ),
        ("BOXOFFICE_ORGANISER_KEY".to_owned(), ORGANISER_KEY.to_owned()),
    ];
    let node = Node::start(&settings).await;
    let client = Client::new(node.url(), None);
    let token = client.post("/v1/sessions", &json!(null)).await.expect_status(201)["token"].clone();
    let buyer = client.with_token(token.as_str().expect("a token"));
    let shows = buyer.get("/v1/shows").await.expect_status(200);
    let show = shows["shows"][0]["id"].as_str().expect("a demo show");
    buyer.hold(show, &["A-1-1"]).await.expect_status(201);

    let pid = std::fs::read_to_string(data_dir.join("postgres/cluster/postmaster.pid")).expect("a pid file");
    let pid = pid.lines().next().expect("a line").parse().expect("a number");
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGKILL).expect("kill");
    let deadline = Instant::now() + PATIENCE;
    while buyer.get("/readyz").await.status != 200 || buyer.hold(show, &["A-1-2"]).await.status != 201 {
        assert!(Instant::now() < deadline, "the office never came back");
    }
    buyer
        .hold(show, &["A-1-1"])
        .await
        .expect_problem(409, "seats_taken");
    assert_eq!(node.stop().await, Some(0));
    std::fs::remove_dir_all(data_dir).expect("the data folder");
}

#[tokio::test]
async fn a_write_whose_answer_is_lost_is_found_out() {
    let (database, proxy) = TestDatabase::create_behind_proxy().await;
    // Another executor would begin with locks taken first, too.
    let office = TestOffice::on(database, 1, None, &[("BOXOFFICE_EXECUTORS", "1")]).await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    // The first is written under locks taken first, and brings the state into memory.
    buyer.hold(&show, &["A-1-1"]).await.expect_status(201);
    proxy.lose_next(Lost::Write);
    let order = buyer.hold(&show, &["A-1-2"]).await.expect_status(201);
    assert_eq!((proxy.lost(), &order["journal_offset"]), (1, &json!(3)));
    assert_eq!(buyer.seat(&show, "A-1-2").await, "held");
    assert_eq!(office.journal(&show).await.len(), 3);
}

#[tokio::test]
async fn a_commit_whose_answer_is_lost_is_found_out() {
    let (database, proxy) = TestDatabase::create_behind_proxy().await;
    let office = TestOffice::on(database, 1, None, &[]).await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    let order = buyer.hold(&show, &["A-1-1"]).await.expect_status(201);
    proxy.lose_next(Lost::Commit);
    // What gives places back is written under locks taken first.
    let path = format!("/v1/orders/{}", order["id"].as_str().expect("an id"));
    let answer = buyer
        .request(reqwest::Method::DELETE, &path)
        .send()
        .await
        .expect("an answer");
    assert_eq!((proxy.lost(), answer.status().as_u16()), (1, 200));
    assert_eq!(buyer.seat(&show, "A-1-1").await, "free");
    assert_eq!(office.journal(&show).await.len(), 3);
}

#[tokio::test]
async fn a_commit_that_passes_no_turnstile_and_is_not_answered_is_told_as_unknown() {
    let (database, proxy) = TestDatabase::create_behind_proxy().await;
    let office = TestOffice::on(database, 1, None, &[]).await;
    let show = office.show(json!({})).await;
    let (organiser, buyer) = (office.organiser(), office.buyer().await);
    let like = office.request_like(&show).await;
    proxy.lose_next(Lost::Commit);
    let make = async || organiser.post_with_key("/v1/shows", &like, "k").await;
    make().await.expect_problem(503, "outcome_unknown");
    make().await.expect_status(201);
    assert_eq!(office.database.number("SELECT count(*) FROM shows"), 2);

    let order = buyer.hold(&show, &["A-1-1"]).await.expect_status(201);
    let paid = buyer.pay(order["id"].as_str().expect("an id"), "card_ok").await;
    let code = &paid.expect_status(200)["tickets"][0]["code"];
    let path = format!("/v1/tickets/{}/check-in", code.as_str().expect("a code"));
    let scan = async |key| organiser.post_with_key(&path, &json!(null), key).await;
    proxy.lose_next(Lost::Commit);
    scan("s").await.expect_problem(503, "outcome_unknown");
    scan("s").await.expect_status(200);
    scan("t").await.expect_problem(409, "already_checked_in");
    assert_eq!(proxy.lost(), 2);
}

#[tokio::test]
async fn a_commit_that_fails_has_not_happened() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    let end_at_commit = "CREATE FUNCTION end_session() RETURNS trigger LANGUAGE plpgsql AS \
         $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$; \
         CREATE CONSTRAINT TRIGGER end_session AFTER INSERT ON journal DEFERRABLE INITIALLY DEFERRED \
         FOR EACH ROW EXECUTE FUNCTION end_session()";
    office
        .database
        .connect()
        .batch_execute(end_at_commit)
        .expect("a trigger");
    buyer
        .hold(&show, &["A-1-1"])
        .await
        .expect_problem(503, "unavailable");
    let mend = "DROP TRIGGER end_session ON journal; DROP FUNCTION end_session";
    office.database.connect().batch_execute(mend).expect("no trigger");
    let order = buyer.hold(&show, &["A-1-1"]).await.expect_status(201);
    assert_eq!(order["journal_offset"], 2);
}
