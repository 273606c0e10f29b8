//! Places in zones that are kept off sale.

use diesel::connection::SimpleConnection;
use serde_json::{Value, json};

use crate::office::{Answer, Client, TestOffice, send};

/// The counts of a show's first zone, of ten places: held, sold, blocked, free.
async fn counts(client: &Client, show: &str) -> [i64; 4] {
    let map = client.get(&format!("/v1/shows/{show}/seat-map")).await;
    let zone = &map.expect_status(200)["zones"][0];
    ["held", "sold", "blocked", "free"].map(|word| zone[word].as_i64().expect("a count"))
}

async fn hold(client: &Client, show: &str, count: i64) -> Answer {
    let body = json!({"zones": [{"zone": "Floor", "count": count}]});
    client.post(&format!("/v1/shows/{show}/orders"), &body).await
}

#[tokio::test]
async fn blocked_places_of_a_zone_are_not_sold() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let (organiser, buyer) = (office.organiser(), office.buyer().await);
    let block = format!("/v1/shows/{show}/blocks");
    let release = format!("{block}/release");
    let floor = |count: i64| json!([{"zone": "Floor", "count": count}]);
    let blocked = organiser
        .post(&block, &json!({"zones": floor(4), "seats": []}))
        .await
        .expect_status(200);
    assert_eq!(
        blocked,
        json!({"seats": [], "zones": floor(4), "journal_offset": 2})
    );
    assert_eq!(counts(&buyer, &show).await, [0, 0, 4, 6]);
    let taken = hold(&buyer, &show, 7).await.expect_problem(409, "seats_taken");
    assert_eq!(taken["zones"], json!([{"zone": "Floor", "free": 6}]));
    let order = hold(&buyer, &show, 5).await.expect_status(201);
    buyer
        .pay(order["id"].as_str().expect("an id"), "card_ok")
        .await
        .expect_status(200);
    assert_eq!(counts(&buyer, &show).await, [0, 5, 4, 1]);

    // All or nothing, of seats and places together.
    let both = json!({"seats": ["A-1-1"], "zones": floor(2)});
    let refused = organiser.post(&block, &both).await;
    let refused = refused.expect_problem(409, "seats_not_free");
    assert_eq!(refused["zones"], json!([{"zone": "Floor", "free": 1}]));
    assert_eq!(refused["seats"], json!([]));
    assert_eq!(buyer.seat(&show, "A-1-1").await, "free");
    let both = json!({"seats": ["A-1-1"], "zones": floor(1)});
    let done = organiser
        .post_with_key(&block, &both, "both")
        .await
        .expect_status(200);
    let again = organiser.post_with_key(&block, &both, "both").await;
    assert_eq!(again.expect_status(200), done);
    hold(&buyer, &show, 1).await.expect_problem(409, "seats_taken");

    let refused = organiser.post(&release, &json!({"zones": floor(6)})).await;
    let refused = refused.expect_problem(409, "seats_not_blocked");
    assert_eq!(refused["zones"], json!([{"zone": "Floor", "blocked": 5}]));
    organiser
        .post(&release, &json!({"zones": floor(3)}))
        .await
        .expect_status(200);
    assert_eq!(counts(&buyer, &show).await, [0, 5, 2, 3]);
    hold(&buyer, &show, 3).await.expect_status(201);

    let told: Vec<Value> = office.journal(&show).await;
    let told: Vec<_> = told
        .iter()
        .filter(|event| {
            event["type"]
                .as_str()
                .is_some_and(|kind| kind.contains("blocked"))
        })
        .collect();
    let told: Vec<_> = told
        .iter()
        .map(|event| (event["type"].clone(), event["zones"].clone()))
        .collect();
    assert_eq!(
        told,
        [
            (json!("blocked"), floor(4)),
            (json!("blocked"), floor(1)),
            (json!("unblocked"), floor(3))
        ]
    );
    // As it was, from the journal alone.
    let then = buyer.get(&format!("/v1/shows/{show}/seat-map?at=2")).await;
    assert_eq!(then.expect_status(200)["zones"][0]["blocked"], 4);
}

#[tokio::test]
async fn a_block_names_known_places_each_once() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let organiser = office.organiser();
    for (body, field) in [
        (json!({}), ""),
        (json!({"seats": [], "zones": []}), ""),
        (json!({"zones": [{"zone": "Roof", "count": 1}]}), "/zones/0/zone"),
        (
            json!({"zones": [{"zone": "Floor", "count": 0}]}),
            "/zones/0/count",
        ),
        (
            json!({"zones": [{"zone": "Floor", "count": -1}]}),
            "/zones/0/count",
        ),
        (
            json!({"zones": [{"zone": "Floor", "count": 1}, {"zone": "Floor", "count": 1}]}),
            "/zones/1/zone",
        ),
        (json!({"seats": ["Z-1-1"]}), "/seats"),
    ] {
        for path in ["blocks", "blocks/release"] {
            let refused = organiser.post(&format!("/v1/shows/{show}/{path}"), &body).await;
            assert_eq!(refused.expect_problem(422, "invalid")["field"], field, "{body}");
        }
    }
}

#[tokio::test]
async fn a_node_that_knows_nothing_of_blocked_places_sells_none_and_takes_no_snapshot() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let organiser = office.organiser();
    let block = format!("/v1/shows/{show}/blocks");
    let floor = json!({"zones": [{"zone": "Floor", "count": 4}]});
    organiser.post(&block, &floor).await.expect_status(200);
    let mut old = office.database.connect();
    let sell = format!("UPDATE zones SET sold = 7 WHERE show_id = {show} AND zone = 0");
    let refused = old.batch_execute(&sell).expect_err("too many places");
    assert!(refused.to_string().contains("zones_have_room"), "{refused}");
    let mut snapshots = |offset: i64| {
        let take = format!(
            "INSERT INTO snapshots (show_id, journal_offset, at, is_open, seats, zones) \
             SELECT {show}, {offset}, clock_timestamp(), true, decode(repeat('00', 100), 'hex'), '{{0,0,0,0}}'"
        );
        old.batch_execute(&take).expect("a snapshot, or none");
        office
            .database
            .number(&format!("SELECT count(*) FROM snapshots WHERE show_id = {show}"))
    };
    assert_eq!(snapshots(2), 0);
    organiser
        .post(&format!("{block}/release"), &floor)
        .await
        .expect_status(200);
    assert_eq!(snapshots(2), 0);
    assert_eq!(snapshots(3), 1);
}

#[tokio::test]
async fn the_old_way_to_release_says_what_to_call_instead() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let organiser = office.organiser();
    let block = format!("/v1/shows/{show}/blocks");
    let seats = json!({"seats": ["A-1-1"]});
    organiser.post(&block, &seats).await.expect_status(200);
    let request = organiser.request(reqwest::Method::DELETE, &block).json(&seats);
    let answer = send(request).await.expect("an answer");
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.headers["deprecation"], "@1795651200");
    assert_eq!(answer.headers["sunset"], "Fri, 26 Nov 2027 00:00:00 GMT");
    let instead = format!("<{block}/release>; rel=\"successor-version\"");
    assert_eq!(answer.headers["link"], instead.as_str());
}
