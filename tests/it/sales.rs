//! What a show has sold: at every offset what the fold of its journal gives, at the prices that places were put into orders for.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::office::{Client, TestOffice};

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

/// Places and money of a category: held, sold, given back.
type Parts = [(i64, i64); 3];

/// The fold of a journal: by category, and what each hold's places cost when it was booked.
#[derive(Default, Clone)]
struct Fold {
    categories: BTreeMap<String, Parts>,
    prices: BTreeMap<i64, BTreeMap<String, i64>>,
}

impl Fold {
    fn take(&mut self, event: &Value, prices: &BTreeMap<String, i64>) {
        let hold = event["hold"].as_i64();
        let steps: &[(usize, i64)] = match event["type"].as_str().expect("a type") {
            "booked" => {
                self.prices.insert(hold.expect("a hold"), prices.clone());
                &[(0, 1)]
            }
            "canceled" | "timed_out" => &[(0, -1)],
            "paid" => &[(0, -1), (1, 1)],
            "returned" => &[(1, -1), (2, 1)],
            _ => return,
        };
        let prices = self.prices[&hold.expect("a hold")].clone();
        let seats = event["seats"].as_array().expect("seats").len();
        let zones = event["zones"].as_array().expect("zones").iter();
        let zones: i64 = zones.map(|zone| zone["count"].as_i64().expect("a count")).sum();
        for (category, count) in [("Stalls", i64::try_from(seats).expect("few")), ("Floor", zones)] {
            let parts = self.categories.entry(category.to_owned()).or_default();
            for (part, sign) in steps {
                parts[*part].0 += sign * count;
                parts[*part].1 += sign * count * prices[category];
            }
        }
    }

    fn of(&self, category: &str) -> Parts {
        self.categories.get(category).copied().unwrap_or_default()
    }
}

fn parts(told: &Value) -> Parts {
    ["held", "sold", "returned"].map(|part| {
        let part = &told[part];
        let number = |value: &Value| value.as_i64().expect("a number");
        (number(&part["places"]), number(&part["total"]["amount"]))
    })
}

async fn order(buyer: &Client, show: &str, wish: Value) -> String {
    let order = buyer.post(&format!("/v1/shows/{show}/orders"), &wish).await;
    text(&order.expect_status(201)["id"])
}

#[tokio::test]
async fn sales_are_the_fold_of_the_journal_at_every_offset() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let (buyer, organiser) = (office.buyer().await, office.organiser());
    let mixed = |seats: [&str; 2]| json!({"seats": seats, "zones": [{"zone": "Floor", "count": 2}, {"zone": "Bar", "count": 1}]});
    let first = order(&buyer, &show, mixed(["A-1-1", "A-1-2"])).await;
    let given_up = order(&buyer, &show, mixed(["A-2-1", "A-2-2"])).await;
    let paid = buyer.pay(&first, "card_ok").await.expect_status(200);
    buyer
        .delete(&format!("/v1/orders/{given_up}"))
        .await
        .expect_status(200);
    // Another price from here on.
    let prices = json!({"prices": {"Stalls": {"amount": 7000, "currency": "EUR"}, "Floor": {"amount": 100, "currency": "EUR"}}});
    let show_path = format!("/v1/shows/{show}");
    let change = organiser
        .request(reqwest::Method::PATCH, &show_path)
        .json(&prices);
    let change = crate::office::send(change.header("If-Match", "\"1\"")).await;
    change.expect("an answer").expect_status(200);
    let second = order(&buyer, &show, mixed(["B-1-1", "B-1-2"])).await;
    order(&buyer, &show, json!({"seats": ["B-2-1"]})).await;
    buyer.pay(&second, "card_ok").await.expect_status(200);
    // A seat and a place of the second zone.
    let codes: Vec<_> = [1, 4]
        .map(|at: usize| paid["tickets"][at]["code"].clone())
        .to_vec();
    let refund = format!("/v1/orders/{first}/refund");
    organiser
        .post(&refund, &json!({"tickets": codes}))
        .await
        .expect_status(200);
    let blocks = json!({"seats": ["B-5-1"]});
    organiser
        .post(&format!("{show_path}/blocks"), &blocks)
        .await
        .expect_status(200);
    let refund = format!("/v1/orders/{second}/refund");
    organiser.post(&refund, &json!(null)).await.expect_status(200);

    let journal = office.journal(&show).await;
    let (before, after) = (
        [("Stalls", 5000), ("Floor", 3000)],
        [("Stalls", 7000), ("Floor", 100)],
    );
    let named = |prices: [(&str, i64); 2]| prices.map(|(name, price)| (name.to_owned(), price)).into();
    let (mut fold, mut prices): (Fold, BTreeMap<_, _>) = (Fold::default(), named(before));
    let mut last = Value::Null;
    for offset in 0..=journal.len() {
        if let Some(event) = offset.checked_sub(1).map(|at| &journal[at]) {
            if event["type"] == "changed" {
                prices = named(after);
            }
            fold.take(event, &prices);
        }
        last = organiser
            .get(&format!("{show_path}/sales?at={offset}"))
            .await
            .expect_status(200);
        assert_eq!(last["journal_offset"], json!(offset));
        let mut total = Parts::default();
        for (told, name) in last["categories"]
            .as_array()
            .expect("categories")
            .iter()
            .zip(["Stalls", "Floor"])
        {
            assert_eq!(told["category"], name);
            assert_eq!(parts(told), fold.of(name), "{name} at {offset}");
            for (sum, part) in total.iter_mut().zip(fold.of(name)) {
                *sum = (sum.0 + part.0, sum.1 + part.1);
            }
        }
        assert_eq!(parts(&last["total"]), total, "at {offset}");
        let mut by_hour = Parts::default();
        for hour in last["hours"].as_array().expect("hours") {
            for (sum, part) in by_hour.iter_mut().zip(parts(hour)) {
                *sum = (sum.0 + part.0, sum.1 + part.1);
            }
        }
        assert_eq!(by_hour, total, "by hour at {offset}");
    }
    let now = organiser
        .get(&format!("{show_path}/sales"))
        .await
        .expect_status(200);
    assert_eq!(now, last);
    assert_eq!(
        now["refunded"]["amount"],
        now["total"]["returned"]["total"]["amount"]
    );
    let early = organiser
        .get(&format!("{show_path}/sales?at=3"))
        .await
        .expect_status(200);
    assert!(early.get("refunded").is_none(), "{early}");
    let never = format!("{show_path}/sales?at={}", journal.len() + 1);
    organiser.get(&never).await.expect_problem(404, "not_found");
    let negative = organiser.get(&format!("{show_path}/sales?at=-1")).await;
    assert_eq!(negative.expect_problem(400, "bad_request")["field"], "at");
}

#[tokio::test]
async fn sales_are_told_by_ticket_type_and_by_code() {
    let office = TestOffice::start().await;
    let show = office.show(crate::prices::tariff()).await;
    let (buyer, organiser) = (office.buyer().await, office.organiser());
    let codes = json!({"codes": ["early", "late"], "percent": 50, "ticket_types": ["child"]});
    organiser
        .post(&format!("/v1/shows/{show}/codes"), &codes)
        .await
        .expect_status(201);
    let mut wish = crate::prices::family();
    wish["code"] = json!("early");
    let first = order(&buyer, &show, wish).await;
    order(&buyer, &show, json!({"seats": ["B-1-1"]})).await;
    let paid = buyer.pay(&first, "card_ok").await.expect_status(200);
    // The child of the stalls.
    let back = json!({"tickets": [paid["tickets"][2]["code"]]});
    organiser
        .post(&format!("/v1/orders/{first}/refund"), &back)
        .await
        .expect_status(200);
    let told = async |at: &str| {
        let sales = organiser.get(&format!("/v1/shows/{show}/sales{at}")).await;
        let sales = sales.expect_status(200);
        let by = |list: &str, name: &str| -> Vec<(String, Parts)> {
            let list = sales[list].as_array().expect("a list").iter();
            list.map(|one| (text(&one[name]), parts(one))).collect()
        };
        (by("ticket_types", "ticket_type"), by("codes", "code"))
    };
    let named = |name: &str, parts: Parts| (name.to_owned(), parts);
    let (adults, children) = (
        named("adult", [(1, 5_000), (3, 12_500), (0, 0)]),
        named("child", [(0, 0), (1, 0), (1, 1_000)]),
    );
    let of_code = named("EARLY", [(0, 0), (4, 12_500), (1, 1_000)]);
    assert_eq!(told("").await, (vec![adults, children], vec![of_code]));
    // As the first order was booked: the sale had opened before.
    let (adults, children) = (
        named("adult", [(3, 12_500), (0, 0), (0, 0)]),
        named("child", [(2, 1_000), (0, 0), (0, 0)]),
    );
    let of_code = named("EARLY", [(5, 13_500), (0, 0), (0, 0)]);
    assert_eq!(told("?at=2").await, (vec![adults, children], vec![of_code]));
    assert_eq!(told("?at=1").await, (Vec::new(), Vec::new()));
}

#[tokio::test]
async fn sales_before_what_is_forgotten_are_not_guessed() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let (buyer, organiser) = (office.buyer().await, office.organiser());
    let given_up = order(&buyer, &show, json!({"seats": ["A-1-1"]})).await;
    buyer
        .delete(&format!("/v1/orders/{given_up}"))
        .await
        .expect_status(200);
    let at = async |offset: i64| {
        organiser
            .get(&format!("/v1/shows/{show}/sales?at={offset}"))
            .await
    };
    assert_eq!(
        parts(&at(2).await.expect_status(200)["total"]),
        [(1, 5000), (0, 0), (0, 0)]
    );
    // As the office forgets an order that came to nothing: it was held then, and is not there to tell.
    let stash = "CREATE TABLE stash AS TABLE orders; DELETE FROM orders";
    office.database.execute(stash);
    at(2).await.expect_problem(410, "forgotten");
    at(3).await.expect_status(200);
    let restore = "INSERT INTO orders (show_id, order_id, session_id, state, created_at, expires_at, kept_until, settled_at, total, \
         payment_id, paid_offset, booked_offset, seats, zones, returned_tickets, prices) \
         SELECT show_id, order_id, session_id, state, created_at, expires_at, kept_until, settled_at, total, payment_id, paid_offset, \
         booked_offset, seats, zones, returned_tickets, prices FROM stash";
    office.database.execute(restore);
    // And the journal's beginning.
    office.database.execute(
        "CREATE TABLE stash_of_journal AS TABLE journal; DELETE FROM journal WHERE journal_offset < 3",
    );
    at(1).await.expect_problem(410, "forgotten");
    at(2).await.expect_status(200);
    office.database.execute(
        "DELETE FROM journal; INSERT INTO journal TABLE stash_of_journal; DROP TABLE stash, stash_of_journal",
    );
}
