//! Promise 4: money and seats agree.

use std::time::Instant;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::office::{Client, PATIENCE, Redis, TestOffice};

fn id(order: &Value) -> &str {
    order["id"].as_str().expect("an id")
}

async fn pay_with_key(buyer: &Client, order: &Value, card: &str, key: &str) -> crate::office::Answer {
    let body = json!({"provider": "sandbox", "payment_method": card});
    buyer
        .post_with_key(&format!("/v1/orders/{}/payments", id(order)), &body, key)
        .await
}

#[tokio::test]
async fn a_paid_order_has_tickets_that_are_used_once() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    let wish = json!({"seats": ["A-1-1", "A-1-2"], "zones": [{"zone": "Floor", "count": 1}]});
    let order = buyer
        .post(&format!("/v1/shows/{show}/orders"), &wish)
        .await
        .expect_status(201);
    let path = format!("/v1/orders/{}", id(&order));
    buyer
        .get(&format!("{path}/tickets"))
        .await
        .expect_problem(409, "order_not_paid");
    let paid = buyer.pay(id(&order), "card_ok").await.expect_status(200);
    assert_eq!(
        (&paid["state"], paid["tickets"].as_array().map(Vec::len)),
        (&json!("succeeded"), Some(3))
    );
    assert_eq!(buyer.seat(&show, "A-1-1").await, "sold");
    buyer.delete(&path).await.expect_problem(409, "order_paid");
    buyer
        .pay(id(&order), "card_ok")
        .await
        .expect_problem(409, "order_paid");

    let tickets = buyer.get(&format!("{path}/tickets")).await.expect_status(200);
    assert!(
        tickets["tickets"][0]["qr"]
            .as_str()
            .is_some_and(|qr| qr.contains("<svg"))
    );
    let code = tickets["tickets"][1]["code"].as_str().expect("a code");
    assert_eq!(tickets["tickets"][1]["code"], paid["tickets"][1]["code"]);
    let check_in = format!("/v1/tickets/{code}/check-in");
    buyer
        .post(&check_in, &json!(null))
        .await
        .expect_problem(403, "forbidden");
    assert_eq!(
        office
            .organiser()
            .post(&check_in, &json!(null))
            .await
            .expect_status(200)["seat"],
        "A-1-2"
    );
    office
        .organiser()
        .post(&check_in, &json!(null))
        .await
        .expect_problem(409, "already_checked_in");
    let made_up = "/v1/tickets/AAAAA-AAAAA-AAAAA/check-in";
    office
        .organiser()
        .post(made_up, &json!(null))
        .await
        .expect_problem(404, "not_found");
    let tickets = buyer.get(&format!("{path}/tickets")).await.expect_status(200);
    assert_eq!(tickets["tickets"][1]["checked_in"], true);
}

#[tokio::test]
async fn a_declined_payment_leaves_the_hold() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    let order = buyer.hold(&show, &["A-1-1"]).await.expect_status(201);
    pay_with_key(&buyer, &order, "card_declined", "k")
        .await
        .expect_problem(402, "payment_declined");
    pay_with_key(&buyer, &order, "card_declined", "k")
        .await
        .expect_problem(402, "payment_declined");
    assert_eq!(buyer.seat(&show, "A-1-1").await, "held");
    buyer.pay(id(&order), "card_ok").await.expect_status(200);
    let body = json!({"provider": "sandbox", "payment_method": "card\u{0}"});
    let problem = buyer
        .post(&format!("/v1/orders/{}/payments", id(&order)), &body)
        .await;
    assert_eq!(problem.expect_problem(422, "invalid")["field"], "/payment_method");
    let body = json!({"provider": "bank", "payment_method": "x"});
    let problem = buyer
        .post(&format!("/v1/orders/{}/payments", id(&order)), &body)
        .await;
    assert_eq!(problem.expect_problem(422, "invalid")["field"], "/provider");
}

#[tokio::test]
async fn an_order_paid_many_times_at_once_is_charged_once() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    let order = buyer.hold(&show, &["A-1-1"]).await.expect_status(201);
    let answers = join_all((0..10).map(|_| buyer.pay(id(&order), "card_slow"))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    for answer in answers.into_iter().filter(|answer| answer.status != 200) {
        answer.expect_problem(409, "payment_in_progress");
    }
    office.database.wait_until_zero("SELECT count(*) FROM outbox");
    assert_eq!(
        office
            .database
            .number("SELECT count(*) FROM payments WHERE state = 3"),
        1
    );
    assert_eq!(office.database.number("SELECT count(*) FROM payments"), 1);
}

#[tokio::test]
async fn one_key_at_once_pays_once_and_says_so_each_time() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    let order = buyer.hold(&show, &["A-1-1"]).await.expect_status(201);
    let answers = join_all((0..5).map(|_| pay_with_key(&buyer, &order, "card_slow", "k"))).await;
    for answer in answers {
        assert_eq!(answer.expect_status(200)["state"], "succeeded");
    }
    assert_eq!(office.database.number("SELECT count(*) FROM payments"), 1);
}

#[tokio::test]
async fn the_same_key_gets_the_same_answer_whatever_has_happened_since() {
    let office = TestOffice::start().await;
    let show = office.show(json!({"returns": "buyer"})).await;
    let buyer = office.buyer().await;
    for card in ["card_ok", "card_slow"] {
        let order = buyer.hold(&show, &["A-1-1"]).await.expect_status(201);
        let paid = pay_with_key(&buyer, &order, card, card).await.expect_status(200);
        assert_eq!((&paid["order"], &paid["amount"]), (&order["id"], &order["total"]));
        let refund = format!("/v1/orders/{}/refund", id(&order));
        buyer.post(&refund, &json!(null)).await.expect_status(200);
        let again = pay_with_key(&buyer, &order, card, card).await.expect_status(200);
        assert_eq!(again, paid, "{card}");
    }
}

/// The offset of a show's only `paid` event.
async fn paid_offset(office: &TestOffice, show: &str) -> Value {
    let journal = office.journal(show).await;
    let mut paid = journal.iter().filter(|event| event["type"] == "paid");
    let offset = paid.next().expect("a paid event")["offset"].clone();
    assert!(paid.next().is_none());
    offset
}

#[tokio::test]
async fn one_key_has_one_answer_on_every_node_at_once_and_later() {
    let office = TestOffice::with(2, Some(Redis::start()), &[]).await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    let order = buyer.hold(&show, &["A-1-1"]).await.expect_status(201);
    let clients = [0, 1, 0, 1, 0, 1].map(|node: usize| buyer.at(office.nodes[node].url()));
    let other = office.buyer().await;
    let (answers, ()) = tokio::join!(
        join_all(
            clients
                .iter()
                .map(|client| pay_with_key(client, &order, "card_slow", "k"))
        ),
        async {
            // Events that have nothing to do with it, before and after it is paid.
            while office
                .database
                .number("SELECT count(*) FROM orders WHERE state = 2")
                == 0
            {
                let held = other.hold(&show, &["A-1-2"]).await.expect_status(201);
                let path = format!("/v1/orders/{}", id(&held));
                other.delete(&path).await.expect_status(200);
            }
            for _ in 0..20 {
                let held = other.hold(&show, &["A-1-2"]).await.expect_status(201);
                let path = format!("/v1/orders/{}", id(&held));
                other.delete(&path).await.expect_status(200);
            }
        }
    );
    let expected = paid_offset(&office, &show).await;
    let again = join_all(
        clients
            .iter()
            .map(|client| pay_with_key(client, &order, "card_slow", "k")),
    )
    .await;
    for answer in answers.into_iter().chain(again) {
        assert_eq!(answer.expect_status(200)["journal_offset"], expected);
    }
}

#[tokio::test]
async fn a_payment_that_the_outbox_ends_answers_with_its_own_event() {
    let office = TestOffice::with(1, None, &[("BOXOFFICE_RESOLVE_SECONDS", "1")]).await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    let order = buyer.hold(&show, &["A-1-1"]).await.expect_status(201);
    pay_with_key(&buyer, &order, "card_error_after_effect", "k")
        .await
        .expect_problem(503, "outcome_unknown");
    office
        .database
        .wait_until_zero("SELECT count(*) FROM orders WHERE state = 1");
    buyer.hold(&show, &["A-1-2"]).await.expect_status(201);
    let expected = paid_offset(&office, &show).await;
    for _ in 0..2 {
        let answer = pay_with_key(&buyer, &order, "card_error_after_effect", "k").await;
        assert_eq!(answer.expect_status(200)["journal_offset"], expected);
    }
}

#[tokio::test]
async fn an_order_is_paid_by_its_own_session_alone() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let (buyer, other) = (office.buyer().await, office.buyer().await);
    let order = buyer.hold(&show, &["A-1-1"]).await.expect_status(201);
    for card in ["card_ok", "card_slow"] {
        other.pay(id(&order), card).await.expect_problem(404, "not_found");
    }
    assert_eq!(buyer.seat(&show, "A-1-1").await, "held");
    assert_eq!(office.database.number("SELECT count(*) FROM payments"), 0);
}

#[tokio::test]
async fn a_payment_under_way_keeps_one_at_once_out() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    let order = buyer.hold(&show, &["A-1-1"]).await.expect_status(201);
    let (slow, ()) = tokio::join!(buyer.pay(id(&order), "card_slow"), async {
        let deadline = Instant::now() + PATIENCE;
        while office.database.number("SELECT count(*) FROM payments") == 0 {
            assert!(Instant::now() < deadline, "the payment never began");
            tokio::task::yield_now().await;
        }
        let second = buyer.pay(id(&order), "card_ok").await;
        second.expect_problem(409, "payment_in_progress");
    });
    assert_eq!(slow.expect_status(200)["state"], "succeeded");
    assert_eq!(office.database.number("SELECT count(*) FROM payments"), 1);
}

#[tokio::test]
async fn money_that_comes_too_late_goes_back() {
    let office = TestOffice::start().await;
    let show = office.show(json!({"hold_seconds": 1})).await;
    let (late, quick) = (office.buyer().await, office.buyer().await);
    let order = late.hold(&show, &["A-1-1"]).await.expect_status(201);
    let (paid, ()) = tokio::join!(pay_with_key(&late, &order, "card_late", "k"), async {
        let deadline = Instant::now() + PATIENCE;
        while quick.hold(&show, &["A-1-1"]).await.status != 201 {
            assert!(Instant::now() < deadline, "the hold never lapsed");
        }
    });
    paid.expect_problem(409, "order_expired");
    pay_with_key(&late, &order, "card_late", "k")
        .await
        .expect_problem(409, "order_expired");
    let state = late
        .get(&format!("/v1/orders/{}", id(&order)))
        .await
        .expect_status(200);
    assert_eq!(state["state"], "timed_out");
    office.database.wait_until_zero("SELECT count(*) FROM outbox");
    assert_eq!(
        office
            .database
            .number("SELECT count(*) FROM payments WHERE state = 5"),
        1
    );
}

#[tokio::test]
async fn a_lost_answer_is_unknown_and_the_same_key_resolves_it() {
    let office = TestOffice::with(1, None, &[("BOXOFFICE_RESOLVE_SECONDS", "1")]).await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    let order = buyer.hold(&show, &["A-1-1"]).await.expect_status(201);
    pay_with_key(&buyer, &order, "card_error_after_effect", "k")
        .await
        .expect_problem(503, "outcome_unknown");
    let answer = pay_with_key(&buyer, &order, "card_error_after_effect", "k").await;
    assert_eq!(answer.expect_status(200)["state"], "succeeded");
    office.database.wait_until_zero("SELECT count(*) FROM outbox");
    assert_eq!(
        office
            .database
            .number("SELECT count(*) FROM payments WHERE state = 3"),
        1
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_whose_node_died_is_finished_by_the_next() {
    let mut office = TestOffice::with(
        1,
        None,
        &[
            ("BOXOFFICE_RESOLVE_SECONDS", "1"),
            ("BOXOFFICE_PROVIDER_SECONDS_MAX", "3"),
        ],
    )
    .await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    let order = buyer.hold(&show, &["A-1-1"]).await.expect_status(201);
    let (client, held) = (buyer.clone(), order.clone());
    let paying = tokio::spawn(async move {
        let body = json!({"provider": "sandbox", "payment_method": "card_slow"});
        client
            .try_post_with_key(&format!("/v1/orders/{}/payments", id(&held)), &body, "k")
            .await
            .is_some()
    });
    office
        .database
        .wait_until_zero("SELECT (count(*) = 0)::int FROM payments WHERE state = 1");
    office.nodes.remove(0).kill().await;
    assert!(
        !paying.await.expect("a task"),
        "the node answered though it was killed"
    );
    office.add_node().await;
    let buyer = buyer.at(office.nodes[0].url());
    let answer = pay_with_key(&buyer, &order, "card_slow", "k")
        .await
        .expect_status(200);
    assert_eq!(
        (&answer["state"], answer["tickets"].as_array().map(Vec::len)),
        (&json!("succeeded"), Some(1))
    );
}

#[tokio::test]
async fn returned_tickets_free_the_seats_and_give_the_money_back() {
    let office = TestOffice::start().await;
    let show = office.show(json!({"returns": "buyer"})).await;
    let strict = office.show(json!({})).await;
    let buyer = office.buyer().await;
    let order = buyer.hold(&show, &["A-1-1"]).await.expect_status(201);
    let refund = format!("/v1/orders/{}/refund", id(&order));
    buyer
        .post(&refund, &json!(null))
        .await
        .expect_problem(409, "order_not_paid");
    let paid = buyer.pay(id(&order), "card_ok").await.expect_status(200);
    assert_eq!(
        buyer.post(&refund, &json!(null)).await.expect_status(200)["state"],
        "refunded"
    );
    assert_eq!(
        buyer.post(&refund, &json!(null)).await.expect_status(200)["state"],
        "refunded"
    );
    assert_eq!(buyer.seat(&show, "A-1-1").await, "free");
    let code = paid["tickets"][0]["code"].as_str().expect("a code");
    let check_in = office
        .organiser()
        .post(&format!("/v1/tickets/{code}/check-in"), &json!(null))
        .await;
    check_in.expect_problem(409, "order_refunded");
    office.database.wait_until_zero("SELECT count(*) FROM outbox");
    assert_eq!(
        office
            .database
            .number("SELECT count(*) FROM payments WHERE state IN (5, 8)"),
        1
    );

    let order = buyer.hold(&strict, &["A-1-1"]).await.expect_status(201);
    buyer.pay(id(&order), "card_ok").await.expect_status(200);
    let refund = format!("/v1/orders/{}/refund", id(&order));
    buyer
        .post(&refund, &json!(null))
        .await
        .expect_problem(403, "forbidden");
    office
        .organiser()
        .post(&refund, &json!(null))
        .await
        .expect_status(200);
}

#[tokio::test]
async fn money_that_was_settled_at_once_is_two_entries_there_and_back() {
    let office = TestOffice::start().await;
    let show = office.show(json!({"returns": "buyer"})).await;
    let buyer = office.buyer().await;
    let order = buyer.hold(&show, &["A-1-1"]).await.expect_status(201);
    buyer.pay(id(&order), "card_ok").await.expect_status(200);
    let entries = |which: &str| {
        let query = format!("SELECT count(*) FROM ledger WHERE {which} AND amount > 0");
        office.database.number(&query)
    };
    assert_eq!(entries("debit = 'provider' AND credit = 'buyer'"), 1);
    assert_eq!(entries("true"), 1);
    let refund = format!("/v1/orders/{}/refund", id(&order));
    buyer.post(&refund, &json!(null)).await.expect_status(200);
    office.database.wait_until_zero("SELECT count(*) FROM outbox");
    assert_eq!(entries("debit = 'buyer' AND credit = 'provider'"), 1);
    assert_eq!(entries("true"), 2);
}

#[tokio::test]
async fn a_payment_can_be_looked_at_by_those_who_may_see_its_order() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    let order = buyer.hold(&show, &["A-1-1"]).await.expect_status(201);
    let path = format!("/v1/orders/{}", id(&order));
    assert!(
        buyer
            .get(&path)
            .await
            .expect_status(200)
            .get("last_payment")
            .is_none()
    );
    let refused = buyer.pay(id(&order), "card_declined").await;
    let refused = refused.expect_problem(402, "payment_declined");
    assert_eq!(refused["decline_code"], "card_declined");
    let at = |payment: &Value| format!("{path}/payments/{}", payment.as_str().expect("an id"));
    let declined = buyer.get(&at(&refused["payment"])).await.expect_status(200);
    assert_eq!(
        (
            &declined["state"],
            &declined["decline_code"],
            &declined["decline_reason"]
        ),
        (&json!("declined"), &json!("card_declined"), &refused["detail"])
    );
    assert_eq!(
        buyer.get(&path).await.expect_status(200)["last_payment"],
        declined
    );
    let paid = buyer.pay(id(&order), "card_ok").await.expect_status(200);
    let good = buyer.get(&at(&paid["id"])).await.expect_status(200);
    for field in ["id", "order", "state", "provider", "amount", "test"] {
        assert_eq!(good[field], paid[field], "{field}");
    }
    assert_eq!(buyer.get(&path).await.expect_status(200)["last_payment"], good);
    assert_eq!(
        office.organiser().get(&at(&paid["id"])).await.expect_status(200),
        good
    );
    let other = office.buyer().await;
    other.get(&at(&paid["id"])).await.expect_problem(404, "not_found");
    let others = other.hold(&show, &["A-1-2"]).await.expect_status(201);
    let of_another = format!(
        "/v1/orders/{}/payments/{}",
        id(&others),
        paid["id"].as_str().expect("an id")
    );
    other.get(&of_another).await.expect_problem(404, "not_found");
    for odd in ["x", "00000000-0000-0000-0000-000000000000"] {
        buyer.get(&at(&json!(odd))).await.expect_problem(404, "not_found");
    }
    let refund = format!("{path}/refund");
    office
        .organiser()
        .post(&refund, &json!(null))
        .await
        .expect_status(200);
    let back = buyer.get(&at(&paid["id"])).await.expect_status(200);
    assert_eq!(
        (&back["state"], &back["refunded"]),
        (&json!("succeeded"), &paid["amount"])
    );
}
