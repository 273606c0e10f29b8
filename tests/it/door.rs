//! The door: a ticket lets one visitor in, once, at its own show; and an answer that got lost is given again.

mod bundle;
mod late;
mod lists;
mod scans;
mod signed;

use diesel::connection::SimpleConnection;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::office::{Answer, Client, TestOffice};

/// A paid order of one seat: its reference and the paths of its ticket's check-in.
async fn sell(office: &TestOffice, show: &str, seat: &str) -> (String, String) {
    let buyer = office.buyer().await;
    let order = buyer.hold(show, &[seat]).await.expect_status(201);
    let order = order["id"].as_str().expect("an id").to_owned();
    let paid = buyer.pay(&order, "card_ok").await.expect_status(200);
    let code = paid["tickets"][0]["code"].as_str().expect("a code");
    let check_in = format!("/v1/tickets/{code}/check-in");
    (order, check_in)
}

/// A paid order of these seats: its reference and the codes of its tickets.
async fn sell_all(office: &TestOffice, show: &str, seats: &[&str]) -> (String, Vec<String>) {
    let buyer = office.buyer().await;
    let order = buyer.hold(show, seats).await.expect_status(201);
    let order = order["id"].as_str().expect("an id").to_owned();
    let paid = buyer.pay(&order, "card_ok").await.expect_status(200);
    let tickets = paid["tickets"].as_array().expect("tickets");
    let code = |ticket: &Value| ticket["code"].as_str().expect("a code").to_owned();
    (order, tickets.iter().map(code).collect())
}

/// A scan of a device.
fn scan_of(code: &str, nonce: &str) -> Value {
    json!({"code": code, "device": "gate 1", "nonce": nonce})
}

/// The same with these members too.
fn with(mut scan: Value, more: Value) -> Value {
    for (name, value) in more.as_object().expect("an object") {
        scan[name] = value.clone();
    }
    scan
}

/// What becomes of scans, each as its result and the reason.
async fn take(client: &Client, show: &str, scans: &[Value]) -> Vec<(String, Option<String>)> {
    let path = format!("/v1/shows/{show}/check-ins");
    let taken = client.post(&path, &json!({"check_ins": scans})).await;
    let taken = taken.expect_status(200);
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let each = taken["check_ins"].as_array().expect("results").iter();
    each.map(|scan| (text(&scan["result"]).expect("a result"), text(&scan["reason"])))
        .collect()
}

/// What becomes of a scan, in words.
async fn take_one(client: &Client, show: &str, scan: Value) -> String {
    let taken = take(client, show, &[scan]).await;
    let (result, reason) = taken.into_iter().next().expect("a result");
    reason.map_or(result.clone(), |reason| format!("{result} {reason}"))
}

/// How many came in, are inside, have left, and are in conflict.
async fn counts(office: &TestOffice, show: &str) -> [i64; 4] {
    let door = office.organiser().get(&format!("/v1/shows/{show}/door")).await;
    let door = door.expect_status(200);
    let visitors =
        ["admitted", "inside", "left"].map(|name| door["visitors"][name].as_i64().expect("a count"));
    let [admitted, inside, left] = visitors;
    [
        admitted,
        inside,
        left,
        door["conflicts"].as_i64().expect("a count"),
    ]
}

async fn scan(office: &TestOffice, check_in: &str, body: Value, key: &str) -> Answer {
    office.organiser().post_with_key(check_in, &body, key).await
}

fn check_ins(office: &TestOffice) -> i64 {
    office.database.number("SELECT count(*) FROM check_ins")
}

#[tokio::test]
async fn an_answer_that_got_lost_is_given_again_and_no_copied_ticket() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let (_, ticket) = sell(&office, &show, "A-1-1").await;
    let (_, other) = sell(&office, &show, "A-1-2").await;
    let first = scan(&office, &ticket, json!(null), "scan")
        .await
        .expect_status(200);
    assert_eq!(
        scan(&office, &ticket, json!(null), "scan")
            .await
            .expect_status(200),
        first
    );
    // As elsewhere: the key stands for one request.
    scan(&office, &ticket, json!({"show": show}), "scan")
        .await
        .expect_problem(422, "idempotency_key_reused");
    scan(&office, &other, json!(null), "scan")
        .await
        .expect_problem(422, "idempotency_key_reused");
    assert_eq!(check_ins(&office), 1);

    // A second scan is another request, and a refusal is an answer too.
    for _ in 0..2 {
        let copied = scan(&office, &ticket, json!(null), "copied").await;
        let problem = copied.expect_problem(409, "already_checked_in");
        assert_eq!(problem["checked_in_at"], first["checked_in_at"]);
    }
    office
        .organiser()
        .post(&ticket, &json!(null))
        .await
        .expect_problem(409, "already_checked_in");
}

#[tokio::test]
async fn one_key_at_once_lets_one_visitor_in() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let (_, ticket) = sell(&office, &show, "A-1-1").await;
    let (_, other) = sell(&office, &show, "A-1-2").await;
    let scans = join_all((0..16).map(|number| {
        let path = if number % 2 == 0 { &ticket } else { &other };
        scan(&office, path, json!(null), "once")
    }));
    let answers = scans.await;
    let count = |status: u16| {
        let same = answers.iter().filter(|answer| answer.status == status);
        same.count()
    };
    assert_eq!((count(200), count(422)), (8, 8));
    assert_eq!(check_ins(&office), 1);
}

#[tokio::test]
async fn a_ticket_of_another_show_is_refused_and_not_used_up() {
    let office = TestOffice::start().await;
    let (tonight, tomorrow) = (office.show(json!({})).await, office.show(json!({})).await);
    let (_, ticket) = sell(&office, &tomorrow, "A-1-1").await;
    let at_the_door = json!({"show": tonight});
    let refused = scan(&office, &ticket, at_the_door.clone(), "k").await;
    assert_eq!(refused.expect_problem(409, "wrong_show")["show"], tomorrow);
    let refused = office.organiser().post(&ticket, &at_the_door).await;
    refused.expect_problem(409, "wrong_show");
    let refused = office
        .organiser()
        .post(&ticket, &json!({"show": "tonight"}))
        .await;
    assert_eq!(refused.expect_problem(422, "invalid")["field"], "/show");
    assert_eq!(check_ins(&office), 0);
    let let_in = office.organiser().post(&ticket, &json!({"show": tomorrow})).await;
    assert_eq!(let_in.expect_status(200)["show"], tomorrow);
}

#[tokio::test]
async fn tickets_of_refunded_orders_and_canceled_shows_let_nobody_in() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let (order, ticket) = sell(&office, &show, "A-1-1").await;
    let (_, of_canceled) = sell(&office, &show, "A-1-2").await;
    let organiser = office.organiser();
    organiser
        .post(&format!("/v1/orders/{order}/refund"), &json!(null))
        .await
        .expect_status(200);
    organiser
        .post(&ticket, &json!(null))
        .await
        .expect_problem(409, "order_refunded");
    // Canceled a moment ago: its orders are still to be refunded.
    office
        .database
        .connect()
        .batch_execute("UPDATE journal_heads SET is_canceled = true")
        .expect("a canceled show");
    let refused = scan(&office, &of_canceled, json!(null), "k").await;
    refused.expect_problem(409, "show_canceled");
    assert_eq!(check_ins(&office), 0);
}

#[tokio::test]
async fn tickets_of_a_show_that_is_over_let_nobody_in() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let (_, early) = sell(&office, &show, "A-1-1").await;
    let (_, late) = sell(&office, &show, "A-1-2").await;
    let organiser = office.organiser();
    // Years before it begins.
    organiser.post(&early, &json!(null)).await.expect_status(200);
    let mut database = office.database.connect();
    let mut move_to = |times: &str| {
        let update = format!("UPDATE shows SET {times}");
        database.batch_execute(&update).expect("other times");
    };
    let begun = "starts_at = clock_timestamp() - interval '25 hours'";
    for times in [
        format!("{begun}, ends_at = NULL, closes_at = NULL"),
        format!("{begun}, ends_at = NULL, closes_at = clock_timestamp() - interval '1 hour'"),
        format!("{begun}, ends_at = clock_timestamp(), closes_at = NULL"),
    ] {
        move_to(&times);
        let refused = organiser.post(&late, &json!(null)).await;
        refused.expect_problem(409, "show_over");
    }
    let refused = scan(&office, &late, json!(null), "late").await;
    refused.expect_problem(409, "show_over");
    assert_eq!(check_ins(&office), 1);
    // It goes on for longer.
    move_to("ends_at = NULL, closes_at = clock_timestamp() + interval '1 hour'");
    organiser.post(&late, &json!(null)).await.expect_status(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_doors_at_once_the_second_says_that_it_is_used() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let (_, ticket) = sell(&office, &show, "A-1-1").await;
    // A door that lets someone in, and has not committed yet.
    let mut door = office.database.connect();
    let let_in = "BEGIN; SELECT 1 FROM orders FOR SHARE; \
         INSERT INTO check_ins (show_id, order_id, ticket) SELECT show_id, order_id, 0 FROM orders";
    door.batch_execute(let_in).expect("a check-in");
    let organiser = office.organiser();
    let second = tokio::spawn(async move { organiser.post(&ticket, &json!(null)).await });
    let waiting = "SELECT 1 - least(1, count(*)) FROM pg_stat_activity \
         WHERE datname = current_database() AND wait_event_type = 'Lock'";
    office.database.wait_until_zero(waiting);
    door.batch_execute("COMMIT").expect("the end");
    let second = second.await.expect("an answer");
    second.expect_problem(409, "already_checked_in");
}
