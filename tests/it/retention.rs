//! What is kept for a stated time is forgotten after it, and no sooner; what is left is still proved.

use diesel::connection::SimpleConnection;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::office::{Client, TestOffice, Viewer};

/// Makes everything in these tables older.
fn age(office: &TestOffice, changes: &[&str], by: &str) {
    for change in changes {
        let (table, columns) = change.split_once(' ').expect("a table and columns");
        let columns = columns
            .split(' ')
            .map(|column| format!("{column} = {column} - interval '{by}'"));
        let columns: Vec<_> = columns.collect();
        let update = format!("UPDATE {table} SET {}", columns.join(", "));
        office
            .database
            .connect()
            .batch_execute(&update)
            .expect("an older row");
    }
}

fn rows(office: &TestOffice, table: &str, show: &str) -> i64 {
    office
        .database
        .number(&format!("SELECT count(*) FROM {table} WHERE show_id = {show}"))
}

#[tokio::test]
async fn answers_are_forgotten_a_day_after_they_were_made() {
    let office = TestOffice::with(1, None, &[("BOXOFFICE_CLEAN_SECONDS", "1")]).await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    let path = format!("/v1/shows/{show}/orders");
    let hold = async |seat: &str| {
        let wish = json!({"seats": [seat]});
        buyer.post_with_key(&path, &wish, seat).await.expect_status(201)
    };
    hold("A-1-1").await;
    age(&office, &["idempotency created_at"], "23 hours");
    hold("A-1-2").await;
    age(&office, &["idempotency created_at"], "61 minutes");
    office
        .database
        .wait_until_zero("SELECT count(*) FROM idempotency WHERE key = 'A-1-1'");
    assert_eq!(
        office
            .database
            .number("SELECT count(*) FROM idempotency WHERE key = 'A-1-2'"),
        1
    );
}

/// Holds and gives up, again and again: two events each time.
async fn hold_and_give_up(buyer: &Client, show: &str, seat: &str, times: usize) -> Value {
    let mut last = Value::Null;
    for _ in 0..times {
        last = buyer.hold(show, &[seat]).await.expect_status(201);
        let path = format!("/v1/orders/{}", last["id"].as_str().expect("an id"));
        buyer.delete(&path).await.expect_status(200);
    }
    last
}

#[tokio::test]
async fn a_journal_is_kept_from_a_snapshot_on_and_orders_that_came_to_nothing_with_it() {
    let settings = [
        ("BOXOFFICE_CLEAN_SECONDS", "1"),
        ("BOXOFFICE_KEEP_JOURNAL_DAYS", "30"),
    ];
    let office = TestOffice::with(1, None, &settings).await;
    let show = office.show(json!({})).await;
    let buyers = join_all((0..8).map(|_| office.buyer())).await;
    let paid = buyers[0].hold(&show, &["B-1-1"]).await.expect_status(201);
    let paid = paid["id"].as_str().expect("an id").to_owned();
    buyers[0].pay(&paid, "card_ok").await.expect_status(200);
    let seats: Vec<String> = (1..=8).map(|seat| format!("A-1-{seat}")).collect();
    let cycles = buyers
        .iter()
        .zip(&seats)
        .map(|(buyer, seat)| hold_and_give_up(buyer, &show, seat, 70));
    let old = join_all(cycles).await.pop().expect("an order");
    office
        .database
        .wait_until_zero("SELECT 1 - count(*) FROM snapshots WHERE journal_offset >= 1000");
    let all_name = "INSERT INTO order_details (show_id, order_id, booked_offset, buyer_name, attendees, metadata, changed_at) \
         SELECT show_id, order_id, booked_offset, 'Ada', '{}', '{}', created_at FROM orders";
    office.database.execute(all_name);
    let everything = [
        "snapshots at",
        "journal at",
        "orders created_at settled_at expires_at kept_until",
    ];
    age(&office, &everything, "29 days");
    assert_eq!(rows(&office, "journal", &show), 1_123);
    age(&office, &everything, "2 days");
    let kept_from = office
        .database
        .number("SELECT max(journal_offset) FROM snapshots");
    office.database.wait_until_zero(&format!(
        "SELECT count(*) FROM journal WHERE journal_offset < {kept_from}"
    ));
    assert_eq!(rows(&office, "journal", &show), 1_123 - kept_from + 1);
    let booked_before =
        format!("SELECT count(*) FROM orders WHERE booked_offset < {kept_from} AND state IN (3, 4)");
    office.database.wait_until_zero(&booked_before);
    // Whoever waits no longer goes as soon as the journal no longer has how they joined.
    office.database.execute(&format!(
        "INSERT INTO waitlist_entries (show_id, entry, place, session_id, want, state, joined_at, changed_at) \
         SELECT {show}, n, n, lpad(n::text, 32, '0')::uuid, '{{\"count\": 1}}', 3, clock_timestamp() - interval '31 days', \
                clock_timestamp() - interval '31 days' FROM unnest(ARRAY[2, {kept_from}]) AS n"
    ));
    office
        .database
        .wait_until_zero("SELECT count(*) - 1 FROM waitlist_entries");
    // Whom an order names goes with it, and no sooner.
    let named = "SELECT (SELECT count(*) FROM orders) - (SELECT count(*) FROM order_details)";
    assert_eq!(office.database.number(named), 0);
    office
        .database
        .wait_until_zero("SELECT count(*) - 1 FROM snapshots");

    // Whoever asks for what is not kept is told so, and everything else goes on.
    let (buyer, organiser) = (&buyers[0], office.organiser());
    organiser
        .get(&format!("/v1/orders/{paid}"))
        .await
        .expect_status(200);
    let old = format!("/v1/orders/{}", old["id"].as_str().expect("an id"));
    let known = organiser.get(&old).await;
    assert!(
        known.status == 404 || known.body["state"] == "canceled",
        "{}",
        known.body
    );
    let events = async |after: i64| buyer.get(&format!("/v1/shows/{show}/events?after={after}")).await;
    events(0).await.expect_problem(410, "forgotten");
    events(kept_from - 2).await.expect_problem(410, "forgotten");
    let page = events(kept_from - 1).await.expect_status(200);
    assert_eq!(page["events"][0]["offset"], kept_from);
    assert_eq!(events(1_123).await.expect_status(200)["events"], json!([]));
    buyer
        .get(&format!("/v1/shows/{show}/seat-map?at=1"))
        .await
        .expect_problem(404, "not_found");
    buyer
        .get(&format!("/v1/shows/{show}/seat-map?at={kept_from}"))
        .await
        .expect_status(200);
    let mut viewer = Viewer::watch_from(&office.nodes[0], &show, 1).await;
    let frame = viewer.next_frame().await.expect("a frame");
    assert_eq!(
        (&frame["type"], &frame["offset"]),
        (&json!("snapshot"), &json!(1_123))
    );
    buyer.hold(&show, &["A-1-1"]).await.expect_status(201);
}

#[tokio::test]
async fn a_show_is_forgotten_with_all_that_is_its_own() {
    let settings = [
        ("BOXOFFICE_CLEAN_SECONDS", "1"),
        ("BOXOFFICE_KEEP_SHOWS_DAYS", "31"),
    ];
    let office = TestOffice::with(1, None, &settings).await;
    let (over, kept) = (office.show(json!({})).await, office.show(json!({})).await);
    let (buyer, organiser) = (office.buyer().await, office.organiser());
    for show in [&over, &kept] {
        let wish = json!({"seats": ["A-1-1", "A-1-2"], "buyer": {"name": "Ada"}});
        let order = buyer.post(&format!("/v1/shows/{show}/orders"), &wish).await;
        let order = order.expect_status(201);
        let order = order["id"].as_str().expect("an id").to_owned();
        let paid = buyer.pay(&order, "card_ok").await.expect_status(200);
        let code = |at: usize| paid["tickets"][at]["code"].as_str().expect("a code").to_owned();
        let check_in = format!("/v1/tickets/{}/check-in", code(0));
        organiser.post(&check_in, &json!(null)).await.expect_status(200);
        let list = json!({"name": "Gate"});
        organiser
            .post(&format!("/v1/shows/{show}/check-in-lists"), &list)
            .await
            .expect_status(201);
        organiser
            .post(
                &format!("/v1/shows/{show}/codes"),
                &json!({"count": 1, "percent": 1}),
            )
            .await
            .expect_status(201);
        organiser
            .post(
                &format!("/v1/shows/{show}/blocks"),
                &json!({"seats": ["B-2-2"], "label": "press"}),
            )
            .await
            .expect_status(200);
        let refund = format!("/v1/orders/{order}/refund");
        organiser
            .post(&refund, &json!({"tickets": [code(1)]}))
            .await
            .expect_status(200);
        hold_and_give_up(&buyer, show, "B-1-1", 3).await;
        let selection = json!({"show": show, "seats": ["B-1-2"]});
        buyer.post("/v1/selections", &selection).await.expect_status(201);
    }
    office.database.wait_until_zero("SELECT count(*) FROM outbox");
    let end = |show: &str, days: u32| {
        let update = format!(
            "UPDATE shows SET starts_at = clock_timestamp() - interval '{days} days' WHERE show_id = {show}"
        );
        office
            .database
            .connect()
            .batch_execute(&update)
            .expect("an older show");
    };
    for show in [&kept, &over] {
        office.database.execute(&format!(
            "INSERT INTO mail_cursors VALUES ({show}, 0); \
             INSERT INTO lines (show_id, salt, commitment) VALUES ({show}, 'salt', 'hash'); \
             INSERT INTO mails (show_id, order_id, kind, journal_offset, caused_at, state, ended_at) \
             VALUES ({show}, 0, 1, 1, clock_timestamp(), 2, clock_timestamp())"
        ));
    }
    end(&kept, 30);
    end(&over, 32);
    let tables = [
        "journal_heads",
        "shows",
        "journal",
        "snapshots",
        "idempotency",
        "check_ins",
        "scans",
        "doors",
        "check_in_lists",
        "ledger",
        "refunds",
        "payments",
        "orders",
        "order_details",
        "seats",
        "zones",
        "order_ranges",
        "selections",
        "codes",
        "mail_cursors",
        "mails",
        "labeled_places",
        "lines",
        "inbox_cursors",
    ];
    for table in tables {
        office
            .database
            .wait_until_zero(&format!("SELECT count(*) FROM {table} WHERE show_id = {over}"));
    }
    for table in [
        "shows",
        "journal",
        "check_ins",
        "scans",
        "doors",
        "check_in_lists",
        "ledger",
        "refunds",
        "payments",
        "orders",
        "order_details",
        "seats",
        "order_ranges",
        "selections",
        "codes",
        "labeled_places",
        "lines",
    ] {
        assert!(rows(&office, table, &kept) > 0, "{table}");
    }
    assert_eq!(buyer.seat(&kept, "A-1-1").await, "sold");
}
