//! Places of a held order that are given up one by one: what stays keeps its place, its price and its time.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::office::{Redis, TestOffice};

fn eur(amount: i64) -> Value {
    json!({"amount": amount, "currency": "EUR"})
}

fn id(order: &Value) -> &str {
    order["id"].as_str().expect("an id")
}

fn drop_of(order: &Value) -> String {
    format!("/v1/orders/{}/drop", id(order))
}

/// Adults, and children who come with them; fees, and a tax of a tenth.
fn tariff() -> Value {
    json!({
        "prices": {},
        "ticket_types": [
            {"id": "adult", "name": "Adult", "prices": {"Stalls": eur(5_000), "Floor": eur(3_000)}},
            {"id": "child", "name": "Child", "prices": {"Stalls": eur(2_000), "Floor": eur(0)}, "only_with": ["adult"]},
        ],
        "fees": {"per_ticket": eur(100), "per_order": eur(250)},
        "tax": {"name": "VAT", "rate_basis_points": 1_000},
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_left_of_an_order_keeps_its_prices_and_is_paid_on_any_node() {
    let office = TestOffice::with(2, Some(Redis::start()), &[]).await;
    let show = office.show(tariff()).await;
    let organiser = office.organiser();
    let codes = json!({"codes": ["tenth"], "percent": 10});
    let codes = organiser.post(&format!("/v1/shows/{show}/codes"), &codes).await;
    codes.expect_status(201);
    let buyer = office.buyer().await;
    let far = buyer.at(office.nodes[1].url());
    let wish = json!({
        "seats": ["A-1-1", "A-1-2", "A-1-3"],
        "zones": [{"zone": "Floor", "count": 2}],
        "ticket_types": [{"ticket_type": "child", "seats": ["A-1-3"], "zones": [{"zone": "Floor", "count": 1}]}],
        "attendees": ["Ada", "Bob", "Cid", "Dan", "Eve"],
        "code": "tenth",
    });
    let order = buyer
        .post(&format!("/v1/shows/{show}/orders"), &wish)
        .await
        .expect_status(201);
    assert_eq!((&order["total"], &order["discount"]), (&eur(14_150), &eur(1_500)));

    // Prices rise meanwhile: those of the order don't.
    let dearer = json!({"prices": {}, "ticket_types": [
        {"id": "adult", "name": "Adult", "prices": {"Stalls": eur(9_000), "Floor": eur(9_000)}},
        {"id": "child", "name": "Child", "prices": {"Stalls": eur(9_000), "Floor": eur(9_000)}, "only_with": ["adult"]},
    ]});
    crate::terms::change(&organiser, &show, 1, &dearer)
        .await
        .expect_status(200);
    let body = json!({"seats": ["A-1-2"], "zones": [{"zone": "Floor", "count": 1, "ticket_type": "child"}]});
    let left = far
        .post_with_key(&drop_of(&order), &body, "drop")
        .await
        .expect_status(200);
    assert_eq!(left["seats"], json!(["A-1-1", "A-1-3"]));
    assert_eq!(left["zones"], json!([{"zone": "Floor", "count": 1}]));
    let prices = |order: &Value| -> Vec<Value> {
        let lines = order["lines"].as_array().expect("lines").iter();
        lines.map(|line| line["price"]["amount"].clone()).collect()
    };
    assert_eq!(prices(&left), [json!(4_500), json!(1_800), json!(2_700)]);
    assert_eq!((&left["fees"], &left["discount"]), (&eur(550), &eur(1_000)));
    assert_eq!((&left["total"], &left["tax"]["amount"]), (&eur(9_550), &eur(868)));
    assert_eq!(
        (&left["state"], &left["expires_at"]),
        (&json!("held"), &order["expires_at"])
    );
    // The same again, also once it is changed and paid, and from whichever node.
    let path = format!("/v1/orders/{}", id(&order));
    let read = buyer.get(&path).await.expect_status(200);
    assert_eq!(read["attendees"], json!(["Ada", "Cid", "Eve"]));
    for member in ["seats", "zones", "lines", "total", "fees", "tax", "discount"] {
        assert_eq!(read[member], left[member], "{member}");
    }
    let paid = buyer.pay(id(&order), "card_ok").await.expect_status(200);
    assert_eq!(
        (&paid["amount"], paid["tickets"].as_array().map(Vec::len)),
        (&left["total"], Some(3))
    );
    let again = buyer
        .post_with_key(&drop_of(&order), &body, "drop")
        .await
        .expect_status(200);
    assert_eq!(again, left);
    let tickets = buyer.get(&format!("{path}/tickets")).await.expect_status(200);
    let names: Vec<_> = { tickets["tickets"].as_array().expect("tickets").iter() }
        .map(|ticket| ticket["attendee"].clone())
        .collect();
    assert_eq!(names, [json!("Ada"), json!("Cid"), json!("Eve")]);
    buyer
        .post(&drop_of(&order), &json!({"seats": ["A-1-1"]}))
        .await
        .expect_problem(409, "order_paid");

    // The journal tells the places alone, under the order's hold; the order goes on behind it.
    let journal = office.journal(&show).await;
    let dropped: Vec<&Value> = journal
        .iter()
        .filter(|event| event["type"] == "canceled")
        .collect();
    let booked = journal
        .iter()
        .find(|event| event["type"] == "booked")
        .expect("a booking");
    assert_eq!(dropped.len(), 1);
    assert_eq!(
        (&dropped[0]["seats"], &dropped[0]["zones"], &dropped[0]["hold"]),
        (
            &json!(["A-1-2"]),
            &json!([{"zone": "Floor", "count": 1}]),
            &booked["hold"]
        )
    );
    // What was held before is known by nobody; what is sold since is.
    let sales = format!("/v1/shows/{show}/sales");
    let before = dropped[0]["offset"].as_i64().expect("an offset") - 1;
    organiser
        .get(&format!("{sales}?at={before}"))
        .await
        .expect_problem(410, "forgotten");
    let since = organiser
        .get(&format!("{sales}?at={}", before + 1))
        .await
        .expect_status(200);
    assert_eq!(since["total"]["held"]["places"], 3);
}

#[tokio::test]
async fn what_is_dropped_is_free_and_the_rest_lapses_in_its_time() {
    let office = TestOffice::start().await;
    let show = office.show(json!({"hold_seconds": 5, "hold_grace_ms": 0})).await;
    let (buyer, other) = (office.buyer().await, office.buyer().await);
    let order = buyer.hold(&show, &["A-1-1", "A-1-2"]).await.expect_status(201);
    buyer
        .post(&drop_of(&order), &json!({"seats": ["A-1-1"]}))
        .await
        .expect_status(200);
    other.hold(&show, &["A-1-1"]).await.expect_status(201);
    let holds = buyer
        .get(&format!("/v1/shows/{show}/holds"))
        .await
        .expect_status(200);
    let held: Vec<&Value> = { holds["holds"].as_array().expect("holds").iter() }
        .map(|hold| &hold["seats"])
        .collect();
    assert_eq!(held, [&json!(["A-1-2"]), &json!(["A-1-1"])]);
    office
        .database
        .wait_until("SELECT count(*) FROM orders WHERE state = 4", 2)
        .await;
    assert_eq!(buyer.seat(&show, "A-1-2").await, "free");
    buyer
        .post(&drop_of(&order), &json!({"seats": ["A-1-2"]}))
        .await
        .expect_problem(409, "order_expired");
}

#[tokio::test]
async fn only_an_orders_own_places_are_dropped_and_some_are_left() {
    let office = TestOffice::start().await;
    let show = office.show(tariff()).await;
    let (buyer, other) = (office.buyer().await, office.buyer().await);
    let wish = json!({
        "seats": ["A-1-1", "A-1-2"], "zones": [{"zone": "Floor", "count": 1}],
        "ticket_types": [{"ticket_type": "child", "seats": ["A-1-2"], "zones": [{"zone": "Floor", "count": 1}]}],
    });
    let order = buyer
        .post(&format!("/v1/shows/{show}/orders"), &wish)
        .await
        .expect_status(201);
    for (body, field) in [
        (json!({}), ""),
        (json!({"seats": ["A-1-3"]}), "/seats/0"),
        (json!({"seats": ["A-1-1", "A-1-1"]}), "/seats/1"),
        (json!({"seats": ["nowhere"]}), "/seats"),
        (
            json!({"zones": [{"zone": "Floor", "count": 2}]}),
            "/zones/0/count",
        ),
        (
            json!({"zones": [{"zone": "Floor", "count": 0}]}),
            "/zones/0/count",
        ),
        (
            json!({"zones": [{"zone": "Floor", "count": 1, "ticket_type": "adult"}]}),
            "/zones/0/count",
        ),
        (json!({"zones": [{"zone": "Bar", "count": 1}]}), "/zones/0/count"),
        (
            json!({"zones": [{"zone": "nowhere", "count": 1}]}),
            "/zones/0/zone",
        ),
        (
            json!({"zones": [{"zone": "Floor", "count": 1}, {"zone": "Floor", "count": 1}]}),
            "/zones/1/zone",
        ),
        (
            json!({"seats": ["A-1-1", "A-1-2"], "zones": [{"zone": "Floor", "count": 1}]}),
            "",
        ),
    ] {
        let problem = buyer
            .post(&drop_of(&order), &body)
            .await
            .expect_problem(422, "invalid");
        assert_eq!(problem["field"], json!(field), "{body}");
    }
    // Children don't stay alone.
    let alone = buyer.post(&drop_of(&order), &json!({"seats": ["A-1-1"]})).await;
    alone.expect_problem(422, "ticket_type_only_with");
    let stranger = other.post(&drop_of(&order), &json!({"seats": ["A-1-2"]})).await;
    stranger.expect_problem(404, "not_found");
    assert_eq!(
        buyer
            .get(&format!("/v1/orders/{}", id(&order)))
            .await
            .expect_status(200)["total"],
        order["total"]
    );
    // Of many at once one gets the last place that may go.
    let body = json!({"zones": [{"zone": "Floor", "count": 1}]});
    let path = drop_of(&order);
    let answers = join_all((0..5).map(|_| buyer.post(&path, &body))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    buyer
        .delete(&format!("/v1/orders/{}", id(&order)))
        .await
        .expect_status(200);
    buyer
        .post(&path, &json!({"seats": ["A-1-2"]}))
        .await
        .expect_problem(409, "order_canceled");
}
