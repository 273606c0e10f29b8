//! The draw: fair, kept, and checked by anybody.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{
    begin_sale, change, join, join_with, look, minutes, number, session, show_that_draws, show_with_line,
    text, try_join, wait_for, wait_for_line,
};
use crate::office::TestOffice;

/// Sessions that draw.
const DRAWN: usize = 12;

fn bytes(hex: &str) -> Vec<u8> {
    let pairs = hex
        .as_bytes()
        .chunks(2)
        .map(|pair| std::str::from_utf8(pair).expect("ascii"));
    pairs
        .map(|pair| u8::from_str_radix(pair, 16).expect("hex"))
        .collect()
}

/// The number that docs/line.md says a session has.
fn drawn_number(key: &[u8], show: &str, session: &str, drawn: u64) -> u64 {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key");
    mac.update(format!("{show} {session}").as_bytes());
    let hash = mac.finalize().into_bytes();
    let hash = u64::from_be_bytes(*hash.first_chunk().expect("64 bits"));
    u64::try_from((u128::from(hash) * u128::from(drawn)) >> 64).expect("a number") + 1
}

#[tokio::test]
async fn the_order_is_that_of_a_key_which_is_told_after_the_opening() {
    let office = TestOffice::start().await;
    let show = show_that_draws(&office).await;
    let before = wait_for_line(&office, &show, |line| line["state"] == "drawing").await;
    assert_eq!((before.get("key"), &before["last_number"]), (None, &json!(0)));
    let mut drew = Vec::new();
    for _ in 0..DRAWN {
        let (id, buyer) = session(&office, 0).await;
        let place = join(&buyer, &show).await;
        assert_eq!(place["state"], "drawn");
        assert!(place.get("number").is_none() && place.get("ahead").is_none());
        assert!(place["opens_at"].is_string());
        // Whoever asks again has the same place, and counts once.
        assert_eq!(join(&buyer, &show).await, place);
        assert_eq!(join_with(&buyer, &show, &place).await, place);
        drew.push((id, buyer, place));
    }
    // About as many as there were, as sketches go.
    let is_counted = |drawn: &serde_json::Value| {
        (DRAWN as i64 - 1..=DRAWN as i64).contains(&drawn.as_i64().expect("a count"))
    };
    wait_for_line(&office, &show, |line| is_counted(&line["drawn"])).await;
    begin_sale(&office, &show).await;
    let open = wait_for_line(&office, &show, |line| line.get("key").is_some()).await;
    assert_eq!(
        (&open["state"], &open["commitment"]),
        (&json!("open"), &before["commitment"])
    );
    let key = bytes(text(&open["key"]));
    assert_eq!(bytes(text(&open["commitment"])), Sha256::digest(&key).to_vec());
    let drawn = open["drawn"].as_u64().expect("a count");
    for (id, buyer, place) in &drew {
        let now = look(buyer, place).await;
        assert_eq!(number(&now), drawn_number(&key, &show, id, drawn));
        assert_eq!(now["place"], place["place"]);
    }
    // Whoever comes later is behind, in the order of their coming, whatever they would have drawn.
    let mut last = drawn;
    for _ in 0..5 {
        let (_, buyer) = session(&office, 0).await;
        let place = join(&buyer, &show).await;
        assert!(number(&place) > last, "{place}");
        last = number(&place);
        assert_eq!(number(&join(&buyer, &show).await), last);
    }
    for (_, buyer, place) in &drew {
        wait_for(buyer, place, "admitted").await;
    }
}

#[tokio::test]
async fn a_line_opens_with_the_sale_and_is_drawn_only_before_it() {
    let office = TestOffice::start().await;
    let (_, buyer) = session(&office, 0).await;
    let plain = office.show(json!({})).await;
    try_join(&buyer, &plain).await.expect_problem(404, "no_line");
    buyer
        .get(&format!("/v1/shows/{plain}/line"))
        .await
        .expect_problem(404, "no_line");
    try_join(&buyer, "1").await.expect_problem(404, "not_found");

    let from = minutes(10);
    let early = show_with_line(
        &office,
        json!({"drawing_from": from}),
        json!({"on_sale_at": minutes(60)}),
    )
    .await;
    let refused = try_join(&buyer, &early)
        .await
        .expect_problem(409, "line_not_open");
    assert_eq!(refused["drawing_from"], json!(from));
    let usual = show_with_line(&office, json!({}), json!({"on_sale_at": minutes(31)})).await;
    try_join(&buyer, &usual)
        .await
        .expect_problem(409, "line_not_open");
    let usual = show_with_line(&office, json!({}), json!({"on_sale_at": minutes(29)})).await;
    assert_eq!(join(&buyer, &usual).await["state"], "drawn");

    let over = show_with_line(&office, json!({}), json!({"closes_at": minutes(-1)})).await;
    try_join(&buyer, &over).await.expect_problem(409, "sale_ended");
    let canceled = show_with_line(&office, json!({}), json!({})).await;
    let cancel = format!("/v1/shows/{canceled}/cancellation");
    office
        .organiser()
        .post(&cancel, &json!({}))
        .await
        .expect_status(202);
    try_join(&buyer, &canceled)
        .await
        .expect_problem(409, "show_canceled");
    // Nothing is drawn for a sale that has begun: the first to come is the first.
    let open = show_with_line(&office, json!({}), json!({})).await;
    assert_eq!(number(&join(&buyer, &open).await), 1);
}

#[tokio::test]
async fn what_a_line_may_be_is_checked() {
    let office = TestOffice::start().await;
    let plain = office.show(json!({})).await;
    let request = office.request_like(&plain).await;
    let check = async |line: serde_json::Value, field: &str| {
        let mut request = request.clone();
        request["on_sale_at"] = json!(minutes(60));
        request["line"] = line;
        let refused = office.organiser().post("/v1/shows", &request).await;
        assert_eq!(refused.expect_problem(422, "invalid")["field"], field);
    };
    check(json!({"admitted_seconds": 9}), "/line/admitted_seconds").await;
    check(json!({"rate_max": 0}), "/line/rate_max").await;
    check(json!({"drawing_from": minutes(61)}), "/line/drawing_from").await;
    check(json!({"proof_url": "http://example.org/"}), "/line/proof_url").await;
    check(json!({"proof_url": "https://127.0.0.1/"}), "/line/proof_url").await;
    let line = json!({"admitted_seconds": 60, "rate_max": 5, "proof_url": "https://example.org/proof"});
    change(&office, &plain, json!({"line": line})).await;
    let path = format!("/v1/shows/{plain}");
    let known = office.organiser().get(&path).await.expect_status(200);
    assert_eq!(known["line"], line);
    change(&office, &plain, json!({"line": null})).await;
    let known = office.organiser().get(&path).await.expect_status(200);
    assert!(known.get("line").is_none());
}
