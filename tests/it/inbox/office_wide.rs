//! What all who have to do with a show are told, and what is told across nodes and their ends.

use std::time::Instant;

use diesel::connection::SimpleConnection;
use serde_json::json;

use super::{PATH, hold, join, kinds, once_it_has, open, paid, whole};
use crate::office::{Client, PATIENCE, Redis, TestOffice};
use crate::terms::change;

async fn cancel(office: &TestOffice, show: &str) {
    let path = format!("/v1/shows/{show}/cancellation");
    office
        .organiser()
        .post(&path, &json!(null))
        .await
        .expect_status(202);
}

#[tokio::test]
async fn who_has_an_order_or_waits_is_told_what_changes() {
    let office = TestOffice::start().await;
    let zones = json!([{"zone": "Floor", "capacity": 1}]);
    let show = office.show(json!({"zones": zones, "waitlist": {}})).await;
    let (buyer, _) = paid(&office, &show, "A-1-1").await;
    once_it_has(&buyer, 1).await;
    let holder = office.buyer().await;
    open(&holder).await;
    let wish = json!({"zones": [{"zone": "Floor", "count": 1}]});
    let held = holder.post(&format!("/v1/shows/{show}/orders"), &wish).await;
    held.expect_status(201);
    // Who left, or gave up, long before is not told.
    let gone = office.buyer().await;
    open(&gone).await;
    let entry = join(&gone, &show).await;
    let path = format!("/v1/waitlist/{}", entry["id"].as_str().expect("an id"));
    gone.delete(&path).await.expect_status(200);
    let order = hold(&gone, &show, &["A-1-2"]).await;
    gone.delete(&format!("/v1/orders/{order}"))
        .await
        .expect_status(200);
    let waiting = office.buyer().await;
    open(&waiting).await;
    join(&waiting, &show).await;
    once_it_has(&waiting, 1).await;
    office.database.execute(
        "UPDATE waitlist_entries SET joined_at = joined_at - interval '1 minute', changed_at = changed_at - interval '1 minute';
         UPDATE orders SET settled_at = settled_at - interval '1 minute'",
    );
    // Of no concern to them.
    let organiser = office.organiser();
    let (unseen, seen) = (
        json!({"hold_seconds": 700}),
        json!({"starts_at": "2030-01-02T20:00:00Z"}),
    );
    change(&organiser, &show, 1, &unseen).await.expect_status(200);
    change(&organiser, &show, 2, &seen).await.expect_status(200);
    for (reader, before) in [(&buyer, 1), (&holder, 0), (&waiting, 1)] {
        let notices = once_it_has(reader, before + 1).await;
        assert_eq!(
            (
                &notices[before]["kind"],
                &notices[before]["revision"],
                &notices[before]["show"]
            ),
            (&json!("show_changed"), &json!(3), &json!(show))
        );
    }
    let of_gone = whole(&gone).await;
    let of_gone = of_gone["notices"].as_array().expect("a list");
    assert!(!kinds(of_gone).contains(&"show_changed"), "{of_gone:?}");
    cancel(&office, &show).await;
    office
        .database
        .wait_until_zero("SELECT count(*) FROM cancellations WHERE finished_at IS NULL");
    let told = once_it_has(&buyer, 4).await;
    let mut last = kinds(&told[2..]);
    last.sort_unstable();
    assert_eq!(last, ["refund", "show_canceled"]);
    assert_eq!(once_it_has(&holder, 2).await[1]["kind"], "show_canceled");
    let told = once_it_has(&waiting, 3).await;
    assert!(kinds(&told).contains(&"show_canceled"), "{told:?}");
}

#[tokio::test]
async fn ten_thousand_orders_of_a_canceled_show_are_told_in_batches() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let (buyer, _) = paid(&office, &show, "A-1-1").await;
    once_it_has(&buyer, 1).await;
    // Orders that were given back when the show was canceled, each of a session with an inbox: rows of theirs alone, as none of it is sold.
    let fill = format!(
        "INSERT INTO inboxes (session_id, opened_at, seen_at, is_filled) \
         SELECT md5(n::text)::uuid, clock_timestamp() - interval '1 hour', clock_timestamp(), true FROM generate_series(1, 10000) n; \
         INSERT INTO cancellations (show_id) VALUES ({show}); \
         INSERT INTO orders (show_id, order_id, session_id, state, created_at, expires_at, kept_until, settled_at, total, booked_offset, seats, zones) \
         SELECT {show}, 1000000 + n, md5(n::text)::uuid, 3, clock_timestamp() - interval '1 minute', clock_timestamp(), clock_timestamp(), \
                clock_timestamp() + interval '1 minute', 0, 1, '{{}}', '{{}}' FROM generate_series(1, 10000) n"
    );
    // The cancellation is begun last, so that all is there when it is told.
    let mut connection = office.database.connect();
    connection
        .batch_execute(&format!("BEGIN; {fill}; COMMIT"))
        .expect("orders");
    office
        .database
        .wait_until_zero("SELECT 10001 - count(*) FROM inbox_notices WHERE kind = 7");
    office
        .database
        .wait_until_zero("SELECT count(*) FROM inbox_fanouts");
    let most = "SELECT count(*) FROM inboxes WHERE last_number <> 1 AND is_filled";
    // The buyer's own has its payment, and later its refund.
    assert_eq!(office.database.number(most), 1);
    assert!(
        office
            .metrics(0)
            .await
            .lines()
            .filter(|line| line.contains("boxoffice_database_call_seconds_count"))
            .filter(|line| line.contains("inbox_feed/fan_out_orders"))
            .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
            .sum::<f64>()
            >= 10.0
    );
    office.database.execute(&format!(
        "DELETE FROM orders WHERE show_id = {show} AND order_id > 1000000"
    ));
    office
        .database
        .wait_until_zero("SELECT count(*) FROM cancellations WHERE finished_at IS NULL");
}

#[tokio::test]
async fn a_node_that_starts_again_goes_on_where_it_stopped() {
    let mut office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let (buyer, _) = paid(&office, &show, "A-1-1").await;
    once_it_has(&buyer, 1).await;
    let order = hold(&buyer, &show, &["A-1-2"]).await;
    buyer.pay(&order, "card_ok").await.expect_status(200);
    // Whether it has told that or not.
    office.nodes.remove(0).kill().await;
    office.add_node().await;
    let buyer = buyer.at(office.nodes[0].url());
    let notices = once_it_has(&buyer, 2).await;
    assert_eq!(notices[1]["order"], json!(order));
    let order = hold(&buyer, &show, &["A-1-3"]).await;
    buyer.pay(&order, "card_ok").await.expect_status(200);
    assert_eq!(once_it_has(&buyer, 3).await[2]["order"], json!(order));
}

#[tokio::test]
async fn of_two_nodes_one_is_killed_and_nothing_is_missing_or_told_twice() {
    let mut office = TestOffice::with(2, Some(Redis::start()), &[]).await;
    let show = office.show(json!({})).await;
    let mut buyers = Vec::new();
    for at in 0..10 {
        let buyer = office.buyer_at(at % 2).await;
        open(&buyer).await;
        buyers.push(buyer);
    }
    let url = office.nodes[1].url().to_owned();
    let buy = |buyer: &Client, seat: String| {
        let (buyer, show) = (buyer.at(&url), show.clone());
        async move {
            let order = hold(&buyer, &show, &[&seat]).await;
            buyer.pay(&order, "card_ok").await.expect_status(200);
        }
    };
    for round in 1..=2 {
        for (at, buyer) in buyers.iter().enumerate() {
            buy(buyer, format!("A-{round}-{}", at + 1)).await;
        }
    }
    office.nodes.remove(0).kill().await;
    for (at, buyer) in buyers.iter().enumerate() {
        buy(buyer, format!("A-3-{}", at + 1)).await;
    }
    for buyer in &buyers {
        let notices = once_it_has(&buyer.at(&url), 3).await;
        let mut orders: Vec<_> = notices.iter().map(|notice| notice["order"].to_string()).collect();
        orders.sort_unstable();
        orders.dedup();
        assert_eq!((orders.len(), kinds(&notices)), (3, vec!["payment"; 3]));
    }
}

#[tokio::test]
async fn inboxes_are_read_while_the_database_takes_no_writes() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let (buyer, _) = paid(&office, &show, "A-1-1").await;
    let known = once_it_has(&buyer, 1).await;
    let stranger = office.buyer().await;
    let name = office.database.name();
    let mut operator = office.database.connect_as_superuser();
    operator
        .batch_execute(&format!(
            "ALTER DATABASE {name} SET default_transaction_read_only = on; \
             SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        ))
        .expect("a read-only database");
    assert_eq!(whole(&buyer).await["notices"], json!(known));
    stranger.get(PATH).await.expect_problem(503, "unavailable");
    operator
        .batch_execute(&format!(
            "ALTER DATABASE {name} RESET default_transaction_read_only; \
             SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        ))
        .expect("a database as before");
    let begin = Instant::now();
    while stranger.get(PATH).await.status != 200 {
        assert!(begin.elapsed() < PATIENCE, "it never heals");
    }
}
