//! Orders that an organiser makes itself: for cash, on an invoice, or given away.

use serde_json::{Value, json};

use crate::office::{Client, TestOffice};

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

async fn sell(seller: &Client, show: &str, wish: Value, key: &str) -> crate::office::Answer {
    let path = format!("/v1/shows/{show}/box-office/orders");
    seller.post_with_key(&path, &wish, key).await
}

#[tokio::test]
async fn what_the_box_office_sells_is_paid_and_the_ledger_says_how() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let organiser = office.organiser();
    for (seat, paid_with, total) in [
        ("A-1-1", "cash", 8000),
        ("A-1-2", "invoice", 8000),
        ("A-1-3", "comp", 0),
    ] {
        let wish = json!({
            "seats": [seat], "zones": [{"zone": "Bar", "count": 1}], "paid_with": paid_with, "buyer": {"name": "Guest"},
        });
        let sold = sell(&organiser, &show, wish.clone(), paid_with)
            .await
            .expect_status(201);
        assert_eq!(
            (&sold["state"], &sold["total"]["amount"]),
            (&json!("paid"), &json!(total)),
            "{paid_with}"
        );
        assert_eq!(sold["buyer"], json!({"name": "Guest"}));
        assert_eq!(
            sell(&organiser, &show, wish, paid_with).await.expect_status(201),
            sold,
            "the same again"
        );
        let order = organiser
            .get(&format!("/v1/orders/{}", text(&sold["id"])))
            .await
            .expect_status(200);
        assert_eq!(
            (&order["tickets"], &order["total"]),
            (&sold["tickets"], &sold["total"])
        );
        assert_eq!(order["last_payment"]["provider"], "box_office");
        let booked = format!(
            "SELECT coalesce(sum(l.amount), 0)::bigint FROM ledger l JOIN payments p USING (show_id, payment_id) \
             WHERE p.provider = 'box_office' AND p.payment_method = '{paid_with}' AND l.entry = 'captured'"
        );
        assert_eq!(office.database.number(&booked), total);
    }
    assert_eq!(office.database.number("SELECT count(*) FROM orders"), 3);
    let sales = organiser
        .get(&format!("/v1/shows/{show}/sales"))
        .await
        .expect_status(200);
    assert_eq!(
        sales["total"]["sold"],
        json!({"places": 6, "total": {"amount": 16_000, "currency": "EUR"}})
    );
}

#[tokio::test]
async fn what_the_box_office_sold_is_given_back_as_it_was_paid() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let organiser = office.organiser();
    for (seats, paid_with, back) in [
        (["A-1-1", "A-1-2"], "cash", 5000),
        (["A-2-1", "A-2-2"], "comp", 0),
    ] {
        let sold = sell(
            &organiser,
            &show,
            json!({"seats": seats, "paid_with": paid_with}),
            paid_with,
        )
        .await;
        let sold = sold.expect_status(201);
        let refund = format!("/v1/orders/{}/refund", text(&sold["id"]));
        let some = json!({"tickets": [sold["tickets"][0]["code"]]});
        let left = organiser.post(&refund, &some).await.expect_status(200);
        assert_eq!(
            (&left["seats"], &left["refunded"]["amount"]),
            (&json!([seats[1]]), &json!(back))
        );
        let all = organiser.post(&refund, &json!(null)).await.expect_status(200);
        assert_eq!(all["state"], "refunded");
        assert_eq!(organiser.seat(&show, seats[0]).await, "free");
    }
    office
        .database
        .wait_until_zero("SELECT count(*) FROM refunds WHERE state = 1");
    assert_eq!(
        office.database.number("SELECT sum(amount)::bigint FROM refunds"),
        10_000
    );
}

#[tokio::test]
async fn the_box_office_sells_what_is_closed_to_buyers_and_nobody_else_does() {
    let office = TestOffice::start().await;
    let show = office
        .show(json!({"state": "closed", "order_places_max": 2}))
        .await;
    let (organiser, buyer) = (office.organiser(), office.buyer().await);
    buyer
        .hold(&show, &["A-1-1"])
        .await
        .expect_problem(409, "show_closed");
    let many = json!({"zones": [{"zone": "Bar", "count": 120}], "paid_with": "invoice"});
    sell(&organiser, &show, many.clone(), "many")
        .await
        .expect_status(201);
    sell(&buyer, &show, many.clone(), "many")
        .await
        .expect_problem(403, "forbidden");
    let taken = json!({"seats": ["A-1-1"], "paid_with": "comp"});
    sell(&organiser, &show, taken.clone(), "one")
        .await
        .expect_status(201);
    let problem = sell(&organiser, &show, taken.clone(), "two")
        .await
        .expect_problem(409, "seats_taken");
    assert_eq!(problem["seats"], json!(["A-1-1"]));
    let unpaid = sell(&organiser, &show, json!({"seats": ["A-1-2"]}), "three").await;
    assert_eq!(unpaid.expect_problem(422, "invalid")["field"], "/paid_with");
    // Nobody pays an order that way but whoever sells it.
    let open = office.show(json!({})).await;
    let order = buyer.hold(&open, &["A-1-1"]).await.expect_status(201);
    let body = json!({"provider": "box_office", "payment_method": "cash"});
    let paid = buyer
        .post(&format!("/v1/orders/{}/payments", text(&order["id"])), &body)
        .await;
    assert_eq!(paid.expect_problem(422, "invalid")["field"], "/provider");
    let providers = buyer
        .get(&format!("/v1/shows/{open}/providers"))
        .await
        .expect_status(200);
    assert!(!providers.to_string().contains("box_office"), "{providers}");

    let draft = office.show(json!({"state": "draft"})).await;
    sell(&organiser, &draft, taken.clone(), "draft")
        .await
        .expect_problem(409, "show_closed");
    organiser
        .post(&format!("/v1/shows/{open}/cancellation"), &json!(null))
        .await;
    let seat = json!({"seats": ["B-1-1"], "paid_with": "cash"});
    sell(&organiser, &open, seat, "late")
        .await
        .expect_problem(409, "show_canceled");
}
