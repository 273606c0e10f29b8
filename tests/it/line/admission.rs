//! Who may hold seats.

use reqwest::Method;
use serde_json::json;

use super::{
    begin_sale, block_all, change, hold_with, join, join_with, look, minutes, number, session,
    show_with_line, show_without_places, text, try_join, wait_for,
};
use crate::office::{TestOffice, send};

#[tokio::test]
async fn nobody_holds_seats_before_their_turn() {
    let office = TestOffice::start().await;
    let show = show_without_places(&office, json!({})).await;
    let ((_, buyer), (_, other)) = (session(&office, 0).await, session(&office, 0).await);
    let refused = buyer
        .hold(&show, &["A-1-1"])
        .await
        .expect_problem(403, "wait_in_line");
    assert!(refused.get("place").is_none());
    let first = join(&buyer, &show).await;
    let second = join(&other, &show).await;
    assert_eq!(
        (&first["state"], number(&first), &first["ahead"]),
        (&json!("waiting"), 1, &json!(0))
    );
    assert_eq!((number(&second), &second["ahead"]), (2, &json!(1)));
    let refused = hold_with(&other, &show, "A-1-1", text(&second["place"]), "1").await;
    let refused = refused.expect_problem(403, "wait_in_line");
    for member in ["place", "state", "number", "ahead"] {
        assert_eq!(refused[member], second[member], "{member}");
    }
    // Nobody sees, or uses, another session's place.
    let path = format!("/v1/line/{}", text(&second["place"]));
    buyer.get(&path).await.expect_problem(404, "not_found");
    let refused = hold_with(&buyer, &show, "A-1-1", text(&second["place"]), "2").await;
    assert!(refused.expect_problem(403, "wait_in_line").get("place").is_none());
    let refused = hold_with(&buyer, &show, "A-1-1", "bol_1", "3")
        .await
        .expect_problem(400, "bad_request");
    assert_eq!(refused["field"], "Line-Place");
    let elsewhere = join_with(&buyer, &show, &second).await;
    assert_eq!(elsewhere["number"], first["number"]);
    // The organiser does not wait.
    let order = json!({"seats": ["A-1-1"], "paid_with": "cash"});
    block_all(&office, &show, "blocks/release").await;
    let sold = office
        .organiser()
        .post(&format!("/v1/shows/{show}/box-office/orders"), &order)
        .await;
    sold.expect_status(201);
    let admitted = wait_for(&buyer, &first, "admitted").await;
    assert!(admitted["admitted_until"].is_string() && admitted.get("ahead").is_none());
    hold_with(&buyer, &show, "A-1-2", text(&first["place"]), "4")
        .await
        .expect_status(201);
    wait_for(&other, &second, "admitted").await;
    let order = hold_with(&other, &show, "A-1-3", text(&second["place"]), "5")
        .await
        .expect_status(201);
    // What is held is paid without another word.
    other.pay(text(&order["id"]), "card_ok").await.expect_status(200);
}

#[tokio::test]
async fn a_turn_ends_and_what_was_done_in_it_stays() {
    let office = TestOffice::start().await;
    let show = show_with_line(&office, json!({}), json!({})).await;
    let (_, buyer) = session(&office, 0).await;
    let place = join(&buyer, &show).await;
    wait_for(&buyer, &place, "admitted").await;
    let held = hold_with(&buyer, &show, "A-1-1", text(&place["place"]), "mine")
        .await
        .expect_status(201);
    // Time goes by. Nobody waits, so that no node paces it.
    office
        .database
        .execute("UPDATE lines SET history = jsonb_build_object('over', admitted, 'steps', '[]'::jsonb)");
    let over = wait_for(&buyer, &place, "over").await;
    assert_eq!(over["number"], place["number"]);
    let refused = hold_with(&buyer, &show, "A-1-2", text(&place["place"]), "another").await;
    assert_eq!(refused.expect_problem(403, "wait_in_line")["state"], "over");
    let again = hold_with(&buyer, &show, "A-1-1", text(&place["place"]), "mine")
        .await
        .expect_status(201);
    assert_eq!(again["id"], held["id"]);
    // Whoever wants another turn is behind all others.
    let next = join_with(&buyer, &show, &place).await;
    assert!(number(&next) > number(&place));
    wait_for(&buyer, &next, "admitted").await;
    hold_with(&buyer, &show, "A-1-2", text(&next["place"]), "third")
        .await
        .expect_status(201);
}

#[tokio::test]
async fn a_line_can_be_had_during_the_sale_and_given_up() {
    let office = TestOffice::start().await;
    let show = office.show(json!({"returns": "buyer"})).await;
    let (_, buyer) = session(&office, 0).await;
    let order = buyer.hold(&show, &["A-1-1"]).await.expect_status(201);
    buyer.pay(text(&order["id"]), "card_ok").await.expect_status(200);
    change(&office, &show, json!({"line": {"admitted_seconds": 60}})).await;
    buyer
        .hold(&show, &["A-1-2"])
        .await
        .expect_problem(403, "wait_in_line");
    // Who exchanges tickets takes free places too.
    let exchange = format!("/v1/orders/{}/exchange", text(&order["id"]));
    let wanted = json!({"seats": ["A-1-3"]});
    buyer
        .post(&exchange, &wanted)
        .await
        .expect_problem(403, "wait_in_line");
    let place = join(&buyer, &show).await;
    assert_eq!(number(&place), 1);
    wait_for(&buyer, &place, "admitted").await;
    let request = buyer
        .request(Method::POST, &exchange)
        .header("Line-Place", text(&place["place"]));
    send(request.json(&wanted))
        .await
        .expect("an answer")
        .expect_status(201);
    change(&office, &show, json!({"line": null})).await;
    buyer.hold(&show, &["A-1-2"]).await.expect_status(201);
    try_join(&buyer, &show).await.expect_problem(404, "no_line");
    // Its numbers go on where they were.
    change(&office, &show, json!({"line": {}})).await;
    let (_, other) = session(&office, 0).await;
    assert!(number(&join(&other, &show).await) > 1);
    assert_eq!(look(&buyer, &place).await["number"], 1);
}

#[tokio::test]
async fn a_line_moves_no_faster_than_its_show_says() {
    let office = TestOffice::start().await;
    let show = show_without_places(&office, json!({"rate_max": 1})).await;
    let mut places = Vec::new();
    for _ in 0..6 {
        let (_, buyer) = session(&office, 0).await;
        let place = join(&buyer, &show).await;
        places.push((buyer, place));
    }
    let begin = std::time::Instant::now();
    block_all(&office, &show, "blocks/release").await;
    for (buyer, place) in &places {
        wait_for(buyer, place, "admitted").await;
    }
    // One may be left over from before.
    assert!(begin.elapsed().as_secs_f64() > 3.0, "{:?}", begin.elapsed());
}

#[tokio::test]
async fn nobody_is_let_in_while_the_sale_is_put_off() {
    let office = TestOffice::start().await;
    let show = show_without_places(&office, json!({})).await;
    let (_, buyer) = session(&office, 0).await;
    let place = join(&buyer, &show).await;
    change(&office, &show, json!({"on_sale_at": minutes(60)})).await;
    block_all(&office, &show, "blocks/release").await;
    // Lines are paced one after the other: once two have come in one by one elsewhere, this one had its turn too.
    let other_show = show_with_line(&office, json!({}), json!({})).await;
    for _ in 0..2 {
        let (_, other) = session(&office, 0).await;
        let other_place = join(&other, &other_show).await;
        wait_for(&other, &other_place, "admitted").await;
    }
    assert_eq!(look(&buyer, &place).await["state"], "waiting");
    begin_sale(&office, &show).await;
    wait_for(&buyer, &place, "admitted").await;
}

#[tokio::test]
async fn whoever_asks_without_end_is_stopped() {
    let office = TestOffice::with(1, None, &[("BOXOFFICE_LIMITS", "on")]).await;
    let show = show_with_line(&office, json!({}), json!({})).await;
    let (_, buyer) = session(&office, 0).await;
    let mut refused = None;
    for _ in 0..40 {
        let answer = try_join(&buyer, &show).await;
        if answer.status != 201 {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused
        .expect("a refusal")
        .expect_problem(429, "too_many_requests");
    assert_eq!(refused["share"], "session_line_places");
}
