//! What is wrong with prices is told where it is.

use serde_json::{Value, json};

use super::{eur, path, tariff};
use crate::office::TestOffice;
use crate::terms::change;

#[tokio::test]
async fn terms_that_make_no_sense_name_the_field() {
    let office = TestOffice::start().await;
    let show = office.show(tariff()).await;
    let organiser = office.organiser();
    let like = office.request_like(&show).await;
    let with = |name: &str, value: Value| {
        let mut body = tariff();
        body[name] = value;
        body
    };
    let types = |changes: Value| {
        let mut types = tariff()["ticket_types"].clone();
        for (name, value) in changes.as_object().expect("an object") {
            types[1][name] = value.clone();
        }
        with("ticket_types", types)
    };
    let many = |count: usize| {
        let of = |at: usize| json!({"id": format!("t{at}"), "name": "x", "prices": {"Stalls": eur(1)}});
        Value::from((0..count).map(of).collect::<Vec<_>>())
    };
    let dollars = json!({"Stalls": {"amount": 5_000, "currency": "USD"}});
    for (body, field) in [
        (types(json!({"id": "Child"})), "/ticket_types/1/id"),
        (types(json!({"id": "adult"})), "/ticket_types/1/id"),
        (types(json!({"name": " "})), "/ticket_types/1/name"),
        (types(json!({"prices": {}})), "/ticket_types/1/prices"),
        (
            types(json!({"prices": {"Roof": eur(1)}})),
            "/ticket_types/1/prices/Roof",
        ),
        (
            types(json!({"prices": {"Stalls": eur(-1)}})),
            "/ticket_types/1/prices/Stalls/amount",
        ),
        (
            types(json!({"prices": dollars})),
            "/ticket_types/1/prices/Stalls/currency",
        ),
        (types(json!({"places_min": 0})), "/ticket_types/1/places_min"),
        (
            types(json!({"places_min": 3, "places_max": 2})),
            "/ticket_types/1/places_max",
        ),
        (types(json!({"places_max": 501})), "/ticket_types/1/places_max"),
        (
            types(json!({"only_with": ["senior"]})),
            "/ticket_types/1/only_with/0",
        ),
        (
            types(json!({"only_with": ["child"]})),
            "/ticket_types/1/only_with/0",
        ),
        (
            types(json!({"only_with": ["adult", "adult"]})),
            "/ticket_types/1/only_with/1",
        ),
        (types(json!({"cost": 1})), "/ticket_types/1/cost"),
        (with("ticket_types", many(51)), "/ticket_types"),
        (
            with("ticket_types", json!([tariff()["ticket_types"][2]])),
            "/prices",
        ),
        (with("prices", json!({"Stalls": eur(4_999)})), "/prices/Stalls"),
        (
            with("fees", json!({"per_ticket": eur(-1)})),
            "/fees/per_ticket/amount",
        ),
        (
            with("fees", json!({"per_order": {"amount": 1, "currency": "USD"}})),
            "/fees/per_order/currency",
        ),
        (with("fees", json!({"per_seat": eur(1)})), "/fees/per_seat"),
        (
            with("tax", json!({"name": "VAT", "rate_basis_points": 10_001})),
            "/tax/rate_basis_points",
        ),
        (with("tax", json!({"name": "VAT"})), "/tax/rate_basis_points"),
        (
            with("tax", json!({"name": "\n", "rate_basis_points": 1})),
            "/tax/name",
        ),
        (
            with("seat_prices", json!({"Z-9-9": eur(1)})),
            "/seat_prices/Z-9-9",
        ),
        (with("seat_prices", json!({"A-1-1": 5})), "/seat_prices/A-1-1"),
    ] {
        let mut new = like.clone();
        for (name, value) in body.as_object().expect("an object") {
            new[name] = value.clone();
        }
        let refused = organiser.post("/v1/shows", &new).await;
        assert_eq!(refused.expect_problem(422, "invalid")["field"], field, "{body}");
        // Of a show that is there, a category without another price keeps the one that it had.
        if field != "/prices" {
            let refused = change(&organiser, &show, 1, &body).await;
            assert_eq!(refused.expect_problem(422, "invalid")["field"], field, "{body}");
        }
    }
}

#[tokio::test]
async fn orders_that_name_types_wrongly_are_told_where() {
    let office = TestOffice::start().await;
    let show = office.show(tariff()).await;
    let buyer = office.buyer().await;
    let wish = |part: Value| json!({"seats": ["A-2-1", "A-2-2"], "zones": [{"zone": "Floor", "count": 2}], "ticket_types": [{"ticket_type": "adult", "seats": ["A-2-1"]}, part]});
    for (part, field) in [
        (
            json!({"ticket_type": "Adult", "seats": ["A-2-2"]}),
            "/ticket_types/1/ticket_type",
        ),
        (json!({"ticket_type": "child"}), "/ticket_types/1"),
        (json!({"ticket_type": "child", "seats": []}), "/ticket_types/1"),
        (
            json!({"ticket_type": "child", "seats": ["A-2-1"]}),
            "/ticket_types/1/seats/0",
        ),
        (
            json!({"ticket_type": "child", "seats": ["A-2-2", "A-2-3"]}),
            "/ticket_types/1/seats/1",
        ),
        (
            json!({"ticket_type": "child", "seats": ["nowhere"]}),
            "/ticket_types/1/seats/0",
        ),
        (
            json!({"ticket_type": "child", "zones": [{"zone": "Bar", "count": 1}]}),
            "/ticket_types/1/zones/0/zone",
        ),
        (
            json!({"ticket_type": "child", "zones": [{"zone": "Floor", "count": 3}]}),
            "/ticket_types/1/zones/0/count",
        ),
        (
            json!({"ticket_type": "child", "zones": [{"zone": "Floor", "count": 0}]}),
            "/ticket_types/1/zones/0/count",
        ),
        (
            json!({"ticket_type": "child", "count": 1}),
            "/ticket_types/1/count",
        ),
        (
            json!({"ticket_type": "child", "count": 0}),
            "/ticket_types/1/count",
        ),
        (json!({"seats": ["A-2-2"]}), "/ticket_types/1/ticket_type"),
    ] {
        let refused = buyer.post(&path(&show), &wish(part.clone())).await;
        assert_eq!(refused.expect_problem(422, "invalid")["field"], field, "{part}");
    }
    let refused = buyer
        .post(
            &path(&show),
            &wish(json!({"ticket_type": "senior", "seats": ["A-2-2"]})),
        )
        .await;
    let refused = refused.expect_problem(422, "ticket_type_not_sold");
    assert_eq!(
        (&refused["field"], &refused["ticket_type"]),
        (&json!("/ticket_types/1/ticket_type"), &json!("senior"))
    );
    // Groups are not sold on the floor.
    let floor = json!({"ticket_type": "group", "zones": [{"zone": "Floor", "count": 2}]});
    let refused = buyer.post(&path(&show), &wish(floor)).await;
    assert_eq!(
        refused.expect_problem(422, "ticket_type_not_sold")["field"],
        "/ticket_types/1/ticket_type"
    );
    let only = |seats: &[&str], kind: &str| json!({"seats": seats, "ticket_types": [{"ticket_type": kind, "seats": seats}]});
    let few = buyer
        .post(&path(&show), &only(&["A-2-1", "A-2-2"], "group"))
        .await;
    let few = few.expect_problem(422, "ticket_type_limit");
    assert_eq!(
        (&few["places_min"], &few["places_max"], &few["ticket_type"]),
        (&json!(3), &json!(4), &json!("group"))
    );
    let alone = buyer.post(&path(&show), &only(&["A-2-1"], "child")).await;
    assert_eq!(
        alone.expect_problem(422, "ticket_type_only_with")["only_with"],
        json!(["adult"])
    );
    assert_eq!(buyer.seat(&show, "A-2-1").await, "free");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn prices_that_no_provider_charges_are_refused_with_their_fees() {
    let till = crate::money::Till::open().await;
    let organiser = till.office.organiser();
    let known = till.office.show(json!({})).await;
    let mut new = till.office.request_like(&known).await;
    new["ticket_types"] = json!([
        {"id": "adult", "name": "Adult", "prices": {"Stalls": eur(5_000), "Floor": eur(3_000)}},
        {"id": "child", "name": "Child", "prices": {"Stalls": eur(30)}},
    ]);
    let refused = organiser
        .post("/v1/shows", &new)
        .await
        .expect_problem(422, "invalid");
    assert_eq!(refused["field"], "/ticket_types/1/prices/Stalls/amount");
    // Nobody pays it without the fee, of which there must be no less then.
    new["fees"] = json!({"per_order": eur(20)});
    let show = organiser.post("/v1/shows", &new).await.expect_status(201);
    let show = show["id"].as_str().expect("an id");
    let refused = change(&organiser, show, 1, &json!({"fees": null})).await;
    assert_eq!(refused.expect_problem(422, "invalid")["field"], "/fees");
    // Twenty of the dearest must be charged at once.
    new["seat_prices"] = json!({"A-1-1": eur(5_000_000)});
    new["order_places_max"] = json!(20);
    let refused = organiser
        .post("/v1/shows", &new)
        .await
        .expect_problem(422, "invalid");
    assert_eq!(refused["field"], "/order_places_max");
    new["order_places_max"] = json!(19);
    organiser.post("/v1/shows", &new).await.expect_status(201);
}
