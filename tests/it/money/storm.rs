//! Many buyers, two nodes, a provider that fails at random, and nodes that are killed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

use super::{Till, id, try_pay};
use crate::office::{Client, Redis};

const BUYERS: u64 = 40;
const ORDERS: u32 = 3;
const FAULTS: [&str; 5] = [
    "error_before",
    "error_after",
    "error_kept",
    "timeout_after",
    "latency",
];
const CALLS: [&str; 5] = ["create", "capture", "cancel", "refund", "retrieve"];
const MODES: [&str; 4] = ["normal", "duplicate", "reordered", "lost"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_goes_wrong_nobody_pays_for_nothing() {
    let seed: u64 = rand::random();
    println!("seed {seed}");
    let mut till = Till::on(2, Some(Redis::start()), &[]).await;
    let terms = json!({
        "hold_seconds": 2, "hold_grace_ms": 0, "session_places_max": 500, "returns": "buyer", "late_payment": "honour_if_free",
    });
    let show = till.office.show(terms).await;
    let urls: Vec<String> = till
        .office
        .nodes
        .iter()
        .map(|node| node.url().to_owned())
        .collect();
    let urls = Arc::new(std::sync::Mutex::new(urls));
    let finished = Arc::new(AtomicBool::new(false));
    let mut buyers = Vec::new();
    for number in 0..BUYERS {
        let buyer = till.office.buyer().await;
        buyers.push(tokio::spawn(buy(
            buyer,
            urls.clone(),
            till.provider.url().to_owned(),
            show.clone(),
            seed ^ number,
        )));
    }
    let all = async {
        let ended = futures_util::future::join_all(buyers).await;
        finished.store(true, Ordering::Relaxed);
        ended
    };
    let chaos = async {
        let mut random = StdRng::seed_from_u64(seed);
        let mut round = 0;
        while !finished.load(Ordering::Relaxed) {
            let fault = json!({
                "call": CALLS[random.random_range(0..CALLS.len())],
                "fault": FAULTS[random.random_range(0..FAULTS.len())],
                "latency_ms": 500,
            });
            till.provider.prepare(fault).await;
            till.provider
                .set_webhooks(MODES[random.random_range(0..MODES.len())])
                .await;
            round += 1;
            // Whoever is killed has payments under way.
            let under_way = "SELECT count(*) FROM outbox WHERE dead_at IS NULL";
            if round % 40 == 0 && till.office.database.number(under_way) > 0 {
                till.office.nodes.remove(1).kill().await;
                till.office.add_node().await;
                urls.lock().expect("the lock")[1] = till.office.nodes[1].url().to_owned();
            }
        }
        round
    };
    let (ended, rounds) = tokio::join!(all, chaos);
    let paid: usize = ended.into_iter().map(|paid| paid.expect("a buyer")).sum();
    assert!(paid > 0 && rounds > 0, "{paid} orders paid in {rounds} rounds");
    till.provider.clear_faults().await;
    till.provider.set_webhooks("normal").await;
    till.settle();
    for payment in till.provider.book().await {
        let live = ["requires_capture", "requires_action"]
            .iter()
            .any(|state| payment["status"] == *state);
        assert!(!live, "{payment}");
    }
    // What was taken and not given back is what the paid orders cost; `boxoffice check` holds the rest.
    let kept: i64 = till
        .provider
        .book()
        .await
        .iter()
        .map(|payment| payment["captured"].as_i64().unwrap_or(0) - payment["refunded"].as_i64().unwrap_or(0))
        .sum();
    let sold = "SELECT coalesce(sum(5000 * (cardinality(seats) - cardinality(returned_tickets))), 0) FROM orders WHERE state = 2";
    assert_eq!(kept, till.office.database.number(sold));
}

/// Holds, and pays by a card that may need the bank's page, gives up, or gives back; counts what was paid.
async fn buy(
    buyer: Client,
    urls: Arc<std::sync::Mutex<Vec<String>>>,
    provider: String,
    show: String,
    seed: u64,
) -> usize {
    let mut random = StdRng::seed_from_u64(seed);
    let mut paid = 0;
    for step in 0..ORDERS {
        let url = urls.lock().expect("the lock")[random.random_range(0..2)].clone();
        let buyer = buyer.at(&url);
        let row = random.random_range(1..6);
        let seat = random.random_range(1..10);
        let seats = [format!("A-{row}-{seat}"), format!("A-{row}-{}", seat + 1)];
        let wish = json!({"seats": seats[..random.random_range(1..3)]});
        let path = format!("/v1/shows/{show}/orders");
        let answer = buyer
            .try_post_with_key(&path, &wish, &format!("{seed}-{step}"))
            .await;
        let Some(order) = answer.filter(|answer| answer.status == 201) else {
            continue;
        };
        let order = order.body;
        let method = [
            "pm_card_visa",
            "pm_card_visa",
            "pm_card_authenticationRequired",
            "pm_card_chargeDeclined",
        ][random.random_range(0..4)];
        let key = format!("{seed}-{step}-pay");
        for _ in 0..random.random_range(1..4) {
            let Some(answer) = try_pay(&buyer, &order, "stripe", method, &key).await else {
                break;
            };
            if answer.status == 202 && random.random_range(0..3) > 0 {
                let page = answer.body["action_url"].as_str().expect("a page").to_owned();
                let page = page.replace(page.split("/3ds/").next().expect("a provider"), &provider);
                let approved = reqwest::Client::new()
                    .post(format!("{page}/approve"))
                    .send()
                    .await;
                drop(approved);
            } else if answer.status != 503 {
                paid += usize::from(answer.status == 200);
                give_back(&buyer, &order, &answer.body, &mut random).await;
                break;
            }
        }
    }
    paid
}

async fn give_back(buyer: &Client, order: &Value, paid: &Value, random: &mut StdRng) {
    let tickets = match random.random_range(0..4) {
        0 => Value::Null,
        1 => json!({"tickets": [paid["tickets"][0]["code"]]}),
        _ => return,
    };
    let path = format!("/v1/orders/{}/refund", id(order));
    let back = buyer.request(reqwest::Method::POST, &path).json(&tickets);
    let _lost_with_its_node = back.send().await;
}
