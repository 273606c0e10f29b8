//! What an order costs: ticket types, prices of single seats, fees, and the tax in all of it. It stays, whatever becomes of the terms.

mod wrong;

use serde_json::{Value, json};

use crate::office::{Client, Redis, TestOffice};
use crate::terms::change;

fn eur(amount: i64) -> Value {
    json!({"amount": amount, "currency": "EUR"})
}

/// Adults and children, of whom none comes alone; groups of three or four in the stalls; fees, and a tax of a tenth.
pub fn tariff() -> Value {
    json!({
        "prices": {},
        "ticket_types": [
            {"id": "adult", "name": "Adult", "prices": {"Stalls": eur(5_000), "Floor": eur(3_000)}},
            {"id": "child", "name": "Child", "prices": {"Stalls": eur(2_000), "Floor": eur(0)}, "only_with": ["adult"]},
            {"id": "group", "name": "Group", "prices": {"Stalls": eur(4_000)}, "places_min": 3, "places_max": 4},
        ],
        "fees": {"per_ticket": eur(100), "per_order": eur(250)},
        "tax": {"name": "VAT", "rate_basis_points": 1_000},
        "seat_prices": {"A-1-1": eur(4_500)},
        "returns": "buyer",
    })
}

fn path(show: &str) -> String {
    format!("/v1/shows/{show}/orders")
}

/// Two adults, one of them at a seat of its own price, and two children, one of them on the floor.
pub fn family() -> Value {
    json!({
        "seats": ["A-1-1", "A-1-2", "A-1-3"],
        "zones": [{"zone": "Floor", "count": 2}],
        "ticket_types": [{"ticket_type": "child", "seats": ["A-1-3"], "zones": [{"zone": "Floor", "count": 1}]}],
    })
}

fn id(order: &Value) -> &str {
    order["id"].as_str().expect("an id")
}

/// What of each line is told in short: place, type, price, fee.
fn lines(order: &Value) -> Vec<(String, String, i64, i64)> {
    let lines = order["lines"].as_array().expect("lines").iter();
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    lines
        .map(|line| {
            (
                word(&line["seat"]) + &word(&line["zone"]),
                word(&line["ticket_type"]),
                line["price"]["amount"].as_i64().expect("a price"),
                line["fee"]["amount"].as_i64().unwrap_or(0),
            )
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_tells_what_each_place_is_sold_as_and_keeps_it() {
    let office = TestOffice::with(2, Some(Redis::start()), &[]).await;
    let show = office.show(tariff()).await;
    let organiser = office.organiser();
    let (buyer, far) = (office.buyer().await, office.buyer_at(1).await);
    let told = far.get(&format!("/v1/shows/{show}")).await.expect_status(200);
    assert_eq!(told["prices"], json!({"Stalls": eur(5_000), "Floor": eur(3_000)}));
    for name in ["ticket_types", "fees", "tax", "seat_prices"] {
        let mut asked = tariff()[name].clone();
        for ticket_type in asked.as_array_mut().into_iter().flatten() {
            ticket_type["places_min"] = json!(ticket_type["places_min"].as_i64().unwrap_or(1));
        }
        assert_eq!(told[name], asked, "{name}");
    }

    let held = buyer
        .post_with_key(&path(&show), &family(), "family")
        .await
        .expect_status(201);
    let expected = [
        ("A-1-1", "adult", 4_500, 100),
        ("A-1-2", "adult", 5_000, 100),
        ("A-1-3", "child", 2_000, 100),
        ("Floor", "child", 0, 0),
        ("Floor", "adult", 3_000, 100),
    ];
    let expected = expected.map(|(place, kind, price, fee)| (place.to_owned(), kind.to_owned(), price, fee));
    assert_eq!(lines(&held), expected);
    let total = 14_500 + 400 + 250;
    assert_eq!((&held["fees"], &held["total"]), (&eur(650), &eur(total)));
    let tax = json!({"name": "VAT", "rate_basis_points": 1_000, "amount": eur(1_377)});
    assert_eq!(held["tax"], tax);

    // All other prices from here on, and no more children: for the next order.
    let dearer = json!({
        "ticket_types": [{"id": "adult", "name": "Adult", "prices": {"Stalls": eur(9_000), "Floor": eur(9_000)}}],
        "fees": null, "tax": null, "seat_prices": null,
    });
    change(&organiser, &show, 1, &dearer).await.expect_status(200);
    let next = far.hold(&show, &["A-1-4"]).await.expect_status(201);
    assert_eq!(lines(&next), [("A-1-4".to_owned(), "adult".to_owned(), 9_000, 0)]);
    assert_eq!(
        (&next["total"], next.get("fees"), next.get("tax")),
        (&eur(9_000), None, None)
    );
    let child =
        json!({"seats": ["A-2-1", "A-2-2"], "ticket_types": [{"ticket_type": "child", "seats": ["A-2-1"]}]});
    far.post(&path(&show), &child)
        .await
        .expect_problem(422, "ticket_type_not_sold");

    let again = buyer
        .post_with_key(&path(&show), &family(), "family")
        .await
        .expect_status(201);
    assert_eq!(again, held);
    let own = format!("/v1/orders/{}", id(&held));
    let read = buyer.get(&own).await.expect_status(200);
    assert_eq!((&read["lines"], &read["tax"]), (&held["lines"], &held["tax"]));
    let paid = buyer.pay(id(&held), "card_ok").await.expect_status(200);
    assert_eq!(paid["amount"], eur(total));
    let types: Vec<_> = paid["tickets"]
        .as_array()
        .expect("tickets")
        .iter()
        .map(|ticket| &ticket["ticket_type"])
        .collect();
    assert_eq!(types, ["adult", "adult", "child", "child", "adult"]);
    let tickets = buyer.get(&format!("{own}/tickets")).await.expect_status(200);
    assert_eq!(tickets["tickets"][2]["ticket_type"], "child");
    let code = |at: usize| paid["tickets"][at]["code"].clone();
    let used = organiser
        .post(
            &format!("/v1/tickets/{}/check-in", code(4).as_str().expect("a code")),
            &json!(null),
        )
        .await
        .expect_status(200);
    assert_eq!(used["ticket_type"], "adult");
}

#[tokio::test]
async fn a_ticket_goes_back_with_its_fee_and_the_last_with_all_that_is_left() {
    let office = TestOffice::start().await;
    let show = office.show(tariff()).await;
    let buyer = office.buyer().await;
    for _ in 0..2 {
        let order = buyer.post(&path(&show), &family()).await.expect_status(201);
        let paid = buyer.pay(id(&order), "card_ok").await.expect_status(200);
        let refund = format!("/v1/orders/{}/refund", id(&order));
        let give_back = |tickets: &[usize]| {
            let codes: Vec<_> = tickets
                .iter()
                .map(|at| paid["tickets"][*at]["code"].clone())
                .collect();
            let (buyer, refund) = (buyer.clone(), refund.clone());
            async move {
                buyer
                    .post(&refund, &json!({"tickets": codes}))
                    .await
                    .expect_status(200)
            }
        };
        let left = give_back(&[2, 3]).await;
        // A refund that meets the next one is written down later.
        let drained = || office.database.wait_until_zero("SELECT count(*) FROM outbox");
        drained();
        assert_eq!(
            (&left["refunded"], &left["total"]),
            (&eur(2_100), &order["total"])
        );
        let returned: Vec<_> = left["lines"]
            .as_array()
            .expect("lines")
            .iter()
            .map(|line| line["returned"].clone())
            .collect();
        assert_eq!(returned, [false, false, true, true, false].map(Value::from));
        assert_eq!(give_back(&[0]).await["refunded"], eur(6_700));
        drained();
        let gone = give_back(&[1, 4]).await;
        assert_eq!(
            (&gone["state"], &gone["refunded"]),
            (&json!("refunded"), &order["total"])
        );
        drained();
        let back = "SELECT sum(amount)::bigint FROM refunds";
        assert_eq!(office.database.number(back) % 15_150, 0);
    }
}

#[tokio::test]
async fn places_that_the_office_finds_are_sold_as_the_order_says() {
    let office = TestOffice::start().await;
    let mut terms = tariff();
    terms["seat_prices"] = json!({});
    let show = office.show(terms).await;
    let buyer = office.buyer().await;
    let wish = json!({"together": {"count": 3}, "ticket_types": [{"ticket_type": "child", "count": 2}]});
    let order = buyer.post(&path(&show), &wish).await.expect_status(201);
    let types: Vec<_> = lines(&order).into_iter().map(|(_, kind, ..)| kind).collect();
    assert_eq!(types, ["child", "child", "adult"]);
    let group = json!({"together": {"count": 3}, "ticket_types": [{"ticket_type": "group", "count": 3}]});
    let order = buyer.post(&path(&show), &group).await.expect_status(201);
    assert_eq!(order["total"], eur(3 * 4_100 + 250));
}

#[tokio::test]
async fn a_plain_show_tells_lines_and_nothing_is_written_for_them() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    let order = buyer.hold(&show, &["A-1-1", "A-1-2"]).await.expect_status(201);
    let line = |seat: &str| json!({"seat": seat, "price": eur(5_000), "returned": false});
    assert_eq!(order["lines"], json!([line("A-1-1"), line("A-1-2")]));
    let told = office
        .organiser()
        .get(&format!("/v1/shows/{show}"))
        .await
        .expect_status(200);
    for name in ["ticket_types", "fees", "tax", "seat_prices"] {
        assert_eq!((told.get(name), order.get(name)), (None, None), "{name}");
    }
    let written = "SELECT count(*) FROM orders WHERE prices IS NOT NULL OR bill IS NOT NULL";
    assert_eq!(office.database.number(written), 0);
    let one = json!({"seats": ["A-1-3"], "ticket_types": [{"ticket_type": "adult", "seats": ["A-1-3"]}]});
    buyer
        .post(&path(&show), &one)
        .await
        .expect_problem(422, "ticket_type_not_sold");
}

/// The show's list tells all but the prices of seats, which may be many.
#[tokio::test]
async fn terms_change_part_by_part() {
    let office = TestOffice::start().await;
    let show = office.show(tariff()).await;
    let organiser = office.organiser();
    let listed = organiser.get("/v1/shows").await.expect_status(200);
    let listed = &listed["shows"][0];
    assert!(listed.get("seat_prices").is_none() && listed["fees"]["per_ticket"] == eur(100));
    // What is left out stays.
    let told = change(&organiser, &show, 1, &json!({"fees": {"per_order": eur(7)}}))
        .await
        .expect_status(200);
    assert_eq!(told["fees"], json!({"per_order": eur(7)}));
    for name in ["ticket_types", "tax", "seat_prices"] {
        assert!(
            told[name] == tariff()[name] || name == "ticket_types",
            "{name}: {told}"
        );
    }
    let told = change(
        &organiser,
        &show,
        2,
        &json!({"ticket_types": [], "seat_prices": {}}),
    )
    .await
    .expect_status(200);
    assert_eq!((told.get("ticket_types"), told.get("seat_prices")), (None, None));
    // They cost what they did as what they were sold as.
    assert_eq!(told["prices"], json!({"Stalls": eur(5_000), "Floor": eur(3_000)}));
    let bare = change(&organiser, &show, 3, &json!({"fees": null, "tax": null}))
        .await
        .expect_status(200);
    assert_eq!((bare.get("fees"), bare.get("tax")), (None, None));
    let revisions = organiser
        .get(&format!("/v1/shows/{show}/revisions"))
        .await
        .expect_status(200);
    let fees: Vec<_> = revisions["revisions"]
        .as_array()
        .expect("revisions")
        .iter()
        .map(|one| one["show"]["fees"].clone())
        .collect();
    assert_eq!(
        fees,
        [
            tariff()["fees"].clone(),
            json!({"per_order": eur(7)}),
            json!({"per_order": eur(7)}),
            Value::Null
        ]
    );
}

/// Holds and pays a place that is free, on a node whose provider may be away.
async fn take_free(buyer: &Client, show: &str, seat: &str, provider: &str, method: &str) -> Value {
    let order = buyer.hold(show, &[seat]).await.expect_status(201);
    assert_eq!(order["total"]["amount"], 0);
    let body = json!({"provider": provider, "payment_method": method});
    buyer
        .post(&format!("/v1/orders/{}/payments", id(&order)), &body)
        .await
        .expect_status(200);
    order
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn for_a_free_show_no_provider_is_asked() {
    let till = crate::money::Till::with(&[
        ("BOXOFFICE_PROVIDER_FAILURES_MAX", "1"),
        ("BOXOFFICE_PROVIDER_REST_MS", "60000"),
    ])
    .await;
    let free = json!({
        "prices": {"Stalls": eur(0), "Floor": eur(3_000)},
        "fees": {"per_ticket": eur(100), "per_order": eur(100)},
        "returns": "buyer",
    });
    let show = till.office.show(free).await;
    let buyer = till.office.buyer().await;
    let first = take_free(&buyer, &show, "A-1-1", "stripe", "pm_card_visa").await;
    let refund = format!("/v1/orders/{}/refund", id(&first));
    let back = buyer.post(&refund, &json!(null)).await.expect_status(200);
    assert_eq!(back["refunded"]["amount"], 0);
    till.settle();
    // It is away now.
    till.provider.outage(true).await;
    let dear = json!({"zones": [{"zone": "Floor", "count": 1}]});
    let order = buyer.post(&path(&show), &dear).await.expect_status(201);
    assert_eq!(order["total"]["amount"], 3_200);
    let body = json!({"provider": "hosted", "payment_method": "page"});
    let asked = buyer
        .post(&format!("/v1/orders/{}/payments", id(&order)), &body)
        .await;
    assert_eq!(asked.status, 503);
    take_free(&buyer, &show, "A-1-2", "hosted", "page").await;
    till.provider.outage(false).await;
    assert_eq!(till.provider.book().await, [] as [Value; 0]);
    let zero = "SELECT count(*) FROM ledger WHERE amount <> 0";
    assert_eq!(till.office.database.number(zero), 0);
    let mut till = till;
    // A node that knows nothing of the outage goes on with what was left.
    till.restart_node().await;
    let buyer = buyer.at(till.office.nodes[0].url());
    buyer.delete(&format!("/v1/orders/{}", id(&order))).await;
    till.settle();
}
