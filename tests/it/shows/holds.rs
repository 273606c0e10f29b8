//! What is held now, by the number that an order's events have in common.

use serde_json::{Value, json};

use crate::office::{Client, Redis, TestOffice, Viewer};

/// The types of a show's events with their holds.
fn told(events: &[Value]) -> Vec<(String, Option<i64>)> {
    let told = events.iter().map(|event| {
        let kind = event["type"].as_str().expect("a type").to_owned();
        (kind, event["hold"].as_i64())
    });
    told.collect()
}

#[tokio::test]
async fn events_of_an_order_name_its_first_event() {
    let office = TestOffice::with(2, Some(Redis::start()), &[]).await;
    let show = office.show(json!({"returns": "buyer"})).await;
    let (organiser, buyer) = (office.organiser(), office.buyer().await);
    let mut here = Viewer::watch(&office.nodes[0], &show).await;
    let mut there = Viewer::watch(&office.nodes[1], &show).await;
    let hold = async |seat: &str| {
        let order = buyer.hold(&show, &[seat]).await.expect_status(201);
        order["id"].as_str().expect("an id").to_owned()
    };
    let (first, second) = (hold("A-1-1").await, hold("A-1-2").await);
    buyer.pay(&second, "card_ok").await.expect_status(200);
    buyer.delete(&format!("/v1/orders/{first}")).await;
    organiser
        .post(&format!("/v1/shows/{show}/blocks"), &json!({"seats": ["B-1-1"]}))
        .await
        .expect_status(200);
    buyer
        .post(&format!("/v1/orders/{second}/refund"), &json!(null))
        .await
        .expect_status(200);
    let journal = office.journal(&show).await;
    let expected = [
        ("opened", None),
        ("booked", Some(2)),
        ("booked", Some(3)),
        ("paid", Some(3)),
        ("canceled", Some(2)),
        ("blocked", None),
        ("returned", Some(3)),
    ];
    assert_eq!(
        told(&journal),
        expected.map(|(kind, hold)| (kind.to_owned(), hold))
    );
    for viewer in [&mut here, &mut there] {
        viewer.reach(7).await;
        assert_eq!(viewer.events, journal[1..]);
    }
}

/// Asks for what is held, of an office with these settings.
async fn list(settings: &[(&str, &str)]) {
    let office = TestOffice::with(1, None, settings).await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    let places = json!({"seats": ["A-1-1", "A-1-2"], "zones": [{"zone": "Floor", "count": 3}]});
    let first = buyer.post(&format!("/v1/shows/{show}/orders"), &places).await;
    let first = first.expect_status(201);
    let mut orders = Vec::new();
    for seat in ["A-2-1", "A-3-1", "A-4-1"] {
        let order = buyer.hold(&show, &[seat]).await.expect_status(201);
        orders.push(order["id"].as_str().expect("an id").to_owned());
    }
    buyer.pay(&orders[0], "card_ok").await.expect_status(200);
    buyer.delete(&format!("/v1/orders/{}", orders[1])).await;
    let anyone = Client::new(office.nodes[0].url(), None);
    let path = format!("/v1/shows/{show}/holds");
    let page = anyone.get(&path).await;
    assert!(!page.headers.contains_key("stale"));
    let page = page.expect_status(200);
    assert_eq!(
        page["holds"][0],
        json!({
            "hold": 2, "seats": places["seats"], "zones": places["zones"], "expires_at": first["expires_at"],
        })
    );
    let numbers = |page: &Value| {
        let holds = page["holds"].as_array().expect("holds").iter();
        let holds: Vec<_> = holds
            .map(|hold| hold["hold"].as_i64().expect("a number"))
            .collect();
        (holds, page["next_after"].as_i64())
    };
    assert_eq!(numbers(&page), (vec![2, 5], None));
    assert_eq!(page["journal_offset"], 7);
    let page = anyone.get(&format!("{path}?limit=1")).await.expect_status(200);
    assert_eq!(numbers(&page), (vec![2], Some(2)));
    let page = anyone
        .get(&format!("{path}?limit=1&after=2"))
        .await
        .expect_status(200);
    assert_eq!(numbers(&page), (vec![5], None));
    for (query, name) in [("limit=101", "limit"), ("after=-1", "after")] {
        let refused = anyone.get(&format!("{path}?{query}")).await;
        assert_eq!(refused.expect_problem(400, "bad_request")["field"], name);
    }

    // From the instant at which they lapse.
    let short = office.show(json!({"hold_seconds": 1, "hold_grace_ms": 0})).await;
    buyer.hold(&short, &["A-1-1"]).await.expect_status(201);
    let held = format!(
        "SELECT count(*) FROM orders WHERE show_id = {short} AND kept_until > clock_timestamp() - interval '50 milliseconds'"
    );
    office.database.wait_until_zero(&held);
    let page = anyone.get(&format!("/v1/shows/{short}/holds")).await;
    assert_eq!(numbers(&page.expect_status(200)), (Vec::new(), None));
}

#[tokio::test]
async fn what_is_held_now_is_listed_by_its_number() {
    list(&[]).await;
}

#[tokio::test]
async fn a_node_without_room_for_a_show_reads_what_is_held() {
    list(&[("BOXOFFICE_SHOWS_BYTES_MAX", "1")]).await;
}
