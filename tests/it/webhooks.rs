//! Webhooks: organisers' programs are told of everything, in order, signed, at least once.

mod endpoints;
mod failures;
mod nodes;
mod turns;

use serde_json::{Value, json};

use crate::office::{Client, Hook, HookMessage, TestOffice, check_value};

/// An office that may send to this machine, and soon sends again.
const TRIAL: [(&str, &str); 2] = [
    ("BOXOFFICE_WEBHOOKS_ALLOW_PRIVATE", "true"),
    ("BOXOFFICE_WEBHOOK_PAUSE_MS", "20"),
];

async fn office() -> TestOffice {
    TestOffice::with(1, None, &TRIAL).await
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

/// An endpoint at a receiver, made with these changes to its request.
async fn endpoint(organiser: &Client, hook: &Hook, changes: Value) -> Value {
    let mut request = json!({"url": hook.url()});
    for (name, value) in changes.as_object().expect("an object") {
        request[name] = value.clone();
    }
    let made = organiser.post("/v1/webhook-endpoints", &request).await;
    made.expect_status(201)
}

fn path_of(endpoint: &Value, more: &str) -> String {
    format!("/v1/webhook-endpoints/{}{more}", text(&endpoint["id"]))
}

/// Books a seat and gives it up: two events.
async fn hold_and_give_up(buyer: &Client, show: &str, seat: &str) {
    let order = buyer.hold(show, &[seat]).await.expect_status(201);
    let path = format!("/v1/orders/{}", text(&order["id"]));
    buyer.delete(&path).await.expect_status(200);
}

/// What is said of an endpoint's attempts, from old to new.
async fn log_of(organiser: &Client, endpoint: &Value) -> Vec<Value> {
    let page = organiser.get(&path_of(endpoint, "/deliveries")).await;
    let mut deliveries = page.expect_status(200)["deliveries"]
        .as_array()
        .expect("a list")
        .clone();
    deliveries.reverse();
    deliveries
}

/// Waits until an endpoint's log is so long, and gives it.
async fn wait_for_log(office: &TestOffice, organiser: &Client, endpoint: &Value, count: i64) -> Vec<Value> {
    let rows = "SELECT least(count(*), {}) FROM webhook_deliveries".replace("{}", &count.to_string());
    office.database.wait_until(&rows, count).await;
    log_of(organiser, endpoint).await
}

fn offsets(messages: &[HookMessage]) -> Vec<i64> {
    messages.iter().map(HookMessage::offset).collect()
}

#[tokio::test]
async fn everything_that_happens_is_told_in_order_and_signed() {
    let (office, hook) = (office().await, Hook::start());
    let organiser = office.organiser();
    let made = endpoint(&organiser, &hook, json!({"description": "The mailing list"})).await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    hold_and_give_up(&buyer, &show, "A-1-1").await;
    let order = buyer.hold(&show, &["B-1-1", "B-1-2"]).await.expect_status(201);
    buyer.pay(text(&order["id"]), "card_ok").await.expect_status(200);
    let zone = json!({"zones": [{"zone": "Floor", "count": 2}]});
    let path = format!("/v1/shows/{show}/orders");
    buyer.post(&path, &zone).await.expect_status(201);
    let closed = json!({"state": "closed"});
    let path = format!("/v1/shows/{show}");
    organiser.patch(&path, &closed).await.expect_status(200);
    let journal = office.journal(&show).await;
    let last = journal.last().expect("an event")["offset"]
        .as_i64()
        .expect("a number");
    let messages = hook.wait_for_offset(last).await;
    assert_eq!(messages.len(), journal.len());
    for (message, event) in messages.iter().zip(&journal) {
        check_value("WebhookMessage", &message.body);
        let mut expected = event.clone();
        expected["show"] = json!(show);
        assert_eq!(
            message.body,
            json!({"type": event["type"], "timestamp": event["at"], "data": expected})
        );
        assert!(message.is_signed_with(text(&made["secret"])), "{message:?}");
        assert_eq!(message.headers["content-type"], "application/json");
        assert_eq!(message.path, "/hook");
    }
    let count = i64::try_from(journal.len()).expect("a count");
    let log = wait_for_log(&office, &organiser, &made, count).await;
    for (row, message) in log.iter().zip(&messages) {
        assert_eq!(
            (text(&row["message"]), &row["offset"], &row["status"]),
            (message.id(), &message.body["data"]["offset"], &json!(204))
        );
    }
    assert!(
        log.iter()
            .all(|row| row["attempt"] == 1 && row["show"] == json!(show) && row["error"].is_null())
    );
    let figures = office.metrics(0).await;
    assert!(
        figures.contains("boxoffice_webhook_calls_total{answer=\"taken\"}"),
        "{figures}"
    );
}

#[tokio::test]
async fn an_endpoint_is_told_of_what_it_wants_and_of_nothing_before_it() {
    let (office, hook) = (office().await, Hook::start());
    let organiser = office.organiser();
    let old = office.show(json!({})).await;
    let buyer = office.buyer().await;
    hold_and_give_up(&buyer, &old, "A-1-1").await;
    let wants = json!({"event_types": ["canceled", "booked", "canceled"]});
    let made = endpoint(&organiser, &hook, wants).await;
    assert_eq!(made["event_types"], json!(["booked", "canceled"]));
    let order = buyer.hold(&old, &["A-1-2"]).await.expect_status(201);
    let messages = hook.wait_for(1).await;
    assert_eq!(
        (messages[0].offset(), &messages[0].body["type"]),
        (4, &json!("booked"))
    );
    // What it doesn't want is passed over, and what follows is told.
    buyer.pay(text(&order["id"]), "card_ok").await.expect_status(200);
    let change = json!({"event_types": ["canceled"]});
    organiser
        .patch(&path_of(&made, ""), &change)
        .await
        .expect_status(200);
    hold_and_give_up(&buyer, &old, "A-1-3").await;
    let messages = hook.wait_for(2).await;
    assert_eq!(
        (messages[1].offset(), &messages[1].body["type"]),
        (7, &json!("canceled"))
    );
    // A show that is made later is told from its first event on.
    let new = office.show(json!({})).await;
    hold_and_give_up(&buyer, &new, "A-1-1").await;
    let messages = hook.wait_for(3).await;
    assert_eq!(
        (messages[2].offset(), text(&messages[2].body["data"]["show"])),
        (3, new.as_str())
    );
}

#[tokio::test]
async fn a_filter_may_pass_over_whole_pages() {
    let (office, hook) = (office().await, Hook::start());
    endpoint(&office.organiser(), &hook, json!({"event_types": ["paid"]})).await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    for _ in 0..50 {
        hold_and_give_up(&buyer, &show, "A-1-1").await;
    }
    let order = buyer.hold(&show, &["A-1-2"]).await.expect_status(201);
    buyer.pay(text(&order["id"]), "card_ok").await.expect_status(200);
    let messages = hook.wait_for(1).await;
    assert_eq!(offsets(&messages), [103]);
}

#[tokio::test]
async fn organisers_are_told_of_their_own_shows_alone() {
    let operator_key = "boo_operators-key-for-tests";
    let settings = [TRIAL.as_slice(), &[("BOXOFFICE_OPERATOR_KEY", operator_key)]].concat();
    let office = TestOffice::with(1, None, &settings).await;
    let (mine, theirs) = (Hook::start(), Hook::start());
    let organiser = office.organiser();
    let operator = organiser.with_token(operator_key);
    let other = operator.post("/v1/organisers", &json!({"name": "Other"})).await;
    let key = json!({"name": "Owner", "organiser": other.expect_status(201)["id"]});
    let key = operator.post("/v1/keys", &key).await.expect_status(201);
    let other = organiser.with_token(text(&key["key"]));
    let own = endpoint(&organiser, &mine, json!({})).await;
    let foreign = endpoint(&other, &theirs, json!({})).await;
    let listed = other.get("/v1/webhook-endpoints").await.expect_status(200);
    let listed = listed["endpoints"].as_array().expect("a list");
    assert_eq!(listed.len(), 1);
    assert_eq!(
        (&listed[0]["id"], listed[0].get("secret")),
        (&foreign["id"], None)
    );
    let (my_show, their_show) = (
        office.show(json!({})).await,
        office.show_of(&other, json!({})).await,
    );
    let buyer = office.buyer().await;
    hold_and_give_up(&buyer, &my_show, "A-1-1").await;
    hold_and_give_up(&buyer, &their_show, "A-1-1").await;
    for (hook, show) in [(&mine, &my_show), (&theirs, &their_show)] {
        let messages = hook.wait_for(3).await;
        assert!(
            messages
                .iter()
                .all(|message| message.body["data"]["show"] == json!(show))
        );
    }
    let replay = json!({"show": my_show, "after": 0});
    let problem = other
        .post(&path_of(&foreign, "/replay"), &replay)
        .await
        .expect_problem(422, "invalid");
    assert_eq!(problem["field"], "/show");
    other
        .post(&path_of(&own, "/replay"), &replay)
        .await
        .expect_problem(404, "not_found");
}
