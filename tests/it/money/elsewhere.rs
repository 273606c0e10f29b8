//! What somebody does at the provider, without the office: refunds and disputes.

use serde_json::{Value, json};

use super::{Till, id, pay};
use crate::office::{Client, Redis};

/// A paid order: its buyer, the order as it is read, and the provider's name for its payment.
struct Sold {
    buyer: Client,
    path: String,
    intent: String,
    tickets: Vec<String>,
}

impl Sold {
    async fn at(till: &Till, show: &str, seats: &[&str]) -> Self {
        let (buyer, order) = till.order(show, seats).await;
        let paid = pay(&buyer, &order, "stripe", "pm_card_visa", id(&order)).await;
        let paid = paid.expect_status(200);
        till.settle();
        let payment = till.provider.payment(paid["id"].as_str().expect("an id")).await;
        let tickets = paid["tickets"].as_array().expect("tickets").iter();
        Self {
            path: format!("/v1/orders/{}", id(&order)),
            buyer,
            intent: payment["id"].as_str().expect("an id").to_owned(),
            tickets: tickets
                .map(|ticket| ticket["code"].as_str().expect("a code").to_owned())
                .collect(),
        }
    }

    async fn read(&self) -> Value {
        self.buyer.get(&self.path).await.expect_status(200)
    }

    /// Its state and what went back, as the buyer is told.
    async fn stands(&self) -> (Value, Value) {
        let order = self.read().await;
        assert_eq!(order["refunded"], order["last_payment"]["refunded"]);
        (order["state"].clone(), order["refunded"]["amount"].clone())
    }
}

impl Till {
    /// Waits until the office has written down that so much went back of all payments.
    async fn wait_until_back(&self, amount: i64) {
        let sum = "SELECT coalesce(sum(amount), 0)::bigint FROM ledger WHERE entry = 'refunded'";
        self.office.database.wait_until(sum, amount).await;
    }

    async fn scan(&self, ticket: &str) -> crate::office::Answer {
        let path = format!("/v1/tickets/{ticket}/check-in");
        self.office.organiser().post(&path, &Value::Null).await
    }

    async fn back_at_the_provider(&self) -> Value {
        self.provider.book().await[0]["refunded"].clone()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_part_that_went_back_at_the_provider_is_told_and_the_rest_goes_back_later() {
    let till = Till::open().await;
    let show = till.office.show(json!({})).await;
    let sold = Sold::at(&till, &show, &["A-1-1"]).await;
    till.provider.refund(&sold.intent, Some(500)).await;
    till.wait_until_back(500).await;
    assert_eq!(sold.stands().await, (json!("paid"), json!(500)));
    assert_eq!(sold.buyer.seat(&show, "A-1-1").await, "sold");
    let whole = till.office.organiser();
    let whole = whole.post(&format!("{}/refund", sold.path), &Value::Null).await;
    let whole = whole.expect_status(200);
    assert_eq!(
        (&whole["state"], &whole["refunded"]["amount"]),
        (&json!("refunded"), &json!(5_000))
    );
    till.settle();
    assert_eq!(sold.stands().await, (json!("refunded"), json!(5_000)));
    assert_eq!(till.back_at_the_provider().await, 5_000);
    assert_eq!(till.times("refund").await, 2, "none was refused");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tickets_that_are_given_back_after_a_part_went_back_get_what_is_left() {
    let till = Till::open().await;
    let show = till.office.show(json!({})).await;
    let sold = Sold::at(&till, &show, &["A-1-1", "A-1-2"]).await;
    till.provider.refund(&sold.intent, Some(7_000)).await;
    till.wait_until_back(7_000).await;
    let path = format!("{}/refund", sold.path);
    let one = json!({"tickets": [sold.tickets[0]]});
    let organiser = till.office.organiser();
    let answer = organiser.post_with_key(&path, &one, "k").await.expect_status(200);
    assert_eq!(
        (&answer["state"], &answer["refunded"]["amount"]),
        (&json!("paid"), &json!(10_000))
    );
    till.settle();
    assert_eq!(sold.stands().await, (json!("paid"), json!(10_000)));
    let last = organiser.post(&path, &Value::Null).await.expect_status(200);
    assert_eq!(last["state"], "refunded");
    till.settle();
    assert_eq!(till.back_at_the_provider().await, 10_000);
    let again = organiser.post_with_key(&path, &one, "k").await;
    assert_eq!(again.expect_status(200), answer);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_whose_money_all_went_back_gives_its_places_back() {
    for redis in [None, Some(Redis::start())] {
        let till = Till::on(1, redis, &[]).await;
        let show = till.office.show(json!({})).await;
        let sold = Sold::at(&till, &show, &["A-1-1", "A-1-2"]).await;
        till.provider.refund(&sold.intent, Some(4_000)).await;
        till.provider.refund(&sold.intent, None).await;
        till.office
            .database
            .wait_until_zero("SELECT count(*) FROM orders WHERE state <> 5");
        assert_eq!(sold.stands().await, (json!("refunded"), json!(10_000)));
        assert_eq!(sold.buyer.seat(&show, "A-1-1").await, "free");
        till.scan(&sold.tickets[0])
            .await
            .expect_problem(409, "order_refunded");
        let journal = till.office.journal(&show).await;
        assert_eq!(journal.last().expect("an event")["type"], "returned");
        till.settle();
        assert_eq!(
            till.times("refund").await,
            2,
            "the office gave nothing back itself"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_used_ticket_stays_used_whatever_went_back() {
    let till = Till::open().await;
    let show = till.office.show(json!({})).await;
    let sold = Sold::at(&till, &show, &["A-1-1", "A-1-2"]).await;
    till.scan(&sold.tickets[0]).await.expect_status(200);
    till.provider.refund(&sold.intent, None).await;
    till.office
        .database
        .wait_until_zero("SELECT count(*) FROM orders WHERE cardinality(returned_tickets) <> 1");
    assert_eq!(sold.stands().await, (json!("paid"), json!(10_000)));
    assert_eq!(sold.buyer.seat(&show, "A-1-1").await, "sold");
    assert_eq!(sold.buyer.seat(&show, "A-1-2").await, "free");
    till.scan(&sold.tickets[1])
        .await
        .expect_problem(409, "order_refunded");
    till.settle();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refund_for_which_too_little_is_left_gives_what_is_left() {
    let till = Till::open().await;
    let show = till.office.show(json!({})).await;
    let sold = Sold::at(&till, &show, &["A-1-1"]).await;
    // The office hears of it only when the provider refuses its own refund.
    till.provider.set_webhooks("lost").await;
    till.provider.refund(&sold.intent, Some(1_200)).await;
    let path = format!("{}/refund", sold.path);
    let whole = till.office.organiser().post(&path, &Value::Null).await;
    assert_eq!(whole.expect_status(200)["state"], "refunded");
    till.settle();
    assert_eq!(till.back_at_the_provider().await, 5_000);
    assert_eq!(sold.stands().await, (json!("refunded"), json!(5_000)));
    let own = "SELECT count(*) FROM refunds WHERE reference IS NULL AND amount <> 3800";
    assert_eq!(till.office.database.number(own), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refund_is_given_up_in_peace_if_all_went_back_at_the_provider() {
    let till = Till::open().await;
    let show = till.office.show(json!({})).await;
    let sold = Sold::at(&till, &show, &["A-1-1"]).await;
    till.provider.set_webhooks("lost").await;
    till.provider.refund(&sold.intent, None).await;
    let path = format!("{}/refund", sold.path);
    let whole = till.office.organiser().post(&path, &Value::Null).await;
    whole.expect_status(200);
    till.settle();
    let dead = "SELECT count(*) FROM outbox";
    assert_eq!(till.office.database.number(dead), 0);
    assert_eq!(till.back_at_the_provider().await, 5_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reconciling_takes_in_what_no_notice_told() {
    let till = Till::open().await;
    let show = till.office.show(json!({})).await;
    let refunded = Sold::at(&till, &show, &["A-1-1"]).await;
    let disputed = Sold::at(&till, &show, &["A-2-1"]).await;
    till.provider.set_webhooks("lost").await;
    till.provider.refund(&refunded.intent, None).await;
    till.provider.dispute(&disputed.intent).await;
    till.settle();
    assert_eq!(refunded.read().await["state"], "refunded");
    assert_eq!(disputed.read().await["last_payment"]["dispute"]["state"], "open");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tickets_of_a_disputed_payment_open_no_door_until_it_is_won() {
    let till = Till::open().await;
    let show = till.office.show(json!({})).await;
    let sold = Sold::at(&till, &show, &["A-1-1"]).await;
    let dispute = till.provider.dispute(&sold.intent).await;
    let open = "SELECT count(*) FROM disputes WHERE state = 1";
    till.office.database.wait_until(open, 1).await;
    let order = sold.read().await;
    let told = json!({"state": "open", "amount": {"amount": 5_000, "currency": "EUR"}});
    assert_eq!(
        (&order["state"], &order["last_payment"]["dispute"]),
        (&json!("paid"), &told)
    );
    till.scan(&sold.tickets[0])
        .await
        .expect_problem(409, "payment_disputed");
    till.settle();
    assert!(till.office.metrics(0).await.contains("boxoffice_disputes_total"));
    till.provider.close_dispute(&dispute, "won").await;
    till.office
        .database
        .wait_until("SELECT count(*) FROM disputes WHERE state = 2", 1)
        .await;
    till.scan(&sold.tickets[0]).await.expect_status(200);
    assert_eq!(sold.read().await["last_payment"]["dispute"]["state"], "won");
    till.settle();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_bank_has_does_not_go_back_once_more() {
    let till = Till::open().await;
    let show = till.office.show(json!({})).await;
    let sold = Sold::at(&till, &show, &["A-1-1"]).await;
    let dispute = till.provider.dispute(&sold.intent).await;
    till.provider.close_dispute(&dispute, "lost").await;
    till.office
        .database
        .wait_until("SELECT count(*) FROM disputes WHERE state = 3", 1)
        .await;
    till.scan(&sold.tickets[0])
        .await
        .expect_problem(409, "payment_disputed");
    let path = format!("{}/refund", sold.path);
    let whole = till.office.organiser().post(&path, &Value::Null).await;
    assert_eq!(whole.expect_status(200)["state"], "refunded");
    assert_eq!(sold.buyer.seat(&show, "A-1-1").await, "free");
    till.settle();
    assert_eq!(till.back_at_the_provider().await, 0);
    assert_eq!(till.times("refund").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_stuck_is_named_and_counted() {
    let mut till = Till::with(&[("BOXOFFICE_OUTBOX_ATTEMPTS_MAX", "2")]).await;
    let show = till.office.show(json!({})).await;
    let sold = Sold::at(&till, &show, &["A-1-1"]).await;
    let (agrees, words) = till.reconcile();
    assert!(agrees, "{words}");
    till.provider
        .prepare(json!({"call": "refund", "fault": "error_before", "times": 100}))
        .await;
    let path = format!("{}/refund", sold.path);
    let whole = till.office.organiser().post(&path, &Value::Null).await;
    whole.expect_status(200);
    till.wait_for_zero("SELECT count(*) FROM refunds WHERE state = 1 AND NOT EXISTS (SELECT FROM outbox WHERE dead_at IS NOT NULL)");
    let (agrees, words) = till.reconcile();
    assert!(!agrees && words.contains("stuck: refund: given up at"), "{words}");
    till.provider.clear_faults().await;
    till.sql("UPDATE outbox SET dead_at = NULL, attempts = 0, due_at = clock_timestamp(), key_round = key_round + 1");
    till.settle();
    // Nobody is up that could do it.
    till.office.nodes.remove(0).kill().await;
    till.sql(
        "INSERT INTO outbox (show_id, payment_id, action, due_at, provider) \
         SELECT show_id, payment_id, 1, clock_timestamp() - interval '1 hour', provider FROM payments",
    );
    let (agrees, words) = till.reconcile();
    assert!(!agrees && words.contains("stuck: look up: due"), "{words}");
    till.office.add_node().await;
    till.settle();
}
