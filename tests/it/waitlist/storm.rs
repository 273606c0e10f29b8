//! Promise 13 under a storm: buyers who hold, wait, give up and let lapse, on two nodes of which one is killed again and again.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::path_of;
use crate::office::{Client, Redis, TestOffice, send};

const BUYERS: u64 = 30;
const STEPS: u32 = 8;
/// So often a buyer asks whether there is an offer, before it leaves.
const LOOKS_MAX: u32 = 40;
const TRIES_MAX: u32 = 20;
const KILLS: usize = 3;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_happens_nobody_overtakes_who_wants_the_same() {
    let seed: u64 = rand::random();
    println!("seed {seed}");
    let mut office = TestOffice::with(2, Some(Redis::start()), &[]).await;
    let zones = json!([{"zone": "Floor", "capacity": 6}]);
    let terms = json!({"zones": zones, "waitlist": {}, "hold_seconds": 1, "hold_grace_ms": 0});
    let show = office.show(terms).await;
    let urls = office.nodes.iter().map(|node| node.url().to_owned()).collect();
    let urls = Arc::new(Mutex::new(urls));
    let (done, mut steps) = watch::channel(0);
    let mut buyers = Vec::new();
    for number in 0..BUYERS {
        let storm = Storm {
            buyer: office.buyer().await,
            urls: urls.clone(),
            show: show.clone(),
            seed: seed ^ number,
            random: StdRng::seed_from_u64(seed ^ number),
            keys: 0,
            joined: Vec::new(),
        };
        buyers.push(tokio::spawn(storm.go_through(done.clone())));
    }
    let all = usize::try_from(BUYERS).expect("a number") * STEPS as usize;
    let killer = async {
        for kill in 1..=KILLS {
            let reached = all * kill / (KILLS + 1);
            steps.wait_for(|done| *done >= reached).await.expect("buyers");
            office.nodes.remove(1).kill().await;
            office.add_node().await;
            urls.lock().expect("the lock")[1] = office.nodes[1].url().to_owned();
        }
    };
    let (ended, ()) = tokio::join!(futures_util::future::join_all(buyers), killer);
    let joined = ended.into_iter().flat_map(|joined| joined.expect("a buyer"));
    let counts: BTreeMap<i64, u64> = joined.collect();
    let offers = check(&office.journal(&show).await, &counts);
    assert!(offers > 10, "{offers} offers to {} who joined", counts.len());
    // The rest is proved by `boxoffice check` when the office is dropped.
}

/// Goes along the journal with who waits, and counts the offers.
fn check(journal: &[Value], counts: &BTreeMap<i64, u64>) -> usize {
    let mut waiting: BTreeMap<i64, i64> = BTreeMap::new();
    let mut offers = 0;
    let count = |entry: &i64| counts.get(entry).copied();
    for (at, event) in journal.iter().enumerate() {
        let place = event["place"].as_i64();
        match event["type"].as_str().expect("a type") {
            "joined" => {
                let entry = event["entry"].as_i64().expect("an entry");
                waiting.insert(place.expect("a place"), entry);
            }
            kind @ ("left" | "offered") => {
                let place = place.expect("a place");
                let entry = waiting.remove(&place).expect("it waits there");
                assert_eq!(event["entry"], entry);
                if kind == "offered" {
                    let before = waiting.range(..place).map(|(_, before)| before);
                    let overtaken: Vec<_> = before
                        .filter(|before| count(before).is_some() && count(before) == count(&entry))
                        .collect();
                    assert!(overtaken.is_empty(), "{event} overtakes {overtaken:?}");
                    offers += 1;
                }
            }
            "booked" if journal.get(at + 1).is_none_or(|next| next["type"] != "offered") => {
                let passed_over = waiting.values().find(|entry| count(entry) == Some(1));
                assert!(passed_over.is_none(), "{event} passes over {passed_over:?}");
            }
            _ => {}
        }
    }
    offers
}

/// A buyer in the storm.
struct Storm {
    buyer: Client,
    urls: Arc<Mutex<Vec<String>>>,
    show: String,
    seed: u64,
    random: StdRng,
    keys: u32,
    /// The entries that are known, with how many places each wants.
    joined: Vec<(i64, u64)>,
}

impl Storm {
    async fn go_through(mut self, done: watch::Sender<usize>) -> Vec<(i64, u64)> {
        for _ in 0..STEPS {
            let count = self.random.random_range(1..3);
            let wish = json!({"zones": [{"zone": "Floor", "count": count}]});
            match self.post("orders", &wish).await {
                // Now and then it is left to lapse.
                Some((201, _)) if self.random.random_range(0..4) == 0 => {}
                Some((201, order)) => self.give_up(&order["id"]).await,
                Some((409, _)) => self.wait_for(count).await,
                _ => {}
            }
            done.send_modify(|done| *done += 1);
        }
        self.joined
    }

    async fn wait_for(&mut self, count: u64) {
        let wish = json!({"wish": {"count": count, "zone": "Floor"}});
        let Some((201, entry)) = self.post("waitlist", &wish).await else {
            return;
        };
        self.joined
            .push((entry["entry"].as_i64().expect("a number"), count));
        for _ in 0..LOOKS_MAX {
            let now = self.try_send(Method::GET, &path_of(&entry)).await;
            let Some((200, now)) = now else { continue };
            match now["state"].as_str() {
                Some("offered") => return self.give_up(&now["order"]).await,
                Some("waiting") => {}
                _ => return,
            }
        }
        self.try_send(Method::DELETE, &path_of(&entry)).await;
    }

    /// An offer that stayed would keep its places for an hour.
    async fn give_up(&mut self, order: &Value) {
        let path = format!("/v1/orders/{}", order.as_str().expect("an id"));
        for _ in 0..TRIES_MAX {
            if let Some((200 | 409, _)) = self.try_send(Method::DELETE, &path).await {
                return;
            }
        }
    }

    fn somewhere(&mut self) -> Client {
        let url = self.urls.lock().expect("the lock")[self.random.random_range(0..2)].clone();
        self.buyer.at(&url)
    }

    /// None: the answer was lost with its node.
    async fn post(&mut self, to: &str, body: &Value) -> Option<(u16, Value)> {
        self.keys += 1;
        let (path, key) = (
            format!("/v1/shows/{}/{to}", self.show),
            format!("{}-{}", self.seed, self.keys),
        );
        let answer = self.somewhere().try_post_with_key(&path, body, &key).await?;
        Some((answer.status.as_u16(), answer.body))
    }

    async fn try_send(&mut self, method: Method, path: &str) -> Option<(u16, Value)> {
        let answer = send(self.somewhere().request(method, path)).await?;
        Some((answer.status.as_u16(), answer.body))
    }
}
