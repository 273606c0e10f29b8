//! A show's orders, as its organiser pages through them.

use serde_json::{Value, json};

use crate::office::{Redis, TestOffice};

/// Each node leases numbers of its own, so that the number of a later order may be the smaller one.
#[tokio::test]
async fn no_page_misses_what_another_node_books_meanwhile() {
    let office = TestOffice::with(2, Some(Redis::start()), &[]).await;
    let show = office.show(json!({})).await;
    let (first, second) = (office.buyer().await, office.buyer_at(1).await);
    for (buyer, seat) in [(&first, "A-1-1"), (&second, "A-1-2"), (&second, "A-1-3")] {
        buyer.hold(&show, &[seat]).await.expect_status(201);
    }
    let organiser = office.organiser();
    let page = async |after: &str| {
        let path = format!("/v1/shows/{show}/orders?limit=2{after}");
        organiser.get(&path).await.expect_status(200)
    };
    let seats = |page: &Value| {
        let orders = page["orders"].as_array().expect("orders").iter();
        let seats = orders.map(|order| order["seats"][0].as_str().expect("a seat").to_owned());
        seats.collect::<Vec<_>>()
    };
    let begin = page("").await;
    assert_eq!(seats(&begin), ["A-1-1", "A-1-2"]);
    first.hold(&show, &["A-1-4"]).await.expect_status(201);
    let next = begin["next_after"].as_str().expect("a next page");
    let rest = page(&format!("&after={next}")).await;
    assert_eq!(seats(&rest), ["A-1-3", "A-1-4"]);
    assert_eq!(rest["next_after"], Value::Null);
}
