//! Organisers: nothing of one is seen or changed by another, and the operator makes them.

use std::time::Instant;

use boxoffice::store::invariants::find_violations;
use diesel::connection::SimpleConnection;
use serde_json::{Value, json};

use crate::office::{Client, ORGANISER_KEY, PATIENCE, Redis, TestDatabase, TestOffice};

const OPERATOR_KEY: &str = "boo_operators-key-for-tests";
const FIRST: &str = "org_00000000000000000000000000000001";

/// An office with an operator's key in its settings.
async fn office() -> (TestOffice, Client) {
    let office = TestOffice::with(1, None, &[("BOXOFFICE_OPERATOR_KEY", OPERATOR_KEY)]).await;
    let operator = office.organiser().with_token(OPERATOR_KEY);
    (office, operator)
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

/// Has a key made; gives its body and who has it.
async fn make(keeper: &Client, request: Value) -> (Value, Client) {
    let made = keeper.post("/v1/keys", &request).await.expect_status(201);
    let client = keeper.with_token(text(&made["key"]));
    (made, client)
}

/// Another organiser: its id and its owner.
async fn another(operator: &Client, name: &str) -> (String, Client) {
    let made = operator.post("/v1/organisers", &json!({"name": name})).await;
    let id = text(&made.expect_status(201)["id"]).to_owned();
    let (_, owner) = make(operator, json!({"name": "Owner", "organiser": id})).await;
    (id, owner)
}

/// The ids in a list.
fn ids(page: &Value, list: &str) -> Vec<String> {
    let items = page[list].as_array().expect("a list");
    items.iter().map(|item| text(&item["id"]).to_owned()).collect()
}

#[tokio::test]
async fn plans_and_shows_are_their_organisers() {
    let (office, operator) = office().await;
    let (first, (other_id, other)) = (office.organiser(), another(&operator, "Other").await);
    let mine = office.show(json!({})).await;
    let theirs = office.show_of(&other, json!({})).await;
    let anybody = office.buyer().await;
    let body = async |show: &str| anybody.get(&format!("/v1/shows/{show}")).await.expect_status(200);
    let (my_body, their_body) = (body(&mine).await, body(&theirs).await);
    assert_eq!(
        (&my_body["organiser"], &their_body["organiser"]),
        (&json!(FIRST), &json!(other_id))
    );
    // The same document is a plan of each.
    assert_ne!(my_body["plan"], their_body["plan"]);
    let mut request = office.request_like(&mine).await;
    for (client, plan) in [(&first, &their_body["plan"]), (&other, &my_body["plan"])] {
        request["plan"] = plan.clone();
        let problem = client
            .post("/v1/shows", &request)
            .await
            .expect_problem(422, "invalid");
        assert_eq!(
            (&problem["field"], &problem["detail"]),
            (&json!("/plan"), &json!("there is no such plan"))
        );
    }
    // Everybody sees all shows, or those of one.
    let list = async |query: &str| {
        let page = anybody.get(&format!("/v1/shows{query}")).await.expect_status(200);
        ids(&page, "shows")
    };
    assert_eq!(list("").await, [mine.clone(), theirs.clone()]);
    assert_eq!(list(&format!("?organiser={FIRST}")).await, [mine]);
    assert_eq!(list(&format!("?organiser={other_id}")).await, [theirs]);
    assert_eq!(list(&format!("?organiser=org_{}", "0".repeat(32))).await, [""; 0]);
    let bad = anybody.get("/v1/shows?organiser=x").await;
    assert_eq!(bad.expect_problem(400, "bad_request")["field"], "organiser");
}

#[tokio::test]
async fn the_box_office_sells_and_the_reader_only_reads() {
    let (office, _) = office().await;
    let (show, buyer) = (office.show(json!({})).await, office.buyer().await);
    let order = buyer.hold(&show, &["A-1-1"]).await.expect_status(201);
    let order = format!("/v1/orders/{}", text(&order["id"]));
    buyer
        .pay(order.trim_start_matches("/v1/orders/"), "card_ok")
        .await
        .expect_status(200);
    let (_, sales) = make(&office.organiser(), json!({"name": "Sales", "role": "sales"})).await;
    let (_, reader) = make(&office.organiser(), json!({"name": "Reader", "role": "reader"})).await;
    let blocks = format!("/v1/shows/{show}/blocks");
    let block = json!({"seats": ["A-2-1"]});
    for client in [&sales, &reader] {
        client.get(&order).await.expect_status(200);
        client
            .get(&format!("/v1/shows/{show}/orders"))
            .await
            .expect_status(200);
    }
    reader
        .post(&blocks, &block)
        .await
        .expect_problem(403, "forbidden");
    sales.post(&blocks, &block).await.expect_status(200);
    let refund = format!("{order}/refund");
    reader
        .post(&refund, &json!(null))
        .await
        .expect_problem(403, "forbidden");
    sales.post(&refund, &json!(null)).await.expect_status(200);
    let close = json!({"state": "closed"});
    sales
        .patch(&format!("/v1/shows/{show}"), &close)
        .await
        .expect_problem(403, "forbidden");
}

#[tokio::test]
async fn keys_and_the_audit_are_their_organisers() {
    let (office, operator) = office().await;
    let (first, (other_id, other)) = (office.organiser(), another(&operator, "Other").await);
    let (mine, _) = make(&first, json!({"name": "Mine", "role": "sales"})).await;
    let (theirs, _) = make(
        &other,
        json!({"name": "Theirs", "role": "all", "organiser": other_id}),
    )
    .await;
    assert_eq!(
        (&theirs["organiser"], &theirs["role"]),
        (&json!(other_id), &json!("owner"))
    );

    let names = async |client: &Client| {
        let page = client.get("/v1/keys").await.expect_status(200);
        let keys = page["keys"].as_array().expect("keys").clone();
        keys.iter()
            .map(|key| text(&key["name"]).to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&first).await, ["from the settings", "Mine"]);
    assert_eq!(names(&other).await, ["Owner", "Theirs"]);
    let all = [
        "from the settings",
        "from the settings",
        "Owner",
        "Mine",
        "Theirs",
    ];
    assert_eq!(names(&operator).await, all);
    let own = |key: &Value| format!("/v1/keys/{}", text(&key["id"]));
    first.delete(&own(&theirs)).await.expect_problem(404, "not_found");
    other.delete(&own(&mine)).await.expect_problem(404, "not_found");

    // Whose entries each sees.
    let seen = async |client: &Client| {
        let page = client.get("/v1/audit").await.expect_status(200);
        let entries = page["entries"].as_array().expect("entries").clone();
        entries
            .iter()
            .map(|entry| (text(&entry["operation"]).to_owned(), entry["organiser"].clone()))
            .collect::<Vec<_>>()
    };
    let entry = |operation: &str, organiser: Value| (operation.to_owned(), organiser);
    let (of_first, of_other) = (json!(FIRST), json!(other_id));
    let firsts = [
        entry("create_key", of_first.clone()),
        entry("create_key", of_first.clone()),
        entry("revoke_key", of_first),
    ];
    assert_eq!(seen(&first).await, firsts);
    assert_eq!(
        seen(&other).await,
        [
            entry("create_key", of_other.clone()),
            entry("revoke_key", of_other)
        ]
    );
    assert_eq!(seen(&operator).await.len(), 8);

    // The operator ends anybody's.
    operator.delete(&own(&mine)).await.expect_status(204);
    operator.delete(&own(&theirs)).await.expect_status(204);
    // The last owner's key of each stays, however many others have.
    let last = other.get("/v1/keys").await.expect_status(200)["keys"][0].clone();
    for client in [&other, &operator] {
        client.delete(&own(&last)).await.expect_problem(409, "last_key");
    }
}

#[tokio::test]
async fn each_makes_keys_of_its_own_and_the_operator_of_all() {
    let (office, operator) = office().await;
    let (other_id, other) = another(&operator, "Other").await;
    let nobody = format!("org_{}", "f".repeat(32));
    let check = async |client: &Client, request: Value| {
        let problem = client
            .post("/v1/keys", &request)
            .await
            .expect_problem(422, "invalid");
        assert_eq!(problem["field"], "/organiser", "{request}");
    };
    for organiser in [FIRST, &nobody, "x"] {
        check(&other, json!({"name": "x", "organiser": organiser})).await;
    }
    check(&operator, json!({"name": "x"})).await;
    check(
        &operator,
        json!({"name": "x", "role": "operator", "organiser": other_id}),
    )
    .await;
    check(&operator, json!({"name": "x", "organiser": nobody})).await;
    let operators = json!({"name": "x", "role": "operator"});
    other
        .post("/v1/keys", &operators)
        .await
        .expect_problem(403, "forbidden");
    let (made, second) = make(&operator, operators).await;
    assert_eq!(
        (&made["organiser"], &made["role"]),
        (&json!(null), &json!("operator"))
    );
    second.get("/v1/organisers").await.expect_status(200);
    let (made, owner) = make(&office.organiser(), json!({"name": "Plain"})).await;
    assert_eq!(
        (&made["organiser"], &made["role"]),
        (&json!(FIRST), &json!("owner"))
    );
    assert_eq!(made["prefix"].as_str(), text(&made["key"]).get(..12));
    let listed = owner.get("/v1/keys").await.expect_status(200);
    let prefixes = [&listed["keys"][0]["prefix"], &listed["keys"][1]["prefix"]];
    assert_eq!(prefixes, [&json!(null), &made["prefix"]]);
    // Only the operator and the first owner see the figures of the whole office.
    let figures = async |client: &Client| {
        let request = client.request(reqwest::Method::GET, "/metrics");
        let answer = crate::office::send(request.header("X-Forwarded-For", "192.0.2.1")).await;
        answer.expect("an answer").status.as_u16()
    };
    assert_eq!(
        [
            figures(&operator).await,
            figures(&owner).await,
            figures(&other).await
        ],
        [200, 200, 403]
    );
}

#[tokio::test]
async fn no_organiser_takes_the_keys_of_the_others() {
    let (office, operator) = office().await;
    let (other_id, other) = another(&operator, "Other").await;
    let fill = format!(
        "INSERT INTO keys (key_digest, name, role, organiser_id) \
         SELECT sha256(n::text::bytea), 'x', 'reader', '{}' FROM generate_series(1, 999) AS n",
        &other_id[4..]
    );
    office.database.connect().batch_execute(&fill).expect("keys");
    let request = json!({"name": "x"});
    other
        .post("/v1/keys", &request)
        .await
        .expect_problem(409, "too_many_keys");
    make(&office.organiser(), request).await;
}

#[tokio::test]
async fn the_operator_makes_lists_and_renames_organisers() {
    let (office, operator) = office().await;
    let request = json!({"name": " Town hall "});
    let make = async || {
        operator
            .post_with_key("/v1/organisers", &request, "k")
            .await
            .expect_status(201)
    };
    let made = make().await;
    assert_eq!((make().await, &made["name"]), (made.clone(), &json!("Town hall")));
    let (third, third_owner) = another(&operator, "Third").await;
    let page = operator.get("/v1/organisers?limit=2").await.expect_status(200);
    assert_eq!(ids(&page, "organisers"), [FIRST, text(&made["id"])]);
    let rest = format!("/v1/organisers?limit=2&after={}", text(&page["next_after"]));
    let page = operator.get(&rest).await.expect_status(200);
    assert_eq!(
        (ids(&page, "organisers"), &page["next_after"]),
        (vec![third.clone()], &json!(null))
    );
    for bad in ["limit=0", "limit=101", "after=x"] {
        let bad = operator.get(&format!("/v1/organisers?{bad}")).await;
        bad.expect_problem(400, "bad_request");
    }

    let path = format!("/v1/organisers/{third}");
    let renamed = operator
        .patch(&path, &json!({"name": "Fourth"}))
        .await
        .expect_status(200);
    assert_eq!(
        (&renamed["id"], &renamed["name"]),
        (&json!(third), &json!("Fourth"))
    );
    assert_eq!(third_owner.get(&path).await.expect_status(200), renamed);
    office
        .organiser()
        .get(&path)
        .await
        .expect_problem(404, "not_found");
    third_owner
        .patch(&path, &json!({"name": "Mine"}))
        .await
        .expect_problem(403, "forbidden");
    for unknown in ["x", &format!("org_{}", "f".repeat(32))] {
        let path = format!("/v1/organisers/{unknown}");
        operator.get(&path).await.expect_problem(404, "not_found");
        operator
            .patch(&path, &json!({"name": "x"}))
            .await
            .expect_problem(404, "not_found");
    }
    for name in ["", "a\nb", &"x".repeat(101)] {
        let problem = operator.post("/v1/organisers", &json!({"name": name})).await;
        assert_eq!(problem.expect_problem(422, "invalid")["field"], "/name");
    }
}

#[tokio::test]
async fn nobody_joins_the_first_organiser_while_nodes_are_up_that_know_no_other() {
    let (office, operator) = office().await;
    let request = json!({"name": "Early"});
    let old = "INSERT INTO nodes (node_id, seen_at) VALUES (gen_random_uuid(), clock_timestamp() + interval '1 hour')";
    office.database.connect().batch_execute(old).expect("an old node");
    operator
        .post_with_key("/v1/organisers", &request, "k")
        .await
        .expect_problem(503, "unavailable");
    let early = ["organiser", "add", "--name", "Early"];
    assert!(!office.database.command(&early).status.success());
    let gone = "DELETE FROM nodes WHERE NOT knows_organisers";
    office
        .database
        .connect()
        .batch_execute(gone)
        .expect("no old node");
    operator
        .post_with_key("/v1/organisers", &request, "k")
        .await
        .expect_status(201);
}

#[tokio::test]
async fn a_key_is_replaced_while_both_are_good_for_a_while() {
    let (office, operator) = office().await;
    let first = office.organiser();
    let request = json!({"name": "Gate", "role": "door", "expires_at": "2100-01-01T00:00:00Z"});
    let (old, old_door) = make(&first, request).await;
    let path = format!("/v1/keys/{}/rotation", text(&old["id"]));
    for bad in [
        json!({"overlap_seconds": -1}),
        json!({"overlap_seconds": 2_592_001}),
        json!({}),
    ] {
        let problem = first.post(&path, &bad).await.expect_problem(422, "invalid");
        assert_eq!(problem["field"], "/overlap_seconds", "{bad}");
    }
    let an_hour = json!({"overlap_seconds": 3_600});
    let rotate = async || first.post_with_key(&path, &an_hour, "k").await.expect_status(201);
    let new = rotate().await;
    assert_eq!(rotate().await, new);
    for same in ["name", "role", "organiser", "expires_at"] {
        assert_eq!(new[same], old[same], "{same}");
    }
    assert!(new["id"] != old["id"] && new["key"] != old["key"]);
    let new_door = first.with_token(text(&new["key"]));
    let let_in = async |client: &Client| {
        let scan = client.post("/v1/tickets/x/check-in", &json!(null)).await;
        scan.status.as_u16()
    };
    assert_eq!((let_in(&old_door).await, let_in(&new_door).await), (404, 404));
    let left = "SELECT extract(epoch FROM expires_at - clock_timestamp())::bigint / 60 FROM keys \
        WHERE expires_at < clock_timestamp() + interval '1 day'";
    assert!((58..=60).contains(&office.database.number(left)));

    // At once.
    let path = format!("/v1/keys/{}/rotation", text(&new["id"]));
    let at_once = json!({"overlap_seconds": 0});
    let newest = operator.post(&path, &at_once).await.expect_status(201);
    assert_eq!(let_in(&new_door).await, 401);
    assert_eq!(let_in(&first.with_token(text(&newest["key"]))).await, 404);
    first.post(&path, &at_once).await.expect_problem(409, "key_ended");
    // Of others, none; of the settings, none: it would stand there still.
    let (_, other) = another(&operator, "Other").await;
    let path = format!("/v1/keys/{}/rotation", text(&newest["id"]));
    other.post(&path, &at_once).await.expect_problem(404, "not_found");
    let own = first.get("/v1/keys").await.expect_status(200)["keys"][0].clone();
    let path = format!("/v1/keys/{}/rotation", text(&own["id"]));
    first
        .post(&path, &at_once)
        .await
        .expect_problem(409, "key_from_settings");
}

#[tokio::test]
async fn the_keys_of_the_settings_replace_each_its_own() {
    let mut office = TestOffice::with(
        1,
        Some(Redis::start()),
        &[("BOXOFFICE_OPERATOR_KEY", OPERATOR_KEY)],
    )
    .await;
    let second = "boo_another-operators-key";
    office.add_node_with(&[("BOXOFFICE_OPERATOR_KEY", second)]).await;
    let status = async |node: usize, key: &str| {
        let client = Client::new(office.nodes[node].url(), Some(key));
        client.get("/v1/keys").await.status.as_u16()
    };
    assert_eq!(
        (status(1, second).await, status(1, ORGANISER_KEY).await),
        (200, 200)
    );
    assert_eq!(status(1, OPERATOR_KEY).await, 401);
    let begin = Instant::now();
    while status(0, OPERATOR_KEY).await != 401 {
        assert!(begin.elapsed() < PATIENCE, "the former key is never revoked");
    }
    assert_eq!(
        (status(0, second).await, status(0, ORGANISER_KEY).await),
        (200, 200)
    );
    // One key is not for two.
    office
        .add_node_with(&[("BOXOFFICE_OPERATOR_KEY", ORGANISER_KEY)])
        .await;
    let log = office.nodes[2].log();
    assert!(log.contains("in use for something else"), "{log}");
    assert_eq!(status_of(&office, ORGANISER_KEY, "/v1/organisers").await, 403);
}

async fn status_of(office: &TestOffice, key: &str, path: &str) -> u16 {
    let client = Client::new(office.nodes[0].url(), Some(key));
    client.get(path).await.status.as_u16()
}

#[tokio::test]
async fn the_command_line_does_the_same() {
    let office = TestOffice::start().await;
    let database = &office.database;
    let id = database.printed_by(&["organiser", "add", "--name", "Town hall"]);
    let list = database.printed_by(&["organiser", "list"]);
    assert!(
        list.contains(FIRST) && list.contains(&format!("{id}\tTown hall\t")),
        "{list}"
    );
    let plan = concat!(env!("CARGO_MANIFEST_DIR"), "/plans/arena.json");
    let import = |organiser: &str| database.printed_by(&["plan", "import", plan, "--organiser", organiser]);
    assert_ne!(import(&id), import(FIRST));
    assert_eq!(import(FIRST), database.printed_by(&["plan", "import", plan]));

    let add = [
        "organiser-key",
        "add",
        "--name",
        "Gate",
        "--role",
        "door",
        "--organiser",
        &id,
    ];
    let old = database.printed_by(&add);
    let operators =
        database.printed_by(&["organiser-key", "add", "--name", "Operator", "--role", "operator"]);
    let line = |name: &str| {
        let list = database.printed_by(&["organiser-key", "list"]);
        let line = list
            .lines()
            .rev()
            .find(|line| line.contains(name))
            .expect("a line");
        line.split('\t').map(str::to_owned).collect::<Vec<_>>()
    };
    let gate = line("Gate");
    assert_eq!(
        (&gate[2], &gate[7], &gate[8]),
        (&"door".to_owned(), &id, &old[..12].to_owned())
    );
    assert_eq!(line("Operator")[7], "-");
    let new = database.printed_by(&["organiser-key", "rotate", &gate[0], "--overlap", "1h"]);
    assert_eq!(line("Gate")[8], new[..12]);
    for (key, status) in [(operators, 200), (old, 403), (new, 403)] {
        let begin = Instant::now();
        // 401 until the node has read the keys again.
        while status_of(&office, &key, "/v1/organisers").await != status {
            assert!(
                begin.elapsed() < PATIENCE,
                "a key of the command line is never known"
            );
        }
    }
    let nobody = format!("org_{}", "f".repeat(32));
    for refused in [
        &["organiser-key", "add", "--name", "x", "--organiser", &nobody][..],
        &["organiser-key", "add", "--name", "x", "--organiser", "x"],
        &[
            "organiser-key",
            "add",
            "--name",
            "x",
            "--role",
            "operator",
            "--organiser",
            &id,
        ],
        &["organiser-key", "rotate", &gate[0], "--overlap", "31d"],
        &["organiser-key", "rotate", "key_00000000000000000000000000000000"],
        &["plan", "import", plan, "--organiser", &nobody],
        &["organiser", "add", "--name", ""],
    ] {
        assert!(!database.command(refused).status.success(), "{refused:?}");
    }
    let entries = "SELECT count(*) FROM audit WHERE came_from = 'command line'";
    assert_eq!(database.number(entries), 4);
}

#[test]
fn what_is_of_no_organiser_is_found() {
    let database = TestDatabase::create();
    let mut connection = database.connect();
    let found = |connection: &mut _| {
        let found = find_violations(connection).expect("violations");
        found
            .into_iter()
            .map(|violation| violation.invariant)
            .collect::<Vec<_>>()
    };
    assert_eq!(found(&mut connection), [""; 0]);
    let nobody = "00000000-0000-0000-0000-0000000000ff";
    let plan = |organiser: &str| {
        format!(
            "INSERT INTO plans (plan_id, name, seats, zones, document, organiser_id) \
             VALUES ('00000000-0000-0000-0000-00000000000a', 'x', 0, 0, '', '{organiser}')"
        )
    };
    let show = "INSERT INTO shows (show_id, plan_id, title, starts_at, currency, prices, hold_ms, hold_grace_ms, \
        order_places_max, session_places_max, buyers_may_return) \
        VALUES (1024, '00000000-0000-0000-0000-00000000000a', 'x', '2030-01-01', 'EUR', '{}', 1, 0, 1, 1, false); \
        INSERT INTO journal_heads (show_id) VALUES (1024)";
    let key = |role: &str, organiser: &str| {
        format!(
            "INSERT INTO keys (key_digest, name, role, organiser_id) VALUES (sha256('x'), 'x', '{role}', {organiser})"
        )
    };
    let unknown = "what is an organiser's names one that is there";
    for (broken, invariants) in [
        (plan(nobody), vec![unknown]),
        (key("reader", &format!("'{nobody}'")), vec![unknown]),
        (
            key("reader", "NULL"),
            vec!["a key is an organiser's or the operator's"],
        ),
        (
            key("operator", "DEFAULT"),
            vec!["a key is an organiser's or the operator's"],
        ),
        (
            format!(
                "INSERT INTO organisers (organiser_id, name) VALUES ('{nobody}', 'x'); {}; {show}",
                plan(nobody)
            ),
            vec!["a show is made from a plan of its organiser"],
        ),
    ] {
        connection
            .batch_execute(&format!("BEGIN; {broken}"))
            .expect("rows");
        assert_eq!(found(&mut connection), invariants, "{broken}");
        connection.batch_execute("ROLLBACK").expect("as before");
    }
}

#[tokio::test]
async fn what_nodes_of_the_version_before_write_is_the_first_organisers() {
    let (office, operator) = office().await;
    let old_key = "boo_a-key-of-the-version-before";
    let write = format!(
        "INSERT INTO organiser_keys (key_digest, name) VALUES (sha256('{old_key}'), 'Old'); \
         INSERT INTO keys (key_digest, name, role) VALUES (sha256('boo_a-door-of-the-version-before'), 'Old door', 'door')"
    );
    office.database.connect().batch_execute(&write).expect("keys");
    let (_, mine) = make(&office.organiser(), json!({"name": "New"})).await;
    let show = office.show(json!({})).await;
    let old = mine.with_token(old_key);
    let door = mine.with_token("boo_a-door-of-the-version-before");
    old.get(&format!("/v1/shows/{show}/orders"))
        .await
        .expect_status(200);
    door.post("/v1/tickets/x/check-in", &json!(null))
        .await
        .expect_problem(404, "not_found");
    // What such nodes let in: nothing of another organiser's.
    let (other_id, other) = another(&operator, "Other").await;
    for role in ["owner", "door", "sales", "reader"] {
        make(&other, json!({"name": role, "role": role})).await;
    }
    let known_there = format!(
        "SELECT count(*) FROM keys WHERE role IN ('all', 'door') AND organiser_id = '{}'",
        &other_id[4..]
    );
    assert_eq!(office.database.number(&known_there), 0);
    let known_there = "SELECT count(*) FROM organiser_keys";
    assert_eq!(office.database.number(known_there), 3);
}
