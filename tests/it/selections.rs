//! Selections: places under an id that can be passed on, until who made them deletes them.

use diesel::connection::SimpleConnection;
use serde_json::{Value, json};

use crate::office::{Client, TestOffice, send};

const PATH: &str = "/v1/selections";

async fn select(buyer: &Client, show: &str, seats: &[&str]) -> String {
    let made = buyer.post(PATH, &json!({"show": show, "seats": seats})).await;
    made.expect_status(201)["id"].as_str().expect("an id").to_owned()
}

#[tokio::test]
async fn whoever_has_its_id_sees_a_selection_and_nothing_is_held() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    let before = office.journal(&show).await;
    let wish = json!({"show": show, "seats": ["A-1-2", "A-1-1"], "zones": [{"zone": "Floor", "count": 2}]});
    let made = buyer.post(PATH, &wish).await.expect_status(201);
    let path = format!("{PATH}/{}", made["id"].as_str().expect("an id"));
    let stranger = Client::new(office.nodes[0].url(), None);
    let seen = stranger.get(&path).await.expect_status(200);
    assert_eq!(seen, made);
    for member in ["show", "seats", "zones"] {
        assert_eq!(seen[member], wish[member], "{member}");
    }
    assert_eq!(seen["places"][0]["row"], "1");
    assert_eq!(office.journal(&show).await, before);
    assert_eq!(buyer.seat(&show, "A-1-1").await, "free");
}

#[tokio::test]
async fn what_a_client_has_is_not_sent_again() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    let path = format!("{PATH}/{}", select(&buyer, &show, &["A-1-1"]).await);
    let first = buyer.get(&path).await;
    assert_eq!(first.headers["cache-control"], "public, max-age=300");
    let tag = first.headers["etag"].clone();
    let request = buyer.request(reqwest::Method::GET, &path);
    let again = send(request.header("If-None-Match", tag))
        .await
        .expect("an answer");
    assert_eq!(again.status, 304);
}

#[tokio::test]
async fn who_made_it_deletes_it_and_then_it_is_gone() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let (buyer, other) = (office.buyer().await, office.buyer().await);
    let path = format!("{PATH}/{}", select(&buyer, &show, &["A-1-1"]).await);
    other.delete(&path).await.expect_problem(404, "not_found");
    buyer.get(&path).await.expect_status(200);
    for _ in 0..2 {
        buyer.delete(&path).await.expect_status(204);
    }
    buyer.get(&path).await.expect_problem(410, "forgotten");
    let left = buyer.get(PATH).await.expect_status(200);
    assert_eq!(left, json!({"selections": [], "next_after": null}));
}

#[tokio::test]
async fn ones_own_are_listed_page_by_page() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let (buyer, other) = (office.buyer().await, office.buyer().await);
    select(&other, &show, &["B-1-1"]).await;
    let mut made = Vec::new();
    for seat in ["A-1-1", "A-1-2", "A-1-3"] {
        made.push(select(&buyer, &show, &[seat]).await);
    }
    let (mut listed, mut after) = (Vec::new(), String::new());
    loop {
        let page = buyer
            .get(&format!("{PATH}?limit=2{after}"))
            .await
            .expect_status(200);
        let selections = page["selections"].as_array().expect("selections");
        listed.extend(
            selections
                .iter()
                .map(|one| one["id"].as_str().expect("an id").to_owned()),
        );
        let Some(next) = page["next_after"].as_str() else {
            break;
        };
        after = format!("&after={next}");
    }
    assert_eq!(listed, made);
    let bad = buyer.get(&format!("{PATH}?after=x")).await;
    assert_eq!(bad.expect_problem(400, "bad_request")["field"], "after");
}

#[tokio::test]
async fn a_request_that_comes_again_makes_one() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    let wish = json!({"show": show, "seats": ["A-1-1"]});
    let first = buyer.post_with_key(PATH, &wish, "one").await.expect_status(201);
    let again = buyer.post_with_key(PATH, &wish, "one").await.expect_status(201);
    assert_eq!(again, first);
    let other = json!({"show": show, "seats": ["A-1-2"]});
    let reused = buyer.post_with_key(PATH, &other, "one").await;
    reused.expect_problem(422, "idempotency_key_reused");
    let listed = buyer.get(PATH).await.expect_status(200);
    assert_eq!(listed["selections"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn what_makes_no_sense_is_named() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    let check = async |wish: Value, field: &str| {
        let problem = buyer.post(PATH, &wish).await.expect_problem(422, "invalid");
        assert_eq!(problem["field"], field, "{wish}");
    };
    check(json!({"show": "999424", "seats": ["A-1-1"]}), "/show").await;
    check(json!({"show": "x", "seats": ["A-1-1"]}), "/show").await;
    check(json!({"show": show}), "").await;
    check(json!({"show": show, "seats": ["A-1-99"]}), "/seats").await;
    check(json!({"show": show, "seats": ["A-1-1", "A-1-1"]}), "/seats/1").await;
    check(
        json!({"show": show, "zones": [{"zone": "Roof", "count": 1}]}),
        "/zones/0/zone",
    )
    .await;
    check(
        json!({"show": show, "zones": [{"zone": "Floor", "count": 0}]}),
        "/zones/0/count",
    )
    .await;
    for unknown in [format!("{show}-0000000000000000"), show, "x".to_owned()] {
        let answer = buyer.get(&format!("{PATH}/{unknown}")).await;
        answer.expect_problem(404, "not_found");
    }
}

#[tokio::test]
async fn a_session_has_so_many_and_no_more() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    let first = select(&buyer, &show, &["A-1-1"]).await;
    let more = format!(
        "INSERT INTO selections (show_id, selection, session_id, seats, zones) \
         SELECT show_id, 'x' || n, session_id, seats, zones FROM selections, generate_series(1, 99) n WHERE show_id = {show}"
    );
    office
        .database
        .connect()
        .batch_execute(&more)
        .expect("more of them");
    let wish = json!({"show": show, "seats": ["A-1-2"]});
    let refused = buyer.post(PATH, &wish).await;
    refused.expect_problem(409, "too_many_selections");
    buyer.delete(&format!("{PATH}/{first}")).await.expect_status(204);
    buyer.post(PATH, &wish).await.expect_status(201);
}

#[tokio::test]
async fn old_ones_are_forgotten() {
    let office = TestOffice::with(1, None, &[("BOXOFFICE_CLEAN_SECONDS", "1")]).await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    let old = select(&buyer, &show, &["A-1-1"]).await;
    let young = select(&buyer, &show, &["A-1-2"]).await;
    let age = format!(
        "UPDATE selections SET created_at = created_at - interval '90 days' WHERE show_id || '-' || selection = '{old}'"
    );
    office.database.connect().batch_execute(&age).expect("an old one");
    let count = "SELECT count(*) FROM selections WHERE created_at < clock_timestamp() - interval '90 days'";
    office.database.wait_until_zero(count);
    buyer
        .get(&format!("{PATH}/{old}"))
        .await
        .expect_problem(404, "not_found");
    buyer.get(&format!("{PATH}/{young}")).await.expect_status(200);
}
