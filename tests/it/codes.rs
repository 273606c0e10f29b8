//! Codes: each takes off what it says, at its time, for its places, and as often as it may.

use std::time::Instant;

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::office::{Answer, Client, PATIENCE, Redis, TestOffice, send};

fn eur(amount: i64) -> Value {
    json!({"amount": amount, "currency": "EUR"})
}

async fn make(organiser: &Client, show: &str, body: &Value) -> Vec<Value> {
    let made = organiser.post(&format!("/v1/shows/{show}/codes"), body).await;
    made.expect_status(201)["codes"]
        .as_array()
        .expect("codes")
        .clone()
}

async fn hold(buyer: &Client, show: &str, seat: &str, code: &str) -> Answer {
    let wish = json!({"seats": [seat], "code": code});
    buyer.post(&format!("/v1/shows/{show}/orders"), &wish).await
}

async fn change(organiser: &Client, show: &str, code: &Value, body: &Value) -> Answer {
    let path = format!("/v1/shows/{show}/codes/{}", code["id"].as_str().expect("an id"));
    organiser.patch(&path, body).await
}

async fn uses(organiser: &Client, show: &str, code: &Value) -> i64 {
    let path = format!("/v1/shows/{show}/codes/{}", code["id"].as_str().expect("an id"));
    let told = organiser.get(&path).await.expect_status(200);
    told["uses"].as_i64().expect("a count")
}

fn id(order: &Value) -> &str {
    order["id"].as_str().expect("an id")
}

/// Of a thousand buyers on two nodes, a hundred get what a hundred may have.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_of_a_hundred_uses_is_used_a_hundred_times() {
    let office = TestOffice::with(2, Some(Redis::start()), &[]).await;
    let show = office.show(json!({})).await;
    let organiser = office.organiser();
    let code = json!({"codes": ["hundred"], "percent": 10, "uses_max": 100});
    let code = &make(&organiser, &show, &code).await[0];
    let path = format!("/v1/shows/{show}/orders");
    let wish = json!({"zones": [{"zone": "Bar", "count": 1}], "code": "Hundred"});
    let ask = async |number: usize| {
        let buyer = office.buyer_at(number % 2).await;
        (buyer.post(&path, &wish).await, buyer)
    };
    let mut got = 0;
    let mut buyers = Vec::new();
    for first in (0..1_000).step_by(50) {
        for (answer, buyer) in join_all((first..first + 50).map(&ask)).await {
            match answer.status.as_u16() {
                201 => got += 1,
                _ => drop(answer.expect_problem(409, "code_used_up")),
            }
            buyers.push(buyer);
        }
    }
    assert_eq!((got, uses(&organiser, &show, code).await), (100, 100));
    // One that is given up, on either node, is another's.
    let orders = organiser
        .get(&format!("/v1/shows/{show}/orders?limit=2"))
        .await
        .expect_status(200);
    for (at, order) in orders["orders"].as_array().expect("orders").iter().enumerate() {
        organiser
            .delete(&format!("/v1/orders/{}", id(order)))
            .await
            .expect_status(200);
        let next = &buyers[at];
        next.post(&path, &wish).await.expect_status(201);
        next.post(&path, &wish).await.expect_problem(409, "code_used_up");
    }
    assert_eq!(uses(&organiser, &show, code).await, 100);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_use_comes_back_with_what_ends_its_order_and_with_no_less() {
    let office = TestOffice::start().await;
    let show = office
        .show(json!({"hold_seconds": 1, "hold_grace_ms": 0, "returns": "buyer"}))
        .await;
    let organiser = office.organiser();
    let buyer = office.buyer().await;
    let code = json!({"codes": ["once"], "amount": eur(1_000), "uses_max": 1});
    let code = &make(&organiser, &show, &code).await[0];
    hold(&buyer, &show, "A-1-1", "once").await.expect_status(201);
    hold(&buyer, &show, "A-1-2", "once")
        .await
        .expect_problem(409, "code_used_up");
    // It lapses, whoever notices.
    let lapsed =
        format!("SELECT 1 - count(*) FROM orders WHERE show_id = {show} AND kept_until <= clock_timestamp()");
    office.database.wait_until_zero(&lapsed);
    assert_eq!(uses(&organiser, &show, code).await, 0);
    let longer = json!({"hold_seconds": 600});
    crate::terms::change(&organiser, &show, 1, &longer)
        .await
        .expect_status(200);
    let wish = json!({"seats": ["A-2-1", "A-2-2"], "code": "ONCE"});
    let order = buyer
        .post(&format!("/v1/shows/{show}/orders"), &wish)
        .await
        .expect_status(201);
    assert_eq!(
        (&order["code"], &order["discount"], &order["total"]),
        (&json!("ONCE"), &eur(1_000), &eur(9_000))
    );
    let paid = buyer.pay(id(&order), "card_ok").await.expect_status(200);
    assert_eq!(paid["amount"], eur(9_000));
    let refund = format!("/v1/orders/{}/refund", id(&order));
    let some = json!({"tickets": [paid["tickets"][0]["code"]]});
    let left = buyer.post(&refund, &some).await.expect_status(200);
    assert_eq!(left["refunded"], eur(4_500));
    hold(&buyer, &show, "A-1-3", "once")
        .await
        .expect_problem(409, "code_used_up");
    buyer.post(&refund, &json!(null)).await.expect_status(200);
    hold(&buyer, &show, "A-1-3", "once").await.expect_status(201);
}

#[tokio::test]
async fn a_code_is_refused_with_the_reason_and_nothing_is_held() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let organiser = office.organiser();
    let buyer = office.buyer().await;
    let many = json!({"codes": ["soon", "past", "floor", "ended", "all"], "percent": 100});
    let codes = make(&organiser, &show, &many).await;
    let floor = json!({"codes": ["floor-only"], "percent": 50, "categories": ["Floor"]});
    make(&organiser, &show, &floor).await;
    let limits = json!({"valid_from": "2029-01-01T00:00:00Z"});
    change(&organiser, &show, &codes[0], &limits)
        .await
        .expect_status(200);
    let limits = json!({"valid_until": "2026-01-01T00:00:00Z"});
    change(&organiser, &show, &codes[1], &limits)
        .await
        .expect_status(200);
    let ended = format!(
        "/v1/shows/{show}/codes/{}",
        codes[3]["id"].as_str().expect("an id")
    );
    for _ in 0..2 {
        organiser.delete(&ended).await.expect_status(204);
    }
    for (code, status, word) in [
        ("nothing", 422, "code_unknown"),
        ("no code!", 422, "code_unknown"),
        ("soon", 409, "code_not_valid_yet"),
        ("past", 409, "code_ended"),
        ("ended", 409, "code_ended"),
        ("floor-only", 422, "code_not_for_these"),
    ] {
        let refused = hold(&buyer, &show, "A-1-1", code)
            .await
            .expect_problem(status, word);
        assert_eq!(refused.get("field").is_some(), status == 422, "{refused}");
    }
    assert_eq!(buyer.seat(&show, "A-1-1").await, "free");
    // All of it off, on a plain show: nothing is to be paid.
    let order = hold(&buyer, &show, "A-1-1", " all ").await.expect_status(201);
    assert_eq!(
        (&order["total"], &order["lines"][0]["price"], &order["discount"]),
        (&eur(0), &eur(0), &eur(5_000))
    );
    let paid = buyer.pay(id(&order), "card_slow").await.expect_status(200);
    assert_eq!(paid["amount"], eur(0));
    let listed = organiser
        .get(&format!("/v1/shows/{show}/orders"))
        .await
        .expect_status(200);
    assert_eq!(listed["orders"][0]["total"], eur(0));
}

#[tokio::test]
async fn codes_are_made_listed_and_changed() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let organiser = office.organiser();
    let path = format!("/v1/shows/{show}/codes");
    let made = organiser
        .post_with_key(
            &path,
            &json!({"count": 1_000, "amount": eur(500), "uses_max": 1}),
            "made",
        )
        .await
        .expect_status(201);
    let words: std::collections::BTreeSet<_> = made["codes"]
        .as_array()
        .expect("codes")
        .iter()
        .map(|code| code["code"].as_str().expect("a code"))
        .collect();
    assert_eq!(words.len(), 1_000);
    let first = made["codes"][0].clone();
    let buyer = office.buyer().await;
    hold(&buyer, &show, "A-1-1", first["code"].as_str().expect("a code"))
        .await
        .expect_status(201);
    let again = organiser
        .post_with_key(
            &path,
            &json!({"count": 1_000, "amount": eur(500), "uses_max": 1}),
            "made",
        )
        .await
        .expect_status(201);
    assert_eq!(again, made);
    let mut listed = Vec::new();
    let mut after = String::new();
    loop {
        let page = organiser
            .get(&format!("{path}?limit=100{after}"))
            .await
            .expect_status(200);
        listed.extend(page["codes"].as_array().expect("codes").clone());
        match page["next_after"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    assert_eq!(listed.len(), 1_000);
    assert_eq!((&listed[0]["uses"], &listed[1]), (&json!(1), &made["codes"][1]));
    let taken = organiser
        .post(&path, &json!({"codes": ["new", first["code"]], "percent": 1}))
        .await;
    assert_eq!(
        taken.expect_problem(409, "code_taken")["codes"],
        json!([first["code"]])
    );
    let fewer = change(&organiser, &show, &first, &json!({"uses_max": null}))
        .await
        .expect_status(200);
    assert_eq!((&fewer["uses_max"], &fewer["uses"]), (&Value::Null, &json!(1)));
    hold(&buyer, &show, "A-1-2", first["code"].as_str().expect("a code"))
        .await
        .expect_status(201);
    let refused = change(&organiser, &show, &first, &json!({"uses_max": 1})).await;
    assert_eq!(refused.expect_problem(422, "invalid")["field"], "/uses_max");
    // The same request has the same answer.
    let one = format!("{path}/{}", first["id"].as_str().expect("an id"));
    let patch = |body: Value| {
        send(
            organiser
                .request(Method::PATCH, &one)
                .header("Idempotency-Key", "p")
                .json(&body),
        )
    };
    let until = json!({"valid_until": "2029-01-01T00:00:00Z"});
    let changed = patch(until.clone()).await.expect("an answer").expect_status(200);
    change(&organiser, &show, &first, &json!({"valid_until": null}))
        .await
        .expect_status(200);
    assert_eq!(patch(until).await.expect("an answer").expect_status(200), changed);
    for (body, field) in [
        (json!({"percent": 10}), ""),
        (json!({"count": 1}), ""),
        (json!({"count": 1, "codes": ["a"], "percent": 1}), "/count"),
        (json!({"count": 1_001, "percent": 1}), "/count"),
        (json!({"codes": ["a b"], "percent": 1}), "/codes/0"),
        (json!({"codes": ["ab", "AB"], "percent": 1}), "/codes/1"),
        (json!({"count": 1, "percent": 101}), "/percent"),
        (json!({"count": 1, "percent": 1, "amount": eur(1)}), "/amount"),
        (json!({"count": 1, "percent": 1, "label": "press"}), "/label"),
        (json!({"count": 1, "label": "The press"}), "/label"),
        (json!({"count": 1, "amount": eur(0)}), "/amount/amount"),
        (
            json!({"count": 1, "amount": {"amount": 1, "currency": "USD"}}),
            "/amount/currency",
        ),
        (json!({"count": 1, "percent": 1, "uses_max": 0}), "/uses_max"),
        (
            json!({"count": 1, "percent": 1, "categories": ["Roof"]}),
            "/categories/0",
        ),
        (
            json!({"count": 1, "percent": 1, "ticket_types": ["Adult"]}),
            "/ticket_types/0",
        ),
        (
            json!({"count": 1, "percent": 1, "valid_from": "2029-01-01T00:00:00Z", "valid_until": "2029-01-01T00:00:00Z"}),
            "/valid_until",
        ),
    ] {
        let refused = organiser.post(&path, &body).await.expect_problem(422, "invalid");
        assert_eq!(refused["field"], field, "{body}");
    }
    let nobody = change(
        &organiser,
        &show,
        &json!({"id": "999999"}),
        &json!({"uses_max": 1}),
    )
    .await;
    nobody.expect_problem(404, "not_found");
    // Viewers are told nothing of them.
    let told: String = office.journal(&show).await.iter().map(Value::to_string).collect();
    assert!(!told.contains(first["code"].as_str().expect("a code")));
}

/// Waits until these places of labels are kept, and three seats have these states: this node may not know yet what another has done.
async fn wait_for_kept(organiser: &Client, show: &str, expected: (Value, Vec<String>)) {
    let begin = Instant::now();
    loop {
        let listed = organiser
            .get(&format!("/v1/shows/{show}/blocks"))
            .await
            .expect_status(200);
        let mut seats = Vec::new();
        for seat in ["A-1-1", "A-1-2", "A-1-3"] {
            seats.push(organiser.seat(show, seat).await);
        }
        let kept = (listed["blocks"].clone(), seats);
        if kept == expected {
            return;
        }
        assert!(begin.elapsed() < PATIENCE, "{kept:?} and not {expected:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_is_the_way_to_places_of_a_label_which_are_kept_again_when_they_are_given_up() {
    let office = TestOffice::with(2, Some(Redis::start()), &[]).await;
    let show = office.show(json!({"returns": "buyer"})).await;
    let organiser = office.organiser();
    let (buyer, far) = (office.buyer().await, office.buyer_at(1).await);
    let blocks = format!("/v1/shows/{show}/blocks");
    let press =
        json!({"seats": ["A-1-1", "A-1-2"], "zones": [{"zone": "Floor", "count": 4}], "label": "press"});
    organiser.post(&blocks, &press).await.expect_status(200);
    organiser
        .post(
            &blocks,
            &json!({"seats": ["A-1-3"], "zones": [{"zone": "Floor", "count": 1}]}),
        )
        .await
        .expect_status(200);
    make(
        &organiser,
        &show,
        &json!({"codes": ["press-26"], "label": "press"}),
    )
    .await;
    let all = json!([{"label": "press", "seats": 2, "zones": [{"zone": "Floor", "count": 4}]}]);
    let blocked = vec!["blocked".to_owned(); 3];
    wait_for_kept(&organiser, &show, (all.clone(), blocked.clone())).await;

    buyer
        .hold(&show, &["A-1-1"])
        .await
        .expect_problem(409, "seats_taken");
    hold(&buyer, &show, "A-2-1", "press-26")
        .await
        .expect_problem(422, "code_not_for_these");
    hold(&buyer, &show, "A-1-3", "press-26")
        .await
        .expect_problem(409, "seats_taken");
    let path = format!("/v1/shows/{show}/orders");
    let wish = json!({"seats": ["A-1-1"], "zones": [{"zone": "Floor", "count": 3}], "code": "press-26"});
    let order = far.post(&path, &wish).await.expect_status(201);
    assert_eq!(
        (&order["total"], &order["code"]),
        (&eur(14_000), &json!("PRESS-26"))
    );
    let rest = json!([{"label": "press", "seats": 1, "zones": [{"zone": "Floor", "count": 1}]}]);
    let states = ["held", "blocked", "blocked"].map(str::to_owned).to_vec();
    wait_for_kept(&organiser, &show, (rest.clone(), states)).await;
    let many = json!({"zones": [{"zone": "Floor", "count": 2}], "code": "press-26"});
    buyer.post(&path, &many).await.expect_problem(409, "seats_taken");
    // It is given up on the other node, and kept again.
    buyer
        .delete(&format!("/v1/orders/{}", id(&order)))
        .await
        .expect_problem(404, "not_found");
    organiser
        .delete(&format!("/v1/orders/{}", id(&order)))
        .await
        .expect_status(200);
    wait_for_kept(&organiser, &show, (all.clone(), blocked.clone())).await;
    buyer
        .hold(&show, &["A-1-1"])
        .await
        .expect_problem(409, "seats_taken");

    // What is paid is the buyer's; what of it is given back is kept again.
    let order = buyer.post(&path, &wish).await.expect_status(201);
    let paid = buyer.pay(id(&order), "card_ok").await.expect_status(200);
    let some = json!({"tickets": [paid["tickets"][0]["code"], paid["tickets"][1]["code"]]});
    let refund = format!("/v1/orders/{}/refund", id(&order));
    buyer.post(&refund, &some).await.expect_status(200);
    let most = json!([{"label": "press", "seats": 2, "zones": [{"zone": "Floor", "count": 2}]}]);
    wait_for_kept(&organiser, &show, (most, blocked)).await;
    // Two seats are found by the code where nobody else finds any.
    let pair = json!({"together": {"count": 2}, "code": "press-26"});
    let found = far.post(&path, &pair).await.expect_status(201);
    assert_eq!(found["seats"], json!(["A-1-1", "A-1-2"]));
    far.delete(&format!("/v1/orders/{}", id(&found)))
        .await
        .expect_status(200);

    // Released by its label, or whatever its label.
    let release = format!("{blocks}/release");
    let other = json!({"seats": ["A-1-1"], "label": "partners"});
    organiser
        .post(&release, &other)
        .await
        .expect_problem(409, "seats_not_blocked");
    let unlabeled = json!({"zones": [{"zone": "Floor", "count": 2}]});
    let refused = organiser
        .post(&release, &unlabeled)
        .await
        .expect_problem(409, "seats_not_blocked");
    assert_eq!(refused["zones"][0]["blocked"], 1);
    let of_label = json!({"zones": [{"zone": "Floor", "count": 2}], "seats": ["A-1-2"], "label": "press"});
    organiser.post(&release, &of_label).await.expect_status(200);
    organiser
        .post(&release, &json!({"seats": ["A-1-1", "A-1-3"]}))
        .await
        .expect_status(200);
    wait_for_kept(&organiser, &show, (json!([]), vec!["free".to_owned(); 3])).await;
    buyer.hold(&show, &["A-1-1"]).await.expect_status(201);
    // Viewers see places come and go, and not whom they are kept for.
    let told: String = office.journal(&show).await.iter().map(Value::to_string).collect();
    assert!(!told.contains("press"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn places_of_a_label_are_kept_again_by_a_lapse() {
    let office = TestOffice::with(2, Some(Redis::start()), &[]).await;
    let show = office.show(json!({"hold_seconds": 1, "hold_grace_ms": 0})).await;
    let organiser = office.organiser();
    let press = json!({"seats": ["A-1-1", "A-1-2", "A-1-3"], "label": "press"});
    organiser
        .post(&format!("/v1/shows/{show}/blocks"), &press)
        .await
        .expect_status(200);
    make(
        &organiser,
        &show,
        &json!({"codes": ["press"], "label": "press", "uses_max": 1}),
    )
    .await;
    let (buyer, far) = (office.buyer().await, office.buyer_at(1).await);
    for (at, buyer) in [&buyer, &far, &buyer].into_iter().enumerate() {
        hold(buyer, &show, "A-1-1", "press").await.expect_status(201);
        let lapses = format!(
            "SELECT {} - count(*) FROM journal WHERE show_id = {show} AND kind = 3",
            at + 1
        );
        office.database.wait_until_zero(&lapses);
        far.hold(&show, &["A-1-1"])
            .await
            .expect_problem(409, "seats_taken");
    }
    let all = json!([{"label": "press", "seats": 3, "zones": []}]);
    wait_for_kept(&organiser, &show, (all, vec!["blocked".to_owned(); 3])).await;
}
