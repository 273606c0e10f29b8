//! The line of a show: who draws is put in order by a key that is told afterwards, who comes later is behind, and nobody holds seats
//! before their turn.

mod admission;
mod draw;
mod feed;
mod nodes;
mod proof;

use std::time::Instant;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use reqwest::Method;
use serde_json::{Value, json};

use crate::office::{Answer, Client, PATIENCE, TestOffice, send};

/// A show that has a line, with these terms besides.
async fn show_with_line(office: &TestOffice, line: Value, mut terms: Value) -> String {
    terms["line"] = line;
    office.show(terms).await
}

/// A show whose sale begins in an hour, and whose line is being drawn.
async fn show_that_draws(office: &TestOffice) -> String {
    let line = json!({"drawing_from": minutes(-5)});
    show_with_line(office, line, json!({"on_sale_at": minutes(60)})).await
}

/// The time so many minutes from now.
#[expect(clippy::disallowed_methods, reason = "the sale's times are far from now")]
fn minutes(minutes: i64) -> DateTime<Utc> {
    (Utc::now() + TimeDelta::minutes(minutes)).trunc_subsecs(3)
}

/// Lets the sale begin now.
async fn begin_sale(office: &TestOffice, show: &str) {
    change(office, show, json!({"on_sale_at": minutes(-1)})).await;
}

/// Changes a show's terms.
async fn change(office: &TestOffice, show: &str, terms: Value) {
    let path = format!("/v1/shows/{show}");
    let organiser = office.organiser();
    let known = organiser.get(&path).await.expect_status(200);
    let tag = format!("\"{}\"", known["revision"]);
    let request = organiser
        .request(Method::PATCH, &path)
        .header("If-Match", tag)
        .json(&terms);
    send(request).await.expect("an answer").expect_status(200);
}

/// Takes all places of a show off sale, or puts them back.
async fn block_all(office: &TestOffice, show: &str, how: &str) {
    let seats = ["A", "B"].iter().flat_map(|section| {
        (1..=5).flat_map(move |row| (1..=10).map(move |seat| format!("{section}-{row}-{seat}")))
    });
    let zones = json!([{"zone": "Floor", "count": 10}, {"zone": "Bar", "count": 1000}]);
    let all = json!({"seats": seats.collect::<Vec<_>>(), "zones": zones});
    let path = format!("/v1/shows/{show}/{how}");
    office.organiser().post(&path, &all).await.expect_status(200);
}

/// A show with a line in which nobody is admitted, as nothing is free.
async fn show_without_places(office: &TestOffice, line: Value) -> String {
    let show = show_with_line(office, line, json!({})).await;
    block_all(office, &show, "blocks").await;
    show
}

/// A session's id, and the buyer who has it.
async fn session(office: &TestOffice, node: usize) -> (String, Client) {
    let client = Client::new(office.nodes[node].url(), None);
    let made = client.post("/v1/sessions", &json!(null)).await.expect_status(201);
    let id = made["session"].as_str().expect("an id").to_owned();
    (id, client.with_token(made["token"].as_str().expect("a token")))
}

async fn try_join(buyer: &Client, show: &str) -> Answer {
    buyer.post(&format!("/v1/shows/{show}/line"), &json!(null)).await
}

async fn join(buyer: &Client, show: &str) -> Value {
    try_join(buyer, show).await.expect_status(201)
}

/// Joins with a place that the session has.
async fn join_with(buyer: &Client, show: &str, place: &Value) -> Value {
    let request = buyer.request(Method::POST, &format!("/v1/shows/{show}/line"));
    let request = request.header("Line-Place", text(&place["place"]));
    send(request).await.expect("an answer").expect_status(201)
}

async fn look(buyer: &Client, place: &Value) -> Value {
    let path = format!("/v1/line/{}", text(&place["place"]));
    buyer.get(&path).await.expect_status(200)
}

async fn line(office: &TestOffice, show: &str) -> Value {
    let path = format!("/v1/shows/{show}/line");
    Client::new(office.nodes[0].url(), None)
        .get(&path)
        .await
        .expect_status(200)
}

/// Waits until this is so of a line, and gives it.
async fn wait_for_line(office: &TestOffice, show: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    let begin = Instant::now();
    loop {
        let line = line(office, show).await;
        if is_so(&line) {
            return line;
        }
        assert!(begin.elapsed() < PATIENCE, "it is never so: {line}");
    }
}

/// Waits until a place has come so far, and gives it.
async fn wait_for(buyer: &Client, place: &Value, state: &str) -> Value {
    let begin = Instant::now();
    loop {
        let place = look(buyer, place).await;
        if place["state"] == state {
            return place;
        }
        assert!(begin.elapsed() < PATIENCE, "it is never {state}: {place}");
    }
}

/// Tries to hold a seat with a place in the line.
async fn hold_with(buyer: &Client, show: &str, seat: &str, place: &str, key: &str) -> Answer {
    let request = buyer.request(Method::POST, &format!("/v1/shows/{show}/orders"));
    let request = request.header("Line-Place", place).header("Idempotency-Key", key);
    send(request.json(&json!({"seats": [seat]})))
        .await
        .expect("an answer")
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

fn number(place: &Value) -> u64 {
    place["number"]
        .as_u64()
        .unwrap_or_else(|| panic!("a number in {place}"))
}
