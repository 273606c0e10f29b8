//! Tickets given back one by one, shows that are canceled, and what the ledger says of it all.

use std::time::Instant;

use diesel::connection::SimpleConnection;
use serde_json::{Value, json};

use super::{Till, id, pay};
use crate::office::{Answer, Client, PATIENCE};

async fn give_back(who: &Client, order: &Value, tickets: &[&Value]) -> Answer {
    let path = format!("/v1/orders/{}/refund", id(order));
    who.post(&path, &json!({"tickets": tickets})).await
}

fn codes(tickets: &Value) -> Vec<Value> {
    let tickets = tickets["tickets"].as_array().expect("tickets");
    tickets.iter().map(|ticket| ticket["code"].clone()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tickets_are_given_back_one_by_one() {
    let till = Till::open().await;
    let show = till.office.show(json!({"returns": "buyer"})).await;
    let buyer = till.office.buyer().await;
    let wish = json!({"seats": ["A-1-1", "A-1-2"], "zones": [{"zone": "Floor", "count": 2}]});
    let order = buyer
        .post(&format!("/v1/shows/{show}/orders"), &wish)
        .await
        .expect_status(201);
    let paid = pay(&buyer, &order, "stripe", "pm_card_visa", "k")
        .await
        .expect_status(200);
    till.settle();
    let all = codes(&paid);
    let answer = give_back(&buyer, &order, &[&all[0], &all[3]])
        .await
        .expect_status(200);
    assert_eq!(
        (&answer["state"], &answer["seats"], &answer["zones"]),
        (
            &json!("paid"),
            &json!(["A-1-2"]),
            &json!([{"zone": "Floor", "count": 1}])
        )
    );
    assert_eq!(
        (&answer["total"]["amount"], &answer["refunded"]["amount"]),
        (&json!(16_000), &json!(8_000))
    );
    // The tickets that are left keep their codes, and the others are worth nothing.
    assert_eq!(codes(&answer), [all[1].clone(), all[2].clone()]);
    let order_now = buyer
        .get(&format!("/v1/orders/{}", id(&order)))
        .await
        .expect_status(200);
    assert_eq!(codes(&order_now), codes(&answer));
    let tickets = buyer
        .get(&format!("/v1/orders/{}/tickets", id(&order)))
        .await
        .expect_status(200);
    assert_eq!(codes(&tickets), codes(&answer));
    assert_eq!(buyer.seat(&show, "A-1-1").await, "free");
    assert_eq!(buyer.seat(&show, "A-1-2").await, "sold");
    let check_in = |code: &Value| format!("/v1/tickets/{}/check-in", code.as_str().expect("a code"));
    let organiser = till.office.organiser();
    organiser
        .post(&check_in(&all[0]), &json!(null))
        .await
        .expect_problem(409, "order_refunded");
    give_back(&buyer, &order, &[&all[0]])
        .await
        .expect_problem(409, "tickets_not_live");
    till.settle();
    assert_eq!(till.only_payment().await["refunded"], 8_000);

    // Somebody else buys the seat, and the rest is given back too.
    let other = till.office.buyer().await;
    other.hold(&show, &["A-1-1"]).await.expect_status(201);
    organiser
        .post(&check_in(&all[1]), &json!(null))
        .await
        .expect_status(200);
    give_back(&buyer, &order, &[&all[1]])
        .await
        .expect_problem(409, "already_checked_in");
    give_back(&buyer, &order, &[&all[2]]).await.expect_status(200);
    give_back(&organiser, &order, &[&all[1]])
        .await
        .expect_problem(409, "already_checked_in");
    // Nobody has seen a show that is canceled.
    let cancellation = format!("/v1/shows/{show}/cancellation");
    organiser
        .post(&cancellation, &json!(null))
        .await
        .expect_status(202);
    let begin = std::time::Instant::now();
    while organiser.get(&cancellation).await.expect_status(200)["finished_at"].is_null() {
        assert!(begin.elapsed() < PATIENCE, "the cancellation does not end");
    }
    let last = buyer
        .get(&format!("/v1/orders/{}", id(&order)))
        .await
        .expect_status(200);
    assert_eq!(
        (&last["state"], &last["refunded"]["amount"]),
        (&json!("refunded"), &json!(16_000))
    );
    till.settle();
    let payment = till.only_payment().await;
    assert_eq!(
        (&payment["captured"], &payment["refunded"]),
        (&json!(16_000), &json!(16_000))
    );
    assert_eq!(till.times("refund").await, 3);
    assert_eq!(
        till.office
            .database
            .number("SELECT count(*) FROM payments WHERE state = 8"),
        1
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_return_that_makes_no_sense_changes_nothing() {
    let till = Till::open().await;
    let show = till
        .office
        .show(json!({"returns": "buyer", "returns_until": "2020-01-01T00:00:00Z"}))
        .await;
    let (buyer, order) = till.order(&show, &["A-1-1", "A-1-2"]).await;
    let other = buyer.hold(&show, &["A-1-3"]).await.expect_status(201);
    let paid = pay(&buyer, &order, "stripe", "pm_card_visa", "k")
        .await
        .expect_status(200);
    let foreign = pay(&buyer, &other, "stripe", "pm_card_visa", "k2")
        .await
        .expect_status(200);
    till.settle();
    let organiser = till.office.organiser();
    let (own, foreign) = (codes(&paid), codes(&foreign));
    for (tickets, field) in [
        (json!([]), "/tickets"),
        (json!([foreign[0]]), "/tickets/0"),
        (json!([own[0], own[0]]), "/tickets/1"),
        (json!(["AAAAA-AAAAA-AAAAA"]), "/tickets/0"),
    ] {
        let path = format!("/v1/orders/{}/refund", id(&order));
        let problem = organiser.post(&path, &json!({"tickets": tickets})).await;
        assert_eq!(problem.expect_problem(422, "invalid")["field"], field);
        let problem = organiser.post(&path, &json!({"ticket": own[0]})).await;
        assert_eq!(problem.expect_problem(422, "invalid")["field"], "/ticket");
    }
    give_back(&buyer, &order, &[&own[0]])
        .await
        .expect_problem(409, "returns_over");
    give_back(&organiser, &order, &[&own[0]]).await.expect_status(200);
    till.settle();
    assert_eq!(till.office.database.number("SELECT count(*) FROM refunds"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_part_of_money_that_is_just_being_taken_waits() {
    let till = Till::open().await;
    let show = till.office.show(json!({})).await;
    let (buyer, order) = till.order(&show, &["A-1-1", "A-1-2"]).await;
    till.provider.fault("capture", "stall_before").await;
    let paid = pay(&buyer, &order, "stripe", "pm_card_visa", "k")
        .await
        .expect_status(200);
    till.provider.wait_until_stalled("capture").await;
    let organiser = till.office.organiser();
    let ticket = codes(&paid)[0].clone();
    give_back(&organiser, &order, &[&ticket])
        .await
        .expect_problem(409, "payment_in_progress");
    assert_eq!(buyer.seat(&show, "A-1-1").await, "sold");
    // All of it can go back at once: what is taken meanwhile is refunded.
    let path = format!("/v1/orders/{}/refund", id(&order));
    organiser.post(&path, &json!(null)).await.expect_status(200);
    till.provider.release().await;
    till.settle();
    let payment = till.only_payment().await;
    assert_eq!(payment["captured"], payment["refunded"], "{payment}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_canceled_show_gives_everybody_their_money_back() {
    let mut till = Till::open().await;
    let show = till.office.show(json!({"session_places_max": 500})).await;
    let buyer = till.office.buyer().await;
    let mut orders = Vec::new();
    for seat in 1..=10 {
        let order = buyer
            .hold(&show, &[&format!("A-1-{seat}")])
            .await
            .expect_status(201);
        if seat <= 6 {
            let provider = if seat <= 3 {
                ("stripe", "pm_card_visa")
            } else {
                ("sandbox", "card_ok")
            };
            pay(&buyer, &order, provider.0, provider.1, id(&order))
                .await
                .expect_status(200);
        }
        if seat == 7 {
            pay(&buyer, &order, "hosted", "page", "k")
                .await
                .expect_status(202);
        }
        orders.push(order);
    }
    let path = format!("/v1/shows/{show}/cancellation");
    let organiser = till.office.organiser();
    organiser.get(&path).await.expect_problem(404, "not_found");
    buyer
        .post(&path, &json!(null))
        .await
        .expect_problem(403, "forbidden");
    till.provider
        .prepare(json!({"call": "refund", "fault": "error_after", "times": 2}))
        .await;
    let canceled = organiser.post(&path, &json!(null)).await.expect_status(202);
    assert_eq!(canceled["show"], json!(show));
    organiser.post(&path, &json!(null)).await.expect_status(202);
    // Whoever worked on it is killed; the next node goes on.
    till.restart_node().await;
    let organiser = till.office.organiser();
    till.sql("UPDATE cancellations SET due_at = clock_timestamp()");
    let deadline = Instant::now() + PATIENCE;
    let done = loop {
        till.let_time_pass();
        let progress = organiser.get(&path).await.expect_status(200);
        if !progress["finished_at"].is_null() && progress["payments_left"] == 0 {
            break progress;
        }
        assert!(Instant::now() < deadline, "{progress}");
    };
    assert_eq!(done["orders_left"], 0);
    let buyer = buyer.at(till.office.nodes[0].url());
    for (order, seat) in orders.iter().zip(1..) {
        let state = buyer
            .get(&format!("/v1/orders/{}", id(order)))
            .await
            .expect_status(200);
        let expected = if seat <= 6 { "refunded" } else { "canceled" };
        assert_eq!(state["state"], expected);
    }
    organiser
        .patch(&format!("/v1/shows/{show}"), &json!({"state": "open"}))
        .await
        .expect_problem(409, "show_canceled");
    buyer
        .hold(&show, &["B-1-1"])
        .await
        .expect_problem(409, "show_closed");
    till.settle();
    for payment in till.provider.book().await {
        assert_eq!(payment["captured"], payment["refunded"], "{payment}");
        let live = ["requires_capture", "authorized", "open"]
            .iter()
            .any(|state| payment["status"] == *state);
        assert!(!live, "{payment}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reconciling_names_each_difference() {
    let till = Till::open().await;
    let show = till.office.show(json!({})).await;
    let buyer = till.office.buyer().await;
    let mut ids = Vec::new();
    for seat in 1..=3 {
        let order = buyer
            .hold(&show, &[&format!("A-1-{seat}")])
            .await
            .expect_status(201);
        pay(&buyer, &order, "stripe", "pm_card_visa", id(&order))
            .await
            .expect_status(200);
        till.settle();
        let newest = till.provider.book().await;
        ids.push(
            newest
                .iter()
                .map(|payment| payment["id"].as_str().expect("an id").to_owned())
                .collect::<Vec<_>>(),
        );
    }
    // Someone refunds at the provider, without the office.
    let first = ids[0][0].clone();
    till.provider.set_webhooks("lost").await;
    till.provider.refund(&first, Some(700)).await;
    let (agrees, words) = till.reconcile();
    assert!(
        agrees && words.contains("given back: 0 in the ledger, 700 at the provider (under way)"),
        "{words}"
    );
    assert_eq!(
        words
            .lines()
            .filter(|line| line.starts_with("stripe payment"))
            .count(),
        1,
        "{words}"
    );
    // It has told a node to take that in.
    till.settle();
    let (agrees, words) = till.reconcile();
    assert!(agrees && !words.contains("under way"), "{words}");
    // A provider that has lost its book.
    let empty = crate::office::SandboxPayments::start(&[]).await;
    let till = Till {
        provider: empty,
        ..till
    };
    let (agrees, words) = till.reconcile();
    assert!(!agrees, "{words}");
    assert_eq!(
        words.matches("the provider does not know it").count(),
        3,
        "{words}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_ledger_is_only_added_to() {
    let till = Till::open().await;
    let show = till.office.show(json!({})).await;
    let (buyer, order) = till.order(&show, &["A-1-1"]).await;
    pay(&buyer, &order, "stripe", "pm_card_visa", "k")
        .await
        .expect_status(200);
    till.settle();
    let mut connection = till.office.database.connect();
    for change in [
        "UPDATE ledger SET amount = 1",
        "DELETE FROM ledger",
        "TRUNCATE ledger",
    ] {
        let error = connection.batch_execute(change).expect_err(change);
        assert!(error.to_string().contains("only added to"), "{error}");
    }
    // 1.4 % and 25 cents of 50 euros.
    let fees = "SELECT sum(amount) FROM ledger WHERE debit = 'fees'";
    assert_eq!(till.office.database.number(fees), 95);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_is_refunded_when_its_last_refund_is() {
    let till = Till::open().await;
    let show = till.office.show(json!({})).await;
    till.provider.set_webhooks("lost").await;
    let (buyer, order) = till.order(&show, &["A-1-1", "A-1-2"]).await;
    let paid = pay(&buyer, &order, "stripe", "pm_card_visa", "k")
        .await
        .expect_status(200);
    till.settle();
    let organiser = till.office.organiser();
    till.provider.fault("refund", "error_before").await;
    let path = format!("/v1/orders/{}/refund", id(&order));
    organiser
        .post(&path, &json!({"tickets": [paid["tickets"][0]["code"]]}))
        .await
        .expect_status(200);
    till.office
        .database
        .wait_until_zero("SELECT count(*) FROM outbox WHERE last_error IS NULL");
    till.sql("UPDATE outbox SET due_at = clock_timestamp() + interval '1 hour'");
    organiser.post(&path, &json!(null)).await.expect_status(200);
    till.office
        .database
        .wait_until_zero("SELECT 1 - count(*) FROM refunds WHERE state = 2");
    assert_eq!(
        till.office
            .database
            .number("SELECT count(*) FROM payments WHERE state = 7"),
        1
    );
    till.settle();
    assert_eq!(
        till.office
            .database
            .number("SELECT count(*) FROM payments WHERE state = 8"),
        1
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_show_that_is_canceled_just_now_is_not_opened() {
    let till = Till::open().await;
    let show = till.office.show(json!({})).await;
    let organiser = till.office.organiser();
    let path = format!("/v1/shows/{show}");
    organiser
        .patch(&path, &json!({"state": "closed"}))
        .await
        .expect_status(200);
    till.sql("UPDATE journal_heads SET is_canceled = true");
    let answer = organiser.patch(&path, &json!({"state": "open"})).await;
    answer.expect_problem(409, "show_canceled");
    assert_eq!(
        till.office
            .database
            .number("SELECT count(*) FROM journal_heads WHERE is_open"),
        0
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_orders_than_a_step_takes_end_in_one_go() {
    let till = Till::open().await;
    let show = till.office.show(json!({"session_places_max": 500})).await;
    let buyer = till.office.buyer().await;
    let path = format!("/v1/shows/{show}/orders");
    let wish = json!({"zones": [{"zone": "Bar", "count": 1}]});
    for _ in 0..3 {
        let holds = futures_util::future::join_all((0..100).map(|_| buyer.post(&path, &wish))).await;
        for hold in holds {
            hold.expect_status(201);
        }
    }
    till.office
        .organiser()
        .post(&format!("/v1/shows/{show}/cancellation"), &json!(null))
        .await
        .expect_status(202);
    till.office
        .database
        .wait_until_zero("SELECT count(*) FROM cancellations WHERE finished_at IS NULL");
    assert_eq!(
        till.office
            .database
            .number("SELECT count(*) FROM orders WHERE state = 1"),
        0
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn money_that_the_office_does_not_know_is_named() {
    let till = Till::open().await;
    let answer = reqwest::Client::new()
        .post(format!("{}/v1/payment_intents", till.provider.url()))
        .bearer_auth("sk_test_boxoffice")
        .form(&[
            ("amount", "500"),
            ("currency", "eur"),
            ("capture_method", "manual"),
            ("confirm", "true"),
            ("payment_method", "pm_card_visa"),
            ("payment_method_types[]", "card"),
            ("metadata[payment]", "00000000-0000-0400-0000-000000000007"),
        ])
        .send()
        .await
        .expect("an answer");
    assert_eq!(
        answer.status(),
        200,
        "{}",
        answer.text().await.unwrap_or_default()
    );
    let (agrees, words) = till.reconcile();
    assert!(
        !agrees && words.contains("the office does not know it"),
        "{words}"
    );
}
