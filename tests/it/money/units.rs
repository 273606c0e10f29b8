//! Amounts go to each provider in what it calls an amount, and come back the same; what it can't charge is refused when the
//! show is made, and not to the buyer.

use serde_json::{Value, json};

use super::{Till, id, pay};

fn prices(amount: i64, currency: &str) -> Value {
    let price = json!({"amount": amount, "currency": currency});
    json!({"Stalls": price, "Floor": price})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stripe_is_asked_for_each_currency_in_its_own_units() {
    let till = Till::open().await;
    for (currency, price, at_stripe) in [
        ("EUR", 5_000, 5_000),
        ("JPY", 5_000, 5_000),
        ("ISK", 5_000, 500_000),
        ("UGX", 5_000, 500_000),
        ("MGA", 5_000, 50),
        ("KWD", 12_340, 12_340),
        ("HUF", 500_000, 500_000),
        ("TWD", 80_000, 80_000),
    ] {
        let show = till
            .office
            .show(json!({"prices": prices(price, currency), "returns": "buyer"}))
            .await;
        let (buyer, order) = till.order(&show, &["A-1-1", "A-1-2"]).await;
        let paid = pay(&buyer, &order, "stripe", "pm_card_visa", currency).await;
        let paid = paid.expect_status(200);
        let book = till.provider.book().await;
        let newest = book.last().expect("a payment");
        assert_eq!(newest["amount"], 2 * at_stripe, "{newest}");
        till.settle();

        // One of the two goes back, and the books still agree.
        let ticket = json!({"tickets": [paid["tickets"][0]["code"]]});
        let refund = format!("/v1/orders/{}/refund", id(&order));
        let left = buyer.post(&refund, &ticket).await.expect_status(200);
        assert_eq!(
            left["refunded"],
            json!({"amount": price, "currency": currency}),
            "{left}"
        );
        till.settle();
        let newest = till.provider.book().await.pop().expect("a payment");
        assert_eq!(newest["refunded"], at_stripe, "{newest}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_no_provider_charges_is_refused_when_the_show_is_made() {
    let till = Till::open().await;
    let known = till.office.show(json!({})).await;
    let organiser = till.office.organiser();
    let like = till.office.request_like(&known).await;
    let ask = async |prices: Value, order_places_max: Value| {
        let mut show = like.clone();
        show["prices"] = prices;
        show["order_places_max"] = order_places_max;
        organiser.post("/v1/shows", &show).await
    };
    for (amount, currency, field) in [
        (12_345, "KWD", "/prices/Floor/amount"),
        (5_001, "MGA", "/prices/Floor/amount"),
        (49, "EUR", "/prices/Floor/amount"),
        (100_000_000, "EUR", "/prices/Floor/amount"),
        (1_000_000, "ISK", "/prices/Floor/amount"),
        (5_000, "ZWG", "/prices/Floor/currency"),
        (0, "ABC", "/prices/Floor/currency"),
    ] {
        let answer = ask(prices(amount, currency), json!(1)).await;
        let problem = answer.expect_problem(422, "invalid");
        assert_eq!(problem["field"], field, "{amount} {currency}: {problem}");
    }
    // Nothing is charged for what costs nothing.
    ask(prices(0, "ZWG"), json!(20)).await.expect_status(201);

    // Ten such places are more than eight digits.
    let dear = prices(10_000_000, "EUR");
    let problem = ask(dear.clone(), json!(10)).await.expect_problem(422, "invalid");
    assert_eq!(problem["field"], "/order_places_max");
    ask(dear.clone(), json!(9)).await.expect_status(201);
    let made = ask(dear, Value::Null).await.expect_status(201);
    assert_eq!(made["order_places_max"], 9);
}
