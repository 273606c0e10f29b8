//! Promises 1, 2 and 10: a seat is in one order, all or nothing, and one's own.

use serde_json::{Value, json};

use crate::office::TestOffice;

#[tokio::test]
async fn an_order_gets_all_its_seats_or_none_and_says_which_were_taken() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let (first, second) = (office.buyer().await, office.buyer().await);
    let order = first.hold(&show, &["A-1-1", "A-1-2"]).await.expect_status(201);
    assert_eq!(order["total"], json!({"amount": 10_000, "currency": "EUR"}));
    assert_eq!(
        (&order["state"], &order["journal_offset"]),
        (&json!("held"), &json!(2))
    );

    let problem = second
        .hold(&show, &["A-1-3", "A-1-2", "A-1-1"])
        .await
        .expect_problem(409, "seats_taken");
    assert_eq!(problem["seats"], json!(["A-1-2", "A-1-1"]));
    assert_eq!(second.seat(&show, "A-1-3").await, "free");
    assert_eq!(second.seat(&show, "A-1-1").await, "held");
    second.hold(&show, &["A-1-3"]).await.expect_status(201);
}

#[tokio::test]
async fn a_zone_never_sells_more_places_than_it_has() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let path = format!("/v1/shows/{show}/orders");
    let wish = |count: i64| json!({"zones": [{"zone": "Floor", "count": count}], "seats": ["B-1-1"]});
    let buyer = office.buyer().await;
    let order = buyer.post(&path, &wish(7)).await.expect_status(201);
    let problem = buyer
        .post(&path, &json!({"zones": [{"zone": "Floor", "count": 4}]}))
        .await;
    let problem = problem.expect_problem(409, "seats_taken");
    assert_eq!(problem["zones"], json!([{"zone": "Floor", "free": 3}]));
    buyer
        .post(&path, &json!({"zones": [{"zone": "Floor", "count": 3}]}))
        .await
        .expect_status(201);
    let id = order["id"].as_str().expect("an id");
    buyer.delete(&format!("/v1/orders/{id}")).await.expect_status(200);
    let map = buyer
        .get(&format!("/v1/shows/{show}/seat-map"))
        .await
        .expect_status(200);
    assert_eq!(
        map["zones"][0],
        json!({"zone": "Floor", "capacity": 10, "held": 3, "sold": 0, "blocked": 0, "free": 7})
    );
}

#[tokio::test]
async fn seats_together_are_found_and_told() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let path = format!("/v1/shows/{show}/orders");
    let buyer = office.buyer().await;
    let order = buyer
        .post(&path, &json!({"together": {"count": 4, "section": "B"}}))
        .await
        .expect_status(201);
    assert_eq!(order["seats"], json!(["B-1-4", "B-1-5", "B-1-6", "B-1-7"]));
    buyer
        .post(&path, &json!({"together": {"count": 11}}))
        .await
        .expect_problem(409, "not_together");
    let both = json!({"together": {"count": 2}, "seats": ["A-1-1"]});
    buyer.post(&path, &both).await.expect_problem(422, "invalid");
}

#[tokio::test]
async fn bad_orders_are_told_what_is_wrong_and_change_nothing() {
    let office = TestOffice::start().await;
    let show = office
        .show(json!({"order_places_max": 8, "session_places_max": 10}))
        .await;
    let path = format!("/v1/shows/{show}/orders");
    let buyer = office.buyer().await;
    let zone = |count: Value| json!({"zones": [{"zone": "Bar", "count": count}]});
    let many: Vec<String> = (0..10_000).map(|number| format!("A-{number}-1")).collect();
    let cases = [
        (json!({}), 422, "invalid", ""),
        (json!({"seats": []}), 422, "invalid", ""),
        (json!({"seats": ["A-1-1", "A-1-1"]}), 422, "invalid", "/seats/1"),
        (json!({"seats": ["A-1-1", "Z-9-9"]}), 422, "invalid", "/seats"),
        (json!({"seats": many}), 422, "invalid", "/seats"),
        (json!({"seats": "A-1-1"}), 422, "invalid", "/seats"),
        (json!({"seat": ["A-1-1"]}), 422, "invalid", "/seat"),
        (zone(json!(0)), 422, "invalid", "/zones/0/count"),
        (zone(json!(-1)), 422, "invalid", "/zones/0/count"),
        (zone(json!(2_147_483_648_i64)), 422, "invalid", "/zones/0/count"),
        (zone(json!(1.5)), 422, "invalid", "/zones/0/count"),
        (
            json!({"zones": [{"zone": "Roof", "count": 1}]}),
            422,
            "invalid",
            "/zones/0/zone",
        ),
        (
            json!({"together": {"count": 0}}),
            422,
            "invalid",
            "/together/count",
        ),
        (
            json!({"together": {"count": 2, "category": "Gold"}}),
            422,
            "invalid",
            "/together/category",
        ),
    ];
    for (body, status, code, field) in cases {
        let problem = buyer.post(&path, &body).await.expect_problem(status, code);
        assert_eq!(problem["field"], field, "{problem}");
    }
    buyer
        .post(&path, &zone(json!(9)))
        .await
        .expect_problem(422, "order_limit");
    buyer.post(&path, &zone(json!(8))).await.expect_status(201);
    buyer
        .post(&path, &zone(json!(3)))
        .await
        .expect_problem(409, "session_limit");
    buyer
        .post("/v1/shows/999/orders", &zone(json!(1)))
        .await
        .expect_problem(404, "not_found");
    buyer
        .post("/v1/shows/x/orders", &zone(json!(1)))
        .await
        .expect_problem(404, "not_found");
    assert_eq!(office.journal(&show).await.len(), 2);
}

#[tokio::test]
async fn an_order_is_its_sessions_alone() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let (owner, other) = (office.buyer().await, office.buyer().await);
    let order = owner.hold(&show, &["A-1-1"]).await.expect_status(201);
    let path = format!("/v1/orders/{}", order["id"].as_str().expect("an id"));
    other.get(&path).await.expect_problem(404, "not_found");
    other.delete(&path).await.expect_problem(404, "not_found");
    other
        .get(&format!("{path}/tickets"))
        .await
        .expect_problem(404, "not_found");
    let pay = json!({"provider": "sandbox", "payment_method": "card_ok"});
    other
        .post(&format!("{path}/payments"), &pay)
        .await
        .expect_problem(404, "not_found");
    other
        .with_token("bos_made-up")
        .get(&path)
        .await
        .expect_problem(401, "unauthorized");
    other
        .with_token("")
        .hold(&show, &["A-1-2"])
        .await
        .expect_problem(401, "unauthorized");
    office
        .organiser()
        .hold(&show, &["A-1-2"])
        .await
        .expect_problem(403, "forbidden");
    other
        .post("/v1/plans", &json!({}))
        .await
        .expect_problem(403, "forbidden");
    assert_eq!(owner.get(&path).await.expect_status(200)["state"], "held");
    assert_eq!(
        office.organiser().get(&path).await.expect_status(200)["state"],
        "held"
    );
    owner
        .get("/v1/orders/AAAAA-AAAAA")
        .await
        .expect_problem(404, "not_found");
}

#[tokio::test]
async fn an_order_given_up_twice_is_given_up_once() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    let order = buyer.hold(&show, &["A-1-1"]).await.expect_status(201);
    let path = format!("/v1/orders/{}", order["id"].as_str().expect("an id"));
    assert_eq!(buyer.delete(&path).await.expect_status(200)["state"], "canceled");
    assert_eq!(buyer.delete(&path).await.expect_status(200)["state"], "canceled");
    assert_eq!(buyer.seat(&show, "A-1-1").await, "free");
    assert_eq!(office.journal(&show).await.len(), 3);
}

#[tokio::test]
async fn of_many_who_want_one_seat_at_once_one_gets_it() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let buyers = futures_util::future::join_all((0..40).map(|_| office.buyer())).await;
    let holds = buyers.iter().map(|buyer| buyer.hold(&show, &["A-3-3", "A-3-4"]));
    let answers = futures_util::future::join_all(holds).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
    assert_eq!(
        answers
            .iter()
            .filter(|answer| answer.body["code"] == "seats_taken")
            .count(),
        39
    );
}
