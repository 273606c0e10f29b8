//! What is sent is read as JSON is meant, and what is wrong with it is told where it is.

use reqwest::Method;
use serde_json::json;

use crate::office::{Answer, Client, TestOffice, send};

/// POST of this text as it is.
async fn post_text(client: &Client, path: &str, text: impl Into<reqwest::Body>) -> Answer {
    let request = client.request(Method::POST, path);
    let request = request.header("Content-Type", "application/json").body(text);
    send(request).await.expect("an answer")
}

/// Whether a text speaks of what only this program knows.
fn speaks_of_rust(detail: &str) -> bool {
    [
        "struct ",
        "i64",
        "f32",
        "u32",
        "sequence",
        "map,",
        "variant",
        "expected a",
    ]
    .iter()
    .any(|word| detail.contains(word))
}

#[tokio::test]
async fn a_fault_is_told_where_it_is_and_in_words_of_json() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let (organiser, buyer) = (office.organiser(), office.buyer().await);
    let orders = format!("/v1/shows/{show}/orders");
    let check = async |client: &Client, path: &str, body: &str, field: &str| {
        let problem = post_text(client, path, body.to_owned()).await;
        let problem = problem.expect_problem(422, "invalid");
        assert_eq!(problem["field"], field, "{body}: {problem}");
        let detail = problem["detail"].as_str().expect("a detail");
        assert!(!speaks_of_rust(detail), "{body}: {detail}");
    };
    for (body, field) in [
        ("[]", ""),
        ("7", ""),
        ("null", ""),
        ("[null,null,[[\"Bar\",1]]]", ""),
        ("{\"zones\":[[\"Bar\",1]]}", "/zones/0"),
        ("{\"zones\":[{\"zone\":\"Bar\",\"count\":1.5}]}", "/zones/0/count"),
        (
            "{\"zones\":[{\"zone\":\"Bar\",\"count\":\"1\"}]}",
            "/zones/0/count",
        ),
        (
            "{\"zones\":[{\"zone\":\"Bar\",\"count\":1e300}]}",
            "/zones/0/count",
        ),
        (
            "{\"zones\":[{\"zone\":\"Bar\",\"count\":18446744073709551615}]}",
            "/zones/0/count",
        ),
        ("{\"zones\":[{\"zone\":\"Bar\"}]}", "/zones/0/count"),
        (
            "{\"zones\":[{\"zone\":\"Bar\",\"count\":1,\"a/b~c\":1}]}",
            "/zones/0/a~1b~0c",
        ),
        ("{\"seats\":\"A-1-1\"}", "/seats"),
        ("{\"seats\":{}}", "/seats"),
        ("{\"seats\":[\"A-1-1\",null]}", "/seats/1"),
        ("{\"seat\":[\"A-1-1\"]}", "/seat"),
        ("{\"together\":[2,null,null]}", "/together"),
        ("{\"seats\":[\"A-1-1\"],\"seats\":[\"A-1-2\"]}", "/seats"),
    ] {
        check(&buyer, &orders, body, field).await;
    }
    check(
        &organiser,
        &format!("/v1/shows/{show}/blocks"),
        "[[\"A-1-1\"]]",
        "",
    )
    .await;
    check(&organiser, "/v1/keys", "[\"x\",\"door\",null]", "").await;
    check(
        &organiser,
        "/v1/keys",
        "{\"name\":\"x\",\"role\":\"owl\"}",
        "/role",
    )
    .await;
    check(
        &organiser,
        "/v1/keys",
        "{\"name\":\"x\",\"role\":{\"door\":null}}",
        "/role",
    )
    .await;
    assert_eq!(office.journal(&show).await.len(), 1);
}

#[tokio::test]
async fn no_name_stands_twice_and_a_name_is_escaped_in_a_pointer() {
    let office = TestOffice::start().await;
    let organiser = office.organiser();
    let plan = json!({
        "name": "H", "categories": [{"name": "Stalls/~Box"}],
        "zones": [{"name": "Z", "category": "Stalls/~Box", "capacity": 9}],
    });
    let plan = organiser.post("/v1/plans", &plan).await.expect_status(201);
    let plan = plan["id"].as_str().expect("an id");
    let check = async |prices: &str, zones: &str, field: &str| {
        let body = format!(
            r#"{{"plan":"{plan}","title":"t","starts_at":"2030-01-01T00:00:00Z","prices":{prices},"zones":{zones}}}"#
        );
        let problem = post_text(&organiser, "/v1/shows", body).await;
        let problem = problem.expect_problem(422, "invalid");
        assert_eq!(problem["field"], field, "{problem}");
    };
    let price = r#"{"amount":1,"currency":"EUR"}"#;
    let twice = format!(r#"{{"Stalls/~Box":{price},"Stalls/~Box":{price}}}"#);
    check(&twice, "[]", "/prices/Stalls~1~0Box").await;
    let of = |price: &str| format!(r#"{{"Stalls/~Box":{price}}}"#);
    check(
        &of(r#"{"amount":10.5,"currency":"EUR"}"#),
        "[]",
        "/prices/Stalls~1~0Box/amount",
    )
    .await;
    check(
        &of(r#"{"amount":-1,"currency":"EUR"}"#),
        "[]",
        "/prices/Stalls~1~0Box/amount",
    )
    .await;
    check(&of(r#"[1,"EUR"]"#), "[]", "/prices/Stalls~1~0Box").await;
    let zone = r#"{"zone":"Z","capacity":5}"#;
    check(&of(price), &format!("[{zone},{zone}]"), "/zones/1/zone").await;
}

#[tokio::test]
async fn a_time_is_one_that_every_client_can_read() {
    let office = TestOffice::start().await;
    let organiser = office.organiser();
    let show = office.show(json!({})).await;
    let request = office.request_like(&show).await;
    let times = [
        "2026-10-25T02:30:00",
        "2026-10-25",
        "1969-12-31T23:59:59Z",
        "0001-01-01T00:00:00Z",
        "-4800-01-01T00:00:00Z",
        "+262142-12-31T00:00:00Z",
        "9999-12-31T23:59:59-01:00",
        "",
    ];
    for time in times {
        for field in ["starts_at", "on_sale_at", "closes_at", "returns_until"] {
            let mut body = request.clone();
            body[field] = json!(time);
            let problem = organiser.post("/v1/shows", &body).await;
            let problem = problem.expect_problem(422, "invalid");
            assert_eq!(problem["field"], format!("/{field}"), "{time}: {problem}");
        }
        let key = json!({"name": "x", "expires_at": time});
        let problem = organiser
            .post("/v1/keys", &key)
            .await
            .expect_problem(422, "invalid");
        assert_eq!(problem["field"], "/expires_at", "{time}: {problem}");
    }
    let mut last = request.clone();
    last["starts_at"] = json!("9999-12-31T23:59:59Z");
    organiser.post("/v1/shows", &last).await.expect_status(201);
}

#[tokio::test]
async fn an_empty_list_asks_for_nothing_also_under_a_key() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let path = format!("/v1/shows/{show}/orders");
    let buyer = office.buyer().await;
    let zone = json!({"seats": [], "zones": [{"zone": "Bar", "count": 1}]});
    buyer.post(&path, &zone).await.expect_status(201);
    let together = json!({"seats": [], "together": {"count": 2}, "zones": []});
    buyer.post(&path, &together).await.expect_status(201);
    let problem = buyer.post(&path, &json!({"seats": [], "zones": []})).await;
    assert_eq!(problem.expect_problem(422, "invalid")["field"], "");
    let first = buyer
        .post_with_key(&path, &json!({"seats": ["A-1-1"]}), "k")
        .await;
    let first = first.expect_status(201);
    for same in [
        json!({"seats": ["A-1-1"], "zones": []}),
        json!({"seats": ["A-1-1"], "zones": null, "together": null}),
    ] {
        assert_eq!(
            buyer.post_with_key(&path, &same, "k").await.expect_status(201),
            first
        );
    }
    let organiser = office.organiser();
    let mut plan = json!({
        "name": "H", "categories": [{"name": "C"}], "zones": [{"name": "Z", "category": "C", "capacity": 9}],
    });
    let first = organiser
        .post_with_key("/v1/plans", &plan, "p")
        .await
        .expect_status(201);
    plan["sections"] = json!([]);
    let again = organiser
        .post_with_key("/v1/plans", &plan, "p")
        .await
        .expect_status(201);
    assert_eq!(again, first);
    plan["name"] = json!("Another");
    let other = organiser.post_with_key("/v1/plans", &plan, "p").await;
    other.expect_problem(422, "idempotency_key_reused");
}

#[tokio::test]
async fn a_body_is_plain_json_with_or_without_a_byte_order_mark() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let (organiser, buyer) = (office.organiser(), office.buyer().await);
    let plan =
        r#"{"name":"H","categories":[{"name":"C"}],"zones":[{"name":"Z","category":"C","capacity":9}]}"#;
    let marked = format!("\u{feff}{plan}");
    post_text(&organiser, "/v1/plans", marked)
        .await
        .expect_status(201);
    let orders = format!("/v1/shows/{show}/orders");
    let marked = "\u{feff}{\"seats\":[\"A-1-1\"]}";
    post_text(&buyer, &orders, marked).await.expect_status(201);
    for path in [
        "/v1/plans",
        "/v1/shows",
        "/v1/keys",
        "/v1/orders/AAAAA-AAAAA/refund",
    ] {
        for coding in ["gzip", "br", "deflate, identity"] {
            let request = organiser.request(Method::POST, path);
            let request = request.header("Content-Type", "application/json");
            let request = request.header("Content-Encoding", coding).body(plan);
            let answer = send(request).await.expect("an answer");
            answer.expect_problem(415, "unsupported_media_type");
        }
    }
    let request = organiser.request(Method::POST, "/v1/plans");
    let request = request.header("Content-Type", "application/json");
    let request = request.header("Content-Encoding", "Identity").body(plan);
    send(request).await.expect("an answer").expect_status(201);
    // Proxies drop the body of a DELETE, and its type with it.
    let blocks = organiser.delete(&format!("/v1/shows/{show}/blocks")).await;
    let problem = blocks.expect_problem(422, "invalid");
    assert_eq!(problem["field"], "");
}

#[tokio::test]
async fn what_is_called_something_can_be_seen() {
    let office = TestOffice::start().await;
    let organiser = office.organiser();
    let show = office.show(json!({})).await;
    let request = office.request_like(&show).await;
    let zone = |name: &str| {
        json!({
            "name": name, "categories": [{"name": "C"}], "zones": [{"name": "Z", "category": "C", "capacity": 9}],
        })
    };
    let unseen = [
        "",
        " ",
        "\u{200b}",
        "\u{200e}\u{200f}",
        "\u{2800}\u{3164}\u{feff}",
        "\u{ad}",
        "a\u{0}b",
        "a\nb",
        "a\u{85}b",
        "a\u{202e}b",
        "a\u{2066}b",
        "a\u{2028}b",
        "a\u{ffff}",
    ];
    for name in unseen {
        let mut body = request.clone();
        body["title"] = json!(name);
        let problem = organiser
            .post("/v1/shows", &body)
            .await
            .expect_problem(422, "invalid");
        assert_eq!(problem["field"], "/title", "{name:?}");
        let key = organiser.post("/v1/keys", &json!({"name": name})).await;
        assert_eq!(key.expect_problem(422, "invalid")["field"], "/name", "{name:?}");
        let plan = organiser.post("/v1/plans", &zone(name)).await;
        assert_eq!(
            plan.expect_problem(422, "plan_invalid")["field"],
            "/name",
            "{name:?}"
        );
    }
    for name in [
        "Ä",
        "שלום\u{200f}",
        "می\u{200c}خواهم",
        "👩\u{200d}👩\u{200d}👧",
        "7",
    ] {
        let mut body = request.clone();
        body["title"] = json!(name);
        let made = organiser.post("/v1/shows", &body).await.expect_status(201);
        assert_eq!(made["title"], name);
        organiser.post("/v1/plans", &zone(name)).await.expect_status(201);
    }
}
