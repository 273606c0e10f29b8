//! Changes that race: with each other, and with those who hold places.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::change;
use crate::office::{Client, Redis, TestOffice};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_change_one_revision_one_does() {
    let office = TestOffice::with(2, Some(Redis::start()), &[]).await;
    let show = office.show(json!({})).await;
    let organisers = [office.organiser(), office.organiser().at(office.nodes[1].url())];
    for revision in 1..=5 {
        let titles = (0..8).map(|number| format!("{revision}-{number}"));
        let titles: Vec<String> = titles.collect();
        let all = titles.iter().enumerate().map(|(number, title)| {
            let (organiser, show) = (&organisers[number % 2], &show);
            async move { change(organiser, show, revision, &json!({"title": title})).await }
        });
        let answers = join_all(all).await;
        let mut done = answers.iter().filter(|answer| answer.status == 200);
        let won = done.next().expect("one");
        assert!(done.next().is_none());
        assert!(
            answers
                .iter()
                .all(|answer| [200, 412].contains(&answer.status.as_u16()))
        );
        for organiser in &organisers {
            let told = organiser
                .get(&format!("/v1/shows/{show}"))
                .await
                .expect_status(200);
            assert_eq!(
                (&told["title"], &told["revision"]),
                (&won.body["title"], &json!(revision + 1))
            );
        }
    }
}

/// Holds places of the floor one by one, until there are none.
async fn fill(buyer: Client, show: String) -> i64 {
    let path = format!("/v1/shows/{show}/orders");
    let mut held = 0;
    loop {
        let wish = json!({"zones": [{"zone": "Floor", "count": 1}]});
        let answer = buyer.post(&path, &wish).await;
        match answer.status.as_u16() {
            201 => held += 1,
            _ => {
                answer.expect_problem(409, "seats_taken");
                return held;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_zone_is_never_smaller_than_what_is_taken_of_it() {
    let office = TestOffice::with(2, Some(Redis::start()), &[]).await;
    let show = office
        .show(json!({"zones": [{"zone": "Floor", "capacity": 120}], "session_places_max": 5000}))
        .await;
    let organiser = office.organiser().at(office.nodes[1].url());
    let mut buyers = Vec::new();
    for number in 0..6 {
        buyers.push(tokio::spawn(fill(
            office.buyer_at(number % 2).await,
            show.clone(),
        )));
    }
    // Meanwhile the floor gets smaller and smaller.
    let mut revision = 1;
    let mut capacity: i64 = 120;
    let least = loop {
        let smaller = json!({"zones": [{"zone": "Floor", "capacity": capacity - 2}]});
        let answer = change(&organiser, &show, revision, &smaller).await;
        match answer.status.as_u16() {
            200 => {
                revision += 1;
                capacity -= 2;
            }
            _ => {
                let problem = answer.expect_problem(409, "places_in_use");
                assert_eq!(problem["zones"][0]["zone"], "Floor");
                break problem["zones"][0]["taken"].as_i64().expect("a count");
            }
        }
    };
    assert!(least > capacity - 2, "{least} of {capacity}");
    let held: i64 = join_all(buyers)
        .await
        .into_iter()
        .map(|held| held.expect("a buyer"))
        .sum();
    assert_eq!(held, capacity);
    let map = |who: Client| {
        let path = format!("/v1/shows/{show}/seat-map");
        async move { who.get(&path).await.expect_status(200)["zones"][0].clone() }
    };
    let full: Value =
        json!({"zone": "Floor", "capacity": capacity, "held": capacity, "sold": 0, "blocked": 0, "free": 0});
    assert_eq!(map(organiser.clone()).await, full);
    // As small as it can be, and larger again.
    let same = json!({"zones": [{"zone": "Floor", "capacity": capacity}]});
    change(&organiser, &show, revision, &same)
        .await
        .expect_status(200);
    let more = json!({"zones": [{"zone": "Floor", "capacity": capacity + 2}]});
    change(&organiser, &show, revision + 1, &more)
        .await
        .expect_status(200);
    assert_eq!(fill(office.buyer().await, show.clone()).await, 2);
}
