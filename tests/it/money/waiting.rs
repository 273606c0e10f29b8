//! Buyers and banks that take their time.

use std::time::Instant;

use futures_util::future::join_all;
use serde_json::json;

use super::{Till, id, page_of, pay, pay_until_known};
use crate::office::PATIENCE;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_buyer_who_changes_their_mind_pays_once() {
    let till = Till::open().await;
    let show = till.office.show(json!({})).await;
    for (seat, provider, method) in [
        ("A-1-1", "stripe", "pm_card_visa"),
        ("A-1-2", "hosted", "page"),
        ("A-1-3", "sandbox", "card_ok"),
    ] {
        let (buyer, order) = till.order(&show, &[seat]).await;
        let first = pay(&buyer, &order, "stripe", "pm_card_authenticationRequired", "k").await;
        let first = page_of(&first.expect_status(202));
        let second = pay(&buyer, &order, provider, method, "k2").await;
        if provider == "hosted" {
            till.provider.approve(&page_of(&second.expect_status(202))).await;
        } else {
            assert_eq!(second.expect_status(200)["state"], "succeeded");
        }
        till.office
            .database
            .wait_until_zero("SELECT count(*) FROM orders WHERE state = 1");
        till.settle();
        // The first page is worth nothing any more.
        let book = till.provider.book().await;
        let first = book
            .iter()
            .find(|payment| payment["id"] == first.as_str())
            .expect("a payment");
        assert_eq!(first["status"], "canceled");
    }
    assert_eq!(
        till.office
            .database
            .number("SELECT count(*) FROM payments WHERE state = 3"),
        3
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_payments_at_once_take_money_once() {
    let till = Till::open().await;
    let show = till.office.show(json!({})).await;
    let (buyer, order) = till.order(&show, &["A-1-1"]).await;
    let keys = ["a", "b", "c", "d", "e"];
    let answers = join_all(keys.map(|key| pay(&buyer, &order, "stripe", "pm_card_visa", key))).await;
    let paid = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(paid, 1, "{answers:?}");
    assert!(
        answers
            .iter()
            .all(|answer| [200, 409].contains(&answer.status.as_u16()))
    );
    till.settle();
    assert_eq!((till.times("create").await, till.times("capture").await), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_in_the_last_instant_of_a_hold_is_all_or_nothing() {
    let till = Till::open().await;
    let show = till
        .office
        .show(json!({"hold_seconds": 1, "hold_grace_ms": 0}))
        .await;
    let mut buyers = Vec::new();
    for seat in 1..=10 {
        let (buyer, order) = till.order(&show, &[&format!("A-1-{seat}")]).await;
        buyers.push((buyer, order));
    }
    // Answers of the bank come around the end of the holds, before it and after it.
    let pays = buyers.iter().zip(0u64..).map(|((buyer, order), at)| {
        let till = &till;
        async move {
            let latency = json!({"call": "create", "fault": "latency", "latency_ms": 300 + 100 * at});
            till.provider.prepare(latency).await;
            pay(buyer, order, "stripe", "pm_card_visa", "k").await
        }
    });
    let answers = join_all(pays).await;
    // The slowest are carried out when nobody waits for them any more.
    let deadline = Instant::now() + PATIENCE;
    while till.times("create").await < till.office.database.number("SELECT count(*) FROM payments") {
        assert!(Instant::now() < deadline, "not all were carried out");
    }
    till.settle();
    for ((buyer, order), answer) in buyers.iter().zip(answers) {
        let path = format!("/v1/orders/{}", id(order));
        let state = buyer.get(&path).await.expect_status(200)["state"].clone();
        match answer.status.as_u16() {
            200 => assert_eq!(state, "paid"),
            409 => assert_eq!(state, "timed_out"),
            503 => {}
            other => panic!("{other}"),
        }
    }
    for payment in till.provider.book().await {
        let status = payment["status"].as_str().expect("a status");
        assert!(["succeeded", "canceled"].contains(&status), "{payment}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn starting_to_pay_keeps_a_hold_once_and_no_longer_than_the_window() {
    let till = Till::open().await;
    let show = till
        .office
        .show(json!({"hold_seconds": 1, "hold_grace_ms": 0, "payment_window_seconds": 4}))
        .await;
    let (buyer, order) = till.order(&show, &["A-1-1"]).await;
    let challenge = "pm_card_authenticationRequired";
    pay(&buyer, &order, "stripe", challenge, "k")
        .await
        .expect_status(202);
    let kept = "SELECT (extract(epoch FROM kept_until) * 1000000)::bigint FROM orders";
    let once = till.office.database.number(kept);
    let shown = "SELECT (extract(epoch FROM expires_at) * 1000000)::bigint FROM orders";
    let longer = once - till.office.database.number(shown);
    assert!((2_000_000..=4_000_000).contains(&longer), "{longer}");
    // Another card does not make it longer still.
    pay(&buyer, &order, "stripe", challenge, "k2")
        .await
        .expect_status(202);
    assert_eq!(till.office.database.number(kept), once);
    till.office.database.wait_until_zero(
        "SELECT count(*) FROM orders WHERE expires_at > clock_timestamp() - interval '200 milliseconds'",
    );
    assert_eq!(buyer.seat(&show, "A-1-1").await, "held");
    let extended = till.office.journal(&show).await;
    assert_eq!(
        extended
            .iter()
            .filter(|event| event["type"] == "extended")
            .count(),
        1
    );
    till.office
        .database
        .wait_until_zero("SELECT count(*) FROM orders WHERE kept_until > clock_timestamp()");
    let other = till.office.buyer().await;
    other.hold(&show, &["A-1-1"]).await.expect_status(201);
    till.settle();
    for payment in till.provider.book().await {
        assert_eq!(payment["status"], "canceled");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn late_money_is_honoured_where_the_show_does_so_and_the_seats_are_free() {
    let till = Till::open().await;
    let terms = json!({"hold_seconds": 1, "hold_grace_ms": 0, "late_payment": "honour_if_free"});
    let show = till.office.show(terms).await;
    let buyer = till.office.buyer().await;
    for (seats, rival) in [(["A-1-1", "A-1-2"], None), (["A-1-3", "A-1-4"], Some("A-1-4"))] {
        let order = buyer.hold(&show, &seats).await.expect_status(201);
        let answer = pay(
            &buyer,
            &order,
            "stripe",
            "pm_card_authenticationRequired",
            id(&order),
        )
        .await;
        let page = page_of(&answer.expect_status(202));
        till.office.database.wait_until_zero(
            "SELECT count(*) FROM orders WHERE state = 1 AND kept_until > clock_timestamp()",
        );
        // Nobody may have noticed that it lapsed, or someone else has the seats.
        if let Some(seat) = rival {
            let other = till.office.buyer().await;
            other.hold(&show, &[seat]).await.expect_status(201);
        }
        till.provider.approve(&page).await;
        let path = format!("/v1/orders/{}", id(&order));
        let deadline = Instant::now() + PATIENCE;
        loop {
            till.let_time_pass();
            let state = till
                .office
                .database
                .number("SELECT count(*) FROM payments WHERE state = 1");
            if state == 0 {
                break;
            }
            assert!(Instant::now() < deadline, "the payment does not end");
        }
        till.settle();
        let state = buyer.get(&path).await.expect_status(200);
        let again = pay(
            &buyer,
            &order,
            "stripe",
            "pm_card_authenticationRequired",
            id(&order),
        )
        .await;
        if rival.is_some() {
            assert_eq!(state["state"], "timed_out");
            again.expect_problem(409, "order_expired");
        } else {
            assert_eq!(
                (&state["state"], &state["seats"]),
                (&json!("paid"), &json!(seats))
            );
            assert_eq!(again.expect_status(200)["tickets"], state["tickets"]);
            assert_eq!(buyer.seat(&show, "A-1-1").await, "sold");
        }
    }
    let ended = "SELECT count(*) FROM payments WHERE state IN (3, 5)";
    assert_eq!(till.office.database.number(ended), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_given_up_for_another_says_so() {
    let till = Till::open().await;
    let show = till.office.show(json!({})).await;
    let (buyer, order) = till.order(&show, &["A-1-1"]).await;
    let challenge = "pm_card_authenticationRequired";
    pay(&buyer, &order, "stripe", challenge, "a")
        .await
        .expect_status(202);
    pay(&buyer, &order, "stripe", challenge, "b")
        .await
        .expect_status(202);
    pay(&buyer, &order, "stripe", challenge, "a")
        .await
        .expect_problem(409, "payment_given_up");
    // A third one that finds the second under way, and whose key is asked again.
    till.provider.fault("create", "stall_before").await;
    let third = buyer.clone();
    let held = order.clone();
    let asked = tokio::spawn(async move { pay(&third, &held, "stripe", "pm_card_visa", "c").await });
    till.provider.wait_until_stalled("create").await;
    pay(&buyer, &order, "stripe", "pm_card_visa", "d")
        .await
        .expect_problem(409, "payment_in_progress");
    till.provider.release().await;
    let paid = asked.await.expect("a task");
    assert!([200, 503].contains(&paid.status.as_u16()), "{paid:?}");
    let paid = pay_until_known(&buyer, &order, "pm_card_visa", "c").await;
    assert_eq!(paid.expect_status(200)["state"], "succeeded");
    // A key keeps its refusal, whatever has become of the order; a new one hears how it stands.
    pay(&buyer, &order, "stripe", "pm_card_visa", "d")
        .await
        .expect_problem(409, "payment_in_progress");
    pay(&buyer, &order, "stripe", challenge, "a")
        .await
        .expect_problem(409, "payment_given_up");
    pay(&buyer, &order, "stripe", "pm_card_visa", "e")
        .await
        .expect_problem(409, "order_paid");
    till.settle();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_key_many_times_at_once_pays_in_place_of_a_payment_that_waits() {
    let till = Till::open().await;
    let show = till.office.show(json!({})).await;
    let mut orders = Vec::new();
    for seat in 1..=10 {
        let (buyer, order) = till.order(&show, &[&format!("A-1-{seat}")]).await;
        pay(&buyer, &order, "stripe", "pm_card_authenticationRequired", "a")
            .await
            .expect_status(202);
        orders.push((buyer, order));
    }
    let all = orders.iter().map(|(buyer, order)| {
        join_all((0..8).map(move |_| pay(buyer, order, "stripe", "pm_card_visa", "b")))
    });
    for answers in join_all(all).await {
        let bodies: Vec<_> = answers
            .into_iter()
            .map(|answer| answer.expect_status(200))
            .collect();
        assert!(bodies.iter().all(|body| *body == bodies[0]), "{bodies:?}");
    }
    let captured = "SELECT count(*) - 10 FROM payments WHERE state IN (2, 3)";
    assert_eq!(till.office.database.number(captured), 0);
    till.settle();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_was_given_up_is_not_honoured() {
    let till = Till::open().await;
    let show = till.office.show(json!({"late_payment": "honour_if_free"})).await;
    till.provider.set_webhooks("lost").await;
    let (buyer, order) = till.order(&show, &["A-1-1"]).await;
    let page = page_of(
        &pay(&buyer, &order, "stripe", "pm_card_authenticationRequired", "k")
            .await
            .expect_status(202),
    );
    till.sql("UPDATE outbox SET due_at = clock_timestamp() + interval '1 hour'");
    till.provider.approve(&page).await;
    buyer
        .delete(&format!("/v1/orders/{}", id(&order)))
        .await
        .expect_status(200);
    till.settle();
    assert_eq!(till.only_payment().await["status"], "canceled");
    assert_eq!(buyer.seat(&show, "A-1-1").await, "free");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn waiting_for_the_buyer_is_no_failure() {
    let till = Till::with(&[("BOXOFFICE_OUTBOX_ATTEMPTS_MAX", "3")]).await;
    let show = till.office.show(json!({})).await;
    till.provider.set_webhooks("lost").await;
    let (buyer, order) = till.order(&show, &["A-1-1"]).await;
    let page = page_of(
        &pay(&buyer, &order, "stripe", "pm_card_authenticationRequired", "k")
            .await
            .expect_status(202),
    );
    let deadline = Instant::now() + PATIENCE;
    while till.times("retrieve").await < 8 {
        till.end_pauses();
        assert!(Instant::now() < deadline, "it is not looked after");
    }
    assert!(till.office.database.number("SELECT attempts FROM outbox") <= 1);
    till.provider.approve(&page).await;
    till.settle();
    assert_eq!(till.only_payment().await["status"], "succeeded");
}
