//! Promise 11, and terms that change: a price is what it was when the place was put into the order, whatever the organiser
//! changes meanwhile; and whoever comes after a change meets the terms that it made.

mod drafts;
mod plan_edits;
mod race;
mod series;

use reqwest::Method;
use serde_json::{Value, json};

use crate::office::{Answer, Client, Redis, TestOffice, Viewer, send};

/// Changes a show at a revision of its terms.
pub async fn change(organiser: &Client, show: &str, revision: i64, changes: &Value) -> Answer {
    change_with_key(organiser, show, revision, changes, None).await
}

async fn change_with_key(
    organiser: &Client,
    show: &str,
    revision: i64,
    changes: &Value,
    key: Option<&str>,
) -> Answer {
    let request = organiser
        .request(Method::PATCH, &format!("/v1/shows/{show}"))
        .header("If-Match", format!("\"{revision}\""))
        .json(changes);
    let request = match key {
        Some(key) => request.header("Idempotency-Key", key),
        None => request,
    };
    send(request).await.expect("an answer")
}

fn prices(stalls: i64, floor: i64) -> Value {
    json!({
        "Stalls": {"amount": stalls, "currency": "EUR"},
        "Floor": {"amount": floor, "currency": "EUR"},
    })
}

fn id(order: &Value) -> &str {
    order["id"].as_str().expect("an id")
}

/// Holds two seats in row `row`, and a place of the floor.
async fn hold(buyer: &Client, show: &str, row: u32) -> Value {
    let wish = json!({
        "seats": [format!("A-{row}-1"), format!("A-{row}-2")],
        "zones": [{"zone": "Floor", "count": 1}],
    });
    let path = format!("/v1/shows/{show}/orders");
    buyer.post(&path, &wish).await.expect_status(201)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_price_holds_for_the_next_order_on_every_node_and_for_no_order_before() {
    let office = TestOffice::with(2, Some(Redis::start()), &[]).await;
    let show = office.show(json!({"returns": "buyer"})).await;
    let (first, second) = (office.buyer().await, office.buyer_at(1).await);
    let organiser = office.organiser();
    // Both nodes know the show, and decide at once.
    let before = [hold(&first, &show, 1).await, hold(&second, &show, 2).await];
    let unpaid = hold(&second, &show, 3).await;
    for revision in 1..=4 {
        let stalls = 5_000 + 1_000 * revision;
        let answer = change(
            &organiser,
            &show,
            revision,
            &json!({"prices": prices(stalls, 100)}),
        )
        .await;
        assert_eq!(answer.headers["etag"], format!("\"{}\"", revision + 1));
        let changed = answer.expect_status(200);
        assert_eq!(
            (&changed["revision"], &changed["prices"]["Stalls"]["amount"]),
            (&json!(revision + 1), &json!(stalls))
        );
        // Right after the answer, on the node that has not made it.
        let seat = format!("B-1-{revision}");
        let order = second.hold(&show, &[&seat]).await.expect_status(201);
        assert_eq!(order["total"]["amount"], stalls);
        let told = second.get(&format!("/v1/shows/{show}")).await.expect_status(200);
        assert_eq!(
            (&told["revision"], &told["prices"]),
            (&json!(revision + 1), &changed["prices"])
        );
    }
    let after = hold(&first, &show, 4).await;
    assert_eq!(after["total"]["amount"], 2 * 9_000 + 100);

    for (order, buyer, total, ticket) in [
        (&before[0], &first, 13_000, 5_000),
        (&before[1], &second, 13_000, 5_000),
        (&after, &first, 18_100, 9_000),
    ] {
        assert_eq!(order["total"]["amount"], total);
        let path = format!("/v1/orders/{}", id(order));
        let read = buyer.get(&path).await.expect_status(200);
        assert_eq!(read["total"]["amount"], total, "{read}");
        let paid = buyer.pay(id(order), "card_ok").await.expect_status(200);
        assert_eq!(paid["amount"]["amount"], total);
        // A part of the money goes back: what that ticket cost.
        let body = json!({"tickets": [paid["tickets"][1]["code"]]});
        let refund = format!("{path}/refund");
        let left = buyer.post(&refund, &body).await.expect_status(200);
        assert_eq!(
            (&left["refunded"]["amount"], &left["total"]["amount"]),
            (&json!(ticket), &json!(total))
        );
        let gone = organiser.post(&refund, &json!(null)).await.expect_status(200);
        assert_eq!(gone["refunded"]["amount"], total);
    }
    let listed = organiser
        .get(&format!("/v1/shows/{show}/orders?state=held"))
        .await
        .expect_status(200);
    let totals = listed["orders"].as_array().expect("orders").iter();
    let totals: Vec<_> = totals.map(|order| order["total"]["amount"].clone()).collect();
    assert_eq!(
        totals,
        [13_000, 6_000, 7_000, 8_000, 9_000].map(|amount| json!(amount))
    );
    // The card is asked for what was held, on the node that has never decided anything of it.
    let asked = second.pay(id(&unpaid), "card_declined").await;
    asked.expect_problem(402, "payment_declined");
    assert_eq!(
        office
            .database
            .number("SELECT amount FROM payments WHERE state = 6"),
        13_000
    );
}

#[tokio::test]
async fn a_change_names_the_revision_that_was_seen() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let organiser = office.organiser();
    let path = format!("/v1/shows/{show}");
    let read = organiser.get(&path).await;
    assert_eq!(read.headers["etag"], "\"1\"");
    organiser
        .patch(&path, &json!({"title": "Another"}))
        .await
        .expect_problem(428, "precondition_required");
    organiser
        .patch(&path, &json!({}))
        .await
        .expect_problem(422, "invalid");
    for tag in ["1", "*", "\"x\"", "\"0\"", "W/\"1\""] {
        let request = organiser.request(Method::PATCH, &path).header("If-Match", tag);
        let answer = send(request.json(&json!({"title": "x"})))
            .await
            .expect("an answer");
        assert_eq!(answer.expect_problem(400, "bad_request")["field"], "If-Match");
    }
    let title = json!({"title": "Another"});
    let changed = change_with_key(&organiser, &show, 1, &title, Some("t"))
        .await
        .expect_status(200);
    assert_eq!(
        (&changed["revision"], &changed["title"]),
        (&json!(2), &json!("Another"))
    );
    for stale in [1, 3, 99] {
        let refused = change(&organiser, &show, stale, &json!({"title": "Lost"})).await;
        assert_eq!(refused.expect_problem(412, "revision_conflict")["revision"], 2);
    }
    // The same request has the same answer, whatever has become of the show.
    change(&organiser, &show, 2, &json!({"title": "A third"}))
        .await
        .expect_status(200);
    let again = change_with_key(&organiser, &show, 1, &title, Some("t"))
        .await
        .expect_status(200);
    assert_eq!(again, changed);
    change_with_key(&organiser, &show, 1, &json!({"title": "x"}), Some("t"))
        .await
        .expect_problem(422, "idempotency_key_reused");
    change_with_key(&organiser, &show, 3, &title, Some("t"))
        .await
        .expect_problem(422, "idempotency_key_reused");
    // To open and close needs to name none, and makes none.
    let closed = organiser
        .patch(&path, &json!({"state": "closed"}))
        .await
        .expect_status(200);
    assert_eq!(
        (&closed["revision"], &closed["state"]),
        (&json!(3), &json!("closed"))
    );
    let opened = change(&organiser, &show, 3, &json!({"state": "open"}))
        .await
        .expect_status(200);
    assert_eq!(
        (&opened["revision"], &opened["state"]),
        (&json!(3), &json!("open"))
    );
    let both = json!({"state": "closed", "title": "Over"});
    let both = change(&organiser, &show, 3, &both).await.expect_status(200);
    assert_eq!((&both["revision"], &both["state"]), (&json!(4), &json!("closed")));
}

#[tokio::test]
async fn every_term_changes_and_null_takes_away() {
    let office = TestOffice::start().await;
    let show = office.show(json!({"ends_at": "2030-01-01T23:00:00Z"})).await;
    let organiser = office.organiser();
    let path = format!("/v1/shows/{show}");
    let made = organiser.get(&path).await.expect_status(200);
    assert_eq!(
        (&made["revision"], &made["time_zone"]),
        (&json!(1), &json!("UTC"))
    );
    let terms = [
        ("title", json!("Later")),
        ("starts_at", json!("2030-02-01T20:00:00Z")),
        ("ends_at", json!("2030-02-01T23:00:00Z")),
        ("on_sale_at", json!("2026-01-01T00:00:00Z")),
        ("closes_at", json!("2030-02-01T21:00:00Z")),
        ("time_zone", json!("Europe/Vienna")),
        ("prices", prices(1, 2)),
        ("hold_seconds", json!(60)),
        ("hold_grace_ms", json!(7)),
        ("order_places_max", json!(3)),
        ("session_places_max", json!(4)),
        (
            "zones",
            json!([{"zone": "Floor", "capacity": 11}, {"zone": "Bar", "capacity": 999}]),
        ),
        ("returns", json!("buyer")),
        ("returns_until", json!("2030-01-31T00:00:00Z")),
        ("late_payment", json!("honour_if_free")),
        ("payment_window_seconds", json!(33)),
    ];
    let all: serde_json::Map<_, _> = terms
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect();
    let changed = change(&organiser, &show, 1, &Value::Object(all))
        .await
        .expect_status(200);
    for (name, value) in &terms {
        assert_eq!(changed[name], *value, "{name}");
    }
    assert_eq!(organiser.get(&path).await.expect_status(200), changed);
    // What is left out stays.
    let two = json!({"prices": {"Floor": {"amount": 9, "currency": "EUR"}}, "zones": [{"zone": "Bar", "capacity": 5}]});
    let two = change(&organiser, &show, 2, &two).await.expect_status(200);
    assert_eq!(two["prices"], prices(1, 9));
    let zones = json!([{"zone": "Floor", "capacity": 11}, {"zone": "Bar", "capacity": 5}]);
    assert_eq!((&two["zones"], &two["title"]), (&zones, &json!("Later")));
    let none = json!({"ends_at": null, "on_sale_at": null, "closes_at": null, "returns_until": null});
    let none = change(&organiser, &show, 3, &none).await.expect_status(200);
    for name in ["ends_at", "on_sale_at", "closes_at", "returns_until"] {
        assert_eq!(none[name], Value::Null, "{name}");
    }
    for (changes, field) in [
        (json!({"title": null}), "/title"),
        (json!({"title": " "}), "/title"),
        (json!({"time_zone": "Vienna"}), "/time_zone"),
        (json!({"starts_at": null}), "/starts_at"),
        (json!({"ends_at": "2029-01-01T00:00:00Z"}), "/ends_at"),
        (json!({"hold_seconds": 0}), "/hold_seconds"),
        (json!({"order_places_max": 501}), "/order_places_max"),
        (
            json!({"prices": {"Roof": {"amount": 1, "currency": "EUR"}}}),
            "/prices/Roof",
        ),
        (
            json!({"prices": {"Floor": {"amount": 1, "currency": "USD"}}}),
            "/prices",
        ),
        (
            json!({"zones": [{"zone": "Roof", "capacity": 1}]}),
            "/zones/0/zone",
        ),
        (json!({"plan": "x"}), "/plan"),
    ] {
        let problem = change(&organiser, &show, 4, &changes).await;
        assert_eq!(
            problem.expect_problem(422, "invalid")["field"],
            field,
            "{changes}"
        );
    }
    let dollars =
        json!({"Stalls": {"amount": 1, "currency": "USD"}, "Floor": {"amount": 1, "currency": "USD"}});
    change(&organiser, &show, 4, &json!({"prices": dollars}))
        .await
        .expect_problem(409, "currency_fixed");

    let revisions = format!("{path}/revisions");
    let page = organiser
        .get(&format!("{revisions}?limit=3"))
        .await
        .expect_status(200);
    let titles = page["revisions"].as_array().expect("revisions").iter();
    let titles: Vec<_> = titles
        .map(|revision| {
            (
                revision["show"]["revision"].clone(),
                revision["show"]["title"].clone(),
            )
        })
        .collect();
    let expected = [(1, "A show"), (2, "Later"), (3, "Later")];
    assert_eq!(
        titles,
        expected.map(|(revision, title)| (json!(revision), json!(title)))
    );
    let first = &page["revisions"][0]["show"];
    assert_eq!(
        (&first["zones"], &first["prices"]),
        (&made["zones"], &made["prices"])
    );
    assert_eq!(page["next_after"], 3);
    let last = organiser
        .get(&format!("{revisions}?after=3"))
        .await
        .expect_status(200);
    assert_eq!(
        (&last["revisions"][0]["show"], &last["next_after"]),
        (&none, &Value::Null)
    );
    let other = office.show(json!({})).await;
    let only = organiser
        .get(&format!("/v1/shows/{other}/revisions"))
        .await
        .expect_status(200);
    assert_eq!(only["revisions"][0]["show"]["revision"], 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn terms_bind_from_the_change_on() {
    let office = TestOffice::start().await;
    let show = office
        .show(json!({"returns": "buyer", "hold_seconds": 600}))
        .await;
    let (organiser, buyer) = (office.organiser(), office.buyer().await);
    let held = buyer.hold(&show, &["A-1-1"]).await.expect_status(201);
    let paid = buyer.hold(&show, &["A-1-2"]).await.expect_status(201);
    buyer.pay(id(&paid), "card_ok").await.expect_status(200);
    let fewer = json!({"hold_seconds": 60, "order_places_max": 1, "returns": "organiser"});
    change(&organiser, &show, 1, &fewer).await.expect_status(200);
    buyer
        .hold(&show, &["A-2-1", "A-2-2"])
        .await
        .expect_problem(422, "order_limit");
    buyer
        .post(&format!("/v1/orders/{}/refund", id(&paid)), &json!(null))
        .await
        .expect_problem(403, "forbidden");
    // A hold lasts as long as it was told, and says when it was made.
    let path = format!("/v1/orders/{}", id(&held));
    let read = buyer.get(&path).await.expect_status(200);
    assert_eq!(
        (&read["expires_at"], &read["created_at"]),
        (&held["expires_at"], &held["created_at"])
    );
    buyer.pay(id(&held), "card_ok").await.expect_status(200);
    let over = json!({"closes_at": "2020-01-01T00:00:00Z"});
    change(&organiser, &show, 2, &over).await.expect_status(200);
    buyer
        .hold(&show, &["A-3-1"])
        .await
        .expect_problem(409, "sale_ended");
    let open = json!({"closes_at": null});
    change(&organiser, &show, 3, &open).await.expect_status(200);
    buyer.hold(&show, &["A-3-1"]).await.expect_status(201);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn viewers_hear_of_a_change_and_fold_it() {
    let office = TestOffice::with(2, Some(Redis::start()), &[]).await;
    let show = office.show(json!({})).await;
    let (organiser, buyer) = (office.organiser(), office.buyer_at(1).await);
    let mut near = Viewer::watch(&office.nodes[0], &show).await;
    let mut far = Viewer::watch(&office.nodes[1], &show).await;
    let wish = json!({"zones": [{"zone": "Floor", "count": 10}]});
    let path = format!("/v1/shows/{show}/orders");
    buyer.post(&path, &wish).await.expect_status(201);
    let larger = json!({"zones": [{"zone": "Floor", "capacity": 12}], "title": "Larger"});
    let changed = change(&organiser, &show, 1, &larger).await.expect_status(200);
    assert_eq!(changed["journal_offset"], 3);
    let event = json!({
        "offset": 3, "type": "changed", "seats": [], "zones": [], "revision": 2,
        "capacities": [{"zone": "Floor", "capacity": 12}],
    });
    for viewer in [&mut near, &mut far] {
        viewer.reach(3).await;
        let mut heard = viewer.events.last().expect("an event").clone();
        heard.as_object_mut().expect("an object").remove("at");
        assert_eq!(heard, event);
    }
    assert_eq!(
        office.journal(&show).await[2],
        *near.events.last().expect("an event")
    );
    buyer
        .post(&path, &json!({"zones": [{"zone": "Floor", "count": 2}]}))
        .await
        .expect_status(201);
    let map = |at: &str| {
        let path = format!("/v1/shows/{show}/seat-map{at}");
        let buyer = buyer.clone();
        async move {
            let map = buyer.get(&path).await.expect_status(200);
            let floor = &map["zones"][0];
            (
                map["revision"].clone(),
                floor["capacity"].clone(),
                floor["free"].clone(),
            )
        }
    };
    let told = |revision, capacity, free| (json!(revision), json!(capacity), json!(free));
    assert_eq!(map("").await, told(2, 12, 0));
    assert_eq!(map("?at=2").await, told(1, 10, 0));
    assert_eq!(map("?at=3").await, told(2, 12, 2));
}

#[tokio::test]
async fn a_node_of_the_version_before_writes_nothing_of_a_show_with_rules() {
    use diesel::connection::SimpleConnection;
    let office = TestOffice::start().await;
    let (same, other) = (office.show(json!({})).await, office.show(json!({})).await);
    let execute = |text: &str| {
        let written = office.database.connect().batch_execute(text);
        written.map_err(|error| error.to_string())
    };
    execute(&format!("SELECT mark_ruled_4(ARRAY[{other}])")).expect("a mark");
    // The office itself goes on.
    let buyer = office.buyer().await;
    buyer.hold(&other, &["A-1-1"]).await.expect_status(201);
    let old_write = |show: &str| {
        let none = "'{}', ".repeat(4);
        execute(&format!(
            "SELECT write_changes_3(clock_timestamp(), 1, NULL, \
             ARRAY[ROW(h.show_id, h.journal_offset, h.journal_offset + 1, NULL, NULL)::head_change_3], {none} \
             ARRAY[ROW(h.show_id, h.journal_offset + 1, 9, NULL, '{{}}', '{{}}', NULL, NULL, NULL)::new_event_3], {none} \
             '{{}}', '{{}}', '{{}}', '{{}}', '{{}}', '{{}}') \
             FROM journal_heads h WHERE h.show_id = {show}"
        ))
    };
    let refused = old_write(&other).expect_err("a refusal");
    assert!(refused.contains("heads_know_the_rules"), "{refused}");
    old_write(&same).expect("a write of a show without");
    // The test has written past the office, whose rows no longer say whether it sells.
    execute(&format!(
        "UPDATE journal_heads SET is_open = false WHERE show_id = {same}"
    ))
    .expect("a closed show");
}
