//! A session's inbox: what it is told, in which order, and for how long.

mod feeds;
mod office_wide;

use std::time::Instant;

use diesel::connection::SimpleConnection;
use serde_json::{Value, json};

use crate::office::{Client, PATIENCE, TestOffice};

const PATH: &str = "/v1/inbox";

/// The inbox from its first notice on.
async fn whole(buyer: &Client) -> Value {
    buyer.get(&format!("{PATH}?after=0")).await.expect_status(200)
}

/// The inbox, once it has so many notices.
async fn once_it_has(buyer: &Client, count: usize) -> Vec<Value> {
    let begin = Instant::now();
    loop {
        let inbox = whole(buyer).await;
        let notices = inbox["notices"].as_array().expect("notices").clone();
        if notices.len() >= count {
            assert_eq!(notices.len(), count, "{inbox}");
            let numbers: Vec<_> = notices.iter().map(|notice| notice["number"].clone()).collect();
            let expected: Vec<_> = (1..=count).map(|number| json!(number)).collect();
            assert_eq!(numbers, expected);
            return notices;
        }
        assert!(begin.elapsed() < PATIENCE, "{count} notices never come: {inbox}");
    }
}

fn kinds(notices: &[Value]) -> Vec<&str> {
    notices
        .iter()
        .map(|notice| notice["kind"].as_str().expect("a kind"))
        .collect()
}

/// An inbox that was opened.
async fn open(buyer: &Client) {
    let empty = json!({"notices": [], "next_after": null, "acknowledged": 0, "last": 0, "first": 1});
    assert_eq!(buyer.get(PATH).await.expect_status(200), empty);
}

async fn hold(buyer: &Client, show: &str, seats: &[&str]) -> String {
    let order = buyer.hold(show, seats).await.expect_status(201);
    order["id"].as_str().expect("an id").to_owned()
}

/// A buyer with an inbox and a paid order.
async fn paid(office: &TestOffice, show: &str, seat: &str) -> (Client, String) {
    let buyer = office.buyer().await;
    open(&buyer).await;
    let order = hold(&buyer, show, &[seat]).await;
    buyer.pay(&order, "card_ok").await.expect_status(200);
    (buyer, order)
}

async fn acknowledge(buyer: &Client, through: i64) -> crate::office::Answer {
    let body = json!({"through": through});
    buyer.post(&format!("{PATH}/acknowledgement"), &body).await
}

#[tokio::test]
async fn payments_and_refunds_are_told_in_order_and_to_nobody_else() {
    let office = TestOffice::start().await;
    let show = office.show(json!({"returns": "buyer"})).await;
    let other = office.buyer().await;
    open(&other).await;
    let (buyer, order) = paid(&office, &show, "A-1-1").await;
    let notices = once_it_has(&buyer, 1).await;
    assert_eq!(
        (
            &notices[0]["kind"],
            &notices[0]["payment_state"],
            &notices[0]["amount"]
        ),
        (
            &json!("payment"),
            &json!("succeeded"),
            &json!({"amount": 5000, "currency": "EUR"})
        )
    );
    assert_eq!(
        (&notices[0]["order"], &notices[0]["show"]),
        (&json!(order), &json!(show))
    );
    buyer
        .post(&format!("/v1/orders/{order}/refund"), &json!({}))
        .await
        .expect_status(200);
    let notices = once_it_has(&buyer, 2).await;
    assert_eq!(
        (
            &notices[1]["kind"],
            &notices[1]["order"],
            &notices[1]["amount"]["amount"]
        ),
        (&json!("refund"), &json!(order), &json!(5000))
    );
    open(&other).await;
    Client::new(office.nodes[0].url(), None)
        .get(PATH)
        .await
        .expect_problem(401, "unauthorized");
    office
        .organiser()
        .get(PATH)
        .await
        .expect_problem(403, "forbidden");
}

#[tokio::test]
async fn a_session_that_never_reads_costs_no_row() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let (reader, _) = paid(&office, &show, "A-1-1").await;
    hold(&reader, &show, &["A-2-1"]).await;
    let silent = office.buyer().await;
    let order = hold(&silent, &show, &["A-1-2"]).await;
    silent.pay(&order, "card_ok").await.expect_status(200);
    hold(&silent, &show, &["A-2-2"]).await;
    let head = format!(
        "SELECT count(*) FROM inbox_cursors c JOIN journal_heads h USING (show_id) WHERE show_id = {show} AND c.journal_offset < h.journal_offset"
    );
    office.database.wait_until_zero(&head);
    assert_eq!(
        office
            .database
            .number("SELECT count(DISTINCT session_id) FROM inbox_notices"),
        1
    );
    assert_eq!(office.database.number("SELECT count(*) FROM inboxes"), 1);
    assert_eq!(
        office
            .database
            .number("SELECT count(DISTINCT session_id) FROM inbox_watches"),
        1
    );
}

#[tokio::test]
async fn a_payment_that_is_declined_is_told_soon_and_once() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    open(&buyer).await;
    let order = hold(&buyer, &show, &["A-1-1"]).await;
    // Watched from then on.
    office
        .database
        .wait_until("SELECT count(*) FROM inbox_watches", 1)
        .await;
    buyer
        .pay(&order, "card_declined")
        .await
        .expect_problem(402, "payment_declined");
    let notices = once_it_has(&buyer, 1).await;
    assert_eq!(
        (
            &notices[0]["kind"],
            &notices[0]["payment_state"],
            &notices[0]["order"]
        ),
        (&json!("payment"), &json!("declined"), &json!(order))
    );
    buyer.pay(&order, "card_ok").await.expect_status(200);
    let notices = once_it_has(&buyer, 2).await;
    assert_eq!(notices[1]["payment_state"], "succeeded");
    // All over: it is watched no longer, and nothing is told again.
    office
        .database
        .execute("UPDATE inbox_watches SET look_at = clock_timestamp()");
    office
        .database
        .wait_until_zero("SELECT count(*) FROM inbox_watches");
    once_it_has(&buyer, 2).await;
}

#[tokio::test]
async fn a_hold_that_lapses_soon_is_told_once() {
    let office = TestOffice::start().await;
    let show = office.show(json!({"hold_seconds": 6})).await;
    let buyer = office.buyer().await;
    open(&buyer).await;
    let order = hold(&buyer, &show, &["A-1-1"]).await;
    let held = buyer.get(&format!("/v1/orders/{order}")).await.expect_status(200);
    let notices = once_it_has(&buyer, 1).await;
    assert_eq!(
        (
            &notices[0]["kind"],
            &notices[0]["order"],
            &notices[0]["expires_at"]
        ),
        (&json!("hold_ending"), &json!(order), &held["expires_at"])
    );
    let at =
        |time: &Value| chrono::DateTime::parse_from_rfc3339(time.as_str().expect("a time")).expect("a time");
    let ahead = at(&held["expires_at"]) - at(&notices[0]["at"]);
    assert!(ahead.num_milliseconds() <= 2_000, "{ahead}");
    office
        .database
        .execute("UPDATE inbox_watches SET look_at = clock_timestamp()");
    once_it_has(&buyer, 1).await;
    office
        .database
        .wait_until_zero("SELECT count(*) FROM orders WHERE state = 1");
    office
        .database
        .execute("UPDATE inbox_watches SET look_at = clock_timestamp()");
    office
        .database
        .wait_until_zero("SELECT count(*) FROM inbox_watches");
    once_it_has(&buyer, 1).await;
}

/// Waits for places on the floor.
async fn join(buyer: &Client, show: &str) -> Value {
    let wish = json!({"wish": {"count": 1, "zone": "Floor"}});
    let joined = buyer.post(&format!("/v1/shows/{show}/waitlist"), &wish).await;
    joined.expect_status(201)
}

/// A show whose two places on the floor are held by the order that comes with it.
async fn full_show(office: &TestOffice) -> (String, Client, [String; 2]) {
    let zones = json!([{"zone": "Floor", "capacity": 2}]);
    let show = office.show(json!({"zones": zones, "waitlist": {}})).await;
    let owner = office.buyer().await;
    let mut orders = Vec::new();
    for _ in 0..2 {
        let wish = json!({"zones": [{"zone": "Floor", "count": 1}]});
        let held = owner.post(&format!("/v1/shows/{show}/orders"), &wish).await;
        orders.push(held.expect_status(201)["id"].as_str().expect("an id").to_owned());
    }
    let orders = orders.try_into().expect("two orders");
    (show, owner, orders)
}

#[tokio::test]
async fn who_waits_is_told_the_milestones_and_the_offer() {
    let office = TestOffice::start().await;
    let (show, owner, orders) = full_show(&office).await;
    let mut waiting = Vec::new();
    for _ in 0..6 {
        let buyer = office.buyer().await;
        open(&buyer).await;
        let entry = join(&buyer, &show).await;
        once_it_has(&buyer, 1).await;
        waiting.push((buyer, entry));
    }
    let (fourth, entry) = &waiting[3];
    for order in &orders {
        owner
            .delete(&format!("/v1/orders/{order}"))
            .await
            .expect_status(200);
    }
    let notices = once_it_has(fourth, 2).await;
    assert_eq!(kinds(&notices), ["position", "position"]);
    // The milestone of 5 when it joined, at 4; then that of 3 or 2, whichever it was seen at first.
    assert_eq!(notices[0]["position"], 4);
    assert_eq!(
        (&notices[1]["entry"], &notices[0]["entry"]),
        (&entry["id"], &entry["id"])
    );
    let offered = once_it_has(&waiting[0].0, 2).await;
    assert_eq!(kinds(&offered), ["position", "offer"]);
    let now = waiting[0]
        .0
        .get(&format!(
            "/v1/waitlist/{}",
            waiting[0].1["id"].as_str().expect("an id")
        ))
        .await
        .expect_status(200);
    let held = waiting[0]
        .0
        .get(&format!(
            "/v1/orders/{}",
            now["order"].as_str().expect("an order")
        ))
        .await
        .expect_status(200);
    assert_eq!(
        (
            &offered[1]["order"],
            &offered[1]["entry"],
            &offered[1]["expires_at"]
        ),
        (&now["order"], &now["id"], &held["expires_at"])
    );
    // The sixth has come from the milestone of 10 to that of 5.
    let sixth = once_it_has(&waiting[5].0, 2).await;
    assert_eq!(
        (&sixth[0]["position"], &sixth[1]["kind"]),
        (&json!(6), &json!("position"))
    );
}

#[tokio::test]
async fn what_is_so_when_it_is_opened_is_told_at_once() {
    let office = TestOffice::start().await;
    let (show, owner, orders) = full_show(&office).await;
    let (first, second) = (office.buyer().await, office.buyer().await);
    join(&first, &show).await;
    join(&second, &show).await;
    owner
        .delete(&format!("/v1/orders/{}", orders[0]))
        .await
        .expect_status(200);
    let page = whole(&first).await;
    assert_eq!(kinds(page["notices"].as_array().expect("notices")), ["offer"]);
    let page = whole(&second).await;
    assert_eq!(
        (&page["notices"][0]["kind"], &page["notices"][0]["position"]),
        (&json!("position"), &json!(1))
    );
    let canceled = office.show(json!({})).await;
    let holder = office.buyer().await;
    let order = hold(&holder, &canceled, &["A-1-1"]).await;
    holder.pay(&order, "card_ok").await.expect_status(200);
    office
        .organiser()
        .post(&format!("/v1/shows/{canceled}/cancellation"), &json!(null))
        .await
        .expect_status(202);
    let page = whole(&holder).await;
    assert_eq!(page["notices"][0]["kind"], "show_canceled");
    let begin = Instant::now();
    // The refund may have come before the inbox was opened, or not; the cancellation is told once.
    office
        .database
        .wait_until_zero("SELECT count(*) FROM cancellations WHERE finished_at IS NULL");
    office.database.wait_until_zero(
        "SELECT count(*) FROM inbox_cursors c JOIN journal_heads h USING (show_id) WHERE c.journal_offset < h.journal_offset OR h.is_canceled AND NOT c.is_canceled",
    );
    office
        .database
        .wait_until_zero("SELECT count(*) FROM inbox_fanouts");
    assert!(begin.elapsed() < PATIENCE);
    let page = whole(&holder).await;
    let notices = page["notices"].as_array().expect("notices");
    let told = kinds(notices).into_iter().filter(|kind| *kind == "show_canceled");
    assert_eq!(told.count(), 1, "{page}");
    // What is held when an inbox is opened is watched.
    whole(&owner).await;
    assert_eq!(office.database.number("SELECT count(*) FROM inbox_watches"), 2);
}

#[tokio::test]
async fn what_is_acknowledged_is_passed_over_and_never_comes_back() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let (buyer, _) = paid(&office, &show, "A-1-1").await;
    for seat in ["A-1-2", "A-1-3"] {
        let order = hold(&buyer, &show, &[seat]).await;
        buyer.pay(&order, "card_ok").await.expect_status(200);
    }
    once_it_has(&buyer, 3).await;
    let page = buyer.get(&format!("{PATH}?limit=2")).await.expect_status(200);
    assert_eq!(
        (
            page["notices"].as_array().expect("notices").len(),
            &page["next_after"]
        ),
        (2, &json!(2))
    );
    let page = buyer
        .get(&format!("{PATH}?limit=2&after=2"))
        .await
        .expect_status(200);
    assert_eq!(
        (&page["notices"][0]["number"], &page["next_after"]),
        (&json!(3), &json!(null))
    );
    assert_eq!(
        acknowledge(&buyer, 2).await.expect_status(200),
        json!({"acknowledged": 2})
    );
    assert_eq!(
        acknowledge(&buyer, 1).await.expect_status(200),
        json!({"acknowledged": 2})
    );
    let page = buyer.get(PATH).await.expect_status(200);
    assert_eq!(
        (&page["notices"][0]["number"], &page["acknowledged"]),
        (&json!(3), &json!(2))
    );
    for bad in [4, -1] {
        let problem = acknowledge(&buyer, bad).await.expect_problem(422, "invalid");
        assert_eq!(problem["field"], "/through");
    }
    let stranger = office.buyer().await;
    acknowledge(&stranger, 1).await.expect_problem(422, "invalid");
    let bad = buyer
        .get(&format!("{PATH}?after=-1"))
        .await
        .expect_problem(400, "bad_request");
    assert_eq!(bad["field"], "after");
    let path = format!("{PATH}/acknowledgement");
    let (body, other) = (json!({"through": 3}), json!({"through": 2}));
    let first = buyer.post_with_key(&path, &body, "once").await.expect_status(200);
    assert_eq!(
        buyer.post_with_key(&path, &body, "once").await.expect_status(200),
        first
    );
    buyer
        .post_with_key(&path, &other, "once")
        .await
        .expect_problem(422, "idempotency_key_reused");
}

/// Notices as many as there are, all of one inbox.
const FILL: &str = "INSERT INTO inbox_notices (session_id, number, kind, show_id, about, cause, at) \
     SELECT session_id, n, 6, 1, 0, n, clock_timestamp() FROM inboxes, generate_series(1, 200) n; \
     UPDATE inboxes SET last_number = 200";

#[tokio::test]
async fn the_oldest_go_and_the_reader_is_told_so() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    open(&buyer).await;
    office.database.execute(FILL);
    let order = hold(&buyer, &show, &["A-1-1"]).await;
    buyer.pay(&order, "card_ok").await.expect_status(200);
    office
        .database
        .wait_until_zero("SELECT count(*) FROM inboxes WHERE last_number < 201");
    let page = whole(&buyer).await;
    assert_eq!(
        (&page["first"], &page["last"], &page["notices"][0]["number"]),
        (&json!(2), &json!(201), &json!(2))
    );
    assert_eq!(office.database.number("SELECT count(*) FROM inbox_notices"), 200);
}

#[tokio::test]
async fn notices_and_inboxes_are_forgotten_in_time() {
    let office = TestOffice::with(1, None, &[("BOXOFFICE_CLEAN_SECONDS", "1")]).await;
    let (buyer, away) = (office.buyer().await, office.buyer().await);
    open(&buyer).await;
    office.database.execute(FILL);
    office
        .database
        .execute("UPDATE inbox_notices SET at = at - interval '31 days' WHERE number <= 150");
    open_again(&away).await;
    office.database.execute(
        "UPDATE inboxes SET seen_at = clock_timestamp() - interval '31 days' WHERE last_number = 0; \
         INSERT INTO inbox_milestones (session_id, show_id, entry, told) SELECT session_id, 1, 1, 1 FROM inboxes WHERE last_number = 0",
    );
    office
        .database
        .wait_until_zero("SELECT count(*) FROM inboxes WHERE last_number = 0");
    office
        .database
        .wait_until_zero("SELECT count(*) FROM inbox_milestones");
    office
        .database
        .wait_until_zero("SELECT count(*) FROM inbox_notices WHERE number <= 150");
    let page = whole(&buyer).await;
    assert_eq!(
        (&page["first"], &page["notices"][0]["number"]),
        (&json!(151), &json!(151))
    );
}

/// Another inbox.
async fn open_again(buyer: &Client) {
    buyer.get(PATH).await.expect_status(200);
}

#[tokio::test]
async fn an_inbox_that_lacks_a_notice_is_a_violation() {
    let office = TestOffice::start().await;
    let buyer = office.buyer().await;
    open(&buyer).await;
    office.database.execute(FILL);
    let mut connection = office.database.connect();
    let find = |connection: &mut _| {
        let found = boxoffice::store::invariants::find_violations(connection).expect("an answer");
        found
            .into_iter()
            .map(|violation| violation.invariant)
            .collect::<Vec<_>>()
    };
    assert_eq!(find(&mut connection), [] as [String; 0]);
    connection
        .batch_execute("BEGIN; DELETE FROM inbox_notices WHERE number = 77")
        .expect("a gap");
    assert_eq!(
        find(&mut connection),
        ["an inbox has every notice from the first that is kept to the last"]
    );
    connection
        .batch_execute("ROLLBACK; BEGIN; UPDATE inboxes SET acknowledged = 201")
        .expect("an acknowledgement");
    assert_eq!(
        find(&mut connection),
        ["no notice is acknowledged before it is there"]
    );
    connection.batch_execute("ROLLBACK").expect("an end");
}
