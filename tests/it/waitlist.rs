//! Promise 13: freed places that somebody on the waitlist wants are theirs in the transaction that frees them.

mod storm;

use std::time::Instant;

use boxoffice::store::invariants::find_violations;
use reqwest::Method;
use serde_json::{Value, json};

use crate::office::{Client, PATIENCE, Redis, TestOffice, Viewer, send};

/// A show whose floor has so many places, with a waitlist.
async fn show_with_floor(office: &TestOffice, capacity: u32, waitlist: Value) -> String {
    let zones = json!([{"zone": "Floor", "capacity": capacity}]);
    office.show(json!({"zones": zones, "waitlist": waitlist})).await
}

/// Holds places on the floor.
async fn hold_floor(buyer: &Client, show: &str, count: u32) -> crate::office::Answer {
    let wish = json!({"zones": [{"zone": "Floor", "count": count}]});
    buyer.post(&format!("/v1/shows/{show}/orders"), &wish).await
}

/// Waits for places on the floor.
async fn join(buyer: &Client, show: &str, count: u32) -> Value {
    let wish = json!({"wish": {"count": count, "zone": "Floor"}});
    let joined = buyer.post(&format!("/v1/shows/{show}/waitlist"), &wish).await;
    joined.expect_status(201)
}

fn path_of(entry: &Value) -> String {
    format!("/v1/waitlist/{}", entry["id"].as_str().expect("an id"))
}

async fn state_of(buyer: &Client, entry: &Value) -> Value {
    buyer.get(&path_of(entry)).await.expect_status(200)
}

async fn give_up(buyer: &Client, order: &Value) {
    let path = format!("/v1/orders/{}", order["id"].as_str().expect("an id"));
    buyer.delete(&path).await.expect_status(200);
}

#[tokio::test]
async fn freed_places_are_theirs_who_wait_in_the_transaction_that_frees_them() {
    let office = TestOffice::start().await;
    let show = show_with_floor(&office, 4, json!({})).await;
    let (owner, first, second) = (office.buyer().await, office.buyer().await, office.buyer().await);
    let all = hold_floor(&owner, &show, 4).await.expect_status(201);
    let one = join(&first, &show, 3).await;
    let two = join(&second, &show, 1).await;
    assert_eq!(
        (&one["position"], &two["position"], &two["entries"]),
        (&json!(1), &json!(2), &json!(2))
    );
    give_up(&owner, &all).await;
    hold_floor(&owner, &show, 1)
        .await
        .expect_problem(409, "seats_taken");

    let journal = office.journal(&show).await;
    let kinds: Vec<_> = journal
        .iter()
        .map(|event| event["type"].as_str().expect("a type"))
        .collect();
    let expected = [
        "opened", "booked", "joined", "joined", "canceled", "booked", "offered", "booked", "offered",
    ];
    assert_eq!(kinds, expected);
    assert!(
        journal[4..].iter().all(|event| event["at"] == journal[4]["at"]),
        "{journal:?}"
    );
    assert_eq!(
        (&journal[6]["entry"], &journal[6]["entries"]),
        (&one["entry"], &json!(1))
    );
    assert_eq!(journal[6]["hold"], journal[5]["offset"]);

    let offered = state_of(&first, &one).await;
    assert_eq!(offered["state"], "offered");
    assert!(offered.get("position").is_none());
    let order = offered["order"].as_str().expect("an order").to_owned();
    let held = first.get(&format!("/v1/orders/{order}")).await.expect_status(200);
    assert_eq!(
        (&held["state"], &held["total"]["amount"]),
        (&json!("held"), &json!(9000))
    );
    let time =
        |at: &Value| chrono::DateTime::parse_from_rfc3339(at.as_str().expect("a time")).expect("a time");
    assert_eq!(
        (time(&held["expires_at"]) - time(&held["created_at"])).num_seconds(),
        3600
    );
    first.pay(&order, "card_ok").await.expect_status(200);
    // Nobody else sees it.
    second.get(&path_of(&one)).await.expect_problem(404, "not_found");
    second
        .get("/v1/waitlist/wle_00000000000000000000000000000001")
        .await
        .expect_problem(404, "not_found");
}

#[tokio::test]
async fn an_offer_that_is_given_up_goes_to_the_next_and_nobody_overtakes() {
    let office = TestOffice::start().await;
    let show = show_with_floor(&office, 2, json!({"offer_seconds": 60})).await;
    let owner = office.buyer().await;
    let all = hold_floor(&owner, &show, 2).await.expect_status(201);
    let mut waiting = Vec::new();
    for _ in 0..3 {
        let buyer = office.buyer().await;
        let entry = join(&buyer, &show, 2).await;
        waiting.push((buyer, entry));
    }
    give_up(&owner, &all).await;
    for (at, (buyer, entry)) in waiting.iter().enumerate() {
        let offered = state_of(buyer, entry).await;
        assert_eq!(offered["state"], "offered", "{at}");
        for (later, (other, entry)) in waiting[at + 1..].iter().enumerate() {
            let now = state_of(other, entry).await;
            assert_eq!(
                (&now["state"], &now["position"]),
                (&json!("waiting"), &json!(later + 1))
            );
        }
        give_up(buyer, &json!({"id": offered["order"]})).await;
    }
    hold_floor(&owner, &show, 2).await.expect_status(201);
}

#[tokio::test]
async fn a_group_collects_places_that_nobody_else_gets_and_is_told_so() {
    let office = TestOffice::start().await;
    let show = show_with_floor(&office, 4, json!({"collect_places_max": 3})).await;
    let (group, other) = (office.buyer().await, office.buyer().await);
    let mut orders = Vec::new();
    for _ in 0..4 {
        let buyer = office.buyer().await;
        let order = hold_floor(&buyer, &show, 1).await.expect_status(201);
        orders.push((buyer, order));
    }
    let entry = join(&group, &show, 3).await;
    for (buyer, order) in &orders[..2] {
        give_up(buyer, order).await;
        let refused = hold_floor(&other, &show, 1)
            .await
            .expect_problem(409, "waitlisted");
        assert_eq!(refused["zones"], json!([{"zone": "Floor", "free": 0}]));
    }
    assert_eq!(state_of(&group, &entry).await["state"], "waiting");
    // Whoever wants less than that waits behind it, or has it if it wants elsewhere.
    let behind = join(&other, &show, 1).await;
    assert_eq!(behind["ahead_with_same_wish"], 1);
    give_up(&orders[2].0, &orders[2].1).await;
    assert_eq!(state_of(&group, &entry).await["state"], "offered");
    give_up(&orders[3].0, &orders[3].1).await;
    assert_eq!(state_of(&other, &behind).await["state"], "offered");
}

#[tokio::test]
async fn no_more_places_are_on_offer_than_the_organiser_allows() {
    let office = TestOffice::start().await;
    let show = show_with_floor(&office, 4, json!({"places_max": 2})).await;
    let (owner, public) = (office.buyer().await, office.buyer().await);
    let all = hold_floor(&owner, &show, 4).await.expect_status(201);
    let mut waiting = Vec::new();
    for _ in 0..2 {
        let buyer = office.buyer().await;
        let entry = join(&buyer, &show, 2).await;
        waiting.push((buyer, entry));
    }
    give_up(&owner, &all).await;
    assert_eq!(state_of(&waiting[0].0, &waiting[0].1).await["state"], "offered");
    assert_eq!(state_of(&waiting[1].0, &waiting[1].1).await["state"], "waiting");
    let taken = hold_floor(&public, &show, 2).await.expect_status(201);
    // What is paid is on offer no longer.
    let order = state_of(&waiting[0].0, &waiting[0].1).await["order"].clone();
    waiting[0]
        .0
        .pay(order.as_str().expect("an order"), "card_ok")
        .await
        .expect_status(200);
    give_up(&public, &taken).await;
    assert_eq!(state_of(&waiting[1].0, &waiting[1].1).await["state"], "offered");
}

#[tokio::test]
async fn who_joins_is_told_why_not() {
    let office = TestOffice::start().await;
    let plain = office.show(json!({})).await;
    let buyer = office.buyer().await;
    let wish = json!({"wish": {"count": 1, "zone": "Floor"}});
    let join_path = |show: &str| format!("/v1/shows/{show}/waitlist");
    buyer
        .post(&join_path(&plain), &wish)
        .await
        .expect_problem(409, "no_waitlist");
    let show = show_with_floor(&office, 2, json!({"entry_places_max": 3})).await;
    buyer
        .post(&join_path(&show), &wish)
        .await
        .expect_problem(409, "places_free");
    let all = hold_floor(&buyer, &show, 2).await.expect_status(201);
    let refused = async |wish: Value| buyer.post(&join_path(&show), &json!({"wish": wish})).await;
    refused(json!({"count": 4, "zone": "Floor"}))
        .await
        .expect_problem(422, "order_limit");
    refused(json!({"count": 3, "zone": "Floor"}))
        .await
        .expect_problem(422, "no_such_places");
    for (wish, field) in [
        (json!({"count": 0}), "/wish/count"),
        (json!({"count": 1, "zone": "Roof"}), "/wish/zone"),
        (
            json!({"count": 2, "zone": "Floor", "together": true}),
            "/wish/together",
        ),
        (
            json!({"count": 1, "categories": ["Stalls", "Stalls"]}),
            "/wish/categories/1",
        ),
        (json!({"count": 1, "categories": []}), "/wish/categories"),
        (
            json!({"count": 1, "ticket_types": [{"ticket_type": "child", "count": 1}]}),
            "/wish/ticket_types/0/ticket_type",
        ),
        (
            json!({"count": 1, "price_max": {"amount": 1, "currency": "USD"}}),
            "/wish/price_max/currency",
        ),
    ] {
        let problem = refused(wish).await.expect_problem(422, "invalid");
        assert_eq!(problem["field"], field);
    }
    let joined = refused(json!({"count": 2, "zone": "Floor"}))
        .await
        .expect_status(201);
    let again = refused(json!({"count": 1, "zone": "Floor"}))
        .await
        .expect_problem(409, "already_waiting");
    assert_eq!(again["entry"], joined["id"]);
    give_up(&buyer, &all).await;
    assert_eq!(state_of(&buyer, &joined).await["state"], "offered");
}

#[tokio::test]
async fn whoever_asks_twice_with_one_key_has_joined_once() {
    let office = TestOffice::start().await;
    let show = show_with_floor(&office, 1, json!({})).await;
    let (owner, buyer, other) = (office.buyer().await, office.buyer().await, office.buyer().await);
    let all = hold_floor(&owner, &show, 1).await.expect_status(201);
    join(&other, &show, 1).await;
    let path = format!("/v1/shows/{show}/waitlist");
    let wish = json!({"wish": {"count": 1, "zone": "Floor"}, "buyer": {"email": "ada@example.org"}});
    let joined = buyer.post_with_key(&path, &wish, "once").await.expect_status(201);
    assert_eq!(joined["buyer"]["email"], "ada@example.org");
    give_up(&owner, &all).await;
    let again = buyer.post_with_key(&path, &wish, "once").await.expect_status(201);
    assert_eq!(again, joined);
    let another = json!({"wish": {"count": 1}});
    buyer
        .post_with_key(&path, &another, "once")
        .await
        .expect_problem(422, "idempotency_key_reused");
    assert_eq!(state_of(&buyer, &joined).await["position"], 1);
    for _ in 0..2 {
        let request = buyer.request(Method::DELETE, &path_of(&joined));
        let left = send(request.header("Idempotency-Key", "leave"))
            .await
            .expect("an answer");
        assert_eq!(left.expect_status(200)["state"], "left");
    }
    let left = buyer.delete(&path_of(&joined)).await.expect_status(200);
    assert_eq!(left["state"], "left");
    buyer
        .patch(&path_of(&joined), &json!({"wish": {"count": 1}}))
        .await
        .expect_problem(409, "entry_ended");
}

#[tokio::test]
async fn a_viewer_can_tell_its_position_by_the_feed() {
    let office = TestOffice::start().await;
    let show = show_with_floor(&office, 2, json!({})).await;
    let owner = office.buyer().await;
    let all = hold_floor(&owner, &show, 2).await.expect_status(201);
    let mut buyers = Vec::new();
    for _ in 0..4 {
        let buyer = office.buyer().await;
        let entry = join(&buyer, &show, 1).await;
        buyers.push((buyer, entry));
    }
    let (last, own) = buyers.pop().expect("a buyer");
    let mut viewer = Viewer::watch(&office.nodes[0], &show).await;
    let begin = viewer.events.len();
    let mut position = own["position"].as_i64().expect("a position");
    // The second leaves, the third wants more and gets behind, and the first gets what is free.
    buyers[1]
        .0
        .delete(&path_of(&buyers[1].1))
        .await
        .expect_status(200);
    let more = json!({"wish": {"count": 2, "zone": "Floor"}});
    let moved = buyers[2]
        .0
        .patch(&path_of(&buyers[2].1), &more)
        .await
        .expect_status(200);
    assert_eq!(moved["position"], 3);
    give_up(&owner, &all).await;
    let journal = office.journal(&show).await;
    viewer
        .reach(i64::try_from(journal.len()).expect("a number"))
        .await;
    let place = own["place"].as_i64().expect("a place");
    for event in &viewer.events[begin..] {
        let leaves = ["left", "offered"].contains(&event["type"].as_str().expect("a type"));
        if leaves && event["entry"] != own["entry"] && event["place"].as_i64() < Some(place) {
            position -= 1;
        }
    }
    // It is the first by then, and was offered the other place.
    assert_eq!(position, 1);
    assert_eq!(state_of(&last, &own).await["state"], "offered");
    let moved = state_of(&buyers[2].0, &buyers[2].1).await;
    assert_eq!((&moved["position"], &moved["entries"]), (&json!(1), &json!(1)));
}

#[tokio::test]
async fn the_organiser_sees_who_waits_and_offers_out_of_turn() {
    let office = TestOffice::start().await;
    let show = show_with_floor(&office, 2, json!({})).await;
    let organiser = office.organiser();
    let owner = office.buyer().await;
    let mut orders = Vec::new();
    for _ in 0..2 {
        orders.push(hold_floor(&owner, &show, 1).await.expect_status(201));
    }
    let mut entries = Vec::new();
    let mut buyers = Vec::new();
    for (count, name) in [(2, "Ada"), (1, "Bob"), (1, "Cy")] {
        let buyer = office.buyer().await;
        let wish = json!({"wish": {"count": count, "zone": "Floor"}, "buyer": {"name": name}});
        let joined = buyer.post(&format!("/v1/shows/{show}/waitlist"), &wish).await;
        entries.push(joined.expect_status(201));
        buyers.push(buyer);
    }
    let list = format!("/v1/shows/{show}/waitlist");
    let page = organiser.get(&format!("{list}?limit=2")).await.expect_status(200);
    let rest = organiser
        .get(&format!("{list}?after={}", page["next_after"]))
        .await
        .expect_status(200);
    assert_eq!(rest["next_after"], Value::Null);
    let listed = [page["entries"].clone(), rest["entries"].clone()];
    let listed: Vec<&Value> = listed
        .iter()
        .flat_map(|page| page.as_array().expect("entries"))
        .collect();
    let told = |name: &str| listed.iter().map(|entry| entry[name].clone()).collect::<Vec<_>>();
    assert_eq!(
        told("id"),
        entries
            .iter()
            .map(|entry| entry["id"].clone())
            .collect::<Vec<_>>()
    );
    assert_eq!(told("buyer")[1], json!({"name": "Bob"}));
    buyers[0].get(&list).await.expect_problem(403, "forbidden");

    let offer = |entry: &Value| format!("{list}/{}/offer", entry["id"].as_str().expect("an id"));
    organiser
        .post(&offer(&entries[1]), &json!({}))
        .await
        .expect_problem(409, "nothing_fits");
    // The first one collects it; the organiser gives it to the second all the same.
    give_up(&owner, &orders[0]).await;
    let offered = organiser
        .post(&offer(&entries[1]), &json!({}))
        .await
        .expect_status(200);
    assert_eq!(offered["state"], "offered");
    let order = buyers[1]
        .get(&format!(
            "/v1/orders/{}",
            offered["order"].as_str().expect("an order")
        ))
        .await;
    assert_eq!(order.expect_status(200)["buyer"]["name"], "Bob");
    organiser
        .post(&offer(&entries[1]), &json!({}))
        .await
        .expect_problem(409, "entry_ended");
    organiser.delete(&path_of(&entries[0])).await.expect_status(200);
    give_up(&owner, &orders[1]).await;
    assert_eq!(state_of(&buyers[2], &entries[2]).await["state"], "offered");
    let stranger = office.another_organiser().await;
    stranger.get(&list).await.expect_problem(404, "not_found");
    stranger
        .get(&path_of(&entries[0]))
        .await
        .expect_problem(404, "not_found");
}

#[tokio::test]
async fn what_is_told_of_a_buyer_goes_with_the_offer_and_away_with_who_leaves() {
    let office = TestOffice::start().await;
    let show = show_with_floor(&office, 1, json!({})).await;
    let (owner, first, second) = (office.buyer().await, office.buyer().await, office.buyer().await);
    let all = hold_floor(&owner, &show, 1).await.expect_status(201);
    let path = format!("/v1/shows/{show}/waitlist");
    let wish = |name: &str| json!({"wish": {"count": 1, "zone": "Floor"}, "buyer": {"name": name, "email": "x@example.org"}});
    let one = first.post(&path, &wish("Ada")).await.expect_status(201);
    let two = second.post(&path, &wish("Bob")).await.expect_status(201);
    assert_eq!(state_of(&first, &one).await["buyer"]["name"], "Ada");
    second.delete(&path_of(&two)).await.expect_status(200);
    give_up(&owner, &all).await;
    let offered = state_of(&first, &one).await;
    assert!(offered.get("buyer").is_none());
    let order = first
        .get(&format!(
            "/v1/orders/{}",
            offered["order"].as_str().expect("an order")
        ))
        .await;
    assert_eq!(
        order.expect_status(200)["buyer"],
        json!({"name": "Ada", "email": "x@example.org"})
    );
    let told = office
        .database
        .number("SELECT count(*) FROM waitlist_entries WHERE coalesce(buyer_name, buyer_email) IS NOT NULL");
    assert_eq!(told, 0);
}

#[tokio::test]
async fn an_address_waits_for_no_more_than_it_may_have() {
    let office = TestOffice::start().await;
    let zones = json!([{"zone": "Floor", "capacity": 1}]);
    let show = office
        .show(json!({"zones": zones, "waitlist": {}, "places_per_email_max": 1}))
        .await;
    let (owner, first, second) = (office.buyer().await, office.buyer().await, office.buyer().await);
    let hold = json!({"zones": [{"zone": "Floor", "count": 1}], "buyer": {"email": "o@example.org"}});
    let all = owner
        .post(&format!("/v1/shows/{show}/orders"), &hold)
        .await
        .expect_status(201);
    let path = format!("/v1/shows/{show}/waitlist");
    first
        .post(&path, &json!({"wish": {"count": 1, "zone": "Floor"}}))
        .await
        .expect_problem(422, "email_required");
    let wish = json!({"wish": {"count": 1, "zone": "Floor"}, "buyer": {"email": "a@example.org"}});
    let joined = first.post(&path, &wish).await.expect_status(201);
    second.post(&path, &wish).await.expect_problem(422, "email_limit");
    give_up(&owner, &all).await;
    assert_eq!(state_of(&first, &joined).await["state"], "offered");
    second.post(&path, &wish).await.expect_problem(422, "email_limit");
}

#[tokio::test]
async fn nobody_waits_for_a_show_that_is_closed() {
    let office = TestOffice::start().await;
    let show = show_with_floor(&office, 1, json!({})).await;
    let (owner, buyer) = (office.buyer().await, office.buyer().await);
    hold_floor(&owner, &show, 1).await.expect_status(201);
    let entry = join(&buyer, &show, 1).await;
    let path = format!("/v1/shows/{show}");
    office
        .organiser()
        .patch(&path, &json!({"state": "closed"}))
        .await
        .expect_status(200);
    assert_eq!(state_of(&buyer, &entry).await["state"], "left");
    let wish = json!({"wish": {"count": 1, "zone": "Floor"}});
    buyer
        .post(&format!("{path}/waitlist"), &wish)
        .await
        .expect_problem(409, "show_closed");
    // Nor for one that has no waitlist any more.
    office
        .organiser()
        .patch(&path, &json!({"state": "open"}))
        .await
        .expect_status(200);
    let entry = join(&buyer, &show, 1).await;
    let request = office
        .organiser()
        .request(Method::PATCH, &path)
        .header("If-Match", "\"1\"");
    let changed = send(request.json(&json!({"waitlist": null})))
        .await
        .expect("an answer");
    assert!(changed.expect_status(200).get("waitlist").is_none());
    assert_eq!(state_of(&buyer, &entry).await["state"], "left");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_order_of_joins_holds_across_nodes_restarts_and_kills() {
    let mut office = TestOffice::with(2, Some(Redis::start()), &[]).await;
    let show = show_with_floor(&office, 6, json!({})).await;
    let owner = office.buyer_at(0).await;
    let mut orders = Vec::new();
    for _ in 0..6 {
        orders.push(hold_floor(&owner, &show, 1).await.expect_status(201));
    }
    let mut waiting = Vec::new();
    for number in 0..6 {
        let buyer = office.buyer_at(number % 2).await;
        let entry = join(&buyer, &show, 1).await;
        waiting.push((buyer, entry));
    }
    // Each node knows those who joined at the other.
    for (at, (buyer, entry)) in waiting.iter().enumerate() {
        for node in &office.nodes {
            let now = state_of(&buyer.at(node.url()), entry).await;
            assert_eq!(now["position"], at + 1);
        }
    }
    office.nodes.remove(1).kill().await;
    give_up(&owner, &orders[0]).await;
    office.add_node().await;
    let other = office.nodes[1].url().to_owned();
    give_up(&owner.at(&other), &orders[1]).await;
    office.nodes.remove(0).kill().await;
    office.add_node().await;
    for order in &orders[2..4] {
        give_up(&owner.at(office.nodes[1].url()), order).await;
    }
    for (at, (buyer, entry)) in waiting.iter().enumerate() {
        let now = state_of(&buyer.at(office.nodes[1].url()), entry).await;
        let expected = if at < 4 { "offered" } else { "waiting" };
        assert_eq!(now["state"], expected, "{at}: {now}");
    }
    let client = Client::new(office.nodes[0].url(), None);
    let journal = client
        .get(&format!("/v1/shows/{show}/events"))
        .await
        .expect_status(200);
    let of = |kind: &str| {
        let events = journal["events"].as_array().expect("events").iter();
        let entries = events
            .filter(|event| event["type"] == kind)
            .map(|event| event["entry"].as_i64());
        entries.collect::<Vec<_>>()
    };
    assert_eq!(of("offered"), of("joined")[..4]);
}

#[tokio::test]
async fn a_show_that_is_loaded_anew_knows_who_waits_and_what_is_on_offer() {
    let mut office = TestOffice::start().await;
    let show = show_with_floor(&office, 2, json!({"places_max": 1})).await;
    let owner = office.buyer().await;
    let mut orders = Vec::new();
    for _ in 0..2 {
        orders.push(hold_floor(&owner, &show, 1).await.expect_status(201));
    }
    let (first, second) = (office.buyer().await, office.buyer().await);
    let one = join(&first, &show, 1).await;
    let two = join(&second, &show, 1).await;
    give_up(&owner, &orders[0]).await;
    assert_eq!(state_of(&first, &one).await["state"], "offered");
    office.nodes.remove(0).kill().await;
    office.add_node().await;
    let url = office.nodes[0].url();
    // One place is on offer, which is the most: the other one is for anybody.
    give_up(&owner.at(url), &orders[1]).await;
    assert_eq!(state_of(&second.at(url), &two).await["state"], "waiting");
    hold_floor(&owner.at(url), &show, 1).await.expect_status(201);
    let order = state_of(&first.at(url), &one).await["order"].clone();
    give_up(&first.at(url), &json!({"id": order})).await;
    assert_eq!(state_of(&second.at(url), &two).await["state"], "offered");
}

#[tokio::test]
async fn a_lapse_that_nobody_asks_about_makes_offers_too() {
    let office = TestOffice::start().await;
    let zones = json!([{"zone": "Floor", "capacity": 1}]);
    let show = office
        .show(json!({"zones": zones, "waitlist": {}, "hold_seconds": 1, "hold_grace_ms": 0}))
        .await;
    let (owner, buyer) = (office.buyer().await, office.buyer().await);
    let wish = json!({"wish": {"count": 1, "zone": "Floor"}});
    let deadline = Instant::now() + PATIENCE;
    // The hold may have lapsed before the buyer joins.
    let entry = loop {
        hold_floor(&owner, &show, 1).await;
        let joined = buyer.post(&format!("/v1/shows/{show}/waitlist"), &wish).await;
        if joined.status == 201 {
            break joined.body;
        }
        joined.expect_problem(409, "places_free");
        assert!(Instant::now() < deadline, "never joined");
    };
    while state_of(&buyer, &entry).await["state"] != "offered" {
        assert!(Instant::now() < deadline, "never offered");
    }
}

#[tokio::test]
async fn the_check_finds_an_entry_that_is_not_as_the_journal_says() {
    let office = TestOffice::start().await;
    let show = show_with_floor(&office, 1, json!({})).await;
    let (owner, buyer) = (office.buyer().await, office.buyer().await);
    hold_floor(&owner, &show, 1).await.expect_status(201);
    join(&buyer, &show, 1).await;
    let mut connection = office.database.connect();
    let mut violations = || find_violations(&mut connection).expect("violations").len();
    assert_eq!(violations(), 0);
    for (change, back) in [
        ("SET place = 1", "SET place = entry"),
        (
            "SET state = 3, buyer_name = 'x'",
            "SET state = 1, buyer_name = NULL",
        ),
        ("SET state = 2", "SET state = 1"),
    ] {
        let update = |what: &str| format!("UPDATE waitlist_entries {what}");
        office.database.execute(&update(change));
        assert_ne!(violations(), 0, "{change}");
        office.database.execute(&update(back));
    }
}

/// How long something took for each of these, the middle one of them, in milliseconds.
fn median_ms(mut times: Vec<std::time::Duration>) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64() * 1_000.0
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_hundred_thousand_who_wait_each_has_its_place() {
    const WAITING: i64 = 100_000;
    const TURNS: usize = 40;
    let mut office = TestOffice::start().await;
    let show = show_with_floor(&office, 50, json!({})).await;
    let plain = office
        .show(json!({"zones": [{"zone": "Floor", "capacity": 50}]}))
        .await;
    let owner = office.buyer().await;
    let mut orders = Vec::new();
    for _ in 0..50 {
        orders.push(hold_floor(&owner, &show, 1).await.expect_status(201));
    }
    let head = i64::try_from(office.journal(&show).await.len()).expect("a number");
    // One in three wants two places, for which nobody collects before the first one has them.
    office.database.execute(&format!(
        "INSERT INTO waitlist_entries (show_id, entry, place, session_id, want, state, joined_at, changed_at) \
         SELECT {show}, {head} + n, {head} + n, md5(n::text)::uuid, \
                CASE WHEN n % 3 = 0 THEN '{{\"count\": 2, \"zone\": 0}}' ELSE '{{\"count\": 1, \"zone\": 0}}' END::jsonb, 1, \
                clock_timestamp(), clock_timestamp() \
         FROM generate_series(1, {WAITING}) AS n; \
         INSERT INTO journal (show_id, journal_offset, at, kind, seats, zones) \
         SELECT {show}, {head} + n, clock_timestamp(), 13, ARRAY[0, {head} + n, 0, {head} + n, n]::int[], '{{}}' \
         FROM generate_series(1, {WAITING}) AS n; \
         UPDATE journal_heads SET journal_offset = {head} + {WAITING}, ruled_offset = {head} + {WAITING} WHERE show_id = {show}"
    ));
    office.nodes.remove(0).kill().await;
    office.add_node().await;
    let owner = owner.at(office.nodes[0].url());
    let mut buyers = Vec::new();
    for _ in 0..=TURNS {
        buyers.push(office.buyer().await);
    }
    // The first one waits for the node to read all of them.
    let first = join(&buyers[TURNS], &show, 1).await;
    assert_eq!(first["position"], WAITING + 1);
    hold_floor(&owner, &plain, 1).await.expect_status(201);
    let (mut holds, mut joins, mut offers) = (Vec::new(), Vec::new(), Vec::new());
    for (buyer, order) in buyers.iter().zip(&orders[..TURNS]) {
        let begin = Instant::now();
        hold_floor(&owner, &plain, 1).await.expect_status(201);
        holds.push(begin.elapsed());
        let begin = Instant::now();
        join(buyer, &show, 1).await;
        joins.push(begin.elapsed());
        let begin = Instant::now();
        give_up(&owner, order).await;
        offers.push(begin.elapsed());
    }
    println!(
        "with {WAITING} waiting, in ms: a hold {:.2}, a join {:.2}, an order given up and offered {:.2}",
        median_ms(holds),
        median_ms(joins),
        median_ms(offers),
    );
    let offered = office
        .database
        .number("SELECT sum((want ->> 'count')::int) FROM waitlist_entries WHERE state = 2");
    // The last freed place may be collected by somebody who wants two.
    assert!((39..=40).contains(&offered), "{offered}");
    let overtaken = "SELECT count(*) FROM waitlist_entries WHERE state = 1 AND place < (SELECT max(place) FROM waitlist_entries WHERE state = 2)";
    assert_eq!(office.database.number(overtaken), 0);
    let served = office
        .database
        .number("SELECT count(*) FROM waitlist_entries WHERE state = 2");
    let now = state_of(&buyers[TURNS], &first).await;
    assert_eq!(now["position"], WAITING + 1 - served);
}
