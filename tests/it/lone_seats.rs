//! A show may ask that nobody leaves a single seat between places that are taken: whoever takes seats is held to it.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::office::{Client, Redis, TestOffice};
use crate::terms::change;

fn id(order: &Value) -> &str {
    order["id"].as_str().expect("an id")
}

/// A show with this rule, free of charge.
async fn show_with(office: &TestOffice, rule: &str) -> String {
    let free = json!({"amount": 0, "currency": "EUR"});
    let terms =
        json!({"lone_seats": rule, "returns": "buyer", "prices": {"Stalls": free.clone(), "Floor": free}});
    office.show(terms).await
}

async fn together(buyer: &Client, show: &str, count: u32) -> Value {
    let wish = json!({"together": {"count": count, "section": "A"}});
    let order = buyer.post(&format!("/v1/shows/{show}/orders"), &wish).await;
    order.expect_status(201)["seats"].clone()
}

#[tokio::test]
async fn a_pick_that_leaves_a_seat_alone_is_refused_and_told_what_would_do() {
    let office = TestOffice::start().await;
    let show = show_with(&office, "lenient").await;
    let buyer = office.buyer().await;
    let problem = buyer
        .hold(&show, &["A-1-2"])
        .await
        .expect_problem(409, "lone_seat");
    assert_eq!(problem["seat"], "A-1-1");
    assert_eq!(problem["choices"], json!([["A-1-1"], ["A-1-3"], ["A-1-4"]]));
    assert_eq!(buyer.seat(&show, "A-1-2").await, "free");
    let problem = buyer.hold(&show, &["A-1-1", "A-1-2", "B-5-8", "B-5-9"]).await;
    let problem = problem.expect_problem(409, "lone_seat");
    assert_eq!(problem["seat"], "B-5-10");
    assert_eq!(problem["choices"][0], json!(["B-5-7", "B-5-8"]));

    buyer.hold(&show, &["A-1-1"]).await.expect_status(201);
    // Of the three that are left at the end, any two leave one.
    let seats: Vec<String> = (2..=7).map(|seat| format!("A-1-{seat}")).collect();
    let seats: Vec<&str> = seats.iter().map(String::as_str).collect();
    buyer.hold(&show, &seats).await.expect_status(201);
    buyer.hold(&show, &["A-1-8", "A-1-9"]).await.expect_status(201);
}

#[tokio::test]
async fn a_show_says_its_rule_and_may_change_it() {
    let office = TestOffice::start().await;
    let organiser = office.organiser();
    let show = office.show(json!({})).await;
    let path = format!("/v1/shows/{show}");
    let told = organiser.get(&path).await.expect_status(200);
    assert_eq!(told["lone_seats"], "off");
    let buyer = office.buyer().await;
    buyer.hold(&show, &["A-1-2"]).await.expect_status(201);
    for (revision, rule) in [(1, "strict"), (2, "lenient")] {
        let changed = change(&organiser, &show, revision, &json!({"lone_seats": rule})).await;
        assert_eq!(changed.expect_status(200)["lone_seats"], rule);
        buyer
            .hold(&show, &["A-2-2"])
            .await
            .expect_problem(409, "lone_seat");
    }
    let off = change(&organiser, &show, 3, &json!({"title": "x", "lone_seats": "off"})).await;
    assert_eq!(off.expect_status(200)["lone_seats"], "off");
    buyer.hold(&show, &["A-2-2"]).await.expect_status(201);

    let mut template = office.request_like(&show).await;
    template["lone_seats"] = json!("strict");
    let series = json!({"template": template, "starts_at": ["2030-02-01T20:00:00Z"]});
    let made = organiser
        .post("/v1/shows/series", &series)
        .await
        .expect_status(201);
    assert_eq!(made["shows"][0]["lone_seats"], "strict");
}

#[tokio::test]
async fn the_box_office_and_blocks_are_held_to_it_too() {
    let office = TestOffice::start().await;
    let show = show_with(&office, "lenient").await;
    let organiser = office.organiser();
    let blocks = format!("/v1/shows/{show}/blocks");
    let block = async |seats: &[&str]| organiser.post(&blocks, &json!({"seats": seats})).await;
    let problem = block(&["A-1-9"]).await.expect_problem(409, "lone_seat");
    assert_eq!(problem["seat"], "A-1-10");
    let sale = json!({"seats": ["A-1-9"], "paid_with": "cash"});
    let path = format!("/v1/shows/{show}/box-office/orders");
    let problem = organiser
        .post(&path, &sale)
        .await
        .expect_problem(409, "lone_seat");
    assert_eq!(problem["choices"][0], json!(["A-1-8"]));
    block(&["A-1-9", "A-1-10"]).await.expect_status(200);
    // A blocked seat is a taken one.
    let buyer = office.buyer().await;
    buyer
        .hold(&show, &["A-1-7"])
        .await
        .expect_problem(409, "lone_seat");
    buyer.hold(&show, &["A-1-8"]).await.expect_status(201);
}

#[tokio::test]
async fn what_is_given_back_in_exchange_is_free_with_it_and_what_is_given_up_leaves_none_alone() {
    let office = TestOffice::start().await;
    let show = show_with(&office, "lenient").await;
    let buyer = office.buyer().await;
    let order = buyer.hold(&show, &["A-1-1"]).await.expect_status(201);
    buyer.pay(id(&order), "card_ok").await.expect_status(200);
    let exchange = format!("/v1/orders/{}/exchange", id(&order));
    let problem = buyer.post(&exchange, &json!({"seats": ["A-1-9"]})).await;
    assert_eq!(problem.expect_problem(409, "lone_seat")["seat"], "A-1-10");
    let known = buyer.get(&format!("/v1/orders/{}", id(&order))).await;
    assert_eq!(known.expect_status(200)["state"], "paid");
    // The second seat has the first beside it once that is given back.
    let moved = buyer.post(&exchange, &json!({"seats": ["A-1-3"]})).await;
    moved.expect_status(201);
    assert_eq!(buyer.seat(&show, "A-1-1").await, "free");

    let three = ["A-2-1", "A-2-2", "A-2-3"];
    let order = buyer.hold(&show, &three).await.expect_status(201);
    let drop = format!("/v1/orders/{}/drop", id(&order));
    let problem = buyer.post(&drop, &json!({"seats": ["A-2-2"]})).await;
    assert_eq!(problem.expect_problem(409, "lone_seat")["seat"], "A-2-2");
    buyer
        .post(&drop, &json!({"seats": ["A-2-3"]}))
        .await
        .expect_status(200);
}

#[tokio::test]
async fn seats_together_are_found_so_that_none_is_left_alone() {
    let office = TestOffice::start().await;
    let off = show_with(&office, "off").await;
    let buyer = office.buyer().await;
    let numbers =
        |from: u32, to: u32| json!((from..=to).map(|seat| format!("A-1-{seat}")).collect::<Vec<_>>());
    assert_eq!(together(&buyer, &off, 8).await, numbers(2, 9));
    for rule in ["lenient", "strict"] {
        let show = show_with(&office, rule).await;
        assert_eq!(together(&buyer, &show, 8).await, numbers(1, 8), "{rule}");
    }
}

#[tokio::test]
async fn the_strict_rule_looks_in_the_whole_section() {
    let office = TestOffice::start().await;
    let row = |name: &str, seats: u32, y: u32| {
        let seats = (1..=seats).map(|seat| json!({"number": seat.to_string(), "x": seat, "y": y}));
        json!({"name": name, "category": "Stalls", "seats": seats.collect::<Vec<_>>()})
    };
    let plan = json!({"name": "Small", "categories": [{"name": "Stalls"}, {"name": "Floor"}],
        "sections": [{"name": "A", "rows": [row("1", 3, 1), row("2", 4, 2)]}, {"name": "B", "rows": [row("1", 3, 9)]}]});
    let organiser = office.organiser();
    let plan = organiser.post("/v1/plans", &plan).await.expect_status(201);
    let pick = ["A-1-1", "A-1-2"];
    let lenient = office
        .show(json!({"plan": plan["id"], "lone_seats": "lenient"}))
        .await;
    let buyer = office.buyer().await;
    buyer.hold(&lenient, &pick).await.expect_status(201);
    let strict = office
        .show(json!({"plan": plan["id"], "lone_seats": "strict"}))
        .await;
    let problem = buyer.hold(&strict, &pick).await.expect_problem(409, "lone_seat");
    assert_eq!(problem["seat"], "A-1-3");
    assert_eq!(
        problem["choices"],
        json!([["A-2-1", "A-2-2"], ["A-2-3", "A-2-4"]])
    );
    buyer.hold(&strict, &["B-1-1", "B-1-2"]).await.expect_status(201);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn however_many_pick_at_once_on_two_nodes_each_is_held_to_what_was_before() {
    let office = TestOffice::with(2, Some(Redis::start()), &[]).await;
    let show = show_with(&office, "lenient").await;
    let ask = async |number: usize| {
        let buyer = office.buyer_at(number % 2).await;
        let seat = format!("A-{}-{}", number % 5 + 1, (number * 7 / 5) % 10 + 1);
        buyer.hold(&show, &[&seat]).await.status.as_u16()
    };
    let answers = join_all((0..100).map(ask)).await;
    assert!(
        answers.iter().all(|status| [201, 409].contains(status)),
        "{answers:?}"
    );

    let mut rows = vec![vec![true; 10]; 5];
    for event in office.journal(&show).await {
        let (true, Some(seat)) = (event["type"] == "booked", event["seats"][0].as_str()) else {
            continue;
        };
        let number = |part: usize| {
            seat.split('-')
                .nth(part)
                .and_then(|part| part.parse::<usize>().ok())
        };
        let row = &mut rows[number(1).expect("a row") - 1];
        let at = number(2).expect("a number") - 1;
        let before = row[..at].iter().rev().take_while(|is_free| **is_free).count();
        let after = row[at + 1..].iter().take_while(|is_free| **is_free).count();
        assert!(
            before + after == 1 || (before != 1 && after != 1),
            "{seat}: {before} {after}"
        );
        row[at] = false;
    }
    assert!(rows.iter().flatten().filter(|is_free| !**is_free).count() > 10);
}
