//! Organisers' keys: each does what its role may, on every node, from when it is made until it ends.

use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use reqwest::Method;
use serde_json::{Value, json};

use crate::office::{Client, ORGANISER_KEY, PATIENCE, Redis, TestDatabase, TestOffice, operations, send};

/// How long other nodes may take to know of a key, on a machine that does other things too. They ask twice a second.
const KNOWN_WITHIN: Duration = Duration::from_millis(1_500);

/// Makes a key; tells its id and the key.
async fn make(organiser: &Client, request: Value) -> (String, String) {
    let made = organiser.post("/v1/keys", &request).await.expect_status(201);
    let text = |name: &str| made[name].as_str().expect("text").to_owned();
    (text("id"), text("key"))
}

/// What a key gets that asks from elsewhere for a node's figures, for which no database is needed.
async fn look(client: &Client) -> u16 {
    let request = client.request(Method::GET, "/metrics");
    let answer = send(request.header("X-Forwarded-For", "192.0.2.1")).await;
    answer.expect("an answer").status.as_u16()
}

/// Waits until a key gets this.
async fn wait_for(client: &Client, status: u16, within: Duration) {
    let begin = Instant::now();
    loop {
        let found = look(client).await;
        if found == status {
            return;
        }
        assert!(
            begin.elapsed() < within,
            "still {found} after {:?}",
            begin.elapsed()
        );
    }
}

async fn listed(organiser: &Client) -> Vec<Value> {
    let page = organiser.get("/v1/keys").await.expect_status(200);
    page["keys"].as_array().expect("keys").clone()
}

#[tokio::test]
async fn a_key_is_known_everywhere_and_revoked_everywhere() {
    let office = TestOffice::with(2, Some(Redis::start()), &[]).await;
    let organiser = office.organiser();
    let (id, key) = make(&organiser, json!({"name": "Sales"})).await;
    let here = organiser.with_token(&key);
    let there = here.at(office.nodes[1].url());
    assert_eq!(look(&here).await, 200);
    wait_for(&there, 200, KNOWN_WITHIN).await;

    let path = format!("/v1/keys/{id}");
    organiser.delete(&path).await.expect_status(204);
    assert_eq!(look(&here).await, 401);
    wait_for(&there, 401, KNOWN_WITHIN).await;
    organiser.delete(&path).await.expect_status(204);
    let unknown = format!("/v1/keys/key_{}", "0".repeat(32));
    organiser.delete(&unknown).await.expect_problem(404, "not_found");
    organiser
        .delete("/v1/keys/x")
        .await
        .expect_problem(404, "not_found");
}

#[tokio::test]
async fn floods_of_reads_keep_no_node_from_its_keys() {
    let office = TestOffice::with(2, Some(Redis::start()), &[("BOXOFFICE_READERS", "1")]).await;
    let organiser = office.organiser();
    let (id, key) = make(&organiser, json!({"name": "Leaked"})).await;
    let there = organiser.with_token(&key).at(office.nodes[1].url());
    wait_for(&there, 200, KNOWN_WITHIN).await;
    // Each reader waits for a table, and many wait for it.
    let mut lock = office.database.connect();
    lock.batch_execute("BEGIN; LOCK TABLE plans").expect("a lock");
    let crowd: Vec<_> = (0..20)
        .map(|_| {
            let there = there.clone();
            let plan = format!("/v1/plans/{}", uuid::Uuid::new_v4());
            tokio::spawn(async move {
                loop {
                    there.get(&plan).await.expect_status(503);
                }
            })
        })
        .collect();
    let waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'plans'::regclass";
    office.database.wait_until(waits, 1).await;
    let path = format!("/v1/keys/{id}");
    organiser.delete(&path).await.expect_status(204);
    wait_for(&there, 401, KNOWN_WITHIN).await;
    for one in crowd {
        one.abort();
    }
    lock.batch_execute("COMMIT").expect("an end");
}

#[tokio::test]
async fn a_door_checks_tickets_in_and_does_nothing_else() {
    let office = TestOffice::start().await;
    let (show, buyer) = (office.show(json!({})).await, office.buyer().await);
    let order = buyer.hold(&show, &["A-1-1"]).await.expect_status(201);
    let order = order["id"].as_str().expect("an id");
    let paid = buyer.pay(order, "card_ok").await.expect_status(200);
    let code = paid["tickets"][0]["code"].as_str().expect("a code");
    let (_, key) = make(&office.organiser(), json!({"name": "Gate 1", "role": "door"})).await;
    let door = office.organiser().with_token(&key);

    let ids = [
        ("show", show.as_str()),
        ("order", order),
        ("code", "1"),
        ("provider", "sandbox"),
    ];
    for operation in operations() {
        // To itself, a node tells its figures without any key.
        if operation.is_public || operation.id == "get_metrics" {
            continue;
        }
        let request = door.request(operation.method.clone(), &operation.path_of(&ids));
        let request = if operation.writes() {
            request.json(&json!({}))
        } else {
            request
        };
        let answer = send(request).await.expect("an answer");
        let is_for_doors = matches!(
            operation.id.as_str(),
            "check_in_ticket"
                | "check_in_tickets"
                | "undo_check_in"
                | "get_door"
                | "get_door_bundle"
                | "list_check_in_lists"
                | "get_check_in_list"
        );
        assert_eq!(answer.status != 403, is_for_doors, "{}", operation.id);
    }
    door.get(&format!("/v1/shows/{show}")).await.expect_status(200);
    let path = format!("/v1/tickets/{code}/check-in");
    door.post(&path, &json!(null)).await.expect_status(200);
    let again = office.organiser().post(&path, &json!(null)).await;
    again.expect_problem(409, "already_checked_in");
    buyer
        .post(&path, &json!(null))
        .await
        .expect_problem(403, "forbidden");
    // From elsewhere, figures are for organisers.
    assert_eq!(look(&door).await, 403);
    assert_eq!(look(&office.organiser()).await, 200);
}

#[tokio::test]
async fn a_key_ends_also_while_the_database_is_away() {
    let (database, proxy) = TestDatabase::create_behind_proxy().await;
    let office = TestOffice::on(database, 1, None, &[]).await;
    let add = ["organiser-key", "add", "--name", "Short", "--expires-in", "8s"];
    let organiser = office.organiser();
    let short = organiser.with_token(&office.database.printed_by(&add));
    wait_for(&short, 200, PATIENCE).await;
    proxy.cut();
    // It is known for as long as it lasts, and so are the others.
    short.get("/v1/outbox").await.expect_problem(503, "unavailable");
    assert_eq!(look(&short).await, 200);
    wait_for(&short, 401, PATIENCE).await;
    organiser
        .get("/v1/outbox")
        .await
        .expect_problem(503, "unavailable");
    proxy.mend();
    let begin = Instant::now();
    while organiser.get("/v1/outbox").await.status != 200 {
        assert!(begin.elapsed() < PATIENCE, "the database never comes back");
    }
    assert_eq!(look(&short).await, 401);
}

#[tokio::test]
async fn the_key_of_the_settings_replaces_the_former_one() {
    let mut office = TestOffice::with(1, Some(Redis::start()), &[]).await;
    let (first, second) = (ORGANISER_KEY, "boo_another-key-for-tests");
    let start = [("BOXOFFICE_ORGANISER_KEY", second)];
    let with = |office: &TestOffice, node: usize, key| Client::new(office.nodes[node].url(), Some(key));
    assert_eq!(look(&with(&office, 0, first)).await, 200);
    office.add_node_with(&start).await;
    assert_eq!(look(&with(&office, 1, second)).await, 200);
    assert_eq!(look(&with(&office, 1, first)).await, 401);
    wait_for(&with(&office, 0, first), 401, KNOWN_WITHIN).await;
    wait_for(&with(&office, 0, second), 200, KNOWN_WITHIN).await;
    let in_force = |keys: Vec<Value>| {
        let in_force = keys.iter().filter(|key| key["revoked_at"].is_null());
        let names = in_force.map(|key| (key["name"].clone(), key["is_from_settings"].clone()));
        names.collect::<Vec<_>>()
    };
    let one = [(json!("from the settings"), json!(true))];
    assert_eq!(in_force(listed(&with(&office, 0, second)).await), one);

    // Whoever starts last wins, also with the former key.
    office.add_node().await;
    assert_eq!(look(&with(&office, 2, first)).await, 200);
    wait_for(&with(&office, 0, second), 401, KNOWN_WITHIN).await;
    assert_eq!(in_force(listed(&with(&office, 2, first)).await), one);

    // But what somebody has revoked stays so.
    let keys = listed(&with(&office, 2, first)).await;
    let key = keys
        .iter()
        .find(|key| key["revoked_at"].is_null())
        .expect("a key");
    let id = key["id"].as_str().expect("an id");
    office.database.printed_by(&["organiser-key", "revoke", id]);
    wait_for(&with(&office, 2, first), 401, KNOWN_WITHIN).await;
    office.add_node().await;
    assert_eq!(look(&with(&office, 3, first)).await, 401);
    let log = office.nodes[3].log();
    assert!(log.contains("has been revoked"), "{log}");
}

#[test]
fn the_key_that_everybody_can_read_opens_no_office() {
    let database = TestDatabase::create();
    let sample = [
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--organiser-key",
        "boo_choose-a-key-of-your-own",
    ];
    let output = database.command(&sample);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && said.contains("choose one of your own"),
        "{said}"
    );
    assert!(!said.contains("boo_choose"), "{said}");
    assert_eq!(database.number("SELECT count(*) FROM keys"), 0);
}

#[tokio::test]
async fn the_last_key_that_may_do_everything_stays() {
    let office = TestOffice::with(2, Some(Redis::start()), &[]).await;
    let organiser = office.organiser();
    let own = listed(&organiser).await[0]["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let path = |id: &str| format!("/v1/keys/{id}");
    make(&organiser, json!({"name": "Gate", "role": "door"})).await;
    organiser
        .delete(&path(&own))
        .await
        .expect_problem(409, "last_key");
    // Two that revoke each other at once.
    for round in 0..5 {
        let (id, key) = make(&organiser, json!({"name": format!("Other {round}")})).await;
        let other = organiser.with_token(&key).at(office.nodes[1].url());
        wait_for(&other, 200, KNOWN_WITHIN).await;
        let (third, _) = make(&organiser, json!({"name": "Third"})).await;
        let (mine, theirs) = (path(&third), path(&id));
        let (first, second) = tokio::join!(organiser.delete(&theirs), other.delete(&mine));
        assert_eq!((first.status.as_u16(), second.status.as_u16()), (204, 204));
        organiser
            .delete(&path(&own))
            .await
            .expect_problem(409, "last_key");
    }
    let (id, key) = make(&organiser, json!({"name": "Heir"})).await;
    let other = organiser.with_token(&key).at(office.nodes[1].url());
    wait_for(&other, 200, KNOWN_WITHIN).await;
    let (mine, theirs) = (path(&own), path(&id));
    let (first, second) = tokio::join!(organiser.delete(&theirs), other.delete(&mine));
    let mut statuses = [first.status.as_u16(), second.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses[0], 204, "{statuses:?}");
    assert!(matches!(statuses[1], 401 | 409), "{statuses:?}");
    let in_force = "SELECT count(*) FROM keys WHERE role = 'all' AND revoked_at IS NULL";
    assert_eq!(office.database.number(in_force), 1);
    // At the command line another one can be made.
    let last = office.database.text(
        "SELECT 'key_' || replace(key_id::text, '-', '') FROM keys WHERE role = 'all' AND revoked_at IS NULL",
    );
    office.database.printed_by(&["organiser-key", "revoke", &last]);
    assert_eq!(office.database.number(in_force), 0);
}

#[tokio::test]
async fn a_key_is_made_once_under_its_idempotency_key_and_kept_nowhere() {
    let office = TestOffice::with(2, Some(Redis::start()), &[]).await;
    let (here, there) = (office.organiser(), office.organiser().at(office.nodes[1].url()));
    let request = json!({"name": "Once", "role": "all", "expires_at": "2100-01-01T00:00:00Z"});
    let first = here
        .post_with_key("/v1/keys", &request, "k")
        .await
        .expect_status(201);
    for client in [&here, &there] {
        let again = client
            .post_with_key("/v1/keys", &request, "k")
            .await
            .expect_status(201);
        assert_eq!(again, first);
    }
    let other = here
        .post_with_key("/v1/keys", &json!({"name": "Twice"}), "k")
        .await;
    other.expect_problem(422, "idempotency_key_reused");
    assert_eq!(listed(&here).await.len(), 2);
    let key = first["key"].as_str().expect("a key");
    assert_eq!(look(&here.with_token(key)).await, 200);
    // The same request under the same key, but by somebody else.
    let others = here
        .with_token(key)
        .post_with_key("/v1/keys", &request, "k")
        .await;
    assert_ne!(others.expect_status(201)["key"], first["key"]);
    // But for how it begins, by which it is recognised.
    let rest = &key[12..];
    for table in ["keys", "organiser_keys", "idempotency", "audit"] {
        let known = format!(
            "SELECT count(*) FROM {table} t WHERE t::text ~ 'boo_[0-9a-f]{{9}}' OR t::text LIKE '%{rest}%'"
        );
        assert_eq!(office.database.number(&known), 0, "{table}");
    }
}

#[tokio::test]
async fn what_makes_no_sense_makes_no_key() {
    let office = TestOffice::start().await;
    let organiser = office.organiser();
    for (request, field) in [
        (json!({"name": ""}), "/name"),
        (json!({"name": "x".repeat(101)}), "/name"),
        (json!({"name": "a\nb"}), "/name"),
        (
            json!({"name": "Late", "expires_at": "2020-01-01T00:00:00Z"}),
            "/expires_at",
        ),
        (json!({"name": "Odd", "role": "janitor"}), "/role"),
        (json!({"role": "all"}), "/name"),
    ] {
        let problem = organiser
            .post("/v1/keys", &request)
            .await
            .expect_problem(422, "invalid");
        assert_eq!(problem["field"], field, "{request}");
    }
    assert_eq!(listed(&organiser).await.len(), 1);
    for arguments in [
        ["organiser-key", "add", "--name", "", "--role", "all"],
        ["organiser-key", "add", "--name", "x", "--role", "janitor"],
        ["organiser-key", "add", "--name", "x", "--expires-in", "soon"],
        [
            "organiser-key",
            "add",
            "--name",
            "x",
            "--expires-at",
            "2020-01-01T00:00:00Z",
        ],
    ] {
        assert!(
            !office.database.command(&arguments).status.success(),
            "{arguments:?}"
        );
    }
    assert!(
        !office
            .database
            .command(&["organiser-key", "revoke", "x"])
            .status
            .success()
    );
    assert_eq!(office.database.number("SELECT count(*) FROM keys"), 1);
}

#[tokio::test]
async fn keys_are_listed_page_by_page_with_their_last_use() {
    let office = TestOffice::start().await;
    let organiser = office.organiser();
    let mut made = vec!["from the settings".to_owned()];
    for number in 0..4 {
        let name = format!("Key {number}");
        make(&organiser, json!({"name": name, "role": "door"})).await;
        made.push(name);
    }
    let (mut names, mut next) = (Vec::new(), Some(String::new()));
    while let Some(after) = next {
        let page = organiser
            .get(&format!("/v1/keys?limit=2{after}"))
            .await
            .expect_status(200);
        let keys = page["keys"].as_array().expect("keys");
        names.extend(
            keys.iter()
                .map(|key| key["name"].as_str().expect("a name").to_owned()),
        );
        next = page["next_after"].as_str().map(|id| format!("&after={id}"));
    }
    assert_eq!(names, made);
    for bad in ["limit=0", "limit=101", "after=x"] {
        organiser
            .get(&format!("/v1/keys?{bad}"))
            .await
            .expect_problem(400, "bad_request");
    }
    let begin = Instant::now();
    while listed(&organiser).await[0]["last_used_at"].is_null() {
        assert!(begin.elapsed() < PATIENCE, "its use is never noted");
    }
    assert!(listed(&organiser).await[1]["last_used_at"].is_null());
}

#[tokio::test]
async fn keys_are_made_listed_and_revoked_by_command() {
    let office = TestOffice::start().await;
    let (database, organiser) = (&office.database, office.organiser());
    let alone = database.printed_by(&["organiser-key"]);
    let door = database.printed_by(&["organiser-key", "add", "--name", "Gate 2", "--role", "door"]);
    wait_for(&organiser.with_token(&alone), 200, KNOWN_WITHIN).await;
    wait_for(&organiser.with_token(&door), 403, KNOWN_WITHIN).await;
    let list = database.printed_by(&["organiser-key", "list"]);
    for key in [&alone, &door] {
        assert!(!list.contains(key) && list.contains(&key[..12]), "{list}");
    }
    let line = list
        .lines()
        .find(|line| line.contains("\tGate 2\tdoor\t"))
        .expect("a line");
    let id = line.split('\t').next().expect("an id");
    database.printed_by(&["organiser-key", "revoke", id]);
    database.printed_by(&["organiser-key", "revoke", id]);
    wait_for(&organiser.with_token(&door), 401, KNOWN_WITHIN).await;
    assert_eq!(look(&organiser.with_token(&alone)).await, 200);
}

#[tokio::test]
async fn nodes_of_the_version_before_get_no_more_than_they_understand() {
    let office = TestOffice::start().await;
    let organiser = office.organiser();
    let known = "SELECT count(*) FROM organiser_keys";
    assert_eq!(office.database.number(known), 1);
    make(&organiser, json!({"name": "Gate", "role": "door"})).await;
    make(
        &organiser,
        json!({"name": "Short", "expires_at": "2100-01-01T00:00:00Z"}),
    )
    .await;
    assert_eq!(office.database.number(known), 1);
    let (id, _) = make(&organiser, json!({"name": "Sales"})).await;
    assert_eq!(office.database.number(known), 2);
    organiser
        .delete(&format!("/v1/keys/{id}"))
        .await
        .expect_status(204);
    assert_eq!(office.database.number(known), 1);

    // What such a node, or its command, adds is taken over.
    let theirs = "boo_made-by-the-version-before";
    let add = format!(
        "INSERT INTO organiser_keys (key_digest, name) VALUES (sha256('{theirs}'), 'made by command')"
    );
    office.database.connect().batch_execute(&add).expect("a key");
    let theirs = organiser.with_token(theirs);
    wait_for(&theirs, 200, KNOWN_WITHIN).await;
    let keys = listed(&theirs).await;
    let taken = keys
        .iter()
        .find(|key| key["name"] == "made by command")
        .expect("a key");
    let path = format!("/v1/keys/{}", taken["id"].as_str().expect("an id"));
    organiser.delete(&path).await.expect_status(204);
    wait_for(&theirs, 401, KNOWN_WITHIN).await;
    // Also when such a node is started with it.
    office.database.connect().batch_execute(&add).expect("a key");
    organiser.get("/v1/keys").await.expect_status(200);
    assert_eq!(look(&theirs).await, 401);
}
