//! Shows, plans, blocks, maps, journals and snapshots.

mod blocks;
mod ends;
mod holds;
mod order_list;

use serde_json::json;

use crate::office::TestOffice;

#[tokio::test]
async fn a_show_sells_only_while_it_is_open_and_on_sale() {
    let office = TestOffice::start().await;
    let buyer = office.buyer().await;
    let closed = office.show(json!({"state": "closed"})).await;
    buyer
        .hold(&closed, &["A-1-1"])
        .await
        .expect_problem(409, "show_closed");
    let opened = office
        .organiser()
        .patch(&format!("/v1/shows/{closed}"), &json!({"state": "open"}))
        .await;
    assert_eq!(opened.expect_status(200)["journal_offset"], 1);
    buyer.hold(&closed, &["A-1-1"]).await.expect_status(201);
    let again = office
        .organiser()
        .patch(&format!("/v1/shows/{closed}"), &json!({"state": "open"}))
        .await;
    assert_eq!(again.expect_status(200)["journal_offset"], 2);

    let early = office.show(json!({"on_sale_at": "2029-01-01T00:00:00Z"})).await;
    buyer
        .hold(&early, &["A-1-1"])
        .await
        .expect_problem(409, "not_on_sale");
    let over = office.show(json!({"closes_at": "2020-01-01T00:00:00Z"})).await;
    buyer
        .hold(&over, &["A-1-1"])
        .await
        .expect_problem(409, "sale_ended");
    buyer
        .patch(&format!("/v1/shows/{closed}"), &json!({"state": "closed"}))
        .await
        .expect_problem(403, "forbidden");
}

#[tokio::test]
async fn blocked_seats_are_not_sold() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let (organiser, buyer) = (office.organiser(), office.buyer().await);
    let path = format!("/v1/shows/{show}/blocks");
    organiser
        .post(&path, &json!({"seats": ["A-1-1", "A-1-2"]}))
        .await
        .expect_status(200);
    assert_eq!(buyer.seat(&show, "A-1-1").await, "blocked");
    buyer
        .hold(&show, &["A-1-1"])
        .await
        .expect_problem(409, "seats_taken");
    buyer.hold(&show, &["A-1-3"]).await.expect_status(201);
    let problem = organiser.post(&path, &json!({"seats": ["A-1-3", "A-1-4"]})).await;
    assert_eq!(
        problem.expect_problem(409, "seats_not_free")["seats"],
        json!(["A-1-3"])
    );
    let unblock = organiser
        .request(reqwest::Method::DELETE, &path)
        .json(&json!({"seats": ["A-1-1"]}))
        .header("Idempotency-Key", "release");
    assert_eq!(unblock.send().await.expect("an answer").status(), 200);
    buyer.hold(&show, &["A-1-1"]).await.expect_status(201);
    // By POST it is the same, also under the same key.
    let release = format!("{path}/release");
    let again = organiser
        .post_with_key(&release, &json!({"seats": ["A-1-1"]}), "release")
        .await;
    assert_eq!(again.expect_status(200)["seats"], json!(["A-1-1"]));
    let released = organiser.post(&release, &json!({"seats": ["A-1-2"]})).await;
    assert_eq!(released.expect_status(200)["seats"], json!(["A-1-2"]));
    assert_eq!(buyer.seat(&show, "A-1-2").await, "free");
    let problem = organiser.post(&release, &json!({"seats": ["A-1-2"]})).await;
    problem.expect_problem(409, "seats_not_blocked");
    buyer
        .post(&path, &json!({"seats": ["A-2-1"]}))
        .await
        .expect_problem(403, "forbidden");
}

#[tokio::test]
async fn shows_and_plans_are_checked_field_by_field() {
    let office = TestOffice::start().await;
    let organiser = office.organiser();
    let show = office.show(json!({})).await;
    let like = office.request_like(&show).await;
    let request = |changes: serde_json::Value| {
        let mut body = like.clone();
        for (name, value) in changes.as_object().expect("an object") {
            body[name] = value.clone();
        }
        body
    };
    let cases = [
        (json!({"plan": "x"}), "/plan"),
        (json!({"title": " "}), "/title"),
        (json!({"hold_seconds": 0}), "/hold_seconds"),
        (json!({"starts_at": "-9999-01-01T00:00:00Z"}), "/starts_at"),
        (json!({"starts_at": "+200000-01-01T00:00:00Z"}), "/starts_at"),
        (json!({"on_sale_at": "-4800-01-01T00:00:00Z"}), "/on_sale_at"),
        (json!({"closes_at": "+200000-01-01T00:00:00Z"}), "/closes_at"),
        (
            json!({"returns_until": "-0001-01-01T00:00:00Z"}),
            "/returns_until",
        ),
        (json!({"prices": {}}), "/prices"),
        (
            json!({"prices": {"Stalls": {"amount": -1, "currency": "EUR"}}}),
            "/prices/Stalls/amount",
        ),
        (
            json!({"prices": {"Stalls": {"amount": 1, "currency": "eur"}}}),
            "/prices/Stalls/currency",
        ),
        (
            json!({"zones": [{"zone": "Roof", "capacity": 1}]}),
            "/zones/0/zone",
        ),
        (
            json!({"zones": [{"zone": "Floor", "capacity": 0}]}),
            "/zones/0/capacity",
        ),
    ];
    for (changes, field) in cases {
        let problem = organiser
            .post("/v1/shows", &request(changes))
            .await
            .expect_problem(422, "invalid");
        assert_eq!(problem["field"], field, "{problem}");
    }
    let twice = json!({"name": "x", "categories": [{"name": "a"}, {"name": "a"}]});
    let problem = organiser
        .post("/v1/plans", &twice)
        .await
        .expect_problem(422, "plan_invalid");
    assert_eq!(problem["field"], "/categories/1/name");
    let pretix = serde_json::from_str(include_str!("../../plans/pretix-hall.json")).expect("JSON");
    assert_eq!(
        organiser.post("/v1/plans", &pretix).await.expect_status(201)["seats"],
        12
    );
}

#[tokio::test]
async fn a_map_is_tagged_with_its_offset_and_compressed() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    let path = format!("/v1/shows/{show}/seat-map");
    let first = buyer.get(&path).await;
    assert_eq!(first.headers["etag"], "\"1\"");
    let unchanged = buyer
        .request(reqwest::Method::GET, &path)
        .header("If-None-Match", "\"1\"");
    assert_eq!(unchanged.send().await.expect("an answer").status(), 304);
    buyer.hold(&show, &["A-1-1"]).await.expect_status(201);
    let changed = buyer
        .request(reqwest::Method::GET, &path)
        .header("If-None-Match", "\"1\"");
    let changed = changed
        .header("Accept-Encoding", "gzip")
        .send()
        .await
        .expect("an answer");
    assert_eq!(
        (changed.status().as_u16(), &changed.headers()["content-encoding"]),
        (200, &"gzip".parse().expect("a value"))
    );
    let snapshot = buyer
        .get(&format!("/v1/shows/{show}/snapshots/latest"))
        .await
        .expect_status(200);
    assert_eq!(snapshot["offset"], 0);
    let page = buyer
        .get(&format!("/v1/shows/{show}/events?after=0&limit=1"))
        .await
        .expect_status(200);
    assert_eq!(
        (&page["next_after"], &page["events"][0]["type"]),
        (&json!(1), &json!("opened"))
    );
    buyer
        .get(&format!("/v1/shows/{show}/events?limit=0"))
        .await
        .expect_problem(400, "bad_request");
    buyer
        .get(&format!("/v1/shows/{show}/events?after=x"))
        .await
        .expect_problem(400, "bad_request");
    buyer
        .get(&format!("/v1/shows/{show}/snapshots/7"))
        .await
        .expect_problem(404, "not_found");
}

#[tokio::test]
async fn a_snapshot_is_written_every_thousand_events() {
    let office = TestOffice::start().await;
    let show = office.show(json!({"session_places_max": 5000})).await;
    let organiser = office.organiser();
    let path = format!("/v1/shows/{show}");
    organiser
        .post(
            &format!("{path}/blocks"),
            &json!({"zones": [{"zone": "Bar", "count": 7}]}),
        )
        .await
        .expect_status(200);
    let deadline = std::time::Instant::now() + crate::office::PATIENCE;
    loop {
        let turns = (0..100).map(|turn| {
            let state = if turn % 2 == 0 { "closed" } else { "open" };
            let (organiser, path) = (organiser.clone(), path.clone());
            async move {
                organiser
                    .patch(&path, &json!({"state": state}))
                    .await
                    .expect_status(200)
            }
        });
        for turn in turns {
            turn.await;
        }
        let latest = organiser
            .get(&format!("{path}/snapshots/latest"))
            .await
            .expect_status(200);
        if let Some(offset @ 1000..) = latest["offset"].as_i64() {
            let exact = organiser.get(&format!("{path}/snapshots/{offset}")).await;
            assert_eq!(
                exact.headers["cache-control"],
                "public, max-age=31536000, immutable"
            );
            assert_eq!(latest["zones"][1]["blocked"], 7);
            assert_eq!(exact.expect_status(200), latest);
            break;
        }
        assert!(std::time::Instant::now() < deadline, "no snapshot");
    }
}
