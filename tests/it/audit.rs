//! The audit: whatever is asked for with an organiser's key is written down before it is done.

use std::time::Instant;

use boxoffice::store::audit::{COMMAND_LINE, NewEntry, list_entries, write_entries};
use diesel::connection::SimpleConnection;
use serde_json::{Value, json};

use crate::office::{Client, Operation, PATIENCE, Redis, TestDatabase, TestOffice, operations, send};

/// All entries, read in pages of this length.
async fn entries(organiser: &Client, limit: usize) -> Vec<Value> {
    let (mut found, mut after) = (Vec::new(), "0".to_owned());
    loop {
        let page = organiser
            .get(&format!("/v1/audit?limit={limit}&after={after}"))
            .await
            .expect_status(200);
        found.extend(page["entries"].as_array().expect("entries").clone());
        match page["next_after"].as_str() {
            Some(next) => next.clone_into(&mut after),
            None => return found,
        }
    }
}

/// How many entries there are of an operation.
fn count(office: &TestOffice, operation: &str) -> i64 {
    let count = format!("SELECT count(*) FROM audit WHERE operation = '{operation}'");
    office.database.number(&count)
}

/// An entry of the command line.
fn entry(operation: &str) -> NewEntry {
    NewEntry {
        key: None,
        organiser: None,
        operation: operation.to_owned(),
        subject: None,
        came_from: COMMAND_LINE.to_owned(),
        request: None,
    }
}

#[tokio::test]
async fn every_write_with_a_key_leaves_an_entry() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let (organiser, buyer) = (office.organiser(), office.buyer().await);
    let order = buyer.hold(&show, &["A-1-1"]).await.expect_status(201);
    let ids = [
        ("show", show.as_str()),
        ("order", order["id"].as_str().expect("an id")),
        ("provider", "sandbox"),
    ];
    let mut recorded = 0;
    for operation in operations() {
        let Operation { id, method, .. } = &operation;
        let before = count(&office, id);
        let ask = async |client: &Client| {
            let request = client.request(method.clone(), &operation.path_of(&ids));
            send(request.json(&json!({}))).await.expect("an answer")
        };
        ask(&buyer).await;
        ask(&office.organiser().with_token("boo_nobody-has-this-key")).await;
        assert_eq!(count(&office, id), before, "{id}");
        let answer = ask(&organiser).await;
        let takes_keys = operation.writes() && !operation.is_public && answer.status != 403;
        // What is wrong with a body may be said before the entry is committed.
        let begin = Instant::now();
        while takes_keys && count(&office, id) == before {
            assert!(
                begin.elapsed() < PATIENCE,
                "{id} leaves no entry: {}",
                answer.body
            );
        }
        assert_eq!(count(&office, id) - before, i64::from(takes_keys), "{id}");
        recorded += i64::from(takes_keys);
    }
    assert!(recorded >= 12, "{recorded} operations");
}

#[tokio::test]
async fn an_entry_says_who_asked_for_what_and_nothing_secret() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let (organiser, buyer) = (office.organiser(), office.buyer().await);
    let order = buyer.hold(&show, &["A-1-1"]).await.expect_status(201);
    let order = order["id"].as_str().expect("an id").to_owned();
    let paid = buyer.pay(&order, "card_ok").await.expect_status(200);
    let code = paid["tickets"][0]["code"].as_str().expect("a code").to_owned();
    let made = organiser
        .post("/v1/keys", &json!({"name": "Gate", "role": "door"}))
        .await
        .expect_status(201);
    let door = organiser.with_token(made["key"].as_str().expect("a key"));
    door.post(&format!("/v1/tickets/{code}/check-in"), &json!(null))
        .await
        .expect_status(200);
    let order_as_typed = format!("/v1/orders/{}", order.to_lowercase());
    organiser
        .delete(&order_as_typed)
        .await
        .expect_problem(409, "order_paid");
    // Codes where they don't belong, and a key where its id does.
    organiser
        .delete(&format!("/v1/orders/{code}"))
        .await
        .expect_status(404);
    organiser
        .delete(&format!("/v1/keys/{}", door.token()))
        .await
        .expect_status(404);
    organiser
        .post(&format!("/v1/outbox/{code}_/retry"), &json!(null))
        .await
        .expect_status(404);

    let found = entries(&organiser, 1_000).await;
    let own = organiser.get("/v1/keys").await.expect_status(200)["keys"][0]["id"].clone();
    let of = |operation: &str| {
        found
            .iter()
            .filter(move |entry| entry["operation"] == operation)
            .collect::<Vec<_>>()
    };
    let check_in = of("check_in_ticket")[0];
    assert_eq!(check_in["key"], made["id"]);
    assert_eq!(check_in["subject"], format!("order/{order} ticket/0"));
    assert_eq!(check_in["from"], "127.0.0.1");
    assert_eq!(check_in["request"].as_str().map(str::len), Some(36));
    let aborts = of("abort_order");
    assert_eq!(
        (&aborts[0]["key"], &aborts[0]["subject"]),
        (&own, &json!(format!("order/{order}")))
    );
    assert_eq!(aborts[1]["subject"], json!(null));
    assert_eq!(of("revoke_key")[0]["subject"], json!(null));
    let settings = of("create_key")[0];
    assert_eq!(
        (&settings["from"], &settings["key"]),
        (&json!("settings"), &json!(null))
    );
    assert_eq!(
        settings["subject"],
        format!("key/{}", own.as_str().expect("an id"))
    );
    let text = Value::from(found.clone()).to_string();
    for secret in [&code, "boo_", "A-1-1"] {
        assert!(!text.contains(secret), "{text}");
    }
}

#[tokio::test]
async fn what_can_t_be_written_down_is_not_done() {
    let office = TestOffice::start().await;
    let (organiser, show) = (office.organiser(), office.show(json!({})).await);
    let buyer = office.buyer().await;
    let mut lock = office.database.connect();
    lock.batch_execute("BEGIN; LOCK TABLE audit").expect("a lock");
    let path = format!("/v1/shows/{show}");
    let closed = organiser.patch(&path, &json!({"state": "closed"})).await;
    closed.expect_problem(503, "unavailable");
    // Buyers are not in its way.
    buyer.hold(&show, &["A-1-1"]).await.expect_status(201);
    organiser.get(&path).await.expect_status(200);
    lock.batch_execute("COMMIT").expect("an end");
    assert_eq!(organiser.get(&path).await.expect_status(200)["state"], "open");
    let journal = office.journal(&show).await;
    assert!(
        journal.iter().all(|event| event["type"] != "closed"),
        "{journal:?}"
    );
    organiser
        .patch(&path, &json!({"state": "closed"}))
        .await
        .expect_status(200);
}

#[tokio::test]
async fn entries_of_a_crowd_are_written_together() {
    let office = TestOffice::start().await;
    let organiser = office.organiser();
    let mut lock = office.database.connect();
    lock.batch_execute("BEGIN; LOCK TABLE audit").expect("a lock");
    let check_in = || {
        let organiser = organiser.clone();
        tokio::spawn(async move {
            organiser
                .post("/v1/tickets/x/check-in", &json!(null))
                .await
                .status
        })
    };
    let first = check_in();
    let waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'audit'::regclass";
    office.database.wait_until(waits, 1).await;
    let others: Vec<_> = (0..40).map(|_| check_in()).collect();
    // By then they have come.
    for _ in 0..10 {
        organiser.get("/healthz").await.expect_status(200);
    }
    lock.batch_execute("COMMIT").expect("an end");
    for one in others.into_iter().chain([first]) {
        assert_eq!(one.await.expect("an answer"), 404);
    }
    let commits = "SELECT count(DISTINCT xmin::text) FROM audit WHERE operation = 'check_in_ticket'";
    assert_eq!(count(&office, "check_in_ticket"), 41);
    assert!(
        office.database.number(commits) <= 6,
        "{}",
        office.database.number(commits)
    );
}

#[test]
fn numbers_are_given_in_the_order_of_commits() {
    let database = TestDatabase::create();
    let mut earlier = database.connect();
    earlier.batch_execute("BEGIN").expect("a transaction");
    write_entries(&mut earlier, vec![entry("a"), entry("b")]).expect("entries");
    std::thread::scope(|scope| {
        let later = scope.spawn(|| write_entries(&mut database.connect(), vec![entry("c")]));
        let waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'advisory'";
        while database.number(waits) == 0 {
            assert!(!later.is_finished(), "it overtook who has a smaller number");
        }
        earlier.batch_execute("COMMIT").expect("an end");
        later.join().expect("a thread").expect("an entry");
    });
    let found = list_entries(&mut database.connect(), None, 0, 10).expect("entries");
    let operations: Vec<_> = found.iter().map(|entry| entry.asked.operation.as_str()).collect();
    assert_eq!(operations, ["a", "b", "c"]);
}

#[tokio::test]
async fn the_audit_is_read_page_by_page_by_organisers() {
    let office = TestOffice::with(2, Some(Redis::start()), &[]).await;
    let (organiser, show) = (office.organiser(), office.show(json!({})).await);
    for round in 0..6 {
        let organiser = organiser.at(office.nodes[round % 2].url());
        let state = if round % 2 == 0 { "closed" } else { "open" };
        organiser
            .patch(&format!("/v1/shows/{show}"), &json!({"state": state}))
            .await
            .expect_status(200);
    }
    let all = entries(&organiser, 1_000).await;
    assert_eq!(entries(&organiser, 2).await, all);
    let ids: Vec<_> = all
        .iter()
        .map(|entry| entry["id"].as_i64().expect("a number"))
        .collect();
    assert!(ids.is_sorted(), "{ids:?}");
    let subject = format!("show/{show}");
    let changes = all
        .iter()
        .filter(|entry| entry["operation"] == "update_show" && entry["subject"] == subject);
    assert_eq!(changes.count(), 6);
    for bad in ["limit=0", "limit=1001", "after=-1", "after=x"] {
        organiser
            .get(&format!("/v1/audit?{bad}"))
            .await
            .expect_problem(400, "bad_request");
    }
    office
        .buyer()
        .await
        .get("/v1/audit")
        .await
        .expect_problem(403, "forbidden");
}

#[tokio::test]
async fn old_entries_are_forgotten() {
    let office = TestOffice::with(1, None, &[("BOXOFFICE_CLEAN_SECONDS", "1")]).await;
    let organiser = office.organiser();
    let make = async |name: &str| {
        organiser
            .post("/v1/keys", &json!({"name": name}))
            .await
            .expect_status(201)
    };
    make("Old").await;
    let age = |days: u32| {
        let age = format!("UPDATE audit SET at = at - interval '{days} days' WHERE operation = 'create_key'");
        office
            .database
            .connect()
            .batch_execute(&age)
            .expect("older entries");
    };
    age(399);
    make("New").await;
    organiser.get("/v1/audit").await.expect_status(200);
    assert_eq!(count(&office, "create_key"), 3);
    age(2);
    office
        .database
        .wait_until_zero("SELECT count(*) FROM audit WHERE at < clock_timestamp() - interval '400 days'");
    assert_eq!(count(&office, "create_key"), 1);
}

#[tokio::test]
async fn what_is_done_to_keys_by_command_is_written_down() {
    let office = TestOffice::start().await;
    let database = &office.database;
    database.printed_by(&["organiser-key", "add", "--name", "Gate", "--role", "door"]);
    let list = database.printed_by(&["organiser-key", "list"]);
    let line = list.lines().find(|line| line.contains("Gate")).expect("a line");
    let id = line.split('\t').next().expect("an id");
    database.printed_by(&["organiser-key", "revoke", id]);
    let found = entries(&office.organiser(), 1_000).await;
    let mine = found.iter().filter(|entry| entry["from"] == COMMAND_LINE);
    let mine: Vec<_> = mine
        .map(|entry| (&entry["operation"], &entry["subject"], &entry["key"]))
        .collect();
    let subject = json!(format!("key/{id}"));
    assert_eq!(
        mine,
        [
            (&json!("create_key"), &subject, &json!(null)),
            (&json!("revoke_key"), &subject, &json!(null)),
        ]
    );
}
