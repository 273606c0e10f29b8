//! A show takes another plan while it sells: what keeps its name is the same place, only what is free may go, and everybody sees it.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{change, id};
use crate::office::{Client, Redis, TestOffice, Viewer};

/// A show, and the document of its plan.
async fn show_and_plan(office: &TestOffice) -> (String, Value) {
    let show = office.show(json!({})).await;
    let organiser = office.organiser();
    let told = organiser
        .get(&format!("/v1/shows/{show}"))
        .await
        .expect_status(200);
    let path = format!("/v1/plans/{}", told["plan"].as_str().expect("an id"));
    (show, organiser.get(&path).await.expect_status(200))
}

async fn import(organiser: &Client, plan: &Value) -> Value {
    organiser.post("/v1/plans", plan).await.expect_status(201)["id"].clone()
}

/// The hall with a row in front of section A, of a category of its own, without that seat, and with a stand for its second zone.
fn rebuilt(plan: &Value, without: [usize; 3]) -> Value {
    let mut plan = plan.clone();
    let [section, row, seat] = without;
    let seats = plan["sections"][section]["rows"][row]["seats"].as_array_mut();
    seats.expect("seats").remove(seat);
    let seats =
        (1..=3).map(|seat| json!({"number": seat.to_string(), "x": f64::from(seat) * 2.0, "y": -3.0}));
    let front = json!({"name": "0", "category": "Box", "seats": seats.collect::<Vec<_>>()});
    let rows = plan["sections"][0]["rows"].as_array_mut().expect("rows");
    rows.insert(0, front);
    plan["categories"]
        .as_array_mut()
        .expect("categories")
        .insert(0, json!({"name": "Box", "color": "#123456"}));
    let zones = plan["zones"].as_array_mut().expect("zones");
    zones[1] = json!({"name": "Stand", "category": "Floor", "capacity": 7});
    plan
}

fn names(map: &Value) -> Vec<&str> {
    let mut names: Vec<_> = map["seats"]
        .as_object()
        .expect("seats")
        .keys()
        .map(String::as_str)
        .collect();
    names.sort_unstable();
    names
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_show_takes_another_plan_and_every_node_and_viewer_meets_it() {
    let office = TestOffice::with(2, Some(Redis::start()), &[]).await;
    let (show, plan) = show_and_plan(&office).await;
    let organiser = office.organiser();
    let (near, far) = (office.buyer().await, office.buyer_at(1).await);
    let kept = near.hold(&show, &["A-1-1", "B-5-10"]).await.expect_status(201);
    let sold = far.hold(&show, &["A-1-2"]).await.expect_status(201);
    far.pay(id(&sold), "card_ok").await.expect_status(200);
    let mut viewers = [
        Viewer::watch(&office.nodes[0], &show).await,
        Viewer::watch(&office.nodes[1], &show).await,
    ];
    let before = near
        .get(&format!("/v1/shows/{show}/seat-map"))
        .await
        .expect_status(200);
    assert_eq!(
        before["plan"],
        organiser
            .get(&format!("/v1/shows/{show}"))
            .await
            .expect_status(200)["plan"]
    );

    let box_price = json!({"Box": {"amount": 9000, "currency": "EUR"}});
    let unpriced = json!({"plan": import(&organiser, &rebuilt(&plan, [1, 4, 0])).await});
    let problem = change(&organiser, &show, 1, &unpriced)
        .await
        .expect_problem(422, "invalid");
    assert_eq!(problem["field"], "/prices");
    for (taken, name) in [([0, 0, 0], "A-1-1"), ([0, 0, 1], "A-1-2")] {
        let other = json!({"plan": import(&organiser, &rebuilt(&plan, taken)).await, "prices": box_price});
        let problem = change(&organiser, &show, 1, &other)
            .await
            .expect_problem(409, "places_in_use");
        assert_eq!(problem["seats"], json!([name]));
    }
    let foreign = office.another_organiser().await;
    let theirs = json!({"plan": import(&foreign, &rebuilt(&plan, [1, 4, 0])).await, "prices": box_price});
    let problem = change(&organiser, &show, 1, &theirs)
        .await
        .expect_problem(422, "invalid");
    assert_eq!(problem["field"], "/plan");

    let other = json!({"plan": unpriced["plan"], "prices": box_price});
    let changed = change(&organiser, &show, 1, &other).await.expect_status(200);
    assert_eq!(
        (&changed["plan"], &changed["seats"]),
        (&other["plan"], &json!(102))
    );
    assert_eq!(changed["prices"]["Box"]["amount"], 9000);
    assert_eq!(changed["zones"][1], json!({"zone": "Stand", "capacity": 7}));
    assert_eq!(changed["zones"].as_array().expect("zones").len(), 2);
    let offset = changed["journal_offset"].as_i64().expect("an offset");
    let events = office.journal(&show).await;
    let mut event = events.last().expect("an event").clone();
    event.as_object_mut().expect("an object").remove("at");
    let expected = json!({
        "offset": offset, "type": "changed", "seats": [], "zones": [], "revision": 2,
        "capacities": [{"zone": before["zones"][1]["zone"], "capacity": 0}, {"zone": "Stand", "capacity": 7}],
        "seats_added": ["A-0-1", "A-0-2", "A-0-3"], "seats_removed": ["B-5-1"],
    });
    assert_eq!(event, expected);

    // On the node that has not made it, at once.
    let front = far.hold(&show, &["A-0-2"]).await.expect_status(201);
    assert_eq!(
        (&front["total"]["amount"], &front["places"][0]["row"]),
        (&json!(9000), &json!("0"))
    );
    far.hold(&show, &["B-5-1"]).await.expect_problem(422, "invalid");
    let stand = json!({"zones": [{"zone": "Stand", "count": 7}]});
    near.post(&format!("/v1/shows/{show}/orders"), &stand)
        .await
        .expect_status(201);
    for (viewer, buyer) in viewers.iter_mut().zip([&near, &far]) {
        viewer.reach(offset + 2).await;
        let map = buyer
            .get(&format!("/v1/shows/{show}/seat-map"))
            .await
            .expect_status(200);
        assert_eq!(map["plan"], other["plan"]);
        let states: Value = viewer
            .seats
            .iter()
            .map(|(name, state)| (name.clone(), json!(state)))
            .collect();
        assert_eq!(states, map["seats"]);
        assert!(names(&map).contains(&"A-0-1") && !names(&map).contains(&"B-5-1"));
        let free: Vec<_> = map["zones"]
            .as_array()
            .expect("zones")
            .iter()
            .map(|zone| (zone["zone"].clone(), zone["free"].clone()))
            .collect();
        assert_eq!(free[1], (json!("Stand"), json!(0)));
    }
    // What was, stays what it was; whatever was written of a place is of the same place.
    let past = far
        .get(&format!("/v1/shows/{show}/seat-map?at={}", offset - 1))
        .await
        .expect_status(200);
    assert_eq!(past["seats"], before["seats"]);
    let read = near
        .get(&format!("/v1/orders/{}", id(&kept)))
        .await
        .expect_status(200);
    assert_eq!((&read["seats"], &read["total"]), (&kept["seats"], &kept["total"]));
    let paid = near.pay(id(&kept), "card_ok").await.expect_status(200);
    assert_eq!(paid["tickets"][1]["place"]["seat"], "B-5-10");
    let together = json!({"together": {"count": 2, "category": "Box"}});
    let problem = near.post(&format!("/v1/shows/{show}/orders"), &together).await;
    problem.expect_problem(409, "not_together");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_place_that_comes_back_is_the_same_place() {
    let mut office = TestOffice::start().await;
    let (show, plan) = show_and_plan(&office).await;
    let organiser = office.organiser();
    let buyer = office.buyer().await;
    let first = organiser
        .get(&format!("/v1/shows/{show}"))
        .await
        .expect_status(200)["plan"]
        .clone();
    let gone = buyer.hold(&show, &["B-5-1"]).await.expect_status(201);
    buyer
        .delete(&format!("/v1/orders/{}", id(&gone)))
        .await
        .expect_status(200);
    let prices = json!({"Box": {"amount": 9000, "currency": "EUR"}});
    let second = json!({"plan": import(&organiser, &rebuilt(&plan, [1, 4, 0])).await, "prices": prices});
    change(&organiser, &show, 1, &second).await.expect_status(200);
    let order = buyer.hold(&show, &["A-0-1"]).await.expect_status(201);
    let back = json!({"plan": first});
    let problem = change(&organiser, &show, 2, &back)
        .await
        .expect_problem(409, "places_in_use");
    assert_eq!(problem["seats"], json!(["A-0-1"]));
    buyer
        .delete(&format!("/v1/orders/{}", id(&order)))
        .await
        .expect_status(200);
    change(&organiser, &show, 2, &back).await.expect_status(200);
    // A node that begins now reads what the others have lived through.
    office.add_node().await;
    let late = office.buyer_at(1).await;
    let held = late.hold(&show, &["B-5-1"]).await.expect_status(201);
    assert_eq!(held["total"]["amount"], 5000);
    late.hold(&show, &["A-0-1"]).await.expect_problem(422, "invalid");
    let map = late
        .get(&format!("/v1/shows/{show}/seat-map"))
        .await
        .expect_status(200);
    assert_eq!(names(&map).len(), 100);
    let read = buyer
        .get(&format!("/v1/orders/{}", id(&order)))
        .await
        .expect_status(200);
    assert_eq!(
        read["seats"],
        json!(["A-0-1"]),
        "a seat that is gone is still called so"
    );
    let events = office.journal(&show).await;
    let changed: Vec<_> = events.iter().filter(|event| event["type"] == "changed").collect();
    assert_eq!(changed[1]["seats_added"], json!(["B-5-1"]));
    assert_eq!(changed[1]["seats_removed"], json!(["A-0-1", "A-0-2", "A-0-3"]));
}

/// Whoever is first has it: the buyer the seat, or the organiser the plan without it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_seat_is_never_sold_and_taken_away() {
    let office = TestOffice::with(2, Some(Redis::start()), &[]).await;
    let (show, plan) = show_and_plan(&office).await;
    let organiser = office.organiser();
    let buyers = [office.buyer().await, office.buyer_at(1).await];
    let prices = json!({"Box": {"amount": 9000, "currency": "EUR"}});
    let mut revision = 1;
    for seat in 0..8 {
        let name = format!("B-1-{}", seat + 1);
        let without =
            json!({"plan": import(&organiser, &rebuilt(&plan, [1, 0, seat])).await, "prices": prices});
        let (taken, held) = tokio::join!(
            change(&organiser, &show, revision, &without),
            join_all(
                buyers
                    .iter()
                    .map(|buyer| async { buyer.hold(&show, &[&name]).await })
            )
        );
        let sold = held.iter().filter(|answer| answer.status == 201).count();
        match taken.status.as_u16() {
            200 => {
                assert_eq!(sold, 0, "{name} is sold and gone");
                revision += 1;
            }
            _ => {
                taken.expect_problem(409, "places_in_use");
                assert_eq!(sold, 1, "{name} is neither sold nor gone");
            }
        }
        let map = buyers[1]
            .get(&format!("/v1/shows/{show}/seat-map"))
            .await
            .expect_status(200);
        assert_eq!(map["seats"].get(&name).is_some(), sold == 1);
    }
}
