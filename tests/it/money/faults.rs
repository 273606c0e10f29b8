//! Every fault at every call to a provider, and a node killed before and after each.

use serde_json::{Value, json};

use super::{Till, id, pay, pay_until_known, try_pay};

/// What goes wrong with one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// The provider fails and has done nothing.
    Before,
    /// The provider does it and fails to say so.
    After,
    /// The same, and it repeats the failure under the call's key.
    Kept,
    /// The provider does it and never answers.
    Silence,
    /// The provider does it, fails to say so and forgets the key.
    Forgotten,
    /// The node is killed before the provider has done it.
    KilledBefore,
    /// The node is killed when the provider has done it.
    KilledAfter,
}

const FAULTS: [Fault; 7] = [
    Fault::Before,
    Fault::After,
    Fault::Kept,
    Fault::Silence,
    Fault::Forgotten,
    Fault::KilledBefore,
    Fault::KilledAfter,
];

impl Fault {
    async fn prepare(self, till: &Till, call: &str) {
        let fault = match self {
            Self::Before => "error_before",
            Self::After | Self::Forgotten => "error_after",
            Self::Kept => "error_kept",
            Self::Silence => "timeout_after",
            Self::KilledBefore => "stall_before",
            Self::KilledAfter => "stall_after",
        };
        till.provider.fault(call, fault).await;
    }

    /// Once the call has been made.
    async fn strike(self, till: &mut Till, call: &str) {
        match self {
            Self::KilledBefore | Self::KilledAfter => {
                till.provider.wait_until_stalled(call).await;
                till.restart_node().await;
            }
            Self::Forgotten => till.provider.forget_keys().await,
            _ => {}
        }
    }
}

/// A seat for each fault.
fn seat(at: usize) -> String {
    format!("A-1-{}", at + 1)
}

/// Runs one fault after the other; what the provider has in the end of each payment must be this.
fn check_books(book: &[Value], expected: (&str, i64, i64)) {
    assert_eq!(book.len(), FAULTS.len(), "one payment an order: {book:?}");
    for payment in book {
        let found = (
            payment["status"].as_str().unwrap_or_default(),
            payment["captured"].as_i64().unwrap_or(-1),
            payment["refunded"].as_i64().unwrap_or(-1),
        );
        assert_eq!(found, expected, "{payment}");
    }
}

fn faults() -> i64 {
    i64::try_from(FAULTS.len()).expect("a number")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_goes_wrong_when_it_authorises_an_order_is_paid_once() {
    let mut till = Till::open().await;
    let show = till.office.show(json!({})).await;
    // No help by notices: only the books are looked at.
    till.provider.set_webhooks("lost").await;
    for (at, fault) in FAULTS.into_iter().enumerate() {
        println!("{fault:?}");
        let (buyer, order) = till.order(&show, &[&seat(at)]).await;
        fault.prepare(&till, "create").await;
        let (asking, held) = (buyer.clone(), order.clone());
        let asked = tokio::spawn(async move { try_pay(&asking, &held, "stripe", "pm_card_visa", "k").await });
        fault.strike(&mut till, "create").await;
        let first = asked.await.expect("a task");
        assert!(first.is_none_or(|answer| answer.status == 503), "{fault:?}");
        till.let_time_pass();
        let buyer = buyer.at(till.office.nodes[0].url());
        let paid = pay_until_known(&buyer, &order, "pm_card_visa", "k").await;
        assert_eq!(paid.expect_status(200)["state"], "succeeded", "{fault:?}");
        till.settle();
    }
    check_books(&till.provider.book().await, ("succeeded", 5_000, 0));
    assert_eq!(till.times("capture").await, faults());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_goes_wrong_when_a_difference_is_authorised_tickets_are_exchanged_once() {
    let mut till = Till::open().await;
    let show = till.office.show(json!({"returns": "buyer"})).await;
    till.provider.set_webhooks("lost").await;
    for (at, fault) in FAULTS.into_iter().enumerate() {
        println!("{fault:?}");
        let (buyer, order) = till.order(&show, &[&seat(at)]).await;
        pay(&buyer, &order, "stripe", "pm_card_visa", "old")
            .await
            .expect_status(200);
        till.settle();
        let wish = json!({"seats": [format!("B-1-{}", at + 1), format!("B-2-{}", at + 1)]});
        let path = format!("/v1/orders/{}/exchange", id(&order));
        let held = buyer.post(&path, &wish).await.expect_status(201);
        fault.prepare(&till, "create").await;
        let (asking, new) = (buyer.clone(), held.clone());
        let asked = tokio::spawn(async move { try_pay(&asking, &new, "stripe", "pm_card_visa", "k").await });
        fault.strike(&mut till, "create").await;
        let first = asked.await.expect("a task");
        assert!(first.is_none_or(|answer| answer.status == 503), "{fault:?}");
        till.let_time_pass();
        let buyer = buyer.at(till.office.nodes[0].url());
        let paid = pay_until_known(&buyer, &held, "pm_card_visa", "k").await;
        let paid = paid.expect_status(200);
        assert_eq!(
            (&paid["state"], &paid["amount"]["amount"]),
            (&json!("succeeded"), &json!(5_000)),
            "{fault:?}"
        );
        till.settle();
    }
    let ends = "SELECT count(*) FROM orders WHERE state = 5 AND exchanged_for IS NOT NULL";
    assert_eq!(till.office.database.number(ends), faults());
    let book = till.provider.book().await;
    let taken = |payment: &Value| (payment["captured"].clone(), payment["refunded"].clone());
    assert_eq!(book.len(), 2 * FAULTS.len());
    assert!(
        book.iter()
            .all(|payment| taken(payment) == (json!(5_000), json!(0))),
        "{book:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_goes_wrong_when_it_captures_the_money_is_taken_once() {
    let mut till = Till::open().await;
    let show = till.office.show(json!({})).await;
    till.provider.set_webhooks("lost").await;
    for (at, fault) in FAULTS.into_iter().enumerate() {
        println!("{fault:?}");
        let (buyer, order) = till.order(&show, &[&seat(at)]).await;
        fault.prepare(&till, "capture").await;
        pay(&buyer, &order, "stripe", "pm_card_visa", "k")
            .await
            .expect_status(200);
        fault.strike(&mut till, "capture").await;
        till.settle();
    }
    check_books(&till.provider.book().await, ("succeeded", 5_000, 0));
    assert_eq!(till.times("capture").await, faults());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_goes_wrong_when_it_releases_late_money_none_is_taken() {
    let mut till = Till::open().await;
    let show = till
        .office
        .show(json!({"hold_seconds": 1, "hold_grace_ms": 0}))
        .await;
    till.provider.set_webhooks("lost").await;
    for (at, fault) in FAULTS.into_iter().enumerate() {
        println!("{fault:?}");
        let (buyer, order) = till.order(&show, &[&seat(at)]).await;
        fault.prepare(&till, "cancel").await;
        let challenged = pay(&buyer, &order, "stripe", "pm_card_authenticationRequired", "k").await;
        assert_eq!(challenged.expect_status(202)["state"], "action_required");
        let payment = till.wait_until("requires_action").await;
        // The buyer says yes when the hold has lapsed.
        till.office.database.wait_until_zero(
            "SELECT count(*) FROM orders WHERE state = 1 AND kept_until > clock_timestamp()",
        );
        till.provider
            .approve(payment["id"].as_str().expect("an id"))
            .await;
        till.let_time_pass();
        fault.strike(&mut till, "cancel").await;
        till.settle();
        let state = buyer
            .at(till.office.nodes[0].url())
            .get(&format!("/v1/orders/{}", id(&order)))
            .await
            .expect_status(200);
        assert_eq!(state["state"], "timed_out");
    }
    check_books(&till.provider.book().await, ("canceled", 0, 0));
    assert_eq!(till.times("capture").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_goes_wrong_when_it_refunds_the_money_goes_back_once() {
    let mut till = Till::open().await;
    let show = till.office.show(json!({"returns": "buyer"})).await;
    till.provider.set_webhooks("lost").await;
    for (at, fault) in FAULTS.into_iter().enumerate() {
        println!("{fault:?}");
        let (buyer, order) = till.order(&show, &[&seat(at)]).await;
        pay(&buyer, &order, "stripe", "pm_card_visa", "k")
            .await
            .expect_status(200);
        till.settle();
        fault.prepare(&till, "refund").await;
        let refund = format!("/v1/orders/{}/refund", id(&order));
        buyer.post(&refund, &json!(null)).await.expect_status(200);
        fault.strike(&mut till, "refund").await;
        till.settle();
    }
    check_books(&till.provider.book().await, ("succeeded", 5_000, 5_000));
    assert_eq!(till.times("refund").await, faults());
}
