//! Promises 1, 5, 7, 8 and 11 under a storm: many buyers, two nodes, short holds, an organiser who changes the terms all the
//! time, and nodes that are killed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

use crate::office::{Client, Redis, TestOffice, Viewer, send};

const BUYERS: u64 = 200;
const STEPS: u32 = 6;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_happens_the_books_agree() {
    let seed: u64 = rand::random();
    println!("seed {seed}");
    let mut office = TestOffice::with(
        2,
        Some(Redis::start()),
        &[
            ("BOXOFFICE_RESOLVE_SECONDS", "1"),
            ("BOXOFFICE_PROVIDER_SECONDS_MAX", "3"),
        ],
    )
    .await;
    let show = office
        .show(json!({"hold_seconds": 1, "session_places_max": 5000}))
        .await;
    let urls: Arc<std::sync::Mutex<Vec<String>>> = Arc::new(std::sync::Mutex::new(
        office.nodes.iter().map(|node| node.url().to_owned()).collect(),
    ));
    let mut viewer = Viewer::watch(&office.nodes[0], &show).await;
    let mut wanderer = Viewer::watch(&office.nodes[1], &show).await;
    let finished = Arc::new(AtomicBool::new(false));
    let mut buyers = Vec::new();
    for number in 0..BUYERS {
        let buyer = office.buyer().await;
        buyers.push(tokio::spawn(buy(
            buyer,
            urls.clone(),
            show.clone(),
            seed ^ number,
        )));
    }

    let changing = tokio::spawn(change_terms(
        office.organiser(),
        urls.clone(),
        show.clone(),
        finished.clone(),
    ));

    // One node is killed again and again while the other one goes on.
    let killer = async {
        for _ in 0..3 {
            let reached = viewer.offset + 60;
            while viewer.offset < reached && !finished.load(Ordering::Relaxed) {
                tokio::select! {
                    () = viewer.take_frame() => {}
                    () = tokio::time::sleep(std::time::Duration::from_millis(500)) => break,
                }
            }
            office.nodes.remove(1).kill().await;
            office.add_node().await;
            wanderer.go_on(&office.nodes[1], &show).await;
            let url = office.nodes[1].url().to_owned();
            urls.lock().expect("the lock")[1] = url;
        }
    };
    let (seen, ()) = tokio::join!(futures_util::future::join_all(buyers), killer);
    finished.store(true, Ordering::Relaxed);
    changing.await.expect("an organiser");

    let journal = office.journal(&show).await;
    let last = i64::try_from(journal.len()).expect("a number");
    for viewer in [&mut viewer, &mut wanderer] {
        viewer.reach(last).await;
        let first = viewer.events.first().expect("an event")["offset"].clone();
        // Holds go on lapsing after the journal has been read.
        let heard: Vec<&Value> = viewer
            .events
            .iter()
            .filter(|event| event["offset"].as_i64() <= Some(last))
            .collect();
        let written: Vec<&Value> = journal
            .iter()
            .skip_while(|event| event["offset"] != first)
            .collect();
        assert_eq!(heard, written);
    }
    let held: Vec<Value> = seen.into_iter().flat_map(|held| held.expect("a buyer")).collect();
    assert!(!held.is_empty());
    let prices = prices_by_revision(&office.organiser(), &show).await;
    assert!(prices.len() > 5, "{} revisions", prices.len());
    for order in held {
        let offset =
            usize::try_from(order["journal_offset"].as_i64().expect("an offset")).expect("an offset");
        let event = &journal[offset - 1];
        assert_eq!(
            (&event["type"], &event["seats"]),
            (&json!("booked"), &order["seats"]),
            "{order}"
        );
        // It costs what the terms said that were in force when it was booked.
        let changes = journal[..offset]
            .iter()
            .filter(|event| event["type"] == "changed");
        let (stalls, floor) = prices[changes.count()];
        let seats = i64::try_from(order["seats"].as_array().expect("seats").len()).expect("a count");
        let standing = order["zones"][0]["count"].as_i64().expect("a count");
        assert_eq!(
            order["total"]["amount"],
            stalls * seats + floor * standing,
            "{order}"
        );
    }
    // The rest is proved by `boxoffice check` when the office is dropped.
}

/// Changes prices and a capacity again and again, on either node.
async fn change_terms(
    organiser: Client,
    urls: Arc<std::sync::Mutex<Vec<String>>>,
    show: String,
    finished: Arc<AtomicBool>,
) {
    let path = format!("/v1/shows/{show}");
    let mut pause = tokio::time::interval(std::time::Duration::from_millis(20));
    for number in (1..).take_while(|_| !finished.load(Ordering::Relaxed)) {
        pause.tick().await;
        let url = urls.lock().expect("the lock")[number % 2].clone();
        let organiser = organiser.at(&url);
        let told = organiser.try_get(&path).await.filter(|told| told.status == 200);
        let Some(told) = told else { continue };
        let changes = json!({
            "prices": {"Stalls": {"amount": 5_000 + number, "currency": "EUR"}, "Floor": {"amount": number, "currency": "EUR"}},
            "zones": [{"zone": "Bar", "capacity": 900 + number % 100}],
        });
        let request = organiser
            .request(reqwest::Method::PATCH, &path)
            .header("If-Match", format!("\"{}\"", told.body["revision"]))
            .json(&changes);
        let _lost_with_its_node = send(request).await;
    }
}

/// What a seat and a place of the floor cost at each revision of the terms, from the first on.
async fn prices_by_revision(organiser: &Client, show: &str) -> Vec<(i64, i64)> {
    let mut prices = Vec::new();
    loop {
        let path = format!("/v1/shows/{show}/revisions?after={}", prices.len());
        let page = organiser.get(&path).await.expect_status(200);
        for revision in page["revisions"].as_array().expect("revisions") {
            let price = |category: &str| revision["show"]["prices"][category]["amount"].as_i64();
            prices.push((
                price("Stalls").expect("a price"),
                price("Floor").expect("a price"),
            ));
        }
        if page["next_after"].is_null() {
            return prices;
        }
    }
}

/// Holds, aborts, pays or lets lapse, at random; gives every order that was answered with 201.
async fn buy(buyer: Client, urls: Arc<std::sync::Mutex<Vec<String>>>, show: String, seed: u64) -> Vec<Value> {
    let mut random = StdRng::seed_from_u64(seed);
    let mut held = Vec::new();
    for step in 0..STEPS {
        let url = urls.lock().expect("the lock")[random.random_range(0..2)].clone();
        let buyer = buyer.at(&url);
        let seats: Vec<String> = (0..random.random_range(1..4))
            .map(|_| {
                format!(
                    "{}-{}-{}",
                    ["A", "B"][random.random_range(0..2)],
                    random.random_range(1..6),
                    random.random_range(1..11)
                )
            })
            .collect::<std::collections::BTreeSet<_>>()
            .into_iter()
            .collect();
        let zones = json!([{"zone": "Bar", "count": random.random_range(1..4)}]);
        let path = format!("/v1/shows/{show}/orders");
        let wish = json!({"seats": seats, "zones": zones});
        let Some(answer) = buyer
            .try_post_with_key(&path, &wish, &format!("{seed}-{step}"))
            .await
        else {
            continue;
        };
        if answer.status != 201 {
            continue;
        }
        let order = answer.body;
        let id = order["id"].as_str().expect("an id").to_owned();
        held.push(order);
        let payment = json!({"provider": "sandbox", "payment_method": "card_ok"});
        match random.random_range(0..4) {
            0 => {
                let abort = buyer.request(reqwest::Method::DELETE, &format!("/v1/orders/{id}"));
                let _lost_with_its_node = abort.send().await;
            }
            1 => {
                let path = format!("/v1/orders/{id}/payments");
                let paid = buyer
                    .try_post_with_key(&path, &payment, &format!("{seed}-{step}-pay"))
                    .await;
                if let Some(paid) = paid.filter(|paid| paid.status == 200) {
                    assert_eq!(paid.body["state"], "succeeded");
                }
            }
            _ => {}
        }
    }
    held
}
