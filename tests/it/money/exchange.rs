//! Tickets given back for others: nobody loses the old ones without having the new ones, and money and seats agree.

use std::time::Instant;

use futures_util::future::join;
use serde_json::{Value, json};

use super::{Till, id, page_of, pay};
use crate::office::{Answer, Client, PATIENCE, Redis};

const PAGE: &str = "pm_card_authenticationRequired";

async fn exchange(who: &Client, order: &Value, wish: Value) -> Answer {
    who.post(&format!("/v1/orders/{}/exchange", id(order)), &wish)
        .await
}

async fn read(who: &Client, order: &Value) -> Value {
    who.get(&format!("/v1/orders/{}", id(order)))
        .await
        .expect_status(200)
}

async fn give_back(who: &Client, order: &Value) -> Value {
    let path = format!("/v1/orders/{}/refund", id(order));
    who.post(&path, &Value::Null).await.expect_status(200)
}

/// Where it stands, and the amounts of these members.
fn told<'a>(order: &'a Value, members: &[&str]) -> (&'a str, Vec<Option<i64>>) {
    let amount = |member: &&str| order[*member]["amount"].as_i64();
    let state = order["state"].as_str().expect("a state");
    (state, members.iter().map(amount).collect())
}

fn floor(places: u32) -> Value {
    json!({"zones": [{"zone": "Floor", "count": places}]})
}

impl Till {
    /// A new buyer with a paid order of these places, whose money is there.
    async fn sold(&self, show: &str, wish: Value) -> (Client, Value) {
        let buyer = self.office.buyer().await;
        let order = buyer.post(&format!("/v1/shows/{show}/orders"), &wish).await;
        let order = order.expect_status(201);
        let paid = pay(&buyer, &order, "stripe", "pm_card_visa", id(&order)).await;
        paid.expect_status(200);
        self.settle();
        let order = read(&buyer, &order).await;
        (buyer, order)
    }

    /// What the provider has taken and what of it went back, payment by payment; what was released is none.
    async fn takings(&self) -> Vec<(i64, i64)> {
        self.settle();
        let book = self.provider.book().await;
        let amount = |payment: &Value, member: &str| payment[member].as_i64().unwrap_or(0);
        let mut takings: Vec<_> = book
            .iter()
            .map(|payment| (amount(payment, "captured"), amount(payment, "refunded")))
            .filter(|(captured, _)| *captured > 0)
            .collect();
        takings.sort_unstable();
        takings
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dearer_equal_and_cheaper_places_cost_the_difference_and_all_of_it_goes_back() {
    let till = Till::open().await;
    let show = till.office.show(json!({"returns": "buyer"})).await;
    let (buyer, first) = till.sold(&show, floor(1)).await;
    let dearer = exchange(&buyer, &first, json!({"seats": ["A-1-1"]})).await;
    let dearer = dearer.expect_status(201);
    assert_eq!(
        told(&dearer, &["total", "due"]),
        ("held", vec![Some(5_000), Some(2_000)])
    );
    let ticket = &first["tickets"][0]["code"];
    let credit = json!({"amount": 3_000, "currency": "EUR"});
    assert_eq!(
        dearer["exchange"],
        json!({"order": first["id"], "tickets": [ticket], "credit": credit})
    );
    assert_eq!(read(&buyer, &first).await["state"], "paid");
    let paid = pay(&buyer, &dearer, "stripe", "pm_card_visa", "difference").await;
    let paid = paid.expect_status(200);
    assert_eq!(paid["amount"]["amount"], 2_000);
    let again = pay(&buyer, &dearer, "stripe", "pm_card_visa", "difference").await;
    assert_eq!(again.expect_status(200), paid);
    let old = read(&buyer, &first).await;
    assert_eq!(old["exchanged_for"], dearer["id"]);
    assert_eq!(told(&old, &["refunded"]), ("refunded", vec![Some(0)]));
    let now = read(&buyer, &dearer).await;
    assert_eq!(
        told(&now, &["total", "due"]),
        ("paid", vec![Some(5_000), Some(2_000)])
    );
    assert_eq!(now["tickets"], paid["tickets"]);
    assert_eq!(till.takings().await, [(2_000, 0), (3_000, 0)]);

    let equal = exchange(&buyer, &dearer, json!({"seats": ["A-1-2"]})).await;
    let equal = equal.expect_status(201);
    assert_eq!(told(&equal, &["due"]), ("paid", vec![Some(0)]));
    assert_eq!(buyer.seat(&show, "A-1-1").await, "free");
    assert_eq!(till.takings().await, [(2_000, 0), (3_000, 0)]);
    let cheaper = exchange(&buyer, &equal, json!({"zones": [{"zone": "Bar", "count": 1}]})).await;
    let cheaper = cheaper.expect_status(201);
    assert_eq!(told(&cheaper, &["due"]), ("paid", vec![Some(0)]));
    assert_eq!(cheaper["tickets"].as_array().map(Vec::len), Some(1));
    assert_eq!(
        told(&read(&buyer, &equal).await, &["refunded"]),
        ("refunded", vec![Some(2_000)])
    );
    let takings = till.takings().await;
    assert_eq!(
        takings.iter().map(|(_, back)| back).sum::<i64>(),
        2_000,
        "{takings:?}"
    );
    let dearest = exchange(&buyer, &cheaper, json!({"seats": ["A-1-3"]})).await;
    let dearest = dearest.expect_status(201);
    // Of this means of payment its provider is not told.
    let paid = pay(&buyer, &dearest, "sandbox", "card_ok", "at once").await;
    assert_eq!(paid.expect_status(200)["amount"]["amount"], 2_000);
    let whole = give_back(&buyer, &dearest).await;
    assert_eq!(told(&whole, &["refunded"]), ("refunded", vec![Some(5_000)]));
    assert_eq!(till.takings().await, [(2_000, 2_000), (3_000, 3_000)]);
    assert_eq!(buyer.seat(&show, "A-1-3").await, "free");
    let live = "SELECT count(*) FROM payments WHERE state NOT IN (5, 8)";
    assert_eq!(till.office.database.number(live), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_part_is_exchanged_and_each_order_keeps_its_money() {
    let till = Till::open().await;
    let show = till.office.show(json!({"returns": "buyer"})).await;
    let (buyer, order) = till.sold(&show, json!({"seats": ["A-1-1", "A-1-2"]})).await;
    let sales = async || {
        let sales = till
            .office
            .organiser()
            .get(&format!("/v1/shows/{show}/sales"))
            .await;
        let sales = sales.expect_status(200);
        ["sold", "returned"].map(|part| sales["total"][part]["total"]["amount"].clone())
    };
    let ticket = |order: &Value, at: usize| json!([order["tickets"][at]["code"]]);
    let mut wish = floor(1);
    wish["tickets"] = ticket(&order, 0);
    let cheaper = exchange(&buyer, &order, wish.clone()).await.expect_status(201);
    assert_eq!(told(&cheaper, &["due"]), ("paid", vec![Some(0)]));
    let old = read(&buyer, &order).await;
    assert_eq!(told(&old, &["refunded"]), ("paid", vec![Some(2_000)]));
    assert_eq!(old["seats"], json!(["A-1-2"]));
    exchange(&buyer, &order, wish)
        .await
        .expect_problem(409, "tickets_not_live");
    assert_eq!(till.takings().await, [(10_000, 2_000)]);
    // Places count at their prices, whoever has paid them.
    assert_eq!(sales().await, [json!(8_000), json!(5_000)]);
    // Two tickets of the old one's money for one seat: the difference is of another payment.
    let two = exchange(&buyer, &order, json!({"seats": ["B-1-1", "B-1-2"]})).await;
    let two = two.expect_status(201);
    pay(&buyer, &two, "stripe", "pm_card_visa", "two")
        .await
        .expect_status(200);
    assert_eq!(till.takings().await, [(5_000, 0), (10_000, 2_000)]);
    let path = format!("/v1/orders/{}/refund", id(&two));
    let two = read(&buyer, &two).await;
    let one = json!({"tickets": ticket(&two, 1)});
    let one = buyer.post(&path, &one).await.expect_status(200);
    assert_eq!(told(&one, &["refunded"]), ("paid", vec![Some(5_000)]));
    assert_eq!(
        till.takings().await,
        [(5_000, 5_000), (10_000, 2_000)],
        "its own payment first"
    );
    give_back(&buyer, &two).await;
    assert_eq!(
        told(&read(&buyer, &two).await, &["refunded"]),
        ("refunded", vec![Some(10_000)])
    );
    assert_eq!(till.takings().await, [(5_000, 5_000), (10_000, 7_000)]);
    give_back(&buyer, &cheaper).await;
    assert_eq!(till.takings().await, [(5_000, 5_000), (10_000, 10_000)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_can_t_be_had_or_may_not_be_given_changes_nothing() {
    let till = Till::open().await;
    let show = till
        .office
        .show(json!({"returns": "buyer", "session_places_max": 2}))
        .await;
    let (buyer, order) = till.sold(&show, json!({"seats": ["A-1-1", "A-1-2"]})).await;
    let other = till.office.buyer().await;
    let held = other.hold(&show, &["A-1-3"]).await.expect_status(201);
    let wish = |seats: &[&str]| json!({"seats": seats});
    let taken = exchange(&buyer, &order, wish(&["A-1-3", "A-1-4"])).await;
    assert_eq!(
        taken.expect_problem(409, "seats_taken")["seats"],
        json!(["A-1-3"])
    );
    // What is to be given back is still there.
    exchange(&buyer, &order, wish(&["A-1-1"]))
        .await
        .expect_problem(409, "seats_taken");
    exchange(&buyer, &order, wish(&["B-1-1", "B-1-2", "B-1-3"]))
        .await
        .expect_problem(409, "session_limit");
    let nothing = exchange(&buyer, &order, json!({})).await;
    nothing.expect_problem(422, "invalid");
    let unknown = json!({"seats": ["B-1-1"], "tickets": ["SAZJZ-WBYHS-TKHUE"]});
    let unknown = exchange(&buyer, &order, unknown)
        .await
        .expect_problem(422, "invalid");
    assert_eq!(unknown["field"], "/tickets/0");
    let zone = json!({"zones": [{"zone": "Nowhere", "count": 1}]});
    let zone = exchange(&buyer, &order, zone)
        .await
        .expect_problem(422, "invalid");
    assert_eq!(zone["field"], "/zones/0/zone");
    exchange(&other, &held, wish(&["B-1-1"]))
        .await
        .expect_problem(409, "order_not_paid");
    let now = read(&buyer, &order).await;
    assert_eq!(
        (&now["state"], &now["tickets"]),
        (&order["state"], &order["tickets"])
    );
    assert_eq!(till.office.database.number("SELECT count(*) FROM orders"), 2);
    // At the limit, as many places can be had as are given back.
    exchange(&buyer, &order, wish(&["B-1-1", "B-1-2"]))
        .await
        .expect_status(201);

    let show = till.office.show(json!({})).await;
    let (buyer, order) = till.sold(&show, floor(1)).await;
    let equal = json!({"zones": [{"zone": "Bar", "count": 1}]});
    exchange(&buyer, &order, equal.clone())
        .await
        .expect_problem(403, "forbidden");
    let organiser = till.office.organiser();
    let given = exchange(&organiser, &order, equal).await.expect_status(201);
    assert_eq!(
        read(&buyer, &given).await["state"],
        "paid",
        "it is still the buyer's"
    );
}

/// A held order that waits for the buyer's bank, in exchange for this one.
async fn waiting(buyer: &Client, order: &Value, seat: &str) -> (Value, String) {
    let held = exchange(buyer, order, json!({"seats": [seat]})).await;
    let held = held.expect_status(201);
    let answer = pay(buyer, &held, "stripe", PAGE, id(&held)).await;
    (held, page_of(&answer.expect_status(202)))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_pays_for_tickets_that_can_t_be_given_back_any_more() {
    let till = Till::open().await;
    let show = till.office.show(json!({"returns": "buyer"})).await;
    let organiser = till.office.organiser();
    let waits = "SELECT count(*) FROM payments WHERE state = 1";
    for (at, seat) in [(0, "A-1-1"), (1, "A-1-2"), (2, "A-1-3")] {
        let (buyer, order) = till.sold(&show, floor(1)).await;
        let (held, page) = waiting(&buyer, &order, seat).await;
        let code = order["tickets"][0]["code"].as_str().expect("a code");
        match at {
            0 => drop(
                organiser
                    .post(&format!("/v1/tickets/{code}/check-in"), &Value::Null)
                    .await
                    .expect_status(200),
            ),
            1 => drop(give_back(&buyer, &order).await),
            _ => {
                let other = json!({"zones": [{"zone": "Bar", "count": 1}]});
                exchange(&buyer, &order, other).await.expect_status(201);
            }
        }
        let before = read(&buyer, &order).await;
        till.provider.approve(&page).await;
        till.office.database.wait_until_zero(waits);
        assert_eq!(read(&buyer, &held).await["state"], "canceled");
        assert_eq!(buyer.seat(&show, seat).await, "free");
        let again = pay(&buyer, &held, "stripe", PAGE, id(&held)).await;
        again.expect_problem(409, "order_canceled");
        let after = read(&buyer, &order).await;
        assert_eq!(
            (&after["state"], &after["tickets"]),
            (&before["state"], &before["tickets"])
        );
        // Not even begun, where it is known before.
        let (buyer, order) = till.sold(&show, floor(1)).await;
        let held = exchange(&buyer, &order, json!({"seats": [seat]})).await;
        let held = held.expect_status(201);
        give_back(&buyer, &order).await;
        for (provider, card) in [("stripe", "pm_card_visa"), ("sandbox", "card_ok")] {
            let late = pay(&buyer, &held, provider, card, provider).await;
            late.expect_problem(409, "tickets_not_live");
        }
        let path = format!("/v1/orders/{}", id(&held));
        buyer.delete(&path).await.expect_status(200);
    }
    let taken: i64 = till.takings().await.iter().map(|(taken, _)| taken).sum();
    assert_eq!(taken, 6 * 3_000, "what is due was never taken");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_does_not_pay_keeps_the_old_tickets() {
    let till = Till::open().await;
    let terms =
        json!({"returns": "buyer", "hold_seconds": 1, "hold_grace_ms": 0, "late_payment": "honour_if_free"});
    let show = till.office.show(terms).await;
    let (buyer, order) = till.sold(&show, floor(1)).await;
    let (held, page) = waiting(&buyer, &order, "A-1-1").await;
    let live = "SELECT count(*) FROM orders WHERE state = 1 AND kept_until > clock_timestamp()";
    till.office.database.wait_until_zero(live);
    // Late money is never honoured: it would take tickets away that somebody may count on.
    till.provider.approve(&page).await;
    till.wait_for_zero("SELECT count(*) FROM payments WHERE state = 1");
    assert_eq!(read(&buyer, &held).await["state"], "timed_out");
    let now = read(&buyer, &order).await;
    assert_eq!(
        (&now["state"], &now["tickets"]),
        (&json!("paid"), &order["tickets"])
    );
    assert_eq!(till.takings().await, [(3_000, 0)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ticket_is_exchanged_once_however_often_it_is_asked_for() {
    let till = Till::on(2, Some(Redis::start()), &[]).await;
    let show = till.office.show(json!({"returns": "buyer"})).await;
    let (buyer, order) = till.sold(&show, json!({"seats": ["A-1-1"]})).await;
    let path = format!("/v1/orders/{}/exchange", id(&order));
    let there = buyer.at(till.office.nodes[1].url());
    let wish = |seat: &str| json!({"seats": [seat]});
    let (first, second) = (wish("A-1-2"), wish("A-1-3"));
    let (here, there) = join(
        buyer.post_with_key(&path, &first, "first"),
        there.post_with_key(&path, &second, "second"),
    )
    .await;
    let (won, lost, body, key) = match here.status.as_u16() {
        201 => (here, there, first, "first"),
        _ => (there, here, second, "second"),
    };
    let won = won.expect_status(201);
    lost.expect_problem(409, "order_refunded");
    for node in &till.office.nodes {
        let again = buyer.at(node.url()).post_with_key(&path, &body, key).await;
        assert_eq!(again.expect_status(201), won);
        let other = buyer
            .at(node.url())
            .post_with_key(&path, &wish("B-1-1"), key)
            .await;
        other.expect_problem(422, "idempotency_key_reused");
    }
    assert_eq!(till.takings().await, [(5_000, 0)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_canceled_show_gives_back_what_was_exchanged() {
    let till = Till::open().await;
    let show = till.office.show(json!({"returns": "buyer"})).await;
    let (buyer, order) = till.sold(&show, floor(2)).await;
    let one = json!({"seats": ["A-1-1"], "tickets": [order["tickets"][0]["code"]]});
    let dearer = exchange(&buyer, &order, one).await.expect_status(201);
    pay(&buyer, &dearer, "stripe", "pm_card_visa", "k")
        .await
        .expect_status(200);
    till.settle();
    // Another one waits, and is given up with the show.
    exchange(&buyer, &order, json!({"seats": ["A-1-2"]}))
        .await
        .expect_status(201);
    let cancellation = format!("/v1/shows/{show}/cancellation");
    let organiser = till.office.organiser();
    organiser
        .post(&cancellation, &Value::Null)
        .await
        .expect_status(202);
    let begin = Instant::now();
    while organiser.get(&cancellation).await.expect_status(200)["finished_at"].is_null() {
        assert!(begin.elapsed() < PATIENCE, "the cancellation does not end");
    }
    assert_eq!(till.takings().await, [(2_000, 2_000), (6_000, 6_000)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_whose_money_all_went_back_at_the_provider_gives_its_places_back() {
    let till = Till::open().await;
    let show = till.office.show(json!({"returns": "buyer"})).await;
    let (buyer, order) = till.sold(&show, floor(1)).await;
    let dearer = exchange(&buyer, &order, json!({"seats": ["A-1-1"]})).await;
    let dearer = dearer.expect_status(201);
    pay(&buyer, &dearer, "stripe", "pm_card_visa", "k")
        .await
        .expect_status(200);
    till.settle();
    let book = till.provider.book().await;
    let intent = |amount: i64| {
        let payment = book.iter().find(|payment| payment["captured"] == amount);
        let payment = payment.expect("a payment");
        payment["id"].as_str().expect("an id").to_owned()
    };
    till.provider.refund(&intent(2_000), None).await;
    let back = "SELECT count(*) - 1 FROM refunds WHERE reference IS NOT NULL";
    till.office.database.wait_until_zero(back);
    assert_eq!(
        read(&buyer, &dearer).await["state"],
        "paid",
        "some of it is there"
    );
    till.provider.refund(&intent(3_000), None).await;
    till.office
        .database
        .wait_until_zero("SELECT count(*) FROM orders WHERE state <> 5");
    assert_eq!(buyer.seat(&show, "A-1-1").await, "free");
    assert_eq!(till.takings().await, [(2_000, 2_000), (3_000, 3_000)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tickets_for_which_disputed_ones_were_given_open_no_door() {
    let till = Till::open().await;
    let show = till.office.show(json!({"returns": "buyer"})).await;
    let (buyer, order) = till.sold(&show, json!({"seats": ["A-1-1"]})).await;
    let other = exchange(&buyer, &order, json!({"seats": ["A-1-2"]})).await;
    let other = other.expect_status(201);
    let intent = till.only_payment().await["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    till.provider.dispute(&intent).await;
    let open = "SELECT count(*) FROM disputes WHERE state = 1";
    till.office.database.wait_until(open, 1).await;
    let organiser = till.office.organiser();
    let code = other["tickets"][0]["code"].as_str().expect("a code");
    let path = format!("/v1/tickets/{code}/check-in");
    organiser
        .post(&path, &Value::Null)
        .await
        .expect_problem(409, "payment_disputed");
    let scans = json!({"check_ins": [{"code": code, "device": "gate", "nonce": "1"}]});
    let path = format!("/v1/shows/{show}/check-ins");
    let scanned = organiser.post(&path, &scans).await.expect_status(200);
    assert_eq!(scanned["check_ins"][0]["reason"], "payment_disputed", "{scanned}");
    // And they are worth nothing.
    let again = exchange(&buyer, &other, json!({"seats": ["A-1-3"]})).await;
    let again = again.expect_status(201);
    assert_eq!(told(&again, &["due"]), ("held", vec![Some(5_000)]));
    till.settle();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_sold_at_the_counter_is_exchanged_there_for_what_costs_no_more() {
    let till = Till::open().await;
    let show = till.office.show(json!({"returns": "buyer"})).await;
    let organiser = till.office.organiser();
    let sell =
        json!({"seats": ["A-1-1"], "paid_with": "cash", "buyer": {"name": "Ada"}, "metadata": {"till": "2"}});
    let path = format!("/v1/shows/{show}/box-office/orders");
    let order = organiser.post(&path, &sell).await.expect_status(201);
    let dearer = exchange(&organiser, &order, json!({"seats": ["A-1-2", "A-1-3"]})).await;
    dearer.expect_problem(409, "exchange_not_payable");
    let cheaper = exchange(&organiser, &order, floor(1)).await.expect_status(201);
    assert_eq!(
        told(&cheaper, &["total", "due"]),
        ("paid", vec![Some(3_000), Some(0)])
    );
    assert_eq!(
        (&cheaper["buyer"], &cheaper["metadata"]),
        (&sell["buyer"], &sell["metadata"])
    );
    let dearer = exchange(&organiser, &cheaper, json!({"seats": ["A-1-2"]})).await;
    dearer.expect_problem(409, "exchange_not_payable");
    let gift = json!({"seats": ["B-1-1"], "paid_with": "comp"});
    let gift = organiser.post(&path, &gift).await.expect_status(201);
    let dearer = exchange(&organiser, &gift, json!({"seats": ["B-1-2"]})).await;
    dearer.expect_problem(409, "exchange_not_payable");
    let last = give_back(&organiser, &cheaper).await;
    assert_eq!(told(&last, &["refunded"]), ("refunded", vec![Some(3_000)]));
}
