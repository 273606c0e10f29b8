//! Seats side by side that the office finds: distinct ones for a crowd, and what a wish may say besides how many.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::office::{Answer, Client, Redis, TestOffice};

/// Rows of 20 seats, the first nearest the stage; a third of the rows in each category, half of them in each section.
fn hall(rows: u32) -> Value {
    let row = |row: u32| {
        let seats = (1..=20).map(|seat| json!({"number": seat.to_string(), "x": seat, "y": row}));
        let category = ["Gold", "Silver", "Bronze"][(row * 3 / rows.max(1)) as usize % 3];
        json!({"name": (row + 1).to_string(), "category": category, "seats": seats.collect::<Vec<_>>()})
    };
    let section = |name: &str, rows: std::ops::Range<u32>| json!({"name": name, "rows": rows.map(row).collect::<Vec<_>>()});
    json!({
        "name": "Hall",
        "focal_point": {"x": 10.5, "y": -5},
        "categories": [{"name": "Gold"}, {"name": "Silver"}, {"name": "Bronze"}],
        "sections": [section("Front", 0..rows / 2), section("Back", rows / 2..rows)],
    })
}

async fn show(office: &TestOffice, rows: u32) -> String {
    let organiser = office.organiser();
    let plan = organiser.post("/v1/plans", &hall(rows)).await.expect_status(201);
    let price = |amount: i64| json!({"amount": amount, "currency": "EUR"});
    let prices = json!({"Gold": price(9000), "Silver": price(6000), "Bronze": price(3000)});
    office
        .show(
            json!({"plan": plan["id"], "prices": prices, "order_places_max": 30, "session_places_max": 600}),
        )
        .await
}

async fn wish(buyer: &Client, show: &str, together: Value) -> Answer {
    let path = format!("/v1/shows/{show}/orders");
    buyer.post(&path, &json!({"together": together})).await
}

fn seats(order: &Value) -> Vec<String> {
    let seats = order["seats"].as_array().expect("seats").iter();
    seats
        .map(|seat| seat.as_str().expect("a name").to_owned())
        .collect()
}

#[track_caller]
fn check_distinct(answers: &[Answer]) {
    let all: Vec<String> = answers.iter().flat_map(|answer| seats(&answer.body)).collect();
    let distinct: BTreeSet<_> = all.iter().collect();
    assert_eq!(distinct.len(), all.len());
}

#[tokio::test]
async fn of_a_crowd_that_wants_seats_together_everybody_gets_other_ones() {
    let office = TestOffice::with(2, Some(Redis::start()), &[]).await;
    let show = show(&office, 36).await;
    let buyers = join_all((0..256).map(|at| office.buyer_at(at % 2))).await;
    let wishes = buyers.iter().map(|buyer| wish(buyer, &show, json!({"count": 2})));
    let answers = join_all(wishes).await;
    for answer in &answers {
        assert_eq!(answer.status, 201, "{}", answer.body);
        let names = seats(&answer.body);
        let row = |name: &str| name.rsplit_once('-').expect("a number").0.to_owned();
        assert_eq!(row(&names[0]), row(&names[1]), "{names:?}");
    }
    check_distinct(&answers);
}

#[tokio::test]
async fn wishes_and_picks_race_for_seats_and_each_is_somebodys_once() {
    let office = TestOffice::start().await;
    let show = show(&office, 4).await;
    let buyers = join_all((0..60).map(|_| office.buyer())).await;
    let asked = buyers.iter().enumerate().map(|(at, buyer)| {
        let show = &show;
        async move {
            // The picks are of the best row, where the wishes begin.
            let pick = format!("Front-1-{}", at % 20 + 1);
            match at % 3 {
                0 => buyer.hold(show, &[&pick]).await,
                _ => wish(buyer, show, json!({"count": 2})).await,
            }
        }
    });
    let answers = join_all(asked).await;
    let (held, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 201);
    check_distinct(&held);
    for answer in refused {
        assert!(["seats_taken", "not_together"].contains(&answer.body["code"].as_str().expect("a code")));
    }
}

#[tokio::test]
async fn a_refusal_says_how_many_there_are_and_says_so_again() {
    let office = TestOffice::start().await;
    let show = show(&office, 4).await;
    let organiser = office.organiser();
    let blocked: Vec<String> = ["Front-1", "Front-2", "Back-3", "Back-4"]
        .iter()
        .flat_map(|row| [5, 9, 16].map(|seat| format!("{row}-{seat}")))
        .filter(|name| name != "Back-4-9")
        .collect();
    let blocks = format!("/v1/shows/{show}/blocks");
    organiser
        .post(&blocks, &json!({"seats": blocked}))
        .await
        .expect_status(200);
    let buyer = office.buyer().await;
    let path = format!("/v1/shows/{show}/orders");
    let asked = |together: Value| json!({"together": together});
    let refused = buyer
        .post_with_key(&path, &asked(json!({"count": 12})), "twelve")
        .await;
    assert_eq!(refused.expect_problem(409, "not_together")["largest_group"], 10);
    let gold = json!({"count": 7, "category": "Gold"});
    let problem = wish(&buyer, &show, gold)
        .await
        .expect_problem(409, "not_together");
    assert_eq!(problem["largest_group"], 6);
    let cheap = json!({"count": 1, "price_max": {"amount": 2999, "currency": "EUR"}});
    let problem = wish(&buyer, &show, cheap)
        .await
        .expect_problem(409, "not_together");
    assert_eq!(problem["largest_group"], 0);
    // What was answered under a key is answered again, whatever there is by now.
    wish(&buyer, &show, json!({"count": 10})).await.expect_status(201);
    let again = buyer
        .post_with_key(&path, &asked(json!({"count": 12})), "twelve")
        .await;
    assert_eq!(again.expect_problem(409, "not_together")["largest_group"], 10);
}

#[tokio::test]
async fn a_wish_may_say_what_it_may_cost_and_where_it_is_to_be() {
    let office = TestOffice::start().await;
    let show = show(&office, 6).await;
    let buyer = office.buyer().await;
    let euros = |amount: i64| json!({"amount": amount, "currency": "EUR"});
    let cheap = wish(&buyer, &show, json!({"count": 2, "price_max": euros(6500)})).await;
    let cheap = cheap.expect_status(201);
    assert_eq!(seats(&cheap), ["Front-3-10", "Front-3-11"]);
    assert!(cheap.get("together").is_none());

    let far = buyer
        .hold(&show, &["Back-6-1", "Back-6-2"])
        .await
        .expect_status(201);
    let near = wish(&buyer, &show, json!({"count": 2, "near": far["id"]})).await;
    let near = near.expect_status(201);
    assert_eq!(seats(&near), ["Back-5-1", "Back-5-2"]);
    // It is near nothing any more, nor near what is another's.
    let stranger = office.buyer().await;
    let of_another = wish(&stranger, &show, json!({"count": 2, "near": far["id"]})).await;
    assert_eq!(
        of_another.expect_problem(422, "invalid")["field"],
        "/together/near"
    );
    let far = far["id"].as_str().expect("an id");
    buyer
        .delete(&format!("/v1/orders/{far}"))
        .await
        .expect_status(200);
    let too_late = wish(&buyer, &show, json!({"count": 2, "near": far})).await;
    assert_eq!(too_late.expect_problem(422, "invalid")["field"], "/together/near");
}

#[tokio::test]
async fn groups_of_one_wish_sit_near_each_other_all_or_none() {
    let office = TestOffice::start().await;
    let show = show(&office, 4).await;
    let buyer = office.buyer().await;
    let path = format!("/v1/shows/{show}/orders");
    let asked = json!({
        "together": {"groups": [2, 4]},
        "attendees": ["Ada", "Bob"],
    });
    let order = buyer.post(&path, &asked).await.expect_status(201);
    // In the order of the groups; the larger one has the best seats.
    let names = seats(&order);
    assert_eq!(
        names[2..],
        ["Front-1-9", "Front-1-10", "Front-1-11", "Front-1-12"]
    );
    assert!(
        names[..2].iter().all(|name| name.starts_with("Front-")),
        "{names:?}"
    );
    assert_eq!(order["lines"].as_array().expect("lines").len(), 6);
    let problem = wish(&buyer, &show, json!({"groups": [2, 21]})).await;
    let problem = problem.expect_problem(409, "not_together");
    assert_eq!(problem["largest_group"], 20);
}

#[tokio::test]
async fn what_will_do_instead_is_done_in_order_and_told() {
    let office = TestOffice::start().await;
    let show = show(&office, 2).await;
    let organiser = office.organiser();
    let buyer = office.buyer().await;
    let fall_back = json!(["adjacent_rows", "pairs", "single"]);
    let asked = |count: u32| json!({"count": count, "fall_back": fall_back});
    let whole = wish(&buyer, &show, asked(20)).await.expect_status(201);
    assert!(whole.get("together").is_none());
    buyer
        .delete(&format!("/v1/orders/{}", whole["id"].as_str().expect("an id")))
        .await
        .expect_status(200);

    let split = wish(&buyer, &show, asked(22)).await;
    // The rows are of two sections.
    let split = split.expect_status(201);
    assert_eq!(split["together"], json!({"fall_back": "pairs"}));
    assert_eq!(seats(&split).len(), 22);
    buyer
        .delete(&format!("/v1/orders/{}", split["id"].as_str().expect("an id")))
        .await
        .expect_status(200);

    // Single seats are all that there is.
    let every_second: Vec<String> = ["Front-1", "Back-2"]
        .iter()
        .flat_map(|row| (1..=10).map(move |seat| format!("{row}-{}", 2 * seat)))
        .collect();
    let blocks = format!("/v1/shows/{show}/blocks");
    organiser
        .post(&blocks, &json!({"seats": every_second}))
        .await
        .expect_status(200);
    let problem = wish(
        &buyer,
        &show,
        json!({"count": 4, "fall_back": ["adjacent_rows", "pairs"]}),
    )
    .await;
    assert_eq!(problem.expect_problem(409, "not_together")["largest_group"], 1);
    let path = format!("/v1/shows/{show}/orders");
    let body = json!({"together": asked(4)});
    let single = buyer.post_with_key(&path, &body, "four").await.expect_status(201);
    assert_eq!(single["together"], json!({"fall_back": "single"}));
    let again = buyer.post_with_key(&path, &body, "four").await.expect_status(201);
    assert_eq!(again["together"], single["together"]);
}

#[tokio::test]
async fn a_group_is_split_over_rows_behind_each_other() {
    let office = TestOffice::start().await;
    let show = show(&office, 8).await;
    let buyer = office.buyer().await;
    let split = wish(
        &buyer,
        &show,
        json!({"count": 24, "fall_back": ["single", "adjacent_rows"]}),
    )
    .await;
    let split = split.expect_status(201);
    assert_eq!(split["together"], json!({"fall_back": "single"}));
    let order = format!("/v1/orders/{}", split["id"].as_str().expect("an id"));
    buyer.delete(&order).await.expect_status(200);
    let split = wish(
        &buyer,
        &show,
        json!({"count": 24, "section": "Back", "fall_back": ["adjacent_rows"]}),
    )
    .await;
    let split = split.expect_status(201);
    assert_eq!(split["together"], json!({"fall_back": "adjacent_rows"}));
    let names = seats(&split);
    let in_row = |row: &str| names.iter().filter(|name| name.starts_with(row)).count();
    assert_eq!((in_row("Back-5-"), in_row("Back-6-")), (12, 12), "{names:?}");
}

#[tokio::test]
async fn what_a_wish_can_not_be_is_told_by_field() {
    let office = TestOffice::start().await;
    let show = show(&office, 2).await;
    let buyer = office.buyer().await;
    let euros = |amount: i64| json!({"amount": amount, "currency": "EUR"});
    let cases = [
        (json!({}), "/together/count"),
        (json!({"count": 2, "groups": [2]}), "/together/groups"),
        (json!({"groups": []}), "/together/groups"),
        (json!({"groups": vec![1; 21]}), "/together/groups"),
        (json!({"groups": [2, 0]}), "/together/groups/1"),
        (
            json!({"count": 2, "price_max": euros(-1)}),
            "/together/price_max/amount",
        ),
        (
            json!({"count": 2, "price_max": {"amount": 9000, "currency": "USD"}}),
            "/together/price_max/currency",
        ),
        (json!({"count": 2, "near": "NOTAN-ORDER"}), "/together/near"),
        (
            json!({"count": 2, "fall_back": ["pairs", "pairs"]}),
            "/together/fall_back/1",
        ),
        (
            json!({"groups": [2, 3], "fall_back": ["adjacent_rows"]}),
            "/together/fall_back/0",
        ),
        (
            json!({"count": 2, "fall_back": ["pairs", "single", "adjacent_rows", "pairs"]}),
            "/together/fall_back",
        ),
    ];
    for (together, field) in cases {
        let problem = wish(&buyer, &show, together).await.expect_problem(422, "invalid");
        assert_eq!(problem["field"], field, "{problem}");
    }
    let unknown = wish(&buyer, &show, json!({"count": 2, "fall_back": ["balcony"]})).await;
    assert_eq!(unknown.body["field"], "/together/fall_back/0", "{}", unknown.body);
}

#[tokio::test]
async fn exchanges_and_the_box_office_find_seats_in_the_same_way() {
    let office = TestOffice::start().await;
    let show = show(&office, 2).await;
    let sale = json!({
        "paid_with": "cash",
        "together": {"count": 22, "fall_back": ["single"]},
    });
    let path = format!("/v1/shows/{show}/box-office/orders");
    let sold = office.organiser().post(&path, &sale).await.expect_status(201);
    assert_eq!(sold["together"], json!({"fall_back": "single"}));
    let exchange = format!("/v1/orders/{}/exchange", sold["id"].as_str().expect("an id"));
    let wanted = json!({"tickets": [sold["tickets"][0]["code"]], "together": {"count": 19}});
    let refused = office.organiser().post(&exchange, &wanted).await;
    assert!(refused.expect_problem(409, "not_together")["largest_group"].is_u64());
}

#[tokio::test]
async fn floors_tables_and_places_for_wheelchairs_are_found_as_a_plan_has_them() {
    let office = TestOffice::start().await;
    let organiser = office.organiser();
    let seat = |number: u32| json!({"number": number.to_string(), "x": number, "y": 1});
    let mut row: Vec<Value> = (1..=6).map(seat).collect();
    row[0]["accessible"] = json!(true);
    row[1]["companion_of"] = json!("Hall-1-1");
    let table = |name: &str, sold: &str, y: u32| {
        let seats = (1..=4).map(|seat| json!({"number": seat.to_string(), "x": seat, "y": y}));
        json!({"name": name, "category": "C", "sold": sold, "seats": seats.collect::<Vec<_>>()})
    };
    let plan = json!({
        "name": "House",
        "focal_point": {"x": 3.5, "y": 0},
        "floors": [{"name": "Ground"}, {"name": "Balcony"}],
        "categories": [{"name": "C"}],
        "sections": [
            {"name": "Hall", "floor": "Ground", "rows": [{"name": "1", "category": "C", "seats": row}]},
            {"name": "Lounge", "floor": "Balcony", "rows": [],
             "tables": [table("whole", "whole", 10), table("open", "seats", 20)]},
        ],
    });
    let plan = organiser.post("/v1/plans", &plan).await.expect_status(201);
    let prices = json!({"C": {"amount": 1000, "currency": "EUR"}});
    let show = office.show(json!({"plan": plan["id"], "prices": prices})).await;
    let buyer = office.buyer().await;

    // Who has no wheelchair has neither its place nor the one beside it.
    let four = wish(&buyer, &show, json!({"count": 4, "floor": "Ground"}))
        .await
        .expect_status(201);
    assert_eq!(seats(&four), ["Hall-1-3", "Hall-1-4", "Hall-1-5", "Hall-1-6"]);
    let problem = wish(&buyer, &show, json!({"count": 1, "floor": "Ground"})).await;
    assert_eq!(problem.expect_problem(409, "not_together")["largest_group"], 0);
    let two = wish(&buyer, &show, json!({"count": 2, "accessible": 1}))
        .await
        .expect_status(201);
    assert_eq!(seats(&two), ["Hall-1-1", "Hall-1-2"]);

    // A table that is sold whole is passed over, but by as many as it has seats; round the other one, the last is beside the first.
    let pair = json!({"count": 2, "floor": "Balcony"});
    let first = wish(&buyer, &show, pair.clone()).await.expect_status(201);
    assert!(
        seats(&first).iter().all(|name| name.starts_with("Lounge-open-")),
        "{first}"
    );
    let second = wish(&buyer, &show, pair.clone()).await.expect_status(201);
    assert!(
        seats(&second).iter().all(|name| name.starts_with("Lounge-open-")),
        "{second}"
    );
    let problem = wish(&buyer, &show, pair)
        .await
        .expect_problem(409, "not_together");
    assert_eq!(problem["largest_group"], 4);
    let whole = wish(&buyer, &show, json!({"count": 4})).await.expect_status(201);
    assert_eq!(
        seats(&whole),
        [
            "Lounge-whole-1",
            "Lounge-whole-2",
            "Lounge-whole-3",
            "Lounge-whole-4"
        ]
    );

    let attic = wish(&buyer, &show, json!({"count": 1, "floor": "Attic"})).await;
    assert_eq!(attic.expect_problem(422, "invalid")["field"], "/together/floor");
    let too_many = wish(&buyer, &show, json!({"count": 1, "accessible": 2})).await;
    assert_eq!(
        too_many.expect_problem(422, "invalid")["field"],
        "/together/accessible"
    );
}
